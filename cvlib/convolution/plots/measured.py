"""Figures of measured results: singular values, attempts to invert, rank-one copies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.experiments import rank_one_share
from cvlib.figures import PALETTE, Plot, new_figure, show_image


def singular_values(spectra: Mapping[str, Array]) -> Plot:
    """Draw singular values, largest first, on a log scale; values under 1e-17 are not shown."""
    figure, ax = new_figure(height=3.0)
    said = []
    for (name, values), colour, style in zip(
        spectra.items(), PALETTE, ("-", "--", "-.", ":"), strict=False
    ):
        ordered = np.sort(values)[::-1]
        place = np.linspace(0, 1, len(ordered))
        ax.plot(place, np.maximum(ordered, 1e-17), color=colour, ls=style, label=name)
        condition = ordered[0] / max(ordered[-1], 1e-300)
        size = f"{condition:,.0f}" if condition < 1e6 else f"10^{np.log10(condition):.0f} or more"
        said.append(f"{name}: largest {ordered[0]:.2g}, largest over smallest {size}.")
    ax.set(yscale="log", xlabel="share of the singular values", ylabel="singular value")
    ax.legend(loc="lower left")
    ax.grid(True, axis="y")
    return Plot(figure, "Singular values of convolution matrices. " + " ".join(said))


def deblurring(panels: Mapping[str, Array], truth: Array) -> Plot:
    """Show attempts to undo a blur, each with its relative error against the truth."""
    figure, axes = new_figure(1, len(panels), height=7.0 / len(panels) + 0.45, squeeze=False)
    said = []
    for ax, (name, image) in zip(axes.flat, panels.items(), strict=True):
        show_image(ax, image, vmin=0, vmax=1)
        error = float(np.linalg.norm(image - truth) / np.linalg.norm(truth))
        ax.set_title(f"{name}\nerror {100 * error:.3g} %" if error else name)
        said.append(f"{name}: relative error {100 * error:.3g} %.")
    return Plot(figure, "Undoing a blur. " + " ".join(said), photo=True)


def rank_one_filters(filters: Array, *, shown: int = 8) -> Plot:
    """Show filters above their best rank-one copies, from the most to the least separable."""
    share = rank_one_share(filters)
    order = np.argsort(-share, kind="stable")[np.linspace(0, len(share) - 1, shown).astype(int)]
    figure, axes = new_figure(2, shown, height=2.3)
    for top, bottom, index in zip(axes[0], axes[1], order, strict=True):
        u, s, vt = np.linalg.svd(filters[index])
        reach = float(np.abs(filters[index]).max())
        for ax, image in ((top, filters[index]), (bottom, s[0] * np.outer(u[:, 0], vt[0]))):
            show_image(ax, image, vmin=-reach, vmax=reach)
        top.set_title(f"{100 * share[index]:.0f} %")
    axes[0, 0].set_ylabel("filter")
    axes[1, 0].set_ylabel("column × row")
    alt = (
        f"{shown} of {len(share)} filters above their best products of a column and a row. The "
        f"copies keep from {100 * share.min():.0f} % to {100 * share.max():.0f} % of the squared "
        f"norm, {100 * float(np.median(share)):.0f} % in the median."
    )
    return Plot(figure, alt, photo=True)
