"""The networks in PyTorch, by name: build one, look inside, give it another last layer.

Names and keys of the state are torchvision's where torchvision has the network; the variants of the
papers end in "_paper", those for small images begin with "cifar_" or "wrn". Importing this imports
torch.
"""

from cvlib.architectures.networks import (
    alexnet,
    cifar_resnet,
    densenet,
    googlenet,
    inception_v2,
    inception_v3,
    lenet,
    mobilenet,
    resnet,
    squeezenet,
    vgg,
    wide_resnet,
)
from cvlib.architectures.networks.extraction import Features, extract
from cvlib.architectures.networks.network import Network, smallest_size
from cvlib.architectures.networks.pretrained import Mismatch, compare, load_pretrained
from cvlib.architectures.networks.registry import available, create, usual_size
from cvlib.architectures.networks.residual import residual_blocks

FAMILIES = (alexnet, cifar_resnet, densenet, googlenet, inception_v2, inception_v3, lenet,
            mobilenet, resnet, squeezenet, vgg, wide_resnet)  # fmt: skip

__all__ = [
    "Features",
    "Mismatch",
    "Network",
    "available",
    "compare",
    "create",
    "extract",
    "load_pretrained",
    "residual_blocks",
    "smallest_size",
    "usual_size",
]
