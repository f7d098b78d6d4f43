"""Figures of measured results: the salesman's arms, the table of networks, and searches on it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.architecture_search.experiments.salesman import SalesmanStudy
from cvlib.architecture_search.experiments.searches import Searches
from cvlib.architecture_search.experiments.table import Table
from cvlib.architecture_search.reference.codes import format_stage
from cvlib.figures import DIVERGING, INK, PALETTE, Plot, new_figure, show_image
from cvlib.intervals import mean_interval

MARKERS = ("o", "s", "^", "D", "v", "P")


def salesman_arms(study: SalesmanStudy) -> Plot:
    """Draw for every arm how often it found the shortest tour, and how much longer its best was."""
    names = [*study.ratios][::-1]
    figure, axes = new_figure(1, 2, height=0.7 + 0.32 * len(names), sharey=True)
    said = []
    for ax, label, measured in (
        (axes[0], "shortest tour found, % of runs", study.found),
        (axes[1], "longer than the shortest, %", study.excess),
    ):
        found = [mean_interval(100 * measured(name)) for name in names]
        ax.barh(names, [f.mean for f in found], color=PALETTE[0], height=0.62)
        ax.errorbar(
            [f.mean for f in found],
            names,
            xerr=[f.half for f in found],
            color="#000000",
            ls="none",
            capsize=3,
            lw=1.2,
        )
        ax.set(xlabel=label, xlim=(0, None))
    for name in study.ratios:
        share, excess = 100 * study.found(name).mean(), 100 * study.excess(name).mean()
        said.append(f"{name}: found in {share:.0f} % of the runs, {excess:.1f} % longer on average")
    alt = f"Searches for the shortest tour, {len(study.seeds)} runs each. {'; '.join(said)}."
    return Plot(figure, alt)


def table_of_networks(table: Table) -> Plot:
    """Show the mean test error of every network of two stages, a row for each first stage."""
    firsts, seconds = (sorted({code[k] for code in table.codes}) for k in (0, 1))
    errors = np.full((len(firsts), len(seconds)), np.nan)
    for code, accuracies in zip(table.codes, table.test, strict=True):
        errors[firsts.index(code[0]), seconds.index(code[1])] = 100 * (1 - accuracies.mean())
    figure, ax = new_figure(width=5.2, height=4.2)
    middle = float(np.nanmedian(errors))
    widest = float(np.nanmax(np.sort(np.abs(errors - middle).ravel())[:-1]))
    show_image(ax, errors, cmap=DIVERGING, vmin=middle - 1.6 * widest, vmax=middle + 1.6 * widest)
    for (i, j), error in np.ndenumerate(errors):
        inside = abs(error - middle) < 1.2 * widest
        ax.text(j, i, f"{error:.1f}", ha="center", va="center",
                color=INK if inside else "#ffffff")  # fmt: skip
    ax.set_xticks(range(len(seconds)), [format_stage(s) for s in seconds])
    ax.set_yticks(range(len(firsts)), [format_stage(s) for s in firsts])
    ax.set(xlabel="second stage", ylabel="first stage")
    order = np.argsort([accuracies.mean() for accuracies in table.test])
    worst, best = (table.codes[k] for k in (order[0], order[-1]))
    words = [
        f"{which} {' '.join(map(format_stage, code))} at "
        f"{errors[firsts.index(code[0]), seconds.index(code[1])]:.1f}"
        for which, code in (("best", best), ("worst", worst))
    ]
    alt = (
        f"Mean test error in % of {len(table.codes)} networks over {len(table.seeds)} seeds, rows "
        f"by first stage, columns by second: median {middle:.1f}, {', '.join(words)}."
    )
    return Plot(figure, alt)


def climbs(searches: Mapping[str, Searches]) -> Plot:
    """Draw the mean fitness of the population, generation by generation, with 95 % intervals."""
    figure, ax = new_figure(height=3.1)
    said = []
    for (name, found), colour, marker in zip(searches.items(), PALETTE, MARKERS, strict=False):
        means = [mean_interval(100 * run) for run in found.by_group("climb").T]
        x = np.arange(len(means))
        ax.plot(x, [m.mean for m in means], color=colour, marker=marker, ms=4, label=name)
        ax.fill_between(
            x, [m.low for m in means], [m.high for m in means], color=colour, alpha=0.2, lw=0
        )
        said.append(f"{name}: from {means[0].mean:.2f} to {means[-1].mean:.2f} %")
    ax.set(xlabel="generation", ylabel="mean fitness in %")
    ax.legend()
    return Plot(figure, f"Mean fitness of the population over generations. {'; '.join(said)}.")


def gains(searches: Mapping[str, Searches]) -> Plot:
    """Mark how much better than random search: the population on average, and the best network."""
    figure, ax = new_figure(height=0.9 + 0.5 * len(searches))
    said = []
    pairs = (("population", "random", "mean of the population"), ("best", "random_best", "best"))
    for level, (name, found) in enumerate([*searches.items()][::-1]):
        words = []
        for k, (ours, theirs, label) in enumerate(pairs):
            gain = mean_interval(100 * (found.by_group(ours) - found.by_group(theirs)))
            ax.errorbar(
                gain.mean,
                level + 0.13 - 0.26 * k,
                xerr=gain.half,
                color=PALETTE[k],
                marker=MARKERS[k],
                ms=6,
                capsize=3,
                label=label if level == 0 else None,
            )
            words.append(f"{label} {gain:.2f}")
        said.append(f"{name}: {', '.join(words)}")
    ax.axvline(0, color=PALETTE[5], ls="--", lw=1.2)
    ax.set_yticks(range(len(searches)), [*searches][::-1])
    ax.set(xlabel="test accuracy from fresh seeds, above random codes, % points")
    ax.set_ylim(-0.5, len(searches) - 0.5)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    alt = "Test accuracy from fresh seeds above that of random codes, in % points. "
    return Plot(figure, (alt + "; ".join(reversed(said))).replace("-", "−") + ".")


def winners_curse(searches: Mapping[int, Searches]) -> Plot:
    """Draw the best network's fitness and what is left of it from fresh seeds, by trainings."""
    figure, ax = new_figure(width=5.6, height=3.1)
    trainings, said = [*searches], []
    for k, (name, label) in enumerate((("promised", "when chosen"), ("kept", "from fresh seeds"))):
        found = [mean_interval(100 * s.by_group(name)) for s in searches.values()]
        ax.errorbar(
            np.arange(len(found)) + 0.06 * (2 * k - 1),
            [f.mean for f in found],
            yerr=[f.half for f in found],
            color=PALETTE[k],
            marker=MARKERS[k],
            ms=6,
            ls="none",
            capsize=3,
            label=label,
        )
        said.append([f.mean for f in found])
    ax.set_xticks(range(len(trainings)), [str(t) for t in trainings])
    ax.set(xlabel="trainings that a network's fitness is the mean of")
    ax.set(ylabel="validation accuracy in %", xlim=(-0.5, len(trainings) - 0.5))
    ax.legend()
    words = "; ".join(
        f"{t} training{'s' if t > 1 else ''}: {high:.2f} when chosen, {low:.2f} from fresh seeds"
        for t, high, low in zip(trainings, *said, strict=True)
    )
    return Plot(figure, f"Validation accuracy of the best network found, in %. {words}.")
