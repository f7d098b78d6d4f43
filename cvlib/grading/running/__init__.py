"""A class, graded in parallel."""
