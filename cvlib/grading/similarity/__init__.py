"""Who wrote alike, for a person to look at."""
