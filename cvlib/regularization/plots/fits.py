"""Curves through points: too stiff, right, too supple, and beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import Interval, mean_interval
from cvlib.regularization.experiments.choice import curve, features, points
from cvlib.regularization.reference.least_squares import ridge_fit


def geometric(samples: Array) -> tuple[float, float, float]:
    """Geometric mean of positive samples with its 95 % interval on the log scale."""
    logs = mean_interval(np.log(np.maximum(samples, 1e-12)))
    return float(np.exp(logs.mean)), float(np.exp(logs.low)), float(np.exp(logs.high))


def signed(interval: Interval, digits: int = 2) -> str:
    """A difference with its sign, and its interval."""
    return f"{interval.mean:+.{digits}f} ± {interval.half:.{digits}f}".replace("-", "−")


def fits(degrees: Sequence[int], *, seed: int, l2: Sequence[float] | None = None) -> Plot:
    """Draw polynomials of some degrees through the same twelve noisy points."""
    x, y = points(seed)
    prices = l2 if l2 is not None else [0.0] * len(degrees)
    grid = np.linspace(-1, 1, 601)
    figure, axes = new_figure(1, len(degrees), height=2.5, sharey=True, squeeze=False)
    said = []
    for ax, degree, price in zip(axes.flat, degrees, prices, strict=True):
        w = ridge_fit(features(x, degree, "legendre"), y, l2=price)
        fitted = features(grid, degree, "legendre") @ w
        off = float(np.sqrt(np.mean((features(x, degree, "legendre") @ w - y) ** 2)))
        wrong = float(np.sqrt(np.mean((fitted - curve(grid)) ** 2)))
        ax.plot(grid, curve(grid), color=PALETTE[5], ls="--", label="the truth")
        ax.plot(grid, fitted, color=PALETTE[1], label="the fit")
        ax.plot(x, y, "o", color=PALETTE[0], ms=5, label="the points")
        name = f"degree {degree}" + (f", l2 = {price:g}" if price else "")
        far = f"{wrong:.2f}" if wrong < 10 else f"{wrong:,.0f}"
        ax.set_title(f"{name}\noff {off:.2f}, wrong {far}")
        ax.set(ylim=(-2.2, 2.2), xticks=[-1, 0, 1])
        said.append(
            f"{name.capitalize()}: root mean square distance {off:.2f} from the points and {far} "
            "from the truth."
        )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return Plot(figure, f"Polynomials through {len(x)} noisy points. " + " ".join(said))


def error_curves(x: Sequence[float], seen: Array, unseen: Array, *, label: str, log: bool) -> Plot:
    """Draw the error on the points and against the truth, with intervals over the data sets."""
    figure, ax = new_figure(height=3.0)
    said = []
    for samples, name, colour, marker in (
        (seen, "on the points", PALETTE[0], "o"),
        (unseen, "against the truth", PALETTE[1], "s"),
    ):
        summary = np.array([geometric(column) for column in samples.T])
        shown = summary[:, 0] > 1e-9  # an exact fit has no place on a log scale
        places = np.asarray(x, float)[shown]
        ax.plot(places, summary[shown, 0], color=colour, marker=marker, ms=4, label=name)
        ax.fill_between(places, *summary[shown, 1:].T, color=colour, alpha=0.25, lw=0)
        best = int(summary[shown, 0].argmin())
        said.append(f"Error {name}: least, {summary[shown, 0][best]:.2g}, at {places[best]:g}.")
    ax.set(xlabel=label, ylabel="root mean square error", yscale="log", ylim=(0.02, None))
    if log:
        ax.set_xscale("log")
    ax.grid(True, axis="y")
    ax.legend()
    return Plot(figure, f"Two errors over {label}, on a logarithmic scale. " + " ".join(said))


def second_descent(degrees: Sequence[int], errors: Mapping[str, Array], *, count: int) -> Plot:
    """Draw the error against the truth far beyond the degree at which the fit is exact."""
    figure, ax = new_figure(height=3.4)
    said = []
    for (name, samples), colour, style in zip(
        errors.items(), PALETTE, ("-", "--", "-."), strict=False
    ):
        summary = np.array([geometric(column) for column in samples.T])
        places = np.asarray(degrees) + 1
        ax.plot(places, summary[:, 0], color=colour, ls=style, label=name)
        ax.fill_between(places, *summary[:, 1:].T, color=colour, alpha=0.2, lw=0)
        peak = int(summary[:, 0].argmax())
        said.append(
            f"{name}: largest, {summary[peak, 0]:.2g}, at {places[peak]} coefficients; "
            f"{summary[-1, 0]:.2g} at {places[-1]}."
        )
    ax.axvline(count, color=PALETTE[5], lw=1, ls=":")
    ax.text(count * 1.06, 0.03, "as many\nas points", fontsize=9, va="bottom")
    ax.set(xscale="log", yscale="log", xlabel="coefficients", ylabel="error against the truth")
    ax.set_ylim(0.02, None)
    ax.set_xticks([1, 2, 4, 12, 30, 100, 400], ["1", "2", "4", "12", "30", "100", "400"])
    ax.minorticks_off()
    ax.grid(True, axis="y")
    ax.legend(title="shortest weights in", loc="upper left")
    return Plot(figure, "Error of the shortest exact fit. " + " ".join(said))
