"""Figures of measured gradients: maps, profiles against a bell, widths over depth, training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.patches import Ellipse

from cvlib.arrays import Array
from cvlib.figures import PALETTE, SEQUENTIAL, Plot, new_figure, show_image
from cvlib.intervals import mean_interval
from cvlib.receptive_field.experiments import WidthLaw
from cvlib.receptive_field.experiments.rings import Rings
from cvlib.receptive_field.plots.fields import number
from cvlib.receptive_field.reference.spread import measured_spread

MARKERS = ("o", "s", "^", "D")


def power_maps(maps: Mapping[str, Array], *, ellipses: bool = True) -> Plot:
    """Show maps of mean squared gradient, brightest 1 each, with an ellipse of two deviations."""
    figure, axes = new_figure(1, len(maps), height=7.0 / len(maps) + 0.3, squeeze=False)
    said = []
    for ax, (title, power) in zip(axes.flat, maps.items(), strict=True):
        show_image(ax, power / power.max(), cmap=SEQUENTIAL, norm=PowerNorm(0.4, 0, 1))
        rows, columns = measured_spread(power)
        share = float((power > 0).mean())
        if ellipses:
            i, j = (power.sum(axis=1 - a) / power.sum() @ np.arange(power.shape[a]) for a in (0, 1))
            ax.add_patch(Ellipse((j, i), 4 * columns, 4 * rows, fill=False, ec="#ffffff", lw=1.4))
        ax.set_title(title)
        said.append(
            f"{title}: {100 * share:.0f} % of {power.shape[0]} × {power.shape[1]} pixels above "
            f"zero, standard deviations {rows:.1f} and {columns:.1f} pixels"
        )
    return Plot(figure, "Mean squared gradients of one unit. " + "; ".join(said) + ".", photo=True)


def profiles(maps: Mapping[int, Array], predicted: Mapping[int, float]) -> Plot:
    """Draw the mass of each row against a bell of the predicted width, all in units of the field.

    Keys are depths; a map is a mean squared gradient over the whole field.
    """
    figure, axes = new_figure(1, len(maps), height=2.5, sharey=True, squeeze=False)
    said = []
    for ax, (depth, power) in zip(axes.flat, maps.items(), strict=True):
        mass = power.sum(axis=1) / power.sum()
        place = np.arange(len(mass)) - (len(mass) - 1) / 2
        sigma = predicted[depth]
        bell = np.exp(-0.5 * (place / sigma) ** 2)
        bell /= bell.sum()
        ax.bar(place, mass / bell.max(), width=0.9, color=PALETTE[0], label="measured")
        ax.plot(place, bell / bell.max(), color=PALETTE[1], label="bell")
        ax.set(title=f"{depth} layers, field {len(mass)}", xlabel="pixels", yticks=[])
        ax.spines["left"].set_visible(False)
        off = 0.5 * float(np.abs(mass - bell).sum())
        said.append(
            f"{depth} layers: bell of standard deviation {sigma:.2f} over a field of {len(mass)}, "
            f"{100 * off:.0f} % of the mass elsewhere"
        )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return Plot(figure, "Squared gradient, row by row. " + "; ".join(said) + ".")


def width_curves(law: WidthLaw, predicted: Mapping[str, Sequence[float]]) -> Plot:
    """Draw field and effective width (four deviations) over depth, with 95 % intervals."""
    figure, ax = new_figure(width=5.6, height=3.5)
    depths = np.array(law.depths)
    ax.plot(depths, 2 * depths + 1, color=PALETTE[5], ls="--", label="field, 2n + 1")
    said = []
    names = {"linear": "linear", "relu": "with ReLU", "residual": "with skips"}
    for (kind, widths), colour, marker in zip(law.widths.items(), PALETTE, MARKERS, strict=False):
        found = [mean_interval(4 * w) for w in widths.T]
        ax.errorbar(
            depths,
            [f.mean for f in found],
            yerr=[f.half for f in found],
            color=colour,
            marker=marker,
            ms=5,
            ls="none",
            capsize=2.5,
            label=f"4 σ, {names[kind]}",
        )
        if kind in predicted:
            ax.plot(depths, 4 * np.array(predicted[kind]), color=colour, lw=1)
        slope = mean_interval(law.exponents(kind))
        said.append(
            f"{names[kind]}: {found[0].mean:.1f} pixels at {depths[0]} layers, "
            f"{found[-1].mean:.1f} at {depths[-1]}, exponent {slope:.2f}"
        )
    ax.set(xscale="log", yscale="log", xlabel="layers n", ylabel="pixels")
    ax.set_xticks(depths, [str(d) for d in depths])
    ax.set_yticks([4, 8, 16, 32, 64], ["4", "8", "16", "32", "64"])
    ax.minorticks_off()
    ax.legend()
    alt = (
        f"Width over depth on log axes. The field grows from {2 * depths[0] + 1} to "
        f"{2 * depths[-1] + 1}. {'; '.join(said)}. Lines are predictions."
    )
    return Plot(figure, alt)


def blank_maps(maps: Mapping[str, Array], *, least: float = 1e-9) -> Plot:
    """Show how far each unit's answer to a blank picture is from the middle unit's."""
    figure, axes = new_figure(1, len(maps), height=7.0 / len(maps) + 0.3, squeeze=False)
    said = []
    for ax, (title, off) in zip(axes.flat, maps.items(), strict=True):
        shown = np.where(off > least, off, np.nan)
        show_image(ax, shown, cmap=SEQUENTIAL, norm=PowerNorm(0.4, 0, min(1.0, float(off.max()))))
        ax.set_facecolor("#d9d9d9")
        ax.set_title(title)
        said.append(f"{title}: {100 * float((off > least).mean()):.0f} % of the units differ")
    return Plot(figure, "Answers to a blank picture. " + "; ".join(said) + ".", photo=True)


def ring_results(rings: Rings) -> Plot:
    """Draw, for every ring trained on, the error that is left and the width before and after."""
    figure, (left, right) = new_figure(1, 2, height=2.7)
    labels = [str(a) if a == b else f"{a}–{b}" for a, b in rings.rings]
    x = np.arange(len(labels))
    errors = [mean_interval(e) for e in rings.error.T]
    left.bar(x, [e.mean for e in errors], width=0.6, color=PALETTE[0])
    left.errorbar(
        x,
        [e.mean for e in errors],
        yerr=[e.half for e in errors],
        color="#000000",
        ls="none",
        capsize=3,
        lw=1.2,
    )
    left.axhline(1, color=PALETTE[5], ls="--", lw=1.2)
    left.set(ylabel="error (guessing: 1)")
    widths = [mean_interval(a) for a in rings.after.T]
    before = float(rings.before.mean())
    right.axhline(before, color=PALETTE[5], ls="--", lw=1.2)
    right.errorbar(
        x,
        [w.mean for w in widths],
        yerr=[w.half for w in widths],
        color=PALETTE[1],
        marker="o",
        ms=6,
        ls="none",
        capsize=3,
    )
    right.set(ylabel="σ after training (pixels)", ylim=(0, None))
    for ax in (left, right):
        ax.set_xticks(x, labels)
        ax.set(xlabel="distance of the ring", xlim=(-0.5, len(labels) - 0.5))
    said = "; ".join(
        f"ring {label}: error {e:.2f}, width {w:.2f}"
        for label, e, w in zip(labels, errors, widths, strict=True)
    )
    alt = f"Error and width after training on one ring of pixels. Width before {number(before)}. "
    return Plot(figure, f"{alt}{said}.")
