"""Figures of optimizers: paths on surfaces, step counts, learning rates, batch noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.training.experiments.descent import Sweep

MARKERS = ("o", "s", "^", "D", "v")


def paths(
    walks: Mapping[str, Array],
    height: Callable[[Array, Array], Array],
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    minimum: Sequence[tuple[float, float]] = ((0.0, 0.0),),
    close: float = 0.1,
) -> Plot:
    """Draw the paths of optimizers over the level lines of a surface.

    The alt text says how many steps each needs to come within `close` of a minimum.
    """
    figure, axes = new_figure(
        1, len(walks), width=7.2, height=2.5, sharex=True, sharey=True, squeeze=False
    )
    grid = np.meshgrid(np.linspace(*x, 161), np.linspace(*y, 121))
    levels = height(*grid)
    marks = np.quantile(levels, np.linspace(0.02, 0.95, 12))
    said = []
    for ax, (name, walk), colour in zip(axes.flat, walks.items(), PALETTE, strict=False):
        ax.contour(*grid, levels, marks, colors=PALETTE[5], linewidths=0.6, linestyles="-")
        ax.plot(*walk.T, "-", color=colour, lw=1.1)
        ax.plot(*walk.T, ".", color=colour, ms=4)
        ax.plot(*walk[0], "o", mfc="none", mec=colour, ms=7)
        for point in minimum:
            ax.plot(*point, "x", color=PALETTE[1], ms=7, mew=2)
        steps = steps_until_close(walk, minimum, close)
        told = f"{steps} steps" if steps is not None else f"not in {len(walk) - 1} steps"
        ax.set(title=f"{name}\n{told}", xlim=x, ylim=y)
        said.append(f"{name}: {told}.")
    return Plot(figure, f"Paths, and steps until {close:g} from a minimum. " + " ".join(said))


def steps_until_close(
    walk: Array, minimum: Sequence[tuple[float, float]], close: float
) -> int | None:
    """Return the number of steps after which a walk stays within `close` of a minimum."""
    distance = np.min([np.linalg.norm(walk - point, axis=1) for point in minimum], axis=0)
    far = np.flatnonzero(distance > close)
    if len(far) and far[-1] == len(walk) - 1:
        return None
    return int(far[-1]) + 1 if len(far) else 0


def convergence(conditions: Sequence[float], counts: Mapping[str, Array]) -> Plot:
    """Draw steps to converge against the condition of the valley, both on log scales."""
    figure, ax = new_figure(height=3.0)
    said = []
    for (name, steps), colour, marker in zip(counts.items(), PALETTE, MARKERS, strict=False):
        ax.plot(conditions, steps, color=colour, marker=marker, ms=5, label=name)
        power = np.polyfit(np.log(conditions), np.log(steps), 1)[0]
        said.append(f"{name}: from {steps[0]} to {steps[-1]} steps, like κ to the {power:.2f}.")
    ax.set(xscale="log", yscale="log", xlabel="condition κ", ylabel="steps")
    ax.set_xticks(conditions, [f"{c:g}" for c in conditions])
    ax.minorticks_off()
    ax.grid(True)
    ax.legend()
    return Plot(figure, "Steps to converge in a valley. " + " ".join(said))


def sweep(result: Sweep, *, guess: float = float(np.log(10))) -> Plot:
    """Draw the training loss that each learning rate leads to; the band spans the seeds."""
    figure, ax = new_figure(height=3.1)
    said = []
    for (name, losses), colour, marker in zip(
        result.losses.items(), PALETTE, MARKERS, strict=False
    ):
        shown = np.minimum(losses, 8.0)
        mean = shown.mean(axis=1)
        ax.plot(result.rates, mean, color=colour, marker=marker, ms=5, label=name)
        ax.fill_between(
            result.rates, shown.min(axis=1), shown.max(axis=1), color=colour, alpha=0.2, lw=0
        )
        best = int(mean.argmin())
        said.append(f"{name}: lowest, {mean[best]:.2g}, at {result.rates[best]:.2g}.")
    ax.axhline(guess, color=PALETTE[5], lw=1, ls=":")
    ax.text(result.rates[0], 1.1 * guess, "guessing", fontsize=8, color=PALETTE[5])
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="training loss")
    ax.set_yticks([0.1, 1], ["0.1", "1"])
    ax.minorticks_off()
    ax.grid(True)
    ax.legend(loc="lower left")
    return Plot(figure, "Training loss by learning rate. " + " ".join(said))


def batch_noise(sizes: Sequence[int], measured: Array, theory: Array) -> Plot:
    """Draw the relative squared error of mini-batch gradients against the batch size."""
    figure, ax = new_figure(height=2.8)
    shown = theory > 0
    b = np.array(sizes)[shown]
    ax.plot(b, theory[shown], color=PALETTE[5], ls="--", label="(N − B) / (N − 1) · σ² / B")
    ax.plot(b, measured[shown], "o", color=PALETTE[0], label="measured")
    ax.axhline(1, color=PALETTE[1], lw=1, ls=":")
    ax.text(b[-1], 1.15, "as large as the gradient", fontsize=8, ha="right", color=PALETTE[1])
    ax.set(xscale="log", yscale="log", xlabel="batch size B", ylabel="squared error / |g|²")
    ax.set_xticks(b, [f"{n:g}" for n in b])
    ax.minorticks_off()
    ax.legend(loc="lower left")
    ax.grid(True)
    said = " ".join(f"B = {n}: {value:.3g}." for n, value in zip(b, measured[shown], strict=True))
    return Plot(figure, "Squared error of mini-batch gradients relative to the gradient. " + said)
