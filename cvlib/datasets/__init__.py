"""Data to learn from: real images that need no download, scenes drawn from a seed, and archives.

Digits and photographs come with scikit-learn and scikit-image. `make_shapes` draws scenes with
class, masks, boxes, attributes, captions and questions. CIFAR-10 and CIFAR-100, SVHN, MNIST and
Fashion-MNIST are read from their official files in a folder you name; nothing is downloaded unless
you ask. `split`, `batches` and the means prepare a training.
"""

from cvlib.datasets.centering import center, channel_mean, mean_image
from cvlib.datasets.cifar import load_cifar10, load_cifar100
from cvlib.datasets.dataset import Dataset
from cvlib.datasets.digits import load_digits
from cvlib.datasets.idx import load_fashion_mnist, load_mnist
from cvlib.datasets.photos import photo
from cvlib.datasets.shapes import ObjectTable, ShapeScenes, make_shapes
from cvlib.datasets.splits import batches, split
from cvlib.datasets.svhn import load_svhn

__all__ = [
    "Dataset",
    "ObjectTable",
    "ShapeScenes",
    "batches",
    "center",
    "channel_mean",
    "load_cifar10",
    "load_cifar100",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "load_svhn",
    "make_shapes",
    "mean_image",
    "photo",
    "split",
]
