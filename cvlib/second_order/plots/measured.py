"""Figures of what was measured: growing signals, trained fusions, bytes kept for the way back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.second_order.experiments.growth import LARGEST_SINGLE, Growth
from cvlib.second_order.experiments.training import Trained

MARKERS = ("o", "s", "^", "D", "v", "P")
#: Below this a signal counts as dead and is drawn on the floor; above that, under the ceiling.
FLOOR, CEILING = 1e-9, 1e60


def growth(result: Growth) -> Plot:
    """Draw the size of the signal against the number of blocks: a thin line a seed, log scale."""
    figure, ax = new_figure(height=3.6)
    said = []
    top = 1.0
    for k, (name, sizes) in enumerate(result.sizes.items()):
        colour, marker = PALETTE[k % len(PALETTE)], MARKERS[k % len(MARKERS)]
        for row, values in enumerate(sizes):
            shown = np.clip(values, FLOOR, CEILING)
            ax.plot(
                result.depths,
                shown,
                color=colour,
                marker=marker,
                ms=4,
                lw=1.2,
                label=name if row == 0 else None,
            )
        top = max(top, float(np.minimum(sizes, CEILING).max()))
        said.append(f"{name}: {_range(sizes[:, -1])}.")
    if top > LARGEST_SINGLE:
        ax.axhline(LARGEST_SINGLE, color=PALETTE[5], ls="--", lw=1)
        said.append("A dashed line marks the largest number of single precision.")
    ax.set(
        yscale="log", xlabel="residual blocks, untrained", ylabel="root mean square of the signal"
    )
    ax.set_xticks(result.depths[1:], [str(d) for d in result.depths[1:]])
    ax.grid(True, axis="y")
    figure.legend(loc="outside right upper", frameon=False)
    deepest = f"The size of the signal after {result.depths[-1]} untrained blocks, over seeds. "
    return Plot(figure, deepest + " ".join(said))


def _range(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    if high < FLOOR:
        return "dead"
    if np.isinf(low):
        return "overflowed"
    return f"{low:.2g} to {high:.2g}"


def training(result: Trained) -> Plot:
    """Draw the test error of every fusion, a dot a seed, with the interval of the mean."""
    figure, ax = new_figure(height=0.36 * len(result.errors) + 0.8)
    said = []
    for row, (name, errors) in enumerate(result.errors.items()):
        colour = PALETTE[0] if row == 0 else PALETTE[1]
        summary = mean_interval(100 * errors)
        ax.plot(100 * errors, np.full(len(errors), row), "o", color=colour, ms=4, alpha=0.5)
        ax.errorbar(summary.mean, row, xerr=summary.half, fmt="|", color=colour, ms=14, capsize=3)
        said.append(
            f"{name}: error {summary:.1f} %, "
            f"training loss {result.last_losses(name).mean():.2g} at the end."
        )
    ax.set_yticks(range(len(result.errors)), list(result.errors))
    ax.set(xlabel="test error in %", xlim=(0, None))
    ax.invert_yaxis()
    ax.grid(True, axis="x")
    return Plot(
        figure,
        f"Networks alike in all but their fusion, after {result.steps} steps on digits. "
        + " ".join(said),
    )


def kept_bytes(found: Mapping[str, int], base: str = "sum") -> Plot:
    """Draw what a training step keeps for its backward pass, fusion by fusion, in units of one."""
    figure, ax = new_figure(height=0.32 * len(found) + 0.8)
    said = []
    for row, (name, count) in enumerate(found.items()):
        ratio = count / found[base]
        ax.barh(row, ratio, height=0.6, color=PALETTE[0] if name == base else PALETTE[1])
        ax.text(ratio + 0.02, row, f"×{ratio:.2f}", va="center")
        said.append(f"{name}: {count:,} bytes, {ratio:.2f} times those of the {base}.")
    ax.set_yticks(range(len(found)), list(found))
    ax.set(
        xlabel=f"bytes kept for the backward pass, {base} = 1",
        xlim=(0, 1.15 * max(found.values()) / found[base]),
    )
    ax.invert_yaxis()
    return Plot(figure, "What a training step keeps. " + " ".join(said))
