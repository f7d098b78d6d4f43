"""The parameters of a block: a dict of arrays, under the keys of PyTorch's state dicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cvlib.arrays import Array

#: Keys as "conv1.weight": ``{k: v.numpy() for k, v in module.state_dict().items()}`` makes one.
Params = Mapping[str, Array]
Grads = dict[str, Array]

_COUNTER = "num_batches_tracked"


def check_params(
    params: Params,
    *,
    convs: Collection[str],
    norms: Collection[str] = (),
    training: bool = True,
) -> None:
    """Demand what the named layers need, and nothing that none of them reads.

    A convolution needs its weight and may have a bias. A norm needs weight and bias, and outside
    training both running statistics. Raises ValueError that names the key.
    """
    needed = {f"{name}.weight" for name in convs}
    known = needed | {f"{name}.bias" for name in convs}
    for name in norms:
        running = {f"{name}.running_mean", f"{name}.running_var"}
        learned = {f"{name}.weight", f"{name}.bias"}
        needed |= learned if training else learned | running
        known |= learned | running | {f"{name}.{_COUNTER}"}
    for key in sorted(needed - set(params)):
        raise ValueError(f"expected a parameter {key!r}, got {', '.join(sorted(params))}")
    for key in sorted(set(params) - known):
        raise ValueError(
            f"parameter {key!r} is read by no layer of this block, which has "
            f"{', '.join(sorted({*convs, *norms}))}"
        )


def normed(params: Params, norm: str) -> str | None:
    """Return the norm's name where the parameters have it, None for a network before batch norm."""
    return norm if f"{norm}.weight" in params else None


def within(params: Params, name: str) -> dict[str, Array]:
    """Return the parameters of one part, without its name in front."""
    start = f"{name}."
    return {k.removeprefix(start): v for k, v in params.items() if k.startswith(start)}


def renamed(grads: Grads, name: str) -> Iterator[tuple[str, Array]]:
    """Give the gradients of a part its name back: the inverse of `within`."""
    return ((f"{name}.{key}", value) for key, value in grads.items())
