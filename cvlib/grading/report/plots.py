"""The figures of a class report: narrow enough for a phone, each with its words for the blind."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cvlib.figures import INK, PALETTE, Plot, new_figure
from cvlib.grading.judging.result import points
from cvlib.grading.report.numbers import Difficulty, Estimate, Numbers

WIDTH = 4.1  # inches: a phone shows it without shrinking the letters
BLUE, VERMILION, GREEN, _, OCHRE, GREY = PALETTE
KINDS = (("full", GREEN), ("partial", OCHRE), ("zero", VERMILION), ("untouched", GREY))
NAMES = {"full": "all points", "partial": "some", "zero": "none", "untouched": "not attempted"}


def histogram(numbers: Numbers, max_score: float) -> Plot:
    """How the scores are spread, with the median and the quartiles."""
    top = max(max_score, *numbers.scores)
    bins = np.linspace(0.0, top, min(12, max(4, round(top))) + 1)
    low, middle, high = numbers.quartiles
    figure, ax = new_figure(width=WIDTH, height=2.7)
    ax.axvspan(low, high, color=BLUE, alpha=0.14, linewidth=0)
    ax.hist(numbers.scores, bins, color=BLUE, rwidth=0.92)
    ax.axvline(middle, color=VERMILION)
    ax.annotate(
        f"median {points(middle, decimals=1)}",
        (middle, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(5 if middle < 0.7 * top else -5, 2),
        textcoords="offset points",
        color=VERMILION,
        ha="left" if middle < 0.7 * top else "right",
        va="bottom",
        fontsize=9,
    )
    _scores_below(ax, top)
    ax.set_ylabel("submissions")
    ax.yaxis.get_major_locator().set_params(integer=True)
    counts, _ = np.histogram(numbers.scores, bins)
    k = int(np.argmax(counts))
    alt = (
        f"Histogram of {len(numbers.scores)} scores from 0 to {points(top)} points. Half of them "
        f"lie between {points(low)} and {points(high)}, the median is {points(middle)}. The "
        f"fullest bar holds {counts[k]} submissions, from {points(bins[k], decimals=1)} to "
        f"{points(bins[k + 1], decimals=1)} points."
    )
    return Plot(figure, alt)


def steps(numbers: Numbers, max_score: float) -> Plot:
    """The share of submissions with at most so many points."""
    top = max(max_score, *numbers.scores)
    values = np.sort(numbers.scores)
    figure, ax = new_figure(width=WIDTH, height=2.7)
    shares = np.arange(1, len(values) + 1) / len(values) * 100
    ax.step([0, *values, top], [0, *shares, 100], where="post", color=BLUE)
    for share, value in zip((25, 50, 75), numbers.quartiles, strict=True):
        color = VERMILION if share == 50 else GREY
        ax.plot([0, value, value], [share, share, 0], color=color, linewidth=0.9, linestyle=":")
    _scores_below(ax, top)
    ax.set(ylabel="% of submissions", ylim=(0, 103), yticks=range(0, 101, 25))
    half = points(max_score / 2)
    below = sum(score < max_score / 2 for score in numbers.scores)
    alt = (
        f"Share of submissions with at most so many points: 25 % have at most "
        f"{points(numbers.quartiles[0])}, 50 % at most {points(numbers.quartiles[1])}, 75 % at "
        f"most {points(numbers.quartiles[2])}; {below} of {len(values)} stay below {half}, half of "
        "all points."
    )
    return Plot(figure, alt)


def means(rows: Sequence[Difficulty]) -> Plot:
    """The mean share of points of each exercise, with its interval."""
    figure, ax = _rows(rows)
    for y, row in enumerate(rows):
        if row.mean is None:
            _note(ax, y, "not marked yet")
        else:
            _estimate(ax, y, row.mean, 100.0)
    ax.set(xlim=(0, 100), xlabel="mean share of points, %")
    said = [
        f"{row.label} {percent(m.value)} (95 % interval {percent(m.low)} to {percent(m.high)})"
        for row in rows
        if (m := row.mean) is not None
    ]
    return Plot(figure, f"Mean share of points: {'; '.join(said) or 'nothing is marked yet'}.")


def shares(rows: Sequence[Difficulty]) -> Plot:
    """Which part of the submissions has all points, some, none, or did not try."""
    figure, ax = _rows(rows)
    for y, row in enumerate(rows):
        left = 0.0
        for kind, color in KINDS:
            width = 100 * getattr(row, kind) / row.marked if row.marked else 0.0
            ax.barh(y, width, 0.42, left, color=color, edgecolor="none", label=NAMES[kind])
            if width >= 12:
                ax.text(
                    left + width / 2,
                    y + 0.02,
                    f"{width:.0f}",
                    color=INK,
                    fontsize=8.5,
                    ha="center",
                    va="center",
                )
            left += width
        if not row.marked:
            _note(ax, y, "not marked yet")
    ax.set(xlim=(0, 100), xlabel="% of submissions")
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(
        handles[: len(KINDS)],
        labels[: len(KINDS)],
        loc="outside upper left",
        ncols=4,
        fontsize=8.5,
        frameon=False,
        handlelength=0.9,
        handletextpad=0.4,
        columnspacing=0.9,
        borderpad=0,
    )
    said = [
        f"{row.label}: {', '.join(f'{NAMES[k]} {getattr(row, k)}' for k, _ in KINDS)}"
        for row in rows
    ]
    return Plot(figure, f"Submissions by points. {'; '.join(said)}.")


def discriminations(rows: Sequence[Difficulty]) -> Plot:
    """How each exercise goes with the rest of the set."""
    figure, ax = _rows(rows)
    ax.axvline(0, color="black", linewidth=0.8, alpha=0.6)
    for y, row in enumerate(rows):
        if row.discrimination is None:
            _note(ax, y, "nothing can be said")
        else:
            _estimate(ax, y, row.discrimination)
    ax.set(
        xlim=(-1, 1), xlabel="correlation with the rest of the set", xticks=(-1, -0.5, 0, 0.5, 1)
    )
    said = [
        f"{row.label}: "
        + (row.reason if row.discrimination is None else f"{row.discrimination.value:.2f}")
        for row in rows
    ]
    return Plot(figure, f"Correlation of each exercise with the rest. {'; '.join(said)}.")


def boxes(sets: Sequence[tuple[str, Numbers, float]]) -> Plot:
    """The scores of several problem sets beside each other, in percent."""
    figure, ax = new_figure(width=WIDTH, height=0.75 + 0.52 * len(sets))
    _labels(ax, [label for label, _, _ in sets])
    said = []
    for y, (label, numbers, most) in enumerate(sets):
        low, middle, high = (100 * q / most for q in numbers.quartiles)
        bottom, top = 100 * min(numbers.scores) / most, 100 * max(numbers.scores) / most
        ax.plot([bottom, top], [y, y], color=BLUE, linewidth=1.2)
        ax.barh(y, high - low, 0.34, low, color=BLUE, alpha=0.45)
        ax.plot([middle, middle], [y - 0.2, y + 0.2], color=VERMILION, linewidth=2.4)
        said.append(f"{label}: median {middle:.0f} %, quartiles {low:.0f} and {high:.0f} %")
    ax.set(xlim=(-1, 101), xlabel="score, % of the points")
    return Plot(figure, f"Scores of each problem set. {'; '.join(said)}.")


def drawn(plot: Callable[[], Plot]) -> str:
    """The SVG of a figure; the browser has the letters that Matplotlib's own font lacks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        return plot().to_html()


