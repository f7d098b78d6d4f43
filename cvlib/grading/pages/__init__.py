"""Harmless HTML, tables of text and of files."""
