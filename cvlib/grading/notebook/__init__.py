"""The two notebooks: the one we release, and the one that is handed in."""
