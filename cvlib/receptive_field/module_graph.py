"""Read the graph of windows off a PyTorch module, by tracing it with torch.fx."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from cvlib.receptive_field import module_layers as layers
from cvlib.receptive_field.reference.graph import INPUT, Graph
from cvlib.receptive_field.reference.layer_geometry import LayerGeometry, Sizes, as_sizes

MERGES = {operator.add, operator.iadd, operator.sub, operator.mul, operator.imul, operator.truediv,
          torch.add, torch.sub, torch.mul, torch.div, torch.maximum, torch.minimum,
          "add", "add_", "sub", "mul", "mul_", "div"}  # fmt: skip
POINTWISE = {
    torch.relu, torch.sigmoid, torch.tanh, torch.abs, torch.exp, torch.clamp, torch.square,
    functional.relu, functional.relu6, functional.leaky_relu, functional.elu, functional.gelu,
    functional.silu, functional.mish, functional.hardswish, functional.hardsigmoid,
    functional.hardtanh, functional.sigmoid, functional.tanh, functional.softplus,
    functional.dropout, functional.dropout2d, functional.batch_norm,
    functional.local_response_norm, operator.neg, operator.pow, torch.sqrt,
    "relu", "relu_", "sigmoid", "tanh", "abs", "exp", "clamp", "contiguous", "clone", "float",
    "double", "detach", "square", "sqrt", "pow",
}  # fmt: skip
CONCATENATIONS = {torch.cat, torch.concat}
SIZES = {"size", "dim", getattr}
PARTS = {torch.chunk, torch.split, "chunk", "split"}
SUMMARIES = {torch.mean, torch.sum, torch.amax, "mean", "sum", "amax"}
FLATTENINGS = {torch.flatten, "flatten"}
SHAPES = {"view", "reshape", torch.reshape}
ADAPTIVE = {
    functional.adaptive_avg_pool1d,
    functional.adaptive_avg_pool2d,
    functional.adaptive_max_pool1d,
    functional.adaptive_max_pool2d,
}


def module_graph(module: nn.Module, *, input_size: int | Sequence[int] | None = None) -> Graph:
    """Return the graph of windows and merges of a module that takes one image batch (N, C, H, W).

    Nodes are named as their modules ("features.0"), other steps as torch.fx calls them. With the
    size of the image, adaptive poolings are understood too.

    Raises ValueError, naming the node, for a step whose window is not known, for one that takes
    statistics over the whole map, and for a module that torch.fx cannot trace.
    """
    if type(module).__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential):
        module = nn.Sequential(module)  # torch.fx looks into the outermost module
    try:
        traced = fx.symbolic_trace(module)
    except Exception as error:
        raise ValueError(
            f"torch.fx cannot trace {type(module).__name__}, because {error}: build the list of "
            "layers or the Graph by hand, or ask the gradient (gradient_support)"
        ) from error
    return _Reader(traced, input_size).graph


class UnknownStepError(ValueError):
    """A step whose receptive field is not known; the message names the node."""


class _Reader:
    """Translates one traced module, step by step."""

    def __init__(self, traced: fx.GraphModule, input_size: int | Sequence[int] | None) -> None:
        self.modules = dict(traced.named_modules())
        self.axes = len(input_size) if isinstance(input_size, Sequence) else self._count_axes()
        self.size: Sizes | None = None
        if input_size is not None:
            self.size = as_sizes(input_size, "input_size", 1, self.axes)
        self.graph = Graph(self.axes)
        self.names: dict[fx.Node, str] = {}  # steps that hold maps; others hold sizes and numbers
        for node in traced.graph.nodes:
            self._read(node)

    def _count_axes(self) -> int:
        kinds = [type(m).__name__ for m in self.modules.values()]
        return max((int(k[-2]) for k in kinds if k[-2:] in ("1d", "2d", "3d")), default=2)

    def _read(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            if not self.names:
                self.names[node] = INPUT
            elif not node.args:
                raise self._unknown(node, f"is a second input, {node.target!r}: expected one image")
        elif node.op == "output":
            results = self._maps(node)
            if len(results) != 1:
                raise self._unknown(node, f"returns {len(results)} maps: expected one")
        elif node.op in ("call_module", "call_function", "call_method") and self._maps(node):
            try:
                name = self._step(node)
            except UnknownStepError:
                raise
            except ValueError as error:
                raise self._unknown(node, f"({error})") from error
            if name:
                self.names[node] = name

    def _maps(self, node: fx.Node) -> list[str]:
        return [self.names[n] for n in node.all_input_nodes if n in self.names]

    def _unknown(self, node: fx.Node, reason: str = "") -> UnknownStepError:
        if isinstance(node.target, str) and node.op == "call_module":
            what = f"{node.target!r}, a {type(self.modules[node.target]).__name__}"
        else:
            what = f"{node.name!r}, {getattr(node.target, '__name__', node.target)}"
        return UnknownStepError(f"node {what}: {reason or 'its receptive field is not known'}")

    def _step(self, node: fx.Node) -> str:
        """Add the step to the graph; the empty name says that it holds no map."""
        source, name = self._maps(node)[0], node.name
        if node.op == "call_module":
            return self._module(node, self.modules[str(node.target)], source)
        target: Any = node.target
        if target in layers.WINDOW_CALLS:
            return self.graph.window(source, self._call_window(node), name)
        if target in MERGES:
            return self.graph.merge(*self._maps(node), name=name)
        if target in POINTWISE or (target in SHAPES and self._is_flat(source)):
            return self.graph.merge(source, name=name)
        if target in CONCATENATIONS and self._argument(node, 1, "dim", 0) in (1, -1 - self.axes):
            return self.graph.merge(*self._maps(node), name=name)
        if target in SIZES:
            return ""
        if target in PARTS and self._argument(node, 2, "dim", 0) in (1, -1 - self.axes):
            return source
        if target is operator.getitem and self._keeps_places(node.args[1]):
            return source
        if target is operator.getitem and (layer := layers.every_other(node.args[1], self.axes)):
            return self.graph.window(source, layer, name)
        if target in FLATTENINGS and self._argument(node, 1, "start_dim", 0) == 1:
            return self.graph.whole(source, name)
        if target in SHAPES and len(node.args) == 3:  # (batch, everything)
            return self.graph.whole(source, name)
        if target in SUMMARIES and self._over_places(self._argument(node, 1, "dim", None)):
            return self.graph.whole(source, name)
        if target in ADAPTIVE:
            return self._adaptive(source, self._argument(node, 1, "output_size", 1), name)
        if target is functional.interpolate:
            options = {
                k: self._argument(node, i, k, None)
                for i, k in enumerate(("size", "scale_factor", "mode", "align_corners"), start=1)
            }
            return self._upsample(source, {**options, "mode": options["mode"] or "nearest"}, name)
        if target is functional.pad and self._argument(node, 2, "mode", "constant") == "constant":
            pads = self._argument(node, 1, "pad", ())
            return self.graph.window(source, layers.zero_padding(pads, self.axes), name)
        if target is functional.linear and self._is_flat(source):
            return self.graph.whole(source, name)
        raise self._unknown(node)

    def _module(self, node: fx.Node, module: nn.Module, source: str) -> str:
        name = str(node.target)
        if isinstance(module, layers.POINTWISE):
            return self.graph.merge(source, name=name)
        if isinstance(module, (*layers.CONVOLUTIONS, *layers.TRANSPOSED, *layers.POOLINGS)):
            transposed = isinstance(module, layers.TRANSPOSED)
            layer = layers.window_of(vars(module), self.axes, transposed=transposed)
            return self.graph.window(source, layer, name)
        if isinstance(module, layers.ADAPTIVE):
            return self._adaptive(source, module.output_size, name)
        if isinstance(module, nn.Upsample):
            return self._upsample(source, vars(module), name)
        if isinstance(module, layers.ZERO_PADDINGS):
            return self.graph.window(source, layers.zero_padding(module.padding, self.axes), name)
        if isinstance(module, nn.Flatten) and module.start_dim == 1:
            return self.graph.whole(source, name)
        if isinstance(module, nn.Linear) and self._is_flat(source):
            return self.graph.whole(source, name)
        if isinstance(module, nn.GroupNorm | nn.LayerNorm | nn.InstanceNorm2d | nn.InstanceNorm1d):
            reason = "takes statistics over the whole map, so every unit sees everything; "
            raise self._unknown(node, f"{reason}put nn.Identity in its place to leave them out")
        raise self._unknown(node)

    def _call_window(self, node: fx.Node) -> LayerGeometry:
        target: Any = node.target
        names = layers.WINDOW_CALLS[target]
        options = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
        if "weight" in options:
            weight = options["weight"]
            if not isinstance(weight, fx.Node) or weight.op != "get_attr":
                raise ValueError("its kernel is not a parameter of the module")
            holder = operator.attrgetter(str(weight.target))(self.modules[""])
            options |= {"kernel_size": tuple(holder.shape[2:]), "groups": 1}
        transposed = "output_padding" in names
        return layers.window_of(options, self.axes, transposed=transposed)

    def _adaptive(self, source: str, target: Any, name: str) -> str:
        if set(target if isinstance(target, Sequence) else (target,)) == {1}:
            return self.graph.whole(source, name)
        return self.graph.window(source, layers.share_out(self._map_size(source), target), name)

    def _upsample(self, source: str, options: dict[str, Any], name: str) -> str:
        factors, size = options["scale_factor"], options["size"]
        if factors is None:
            here = self._map_size(source)
            if here is None:
                raise ValueError("upsampling to a fixed size: give input_size")
            wanted = as_sizes(size, "size", 1, self.axes)
            factors = tuple(w / n for w, n in zip(wanted, here, strict=True))
        factors = factors if isinstance(factors, Sequence) else (factors,) * self.axes
        if any(f != int(f) for f in factors):
            raise ValueError(f"upsampling by {factors}, which are no whole numbers")
        whole = tuple(int(f) for f in factors)
        layer = layers.enlarge(whole, options["mode"], options.get("align_corners"))
        return self.graph.window(source, layer, name)

    def _map_size(self, source: str) -> Sizes | None:
        return self.graph.sizes(self.size)[source] if self.size else None

    def _is_flat(self, source: str) -> bool:
        node = self.graph.nodes[source]
        return node.everything or (
            node.layer is None and bool(node.inputs) and all(map(self._is_flat, node.inputs))
        )

    def _over_places(self, dims: Any) -> bool:
        dims = dims if isinstance(dims, Sequence) else (dims,)
        rank = self.axes + 2
        return {d % rank for d in dims if isinstance(d, int)} == set(range(2, rank))

    @staticmethod
    def _keeps_places(index: Any) -> bool:
        index = index if isinstance(index, tuple) else (index,)
        full = slice(None)
        return len(index) <= 2 and (len(index) < 2 or index[0] == full)

    @staticmethod
    def _argument(node: fx.Node, place: int, name: str, default: Any) -> Any:
        value = node.kwargs.get(name, node.args[place] if len(node.args) > place else default)
        return value