def percent(share: float) -> str:
    """A share as a person writes it: ``52 %``."""
    return f"{100 * share:.0f} %"


def _rows(rows: Sequence[Difficulty]) -> tuple[Figure, Axes]:
    figure, ax = new_figure(width=WIDTH, height=0.8 + 0.49 * len(rows))
    _labels(ax, [row.label for row in rows])
    return figure, ax


def _labels(ax: Axes, labels: Sequence[str]) -> None:
    """One row a label, which stands over its row so that the plot keeps the whole width."""
    for y, label in enumerate(labels):
        short = label if len(label) <= 52 else f"{label[:51]}…"
        ax.text(
            0.0,
            y - 0.26,
            short,
            transform=ax.get_yaxis_transform(),
            fontsize=9,
            va="bottom",
            parse_math=False,
        )
    ax.set(yticks=[], ylim=(len(labels) - 0.55, -0.75))
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color="black")


def _estimate(ax: Axes, y: float, estimate: Estimate, scale: float = 1.0) -> None:
    low, value, high = (scale * v for v in (estimate.low, estimate.value, estimate.high))
    ax.plot([low, high], [y, y], color=BLUE, linewidth=3, alpha=0.45, solid_capstyle="butt")
    ax.plot(value, y, "o", color=BLUE, markersize=6, clip_on=False)


def _note(ax: Axes, y: float, text: str) -> None:
    ax.text(
        0.0,
        y + 0.02,
        text,
        transform=ax.get_yaxis_transform(),
        fontsize=8.5,
        style="italic",
        va="center",
        alpha=0.8,
    )


def _scores_below(ax: Axes, top: float) -> None:
    ax.set(xlim=(0, top), xlabel="score, points")
