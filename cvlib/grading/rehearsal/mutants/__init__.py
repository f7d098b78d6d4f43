"""Small mistakes that nobody thought of, derived from right answers and tried on the cases."""
