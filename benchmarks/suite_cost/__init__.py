"""What the parts of ``benchmarks/suite.py`` measure: problem sets, the book, the tests."""
