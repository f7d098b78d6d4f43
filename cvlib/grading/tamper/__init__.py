"""Signs of tampering, for a person to look at."""
