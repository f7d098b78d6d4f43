"""Figures of losses, of descents with and without centring, and of the best of many guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.losses import hinge_losses, softmax_cross_entropy_losses
from cvlib.shallow.experiments.selection import expected_best, hoeffding_gap
from cvlib.shallow.experiments.zero_centring import Descent

STYLES = ("-", "--", "-.", ":")


def losses_of_a_lead() -> Plot:
    """Draw both losses of two classes against the lead of the true one."""
    lead = np.linspace(-3, 4, 141)
    scores = np.column_stack([lead, np.zeros_like(lead)])
    truth = np.zeros(len(lead), np.int64)
    figure, ax = new_figure(height=2.9, width=6.0)
    curves = {
        "cross-entropy": softmax_cross_entropy_losses(scores, truth),
        "hinge": hinge_losses(scores, truth),
    }
    for (name, losses), colour, style in zip(curves.items(), PALETTE, STYLES, strict=False):
        ax.plot(lead, losses, color=colour, ls=style, label=name)
    ax.plot(lead, lead < 0, color=PALETTE[5], lw=1, label="mistake")
    ax.set(xlabel="lead of the true class, $s_y - s_j$", ylabel="loss", ylim=(-0.1, 4.1))
    ax.legend()
    at_one = {name: float(np.interp(1.0, lead, losses)) for name, losses in curves.items()}
    alt = (
        "Two losses that fall as the true class takes the lead. At a lead of 1 the cross-entropy "
        f"is {at_one['cross-entropy']:.2f}, the hinge {at_one['hinge']:.2f}; at a lead of 4 they "
        f"are {curves['cross-entropy'][-1]:.3f} and {curves['hinge'][-1]:.3f}."
    )
    return Plot(figure, alt)


def descents(runs: Mapping[str, Descent], *, target: float) -> Plot:
    """Draw loss against steps of gradient descent, and a line at the loss that is aimed at."""
    figure, ax = new_figure(height=3.0, width=6.4)
    said = []
    for (name, run), colour, style in zip(runs.items(), PALETTE, STYLES, strict=False):
        ax.plot(np.arange(len(run.losses)) + 1, run.losses, color=colour, ls=style, label=name)
        steps = run.steps_to(target)
        when = f"after {steps} steps" if steps is not None else f"not in {len(run.losses)} steps"
        said.append(f"{name}: loss {target:g} {when}.")
    ax.axhline(target, color=PALETTE[5], lw=1, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="steps", ylabel="training loss")
    ax.set_yticks([2, 1, 0.5, 0.2, 0.1], ["2", "1", "0.5", "0.2", "0.1"])
    ax.minorticks_off()
    ax.legend()
    return Plot(figure, "Gradient descent on digits. " + " ".join(said))


def best_of_many(
    candidates: Sequence[int], shown: Array, fresh: Array, *, images: int, chance: float
) -> Plot:
    """Draw the best guesser's accuracy on the test set it was chosen on, and on new images.

    Shapes: shown, fresh (seeds, candidates).
    """
    figure, ax = new_figure(height=3.1, width=6.4)
    many = np.unique(np.geomspace(1, max(candidates), 40).astype(int))
    exact = [100 * expected_best(m, images, chance) for m in many]
    bound = [100 * (chance + hoeffding_gap(m, images)) for m in many]
    ax.plot(many, bound, color=PALETTE[5], lw=1, label="Hoeffding's bound")
    ax.plot(many, exact, color=PALETTE[1], lw=1.2, label="expected, exactly")
    said = []
    for values, colour, marker, name in (
        (shown, PALETTE[1], "o", "where it was chosen"),
        (fresh, PALETTE[0], "s", "on new images"),
    ):
        found = [mean_interval(100 * column) for column in values.T]
        means, halves = [f.mean for f in found], [f.half for f in found]
        ax.errorbar(candidates, means, halves, fmt=marker, color=colour, ms=5, label=name)
        said.append(f"{name}: {found[0]:.1f} % of 1, {found[-1]:.1f} % of {candidates[-1]}.")
    ax.set(xscale="log", xlabel="guessers to choose from", ylabel="accuracy of the best, %")
    ax.set_xticks(candidates, [f"{m:,}" for m in candidates])
    ax.minorticks_off()
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return Plot(figure, "The best of many guessers. " + " ".join(said))
