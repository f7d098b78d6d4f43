"""The commands that list what a person should look at: similar work, and tampering."""
