"""What the twins of the convolution room are compared on."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from twins import Call

SEEDS = st.integers(0, 2**32 - 1)


def pair(low: int, high: int) -> st.SearchStrategy[Any]:
    """Draw an int, or a pair of ints, as every stride, padding and dilation may be given."""
    return st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high))


def both(value: Any) -> tuple[int, int]:
    """Return an int or pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def array(draw: st.DrawFn, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers in one of several memory layouts: a function must not rely on any."""
    values = rng.standard_normal(shape)
    layout = draw(st.sampled_from(("C", "C", "F", "every second", "reversed")))
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "every second":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    return values[..., ::-1] if layout == "reversed" else values


@st.composite
def slides(draw: st.DrawFn, kernel: tuple[int, int] | None = None) -> dict[str, Any]:
    """Draw kernel size, stride, padding, dilation and an image just large enough, or larger."""
    rows, columns = kernel or (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride, padding = draw(pair(1, 3)), draw(pair(0, 3))
    dilation = draw(pair(1, 3))
    size = [
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 5))
        for k, d, p in zip((rows, columns), both(dilation), both(padding), strict=True)
    ]
    return {
        "kernel": (rows, columns),
        "size": tuple(size),
        "options": {"stride": stride, "padding": padding, "dilation": dilation},
    }


@st.composite
def grouped(draw: st.DrawFn) -> Call:
    """Draw a convolution with any number of groups, and a bias or none."""
    slide = draw(slides())
    groups, share, kernels = (draw(st.integers(1, 3)) for _ in range(3))
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    x = array(draw, rng, draw(st.integers(0, 3)), groups * share, *slide["size"])
    w = array(draw, rng, groups * kernels, share, *slide["kernel"])
    b = rng.standard_normal(groups * kernels) if draw(st.booleans()) else None
    return Call({"x": x, "w": w, "b": b}, {**slide["options"], "groups": groups}, seed)


@st.composite
def transposed(draw: st.DrawFn) -> Call:
    """Draw a transposed convolution, with every output padding that is allowed."""
    slide = draw(slides())
    groups, share, kernels = (draw(st.integers(1, 3)) for _ in range(3))
    options = dict(slide["options"])
    strides, paddings, dilations = (both(options[k]) for k in ("stride", "padding", "dilation"))
    options["output_padding"] = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(strides, dilations, strict=True)
    )
    # large enough that something is left of the output
    size = [
        draw(st.integers(0, 3)) + 1 + max(0, -(-(2 * p - d * (k - 1)) // s))
        for k, s, p, d in zip(slide["kernel"], strides, paddings, dilations, strict=True)
    ]
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    x = array(draw, rng, draw(st.integers(0, 3)), groups * share, *size)
    w = array(draw, rng, groups * share, kernels, *slide["kernel"])
    b = rng.standard_normal(groups * kernels) if draw(st.booleans()) else None
    return Call({"x": x, "w": w, "b": b}, {**options, "groups": groups}, seed)


@st.composite
def depthwise(draw: st.DrawFn, pointwise: bool = False) -> Call:
    """Draw a depthwise convolution, and the mixing that makes it separable."""
    slide = draw(slides())
    channels, multiplier, kernels = (draw(st.integers(1, 3)) for _ in range(3))
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    middle = channels * multiplier
    arrays: dict[str, np.ndarray | None] = {
        "x": array(draw, rng, draw(st.integers(1, 3)), channels, *slide["size"]),
        "w": array(draw, rng, middle, 1, *slide["kernel"]),
    }
    if pointwise:
        arrays["pointwise_w"] = array(draw, rng, kernels, middle, 1, 1)
    outputs = kernels if pointwise else middle
    arrays["b"] = rng.standard_normal(outputs) if draw(st.booleans()) else None
    return Call(arrays, slide["options"], seed)


@st.composite
def two_kernels(draw: st.DrawFn, square: bool) -> Call:
    """Draw an image that a 3×3 and another 3×3 fit into, or an n×1 and a 1×m."""
    kernel = (5, 5) if square else (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    first, second = ((3, 3), (3, 3)) if square else ((kernel[0], 1), (1, kernel[1]))
    stride, padding = draw(pair(1, 3)), draw(pair(0, 3))
    size = [k + draw(st.integers(0, 4)) for k in kernel]
    channels, middle, kernels = (draw(st.integers(1, 3)) for _ in range(3))
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    arrays = {
        "x": array(draw, rng, draw(st.integers(1, 2)), channels, *size),
        "w1": array(draw, rng, middle, channels, *first),
        "w2": array(draw, rng, kernels, middle, *second),
    }
    return Call(arrays, {"stride": stride, "padding": padding}, seed)


@st.composite
def kernels_only(draw: st.DrawFn) -> Call:
    """Draw two kernels of which the second takes what the first makes."""
    rng = np.random.default_rng(draw(SEEDS))
    sizes = [draw(st.integers(1, 3)) for _ in range(7)]
    w1 = array(draw, rng, sizes[0], sizes[1], *sizes[2:4])
    return Call({"w1": w1, "w2": array(draw, rng, sizes[4], sizes[0], *sizes[5:7])})


@st.composite
def windows(draw: st.DrawFn) -> Call:
    """Draw an image and the windows to lay out."""
    slide = draw(slides())
    rng = np.random.default_rng(draw(SEEDS))
    x = array(draw, rng, draw(st.integers(1, 3)), draw(st.integers(1, 3)), *slide["size"])
    return Call({"x": x}, {"kernel_size": slide["kernel"], **slide["options"]})


@st.composite
def matrices(draw: st.DrawFn) -> Call:
    """Draw a kernel and the shape of an image for the convolution matrix."""
    call = draw(grouped())
    x, w = call.arrays["x"], call.arrays["w"]
    assert x is not None
    return Call({"w": w}, {"input_shape": x.shape[1:], **call.options})


@st.composite
def images(draw: st.DrawFn, flat: bool) -> Call:
    """Draw one image or a batch, or the vectors that stand for them."""
    rng = np.random.default_rng(draw(SEEDS))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(3))
    batch = (draw(st.integers(1, 3)),) if draw(st.booleans()) else ()
    if flat:
        return Call({"v": rng.standard_normal((*batch, int(np.prod(shape))))}, {"shape": shape})
    return Call({"x": array(draw, rng, *batch, *shape)})


CASES: dict[str, st.SearchStrategy[Call]] = {
    "compose_kernels": kernels_only(),
    "conv2d": grouped(),
    "conv_transpose2d": transposed(),
    "convolution_matrix": matrices(),
    "depthwise_conv2d": depthwise(),
    "depthwise_separable": depthwise(pointwise=True),
    "flatten": images(flat=False),
    "im2col": windows(),
    "separable_pair": two_kernels(square=False),
    "two_3x3": two_kernels(square=True),
    "unflatten": images(flat=True),
}
