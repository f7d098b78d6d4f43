"""Deep computer vision, every operation twice: NumPy to understand, PyTorch to run on a GPU.

Each topic is a sub-package ("room") with a ``reference`` in NumPy and an ``accelerated`` twin in
PyTorch. Importing ``cvlib``, or a room, never imports torch.
"""

__version__ = "0.3.0"
