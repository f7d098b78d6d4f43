"""The class in numbers and pictures."""
