"""What locality and weight sharing are worth: learning curves, and the examples that they save."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from cvlib.arrays import Array
from cvlib.convolution.experiments import MODELS, LearningCurves
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import mean_interval

MARKERS = ("o", "s", "^")


def interval(samples: Array, *, level: float = 0.95) -> tuple[float, float, float]:
    """Return the geometric mean of positive samples and its Student interval on the log scale."""
    logs = np.log(samples)
    half = float(stats.t.ppf(0.5 + level / 2, len(logs) - 1) * stats.sem(logs))
    centre = float(logs.mean())
    return float(np.exp(centre)), float(np.exp(centre - half)), float(np.exp(centre + half))


def priors(
    results: Mapping[str, LearningCurves], by_patch: Mapping[int, LearningCurves], *, error: float
) -> Plot:
    """Draw learning curves, a panel a title, and how many times fewer patches a prior needs.

    The factors are drawn against the side of a patch, beside the ratio of unknowns, which counting
    predicts; the intervals are of 95 % over the seeds.
    """
    figure, axes = new_figure(1, len(results) + 1, height=3.1)
    said = []
    for ax, (title, curves) in zip(axes, results.items(), strict=False):
        said += _draw_curves(ax, title, curves)
        ax.axhline(error, color="#7f7f7f", lw=1, ls=":")
    axes[0].set_ylabel("error on another photograph")
    for ax in axes[1 : len(results)]:
        ax.set_ylim(axes[0].get_ylim())
        ax.set_yticklabels([])
    said += _draw_factors(axes[-1], by_patch, error)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3, frameon=False)
    return Plot(figure, " ".join(said))


def _draw_curves(ax: Axes, title: str, curves: LearningCurves) -> list[str]:
    said = []
    for name, colour, marker in zip(MODELS, PALETTE, MARKERS, strict=False):
        summary = np.array([interval(e) for e in curves.errors[name].T])
        ax.plot(curves.sizes, summary[:, 0], color=colour, marker=marker, ms=4, label=name)
        ax.fill_between(curves.sizes, *summary[:, 1:].T, color=colour, alpha=0.25, lw=0)
        said.append(
            f"{title}, {name}: error {100 * summary[0, 0]:.2g} % after {curves.sizes[0]} "
            f"and {100 * summary[-1, 0]:.2g} % after {curves.sizes[-1]} patches."
        )
    ax.set(xscale="log", yscale="log", title=title, xlabel="training patches")
    ax.set_yticks([1, 1e-2, 1e-4], ["100 %", "1 %", "0.01 %"])
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.minorticks_off()
    return said


def _draw_factors(ax: Axes, by_patch: Mapping[int, LearningCurves], error: float) -> list[str]:
    sides = np.array(list(by_patch))
    said = []
    for (prior, fewer, more), colour, marker in zip(
        (("sharing", *MODELS[:2]), ("locality", *MODELS[1:])), PALETTE[3:], ("D", "v"), strict=False
    ):
        counted = [c.parameters[more] / c.parameters[fewer] for c in by_patch.values()]
        found = [
            mean_interval(c.needed(more, error) / c.needed(fewer, error)) for c in by_patch.values()
        ]
        means, halves = np.array([(f.mean, f.half) for f in found]).T
        ax.plot(sides, counted, color=colour, ls="--", lw=1)
        ax.errorbar(sides, means, halves, color=colour, marker=marker, ms=4, ls="none")
        ax.annotate(
            prior,
            (sides[-1], counted[-1]),
            (-4, 2),
            textcoords="offset points",
            color=colour,
            ha="right",
            va="bottom",
        )
        said += [
            f"{prior}, patches of {side} pixels: {f.mean:.1f} times fewer, counted {c:.1f}."
            for side, f, c in zip(sides, found, counted, strict=True)
        ]
    ax.set(yscale="log", title="what a prior is worth", xlabel="pixels along a patch")
    ax.set_xticks(sides, [str(side) for side in sides])
    ax.set_yticks([3, 10, 30, 100], ["3 ×", "10 ×", "30 ×", "100 ×"])
    ax.minorticks_off()
    ax.grid(True, axis="y")
    return said
