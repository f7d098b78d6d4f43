"""The commands that show a class: its report."""
