"""Figures of gradient checks: the error of differences, and who is fooled by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import INK, PALETTE, Plot, new_figure

STYLES = (":", "-.", "--", "-")


def difference_errors(steps: Sequence[float], errors: Mapping[str, Array]) -> Plot:
    """Draw the relative error of difference quotients against the step, both on log scales."""
    figure, ax = new_figure(height=3.1)
    said = []
    for (name, values), colour, style in zip(errors.items(), PALETTE, STYLES, strict=False):
        shown = np.maximum(values, 1e-16)
        ax.plot(steps, shown, color=colour, ls=style, label=name)
        best = int(np.argmin(shown))
        ax.plot(steps[best], shown[best], "o", color=colour, ms=5)
        said.append(f"{name}: best at h = {steps[best]:.0e}, error {shown[best]:.0e}.")
    ax.set(xscale="log", yscale="log", xlabel="step h", ylabel="relative error")
    ax.grid(True)
    ax.legend(loc="upper center", ncols=2)
    ax.set_ylim(top=1e4)
    return Plot(figure, "Error of numerical derivatives by step size. " + " ".join(said))


def fooled(verdicts: Mapping[str, Mapping[str, Array]], right: Sequence[str]) -> Plot:
    """Draw a table: which check accepts which backward, in which share of the draws.

    `verdicts[backward][check]`: truth values, one a draw. `right` names the backward passes that it
    should accept; it is fooled where a single verdict is wrong.
    """
    rows, columns = list(verdicts), list(next(iter(verdicts.values())))
    figure, ax = new_figure(width=7.2, height=0.34 * len(rows) + 0.9)
    count = dict.fromkeys(columns, 0)
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            accepted = verdicts[row][column]
            well = bool(np.all(accepted == (row in right)))
            count[column] += not well
            ax.add_patch(
                _box(x, y, "#cfe3ee" if well else "#f3c9a8", PALETTE[5] if well else PALETTE[1])
            )
            word = "accepts" if accepted.any() else "objects"
            if accepted.any() and not accepted.all():
                word = f"accepts\n{accepted.sum()} of {accepted.size}"
            ax.text(x, y, word, ha="center", va="center", color=INK, fontsize=8)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(range(len(columns)), [c.replace(" ", "\n", 1) for c in columns], fontsize=8)
    ax.set_yticks(range(len(rows)), rows, fontsize=8)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    wrong = len(rows) - len(right)
    said = [f"{name} is fooled by {fails} of {wrong}" for name, fails in count.items()]
    return Plot(figure, "Gradient checks against wrong backward passes: " + "; ".join(said) + ".")


def _box(x: int, y: int, face: str, edge: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=face, edgecolor=edge, lw=0.8)
