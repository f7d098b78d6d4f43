"""Layer tables of networks whose layers stand in one line: AlexNet, VGG-16, MobileNet-v1.

Each ends with the last map before global pooling or the first fully connected layer. Paddings are
those of the widespread PyTorch versions, centred on their windows.
"""

from __future__ import annotations

from cvlib.receptive_field.reference.layer_geometry import LayerGeometry


def conv(
    name: str, kernel: int | tuple[int, int], stride: int = 1, padding: int | str = "centred"
) -> LayerGeometry:
    """Describe a convolution or pooling, padded by (k - 1)/2 unless it is told otherwise."""
    if isinstance(padding, str):
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        return LayerGeometry(kernel, stride, tuple((k - 1) // 2 for k in sides), name=name)
    return LayerGeometry(kernel, stride, padding, name=name)


def alexnet() -> list[LayerGeometry]:
    """List the windows of AlexNet up to its last pooling.

    Source: Krizhevsky, Sutskever and Hinton, NIPS 2012, §3.5; input 227, no padding in front.
    """
    return [
        conv("conv1", 11, 4, padding=0),
        conv("pool1", 3, 2, padding=0),
        conv("conv2", 5),
        conv("pool2", 3, 2, padding=0),
        conv("conv3", 3),
        conv("conv4", 3),
        conv("conv5", 3),
        conv("pool5", 3, 2, padding=0),
    ]


def vgg16(*, fc6: bool = False) -> list[LayerGeometry]:
    """List the windows of VGG-16 up to its last pooling, or up to fc6 as a 7 × 7 convolution.

    Source: Simonyan and Zisserman, ICLR 2015, table 1, column D.
    """
    layers = []
    for block, depth in enumerate((2, 2, 3, 3, 3), start=1):
        layers += [conv(f"conv{block}_{k}", 3) for k in range(1, depth + 1)]
        layers.append(conv(f"pool{block}", 2, 2, padding=0))
    return [*layers, conv("fc6", 7, padding=0)] if fc6 else layers


def mobilenet_v1() -> list[LayerGeometry]:
    """List the windows of MobileNet-v1; the 1 × 1 layers between see one place and are left out.

    Source: Howard et al., 2017, table 1.
    """
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    depthwise = [conv(f"depthwise{k}", 3, s) for k, s in enumerate(strides, start=1)]
    return [conv("conv1", 3, 2), *depthwise]
