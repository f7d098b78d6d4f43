"""Figures of the comparison: learning curves of all pipelines, and how often they waver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import INK, PALETTE, PAPER, SEQUENTIAL, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.shallow.experiments.pipelines import LearningCurves

LOOKS = {
    "pixels": (PALETTE[5], "^", ":"),
    "histogram": (PALETTE[2], "s", "--"),
    "HOG": (PALETTE[0], "D", "-."),
    "network": (PALETTE[1], "o", "-"),
}


def look_of(pipeline: str) -> tuple[str, str, str, str]:
    """Return label, colour, marker and line of a pipeline; histograms share one look."""
    kind = "histogram" if pipeline.endswith("histogram") else pipeline
    return kind, *LOOKS[kind]


def learning_curves(results: Sequence[LearningCurves]) -> Plot:
    """Draw accuracy against the number of training images, a panel a task, with intervals."""
    figure, axes = new_figure(2, 2, height=5.6)
    said = []
    for ax, curves in zip(axes.flat, results, strict=True):
        for name, values in curves.accuracy.items():
            label, colour, marker, line = look_of(name)
            found = [mean_interval(100 * column) for column in values.T]
            means, halves = (np.array([getattr(f, end) for f in found]) for end in ("mean", "half"))
            ax.plot(curves.sizes, means, color=colour, marker=marker, ls=line, ms=4, label=label)
            ax.fill_between(
                curves.sizes,
                means - halves,
                np.minimum(means + halves, 100),
                color=colour,
                alpha=0.2,
                lw=0,
            )
            ends = f"{found[0].mean:.0f} % to {found[-1].mean:.0f} %"
            said.append(f"{curves.task} {name}: {ends}.")
        ax.set(xscale="log", title=curves.task, ylim=(0, 102))
        ax.set_xticks(curves.sizes, [str(size) for size in curves.sizes])
        ax.minorticks_off()
        ax.grid(True, axis="y")
    for ax in axes[-1]:
        ax.set_xlabel("training images")
    for ax in axes[:, 0]:
        ax.set_ylabel("right, %")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return Plot(figure, "Learning curves of four pipelines. " + " ".join(said))


def changed_minds(found: Mapping[str, Mapping[str, Array]]) -> Plot:
    """Draw a table: how often a pipeline's answer changes, a row a change of the image."""
    pipelines, changes = list(found), list(next(iter(found.values())))
    table = np.array([[100 * found[p][c].mean() for p in pipelines] for c in changes])
    figure, ax = new_figure(height=3.0, width=6.4)
    ax.imshow(table, cmap=SEQUENTIAL, vmin=0, vmax=100, aspect="auto")
    said = []
    for (i, j), value in np.ndenumerate(table):
        half = mean_interval(100 * found[pipelines[j]][changes[i]]).half
        text = f"{value:.0f}" if half < 0.05 else f"{value:.0f} ± {half:.0f}"
        ax.text(j, i, text, ha="center", va="center", color=INK if value > 55 else PAPER)
        said.append(f"{changes[i]}, {pipelines[j]}: {value:.0f} %.")
    ax.set_xticks(range(len(pipelines)), [look_of(p)[0] for p in pipelines])
    ax.set_yticks(range(len(changes)), changes)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return Plot(figure, "How often the answer changes. " + " ".join(said))
