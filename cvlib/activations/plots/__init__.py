"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.activations.layers import passes
from cvlib.activations.reference.saturation import derivative
from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure

__all__ = ["curves", "revivals"]

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def curves(
    shown: Mapping[str, tuple[str, Mapping[str, float]]],
    *,
    reach: float = 5.0,
    threshold: float = 0.05,
) -> Plot:
    """Draw activations with their derivatives; shaded is where |f'| is below `threshold`.

    `shown`: a title to (name of the activation, its options).
    """
    x = np.linspace(-reach, reach, 1001)
    count = len(shown)
    figure, axes = new_figure(
        2, -(-count // 2), width=7.2, height=4.2, sharex=True, sharey=True, squeeze=False
    )
    said = []
    for ax, (title, (name, options)) in zip(axes.flat, shown.items(), strict=False):
        slope = derivative(name, x, **options)
        flat = np.abs(slope) < threshold
        ax.fill_between(x, -1.6, 2.6, where=flat, color=PALETTE[5], alpha=0.25, lw=0)
        ax.plot(x, passes(name)[0](x, **options)[0], color=PALETTE[0], label="f(x)")
        ax.plot(x, slope, color=PALETTE[1], ls="--", label="f'(x)")
        ax.set(title=title, ylim=(-1.6, 2.6), xticks=(-4, 0, 4), yticks=(-1, 0, 1, 2))
        ax.grid(True)
        said.append(
            f"{title}: slope from {slope.min():.3g} to {slope.max():.3g}, below {threshold:g} for "
            f"{100 * flat.mean():.0f} % of the inputs shown."
        )
    for ax in axes.flat[count:]:
        ax.axis("off")
    axes[0, 0].legend(loc="upper left", fontsize=8)
    return Plot(figure, "Activations and their derivatives. " + " ".join(said))


def revivals(off: Mapping[str, Array]) -> Plot:
    """Draw the share of silenced units that are still off against epochs, one line a name.

    Shapes: off[name] (seeds, epochs + 1).
    """
    figure, ax = new_figure(height=2.9)
    said = []
    for (name, shares), colour, style in zip(off.items(), PALETTE, STYLES, strict=False):
        mean = 100 * shares.mean(axis=0)
        ax.plot(mean, color=colour, ls=style, label=name)
        said.append(f"{name}: {mean[-1]:.0f} % still off after {len(mean) - 1} epochs.")
    ax.set(xlabel="epoch", ylabel="still off", ylim=(0, 105))
    ax.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    ax.grid(True, axis="y")
    ax.legend(loc="lower left")
    return Plot(figure, "Units switched off before training. " + " ".join(said))
