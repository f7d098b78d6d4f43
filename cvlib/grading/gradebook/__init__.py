"""nbgrader's side: its database, its commands, late work."""
