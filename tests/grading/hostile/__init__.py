"""A corpus of submissions: hostile ones with the score each must get, and odd but honest ones."""
