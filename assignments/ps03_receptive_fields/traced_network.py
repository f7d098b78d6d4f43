"""What a network does, noted as it runs, and what its units see, worked out from these notes."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="var-annotated, assignment"

from __future__ import annotations


def windows_called(target, field, stride, most_layers):
    """Run the network once and return its steps: what was called, on what, with which geometry."""
    import torch
    from torch.overrides import TorchFunctionMode

    order = {
        "conv2d": ["input", "weight", "bias", "stride", "padding", "dilation"],
        "max_pool2d": ["input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"],
        "avg_pool2d": ["input", "kernel_size", "stride", "padding", "ceil_mode"],
        "pad": ["input", "pad"],
    }
    known, held, steps = {}, [], []

    def inside(values):  # tensors that come from the image
        for value in values:
            if isinstance(value, torch.Tensor) and id(value) in known:
                yield known[id(value)]
            elif isinstance(value, tuple | list):
                yield from inside(value)

    def pair(value, at_least=()):
        value = at_least if value is None or value == [] else value
        if isinstance(value, str):
            return value
        value = [int(v) for v in value] if isinstance(value, tuple | list) else [int(value)] * 2
        return value * 2 if len(value) == 1 else value

    def geometry(name, args, kwargs):
        given = dict(zip(order[name], args, strict=False)) | kwargs
        if name == "pad":
            return {"pad": [int(n) for n in given["pad"]]}
        kernel = list(given["weight"].shape[2:]) if name == "conv2d" else pair(given["kernel_size"])
        return {
            "kernel": kernel,
            "stride": pair(given.get("stride"), [1, 1] if name == "conv2d" else kernel),
            "padding": pair(given.get("padding"), [0, 0]),
            "dilation": pair(given.get("dilation"), [1, 1]),
            "ceil": bool(given.get("ceil_mode", False)),
        }

    def cut(key):
        key = key if isinstance(key, tuple) else (key,)
        if not all(isinstance(k, slice) or k is Ellipsis for k in key):
            return None
        if Ellipsis in key:
            at = key.index(Ellipsis)
            key = key[:at] + (slice(None),) * (5 - len(key)) + key[at + 1 :]
        return [[k.start, k.stop, k.step] for k in [*key, *[slice(None)] * (4 - len(key))]]

    class Notes(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            inputs = list(inside([*args, *kwargs.values()]))
            out = func(*args, **kwargs)
            several = out if isinstance(out, tuple | list) else [out]
            tensors = [t for t in several if isinstance(t, torch.Tensor)]
            if not inputs or not tensors:
                return out
            name = func.__name__.strip("_").replace("_with_indices", "")
            step = {"call": name, "inputs": inputs}
            if name in order:
                step |= geometry(name, args, kwargs)
            elif name == "getitem":
                step["cut"] = cut(args[1])
            for tensor in tensors:
                held.append(tensor)  # or another one might get its id
                known[id(tensor)] = len(steps) + 1
                steps.append(step)
            return out

    network = target(field, stride, most_layers)
    network = network.eval() if hasattr(network, "eval") else network
    floats = [p.dtype for p in network.parameters()] if hasattr(network, "parameters") else []
    side = 3 * field + 6 * stride
    image = torch.rand(1, 1, side, side, dtype=(floats or [torch.float32])[0])
    known[id(image)] = 0
    with torch.no_grad(), Notes():
        out = network(image)
    return {"steps": steps, "out": known.get(id(out))}


def what_units_see(evidence, field, stride, most_layers):
    """Measure a network by its steps: each window reads all its pixels, whatever the weights."""
    import math

    import numpy as np

    each_pixel = {
        "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid",
        "tanh", "softplus", "softsign", "logsigmoid", "hardtanh", "hardswish", "hardsigmoid",
        "prelu", "threshold", "clamp", "clip", "abs", "exp", "square", "sqrt", "pow", "neg",
        "dropout", "dropout2d", "feature_dropout", "alpha_dropout", "batch_norm", "add", "radd",
        "iadd", "sub", "rsub", "isub", "mul", "rmul", "imul", "truediv", "div", "maximum",
        "minimum", "where", "lerp", "cat", "concat", "chunk", "split", "clone", "contiguous",
        "to", "type", "float", "double", "detach",
    }  # fmt: skip
    side, steps, out = 3 * field + 6 * stride, evidence["steps"], evidence["out"]
    if not isinstance(steps, list) or len(steps) > 400:
        raise ValueError("expected a network of at most 400 steps")
    if type(out) is not int or not 0 < out <= len(steps):
        raise ValueError("expected an output that is computed from the image")
    sizes, links, layers, largest = {0: (side, side)}, {}, 0, 0

    def whole(value, least, most=4 * side):
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"expected a whole number of {least} or more, got {value!r}")
        return value

    def along(step, axis, n):  # start, step and count of a window's pixels, and units along an axis
        name = step["call"]
        if name == "pad":
            pads = [*step["pad"], 0, 0, 0, 0][:4]
            before, after = (int(p) for p in pads[2 - 2 * axis : 4 - 2 * axis])
            return -before, 1, 1, 1, n + before + after
        if name == "getitem":
            start, stop, jump = slice(*step["cut"][axis + 2]).indices(n)
            return start, whole(jump, 1), 1, 1, len(range(start, stop, jump))
        k, s, d = (whole(step[key][axis], 1) for key in ("kernel", "stride", "dilation"))
        pad = step["padding"]
        reach = d * (k - 1)
        if isinstance(pad, str):
            before, total = (reach // 2, reach) if pad == "same" else (0, 0)
        else:
            before = whole(pad[axis], 0)
            total = 2 * before
        left = (n + total - reach - 1) / s
        count = (math.ceil(left) if step["ceil"] else math.floor(left)) + 1
        if step["ceil"] and (count - 1) * s >= n + before:
            count -= 1
        return -before, s, d, k, count

    for number, step in enumerate(steps, 1):
        name, inputs = step["call"], step["inputs"]
        if not inputs or not all(type(i) is int and 0 <= i < number for i in inputs):
            raise ValueError("expected steps that follow from each other")
        size = sizes[inputs[0]]
        if any(sizes[i] != size for i in inputs):
            raise ValueError(f"`{name}` joins maps of different sizes")
        if name in ("conv2d", "max_pool2d", "avg_pool2d", "pad", "getitem"):
            if name == "getitem" and step["cut"] is None:
                raise ValueError("cut maps by slices only, such as x[:, :, ::2, ::2]")
            rules = [along(step, axis, size[axis]) for axis in (0, 1)]
            size = rules[0][-1], rules[1][-1]
            links[number] = inputs[0], rules
            if "kernel" in step:
                layers += 1
                largest = max(largest, *step["kernel"])
        elif name in each_pixel:
            links[number] = inputs, None
        else:
            raise ValueError(
                f"`{name}` is no convolution or pooling, nor does it work pixel by pixel"
            )
        if not 0 < min(size) <= max(size) <= 8 * side:
            raise ValueError(
                f"on an image of {side} × {side}, the maps become {size[0]} × {size[1]}"
            )
        sizes[number] = size

    def seen(unit):
        masks = {number: np.zeros(size, bool) for number, size in sizes.items()}
        masks[out][unit] = True
        for number in range(out, 0, -1):
            inputs, rules = links[number]
            if rules is None:
                for i in inputs:
                    masks[i] |= masks[number]
                continue
            units = np.argwhere(masks[number])
            into = masks[inputs]
            (top, down, dr, rows, _), (left, right, dc, columns, _) = rules
            for r in range(rows):
                for c in range(columns):
                    at = units * [down, right] + [top + r * dr, left + c * dc]
                    at = at[((at >= 0) & (at < into.shape)).all(axis=1)]
                    into[at[:, 0], at[:, 1]] = True
        return masks[0]

    middle = sizes[out][0] // 2, sizes[out][1] // 2
    if max(rule for _, r in links.values() if r for rule in (r[0][3], r[1][3])) > 64:
        raise ValueError("expected windows of at most 3 × 3")
    if middle[0] + 1 >= sizes[out][0] or middle[1] + 1 >= sizes[out][1]:
        raise ValueError(f"on an image of {side} × {side}, a single unit is left along an axis")
    here, there = (seen((middle[0] + k, middle[1] + k)) for k in (0, 1))
    first = [[int(np.flatnonzero(m.any(axis))[0]) for axis in (1, 0)] for m in (here, there)]
    last = [int(np.flatnonzero(here.any(axis))[-1]) for axis in (1, 0)]
    return {
        "field": [last[axis] - first[0][axis] + 1 for axis in (0, 1)],
        "stride": [first[1][axis] - first[0][axis] for axis in (0, 1)],
        "pixels seen": int(here.sum()),
        "layers too many": max(0, layers - most_layers),
        "kernel too large by": max(0, largest - 3),
    }
