"""What a price on weights looks like: its contours, and what it does to one weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.regularization.reference.penalties import elastic_net_proximal, l1_penalty_forward


def cheapest(pictures: Sequence[tuple[float, float]]) -> Plot:
    """For each picture of two pixels, draw all weights with score 1 and the cheapest of them."""
    figure, axes = new_figure(1, len(pictures), height=3.2, squeeze=False)
    angles = np.linspace(0, 2 * np.pi, 200)
    said = []
    for ax, picture in zip(axes.flat, pictures, strict=True):
        x = np.asarray(picture, float)
        short = x / (x @ x)
        least = 1 / np.abs(x).max()
        t = np.linspace(-3, 3, 2)
        line = short[:, None] + np.array([-x[1], x[0]])[:, None] / np.linalg.norm(x) * t
        ax.plot(*line, color=PALETTE[5], label="score 1")
        radius = float(np.linalg.norm(short))
        ax.plot(radius * np.cos(angles), radius * np.sin(angles), color=PALETTE[0], label="L2")
        diamond = least * np.array([[1, 0, -1, 0, 1], [0, 1, 0, -1, 0]])
        ax.plot(*diamond, color=PALETTE[1], ls="--", label="L1")
        ax.plot(*short, "o", color=PALETTE[0], ms=7)
        corners = np.array([[1 / x[0], 0.0], [0.0, 1 / x[1]]])
        cheap = [c for c in corners if np.isclose(l1_penalty_forward(c)[0], least)]
        if len(cheap) == 2:
            ax.plot(
                *np.transpose(cheap), color=PALETTE[1], lw=5, alpha=0.35, solid_capstyle="round"
            )
        else:
            ax.plot(*cheap[0], "s", color=PALETTE[1], ms=7)
        ax.set(
            title=f"x = ({x[0]:g}, {x[1]:g})",
            xlabel="$w_1$",
            ylabel="$w_2$",
            xlim=(-1.3, 1.3),
            ylim=(-1.3, 1.3),
            aspect="equal",
        )
        ways = (
            "every point of a segment"
            if len(cheap) == 2
            else f"only ({cheap[0][0]:g}, {cheap[0][1]:g})"
        )
        said.append(
            f"For x = ({x[0]:g}, {x[1]:g}) the least L2 is at ({short[0]:.2g}, {short[1]:.2g}) and "
            f"the least L1, {least:g}, at {ways}."
        )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return Plot(figure, "Weights of score 1 and the contours of two prices. " + " ".join(said))


def shrinkage(prices: Mapping[str, tuple[float, float]]) -> Plot:
    """Draw what the proximal step makes of one weight, for some pairs (l1, l2)."""
    figure, ax = new_figure(width=5.0, height=3.2)
    v = np.linspace(-2, 2, 401)
    ax.plot(v, v, color=PALETTE[5], lw=1, ls=":")
    said = []
    for (name, (l1, l2)), colour, style in zip(
        prices.items(), PALETTE, ("-", "--", "-."), strict=False
    ):
        new = elastic_net_proximal(v, lr=1.0, l1=l1, l2=l2)
        ax.plot(v, new, color=colour, ls=style, label=name)
        zero = float(np.mean(new == 0))
        said.append(f"{name}: 2 becomes {new[-1]:.2g}, {100 * zero:.0f} % of the range becomes 0.")
    ax.set(xlabel="where the gradient step arrived", ylabel="where the weight goes")
    ax.legend()
    ax.grid(True)
    return Plot(figure, "One weight after a proximal step. " + " ".join(said))
