"""Figures of what depth does to signals, and of what a gradient costs to keep exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.training.experiments.depth import Signals

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def depth(groups: Mapping[str, Sequence[Signals]]) -> Plot:
    """Draw sizes of signals and of gradients through the layers, one row of panels a group."""
    figure, axes = new_figure(
        len(groups), 2, width=7.2, height=2.5 * len(groups) + 0.3, sharex=True, squeeze=False
    )
    said = []
    for row, (title, signals) in zip(axes, groups.items(), strict=True):
        for one, colour, style in zip(signals, PALETTE, STYLES, strict=False):
            for ax, sizes in zip(row, (one.values, one.gradients), strict=True):
                mean = np.exp(np.log(np.maximum(sizes, 1e-300)).mean(axis=0))
                ax.plot(mean, color=colour, ls=style, label=one.name)
            said.append(
                f"{one.name}: signal at the top {_typical(one.values[:, -1])}, gradient at the "
                f"bottom {_typical(one.gradients[:, 0])} of what entered."
            )
        for ax, what in zip(row, ("signal", "gradient"), strict=True):
            ax.set(yscale="log", title=f"{what}{', ' + title if title else ''}")
            ax.set_ylim(1e-20, 1e6)
            ax.grid(True)
        row[0].legend(loc="lower right", fontsize=8)
    for ax in axes[-1]:
        ax.set_xlabel("layer")
    return Plot(figure, "Size of signals and gradients through a deep network. " + " ".join(said))


def _typical(sizes: np.ndarray) -> str:
    return f"{np.exp(np.log(np.maximum(sizes, 1e-300)).mean()):.1e}"


def forgotten(distances: Mapping[str, float]) -> Plot:
    """Draw how far a resumed run strays when its checkpoint forgets one piece, as bars."""
    figure, ax = new_figure(height=0.36 * len(distances) + 0.8)
    names, values = list(distances), [100 * v for v in distances.values()]
    ax.barh(range(len(names)), values, color=PALETTE[0], height=0.6)
    for place, value in enumerate(values):
        text = "exactly 0" if value == 0 else f"{value:.2g} %"
        ax.text(value + 0.02 * max(values), place, text, va="center")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set(xlabel="distance of the final weights, in % of their norm", xlim=(0, 1.2 * max(values)))
    said = "; ".join(f"{name}: {value:.2g} %" for name, value in zip(names, values, strict=True))
    return Plot(figure, f"Distance from the uninterrupted run after forgetting. {said}.")
