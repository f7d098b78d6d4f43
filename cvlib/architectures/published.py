"""Published parameters and multiply–adds, and why ours differ where they do.

Numbers are in millions, as they were printed: `within` is half a unit of the last printed place, or
the stated slack. An entry with a reason differs, by the reason; all others agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DENSENET = "the authors' repository liuzhuang13/DenseNet, README"
WIDE = "the authors' repository wide-residual-networks, pretrained/README"
MOBILE_V1 = "tensorflow/models, slim/nets/mobilenet_v1.md"
MOBILE_V2 = "tensorflow/models, slim/nets/mobilenet/README.md"
DEPTHWISE = "that file's other widths and sizes agree; the paper has 325 at 0.75 and 224, as we do"


@dataclass(frozen=True)
class Published:
    """One printed number about one network, in millions."""

    network: str
    quantity: Literal["parameters", "macs"]
    millions: float
    within: float
    source: str
    because: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None

    def agrees(self, count: int) -> bool:
        """Say whether a count is the printed number, as far as that was printed."""
        return abs(count / 1e6 - self.millions) <= self.within


PUBLISHED = (
    Published("cifar_densenet40_12", "parameters", 1.0, 0.05, DENSENET),
    Published("cifar_densenet100_12", "parameters", 7.0, 0.05, DENSENET),
    Published("cifar_densenet_bc100_12", "parameters", 0.8, 0.05, DENSENET),
    Published("cifar_densenet_bc250_24", "parameters", 15.3, 0.05, DENSENET),
    Published("cifar_densenet_bc190_40", "parameters", 25.6, 0.05, DENSENET),
    Published("resnet50", "parameters", 25.6, 0.05, WIDE),
    Published("resnet101", "parameters", 44.5, 0.05, WIDE),
    Published("resnet152", "parameters", 60.2, 0.05, WIDE),
    Published("wide_resnet50_2", "parameters", 68.9, 0.05, WIDE),
    Published(
        "mobilenet_v1", "macs", 317, 1, MOBILE_V1, DEPTHWISE, {"width_mult": 0.75}, 224,
    ),
    Published(
        "mobilenet_v1", "macs", 233, 1, MOBILE_V1, DEPTHWISE, {"width_mult": 0.75}, 192,
    ),
    Published("mobilenet_v1", "macs", 34, 1, MOBILE_V1, DEPTHWISE, {"width_mult": 0.25}, 192),
    Published(
        "mobilenet_v2", "parameters", 3.47, 0.005, MOBILE_V2,
        "the 34,112 scales and shifts of batch norm are left out there",
    ),
    Published("mobilenet_v2", "macs", 300, 1, MOBILE_V2, size=224),
    Published(
        "resnet50", "macs", 3500, 100, MOBILE_V2,
        "no ResNet-50 has so few: 3,858 with the stride on the 1 × 1, 4,089 on the 3 × 3", size=224,
    ),
    Published(
        "resnet50_paper", "macs", 3800, 100, "He et al., CVPR 2016, table 1: 3.8 · 10⁹", size=224
    ),
    Published(
        "resnet50", "macs", 3800, 100, "He et al., CVPR 2016, table 1: 3.8 · 10⁹",
        "the 3 × 3 strides here, and the 1 × 1 before it sees four times as many pixels", size=224,
    ),
    Published("googlenet", "parameters", 6.624904, 5e-7, "torchvision, num_params",
              "torchvision leaves the two heads out, which its file holds"),
    Published("inception_v3", "parameters", 27.161264, 5e-7, "torchvision, num_params"),
)  # fmt: skip
