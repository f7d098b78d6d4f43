"""Architectures: the networks of the textbooks, from LeNet-5 to MobileNet.

`networks` holds them in PyTorch, a short file a family, with `create`, `available`, `extract` and
`load_pretrained`; `counting` says what they cost. Both import torch and are imported by name.
"""
