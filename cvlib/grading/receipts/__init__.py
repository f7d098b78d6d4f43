"""Signed marks."""
