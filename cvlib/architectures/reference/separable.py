"""MobileNet's depthwise-separable block: filter every map by itself, then mix the maps."""

from __future__ import annotations

from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.units import UnitCache, unit_backward, unit_forward
from cvlib.arrays import Array, check_arrays, check_rank


def separable_block_forward(
    x: Array, params: Params, *, stride: int = 1, training: bool, eps: float = 1e-5
) -> tuple[Array, list[UnitCache]]:
    """Convolve each channel 3×3 by itself, then mix the channels by 1×1; both with norm and ReLU.

    out = ReLU ∘ BN ∘ 1×1 ∘ ReLU ∘ BN ∘ 3×3 depthwise (x)

    Keys of `params`: 0.0 and 0.1, convolution and norm of the depthwise half, 1.0 and 1.1 of the
    pointwise one. Shapes: x (N, C, H, W), 0.0.weight (C, 1, 3, 3), 1.0.weight (K, C, 1, 1) -> out
    (N, K, ⌈H / stride⌉, ⌈W / stride⌉), cache. Raises ValueError for a missing or needless
    parameter, and ValueError or TypeError as the named layer does.
    Source: Howard et al., MobileNets, 2017, §3.1 and figure 3.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    check_params(params, convs=("0.0", "1.0"), norms=("0.1", "1.1"), training=training)
    y, depthwise = unit_forward(
        x, params, "0.0", "0.1", stride=stride, groups=x.shape[1], training=training, eps=eps
    )
    out, pointwise = unit_forward(y, params, "1.0", "1.1", training=training, eps=eps)
    return out, [depthwise, pointwise]


def separable_block_backward(dout: Array, cache: list[UnitCache]) -> tuple[Array, Grads]:
    """Go back through the mix, then through the filters.

    Shapes: dout like out -> dx like x, and gradients under the parameters' keys. Raises ValueError
    or TypeError when dout is not of the output's shape and dtype.
    """
    grads: Grads = {}
    for unit in reversed(cache):
        dout, of_unit = unit_backward(dout, unit)
        grads |= of_unit
    return dout, grads
