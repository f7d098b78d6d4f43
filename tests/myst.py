"""Pages of code written by tests."""

#: What a MyST page begins with that Jupytext takes for a notebook.
HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""
