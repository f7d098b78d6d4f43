"""Graphs of networks with branches: ResNet-50, Inception-v3, DenseNet-121.

Each ends with the last map before global pooling. Concatenations carry the channels of their
branches as shares.
"""

from __future__ import annotations

from typing import Literal

from cvlib.receptive_field.reference.graph import INPUT, Graph
from cvlib.receptive_field.reference.layer_geometry import LayerGeometry
from cvlib.receptive_field.reference.tables import conv


def resnet50(*, stride_on: Literal["1x1", "3x3"] = "3x3") -> Graph:
    """Build the graph of ResNet-50, with the stride of a bottleneck on its 1 × 1 or 3 × 3 layer.

    The paper strides on the first 1 × 1 layer, later versions on the 3 × 3 layer.

    Raises ValueError for another place. Source: He, Zhang, Ren and Sun, CVPR 2016, table 1.
    """
    if stride_on not in ("1x1", "3x3"):
        raise ValueError(f"stride_on must be '1x1' or '3x3', got {stride_on!r}")
    graph = Graph()
    x = graph.chain(INPUT, conv("conv1", 7, 2), conv("pool1", 3, 2))
    for stage, depth in enumerate((3, 4, 6, 3), start=2):
        for block in range(1, depth + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
            name = f"conv{stage}_{block}"
            deep = graph.chain(
                x, conv(f"{name}/reduce", 1, first), conv(f"{name}/3x3", 3, second)
            )  # the last 1 × 1 layer sees one place
            skip = graph.window(x, conv(f"{name}/skip", 1, stride)) if block == 1 else x
            x = graph.merge(skip, deep, name=name)
    return graph


class _Inception:
    """Builds one module after another; a branch is a list of layers with its channels."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.last = INPUT

    def chain(self, *layers: LayerGeometry) -> None:
        self.last = self.graph.chain(self.last, *layers)

    def module(self, name: str, branches: dict[str, tuple[int, list[LayerGeometry]]]) -> None:
        ends, shares = [], []
        for branch, (channels, layers) in branches.items():
            end = self.last
            for layer in layers:
                end = self.graph.window(end, layer, name=f"{name}/{branch}/{layer.name}")
            ends.append(end)
            shares.append(channels)
        self.last = self.graph.merge(*ends, name=name, shares=shares)

    def split(self, name: str, pool: int) -> None:
        """Add module C, in which two branches fan out once more into 1 × 3 and 3 × 1."""
        graph, x = self.graph, self.last
        one = graph.window(x, conv(f"{name}/1x1", 1))
        threes = [(f"{name}/3x3", x), (f"{name}/double", graph.window(x, conv(f"{name}/first", 3)))]
        fans = []
        for fan, start in threes:
            sides = [
                graph.window(start, conv(f"{fan}/{a}x{b}", (a, b))) for a, b in ((1, 3), (3, 1))
            ]
            fans.append(graph.merge(*sides, name=fan))
        pooled = graph.window(x, conv(f"{name}/pool", 3))
        shares = (320, 768, 768, pool)
        self.last = graph.merge(one, *fans, pooled, name=name, shares=shares)


def inception_v3() -> Graph:
    """Build the graph of Inception-v3, without its auxiliary classifier.

    Source: Szegedy et al., CVPR 2016, table 1 and figures 5-7, 10; the widths and the unpadded stem
    are those of the released network.
    """
    net = _Inception()
    valid = [conv("conv1", 3, 2, padding=0), conv("conv2", 3, padding=0), conv("conv3", 3)]
    net.chain(*valid, conv("pool1", 3, 2, padding=0), conv("conv4", 3, padding=0))
    net.chain(conv("pool2", 3, 2, padding=0))
    three, column, row = conv("3x3", 3), conv("7x1", (7, 1)), conv("1x7", (1, 7))
    for name, pool in (("A1", 32), ("A2", 64), ("A3", 64)):
        net.module(
            name,
            {
                "1x1": (64, [conv("1x1", 1)]),
                "5x5": (64, [conv("5x5", 5)]),
                "double": (96, [three, three]),
                "pool": (pool, [conv("pool", 3)]),
            },
        )
    down, shrink = conv("down", 3, 2, padding=0), conv("pool", 3, 2, padding=0)
    net.module(
        "reduce1", {"3x3": (384, [down]), "double": (96, [three, down]), "p": (288, [shrink])}
    )
    for name in ("B1", "B2", "B3", "B4"):
        net.module(
            name,
            {
                "1x1": (192, [conv("1x1", 1)]),
                "7x7": (192, [row, column]),
                "double": (192, [column, row, column, row]),
                "pool": (192, [conv("pool", 3)]),
            },
        )
    net.module(
        "reduce2", {"3x3": (320, [down]), "7x7": (192, [row, column, down]), "p": (768, [shrink])}
    )
    net.split("C1", pool=192)
    net.split("C2", pool=192)
    return net.graph


def densenet121() -> Graph:
    """Build the graph of DenseNet-121: in a block, every layer reads all maps before it.

    Source: Huang, Liu, van der Maaten and Weinberger, CVPR 2017, table 1; growth rate 32.
    """
    graph, channels = Graph(), 64
    x = graph.chain(INPUT, conv("conv1", 7, 2), conv("pool1", 3, 2))
    for block, depth in enumerate((6, 12, 24, 16), start=1):
        for k in range(1, depth + 1):
            new = graph.window(x, conv(f"block{block}_{k}/3x3", 3))
            x = graph.merge(x, new, name=f"block{block}_{k}", shares=(channels, 32))
            channels += 32
        if block < 4:
            channels //= 2  # the transition's 1 × 1 layer halves the channels
            x = graph.window(x, conv(f"transition{block}", 2, 2, padding=0))
    return graph
