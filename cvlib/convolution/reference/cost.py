"""What one convolutional layer costs: weights to keep and multiplications to do."""

from cvlib.convolution.geometry import IntOrPair, as_count, as_pair


def _weights(in_channels: int, out_channels: int, kernel_size: IntOrPair, groups: int) -> int:
    inputs = as_count(in_channels, "in_channels")
    outputs = as_count(out_channels, "out_channels")
    groups = as_count(groups, "groups")
    rows, columns = as_pair(kernel_size, "kernel_size", 1)
    for count, name in ((inputs, "in_channels"), (outputs, "out_channels")):
        if count % groups:
            raise ValueError(f"groups must divide {name}, got groups={groups}, {name}={count}")
    return outputs * (inputs // groups) * rows * columns


def count_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: IntOrPair,
    *,
    groups: int = 1,
    bias: bool = True,
) -> int:
    """Count the numbers that a convolutional layer learns.

    K · (C / groups) · R · S, and K more with a bias.

    Raises ValueError when groups does not divide both channel counts.
    """
    weights = _weights(in_channels, out_channels, kernel_size, groups)
    return weights + (out_channels if bias else 0)


def count_macs(
    output_size: IntOrPair,
    in_channels: int,
    out_channels: int,
    kernel_size: IntOrPair,
    *,
    groups: int = 1,
) -> int:
    """Count the multiplications that a convolutional layer does for one image.

    H' · W' · K · (C / groups) · R · S: each weight once at each place of the window. Taps that
    fall on the padding count; the bias, which only adds, does not.

    Raises ValueError when groups does not divide both channel counts.
    """
    rows, columns = as_pair(output_size, "output_size", 1)
    return rows * columns * _weights(in_channels, out_channels, kernel_size, groups)
