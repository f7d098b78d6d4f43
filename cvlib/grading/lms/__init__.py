"""Exports and lists for Canvas, Moodle and spreadsheets."""
