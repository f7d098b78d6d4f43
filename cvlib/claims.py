"""Claims: what an experiment over seeds shows, with its interval, its threshold and its margin.

A page asserts two kinds of things. A *fact* holds by proof, by counting or because a paper prints
it: a plain ``assert``. A *claim* is what trained networks or random draws showed: ``claim`` asserts
it, hands its numbers to the text, and leaves it in the executed page, from where the book collects
it. Pages draw their seeds from here, so that one environment variable gives all of them others.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cvlib.intervals import mean_interval

#: Which of the disjoint sets of seeds the pages use: 0, 1, 2 …
SEED_SET = "CVLIB_SEED_SET"
#: "record": a claim that does not hold is noted and the page goes on.
CLAIMS = "CVLIB_CLAIMS"
#: The name under which a claim stands in an executed page starts with this, and its kind is that.
PREFIX = "claim:"
KEPT_AS = "application/papermill.record/text/plain"
_SET_SIZE = 1000


def shifted(seed: int) -> int:
    """Return the seed in the present set of seeds: the seed itself in set 0."""
    chosen = int(os.environ.get(SEED_SET, "0"))
    if not 0 <= seed < _SET_SIZE:
        raise ValueError(f"expected a seed of 0 … {_SET_SIZE - 1}, got {seed}")
    return chosen * _SET_SIZE + seed


def seeds(count: int, start: int = 0) -> range:
    """Return ``count`` seeds of the present set, from ``start`` on."""
    first = shifted(start)
    return range(first, first + count)


def fresh_rng(seed: int = 0) -> np.random.Generator:
    """Return a generator whose seed moves with the present set of seeds."""
    return np.random.default_rng(shifted(seed))


@dataclass(frozen=True)
class Claim:
    """A sentence about an experiment, what was measured, and what would refute it.

    ``low`` and ``high`` are the ends that decide: of the 95 % interval of the mean, or, where every
    seed must show it, the smallest and the largest value. The claim holds if both lie strictly
    between ``above`` and ``below``.
    """

    name: str
    sentence: str
    mean: float
    low: float
    high: float
    above: float | None
    below: float | None
    of: Literal["mean", "every"]
    seeds: tuple[int, ...]
    unit: str = ""

    @property
    def half(self) -> float:
        """The larger distance from the mean to a deciding end: the ± of the text."""
        return max(self.mean - self.low, self.high - self.mean)

    @property
    def margin(self) -> float:
        """How far the threshold is from the mean, in distances from the mean to the deciding end.

        At 1 the end touches the threshold; below 1 the claim fails. Infinite where all seeds agree.
        """
        sides = [math.inf]
        if self.above is not None:
            sides.append(_ratio(self.mean - self.above, self.mean - self.low))
        if self.below is not None:
            sides.append(_ratio(self.below - self.mean, self.high - self.mean))
        return min(sides)

    @property
    def holds(self) -> bool:
        """Whether both deciding ends lie strictly between the thresholds, and are numbers."""
        return (
            math.isfinite(self.mean)
            and (self.above is None or self.low > self.above)
            and (self.below is None or self.high < self.below)
        )

    @property
    def wanted(self) -> str:
        """The threshold in words."""
        whose = "every seed" if self.of == "every" else "interval"
        if self.above is None:
            return f"{whose} below {self.below:g}"
        if self.below is None:
            return f"{whose} above {self.above:g}"
        return f"{whose} between {self.above:g} and {self.below:g}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """How a page keeps it: as text that whoever collects the claims reads back."""
        return {"text/plain": json.dumps(asdict(self), ensure_ascii=False)}

    @classmethod
    def from_text(cls, text: str) -> Claim:
        """Return the claim that a page kept."""
        return cls.from_data(json.loads(text))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Claim:
        """Return the claim from its fields, as JSON holds them."""
        return cls(**data | {"seeds": tuple(data["seeds"])})

    def __str__(self) -> str:
        ends = f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"
        return f"{ends}{' ' + self.unit if self.unit else ''} over {len(self.seeds)} seeds"


def claims_in(cells: Iterable[Mapping[str, Any]]) -> list[Claim]:
    """Return the claims that the cells of an executed page have left there, in their order."""
    outputs = [o for c in cells if c["cell_type"] == "code" for o in c.get("outputs", ())]
    return [Claim.from_text(o["data"][KEPT_AS]) for o in outputs if _name(o).startswith(PREFIX)]


def _name(output: Mapping[str, Any]) -> str:
    return str(output.get("metadata", {}).get("scrapbook", {}).get("name", ""))


class ClaimError(AssertionError):
    """A claim that does not hold; the message names it."""


def claim(
    name: str,
    sentence: str,
    values: ArrayLike,
    *,
    seeds: Sequence[int],
    above: float | None = None,
    below: float | None = None,
    of: Literal["mean", "every"] = "mean",
    unit: str = "",
) -> Claim:
    """Assert what an experiment shows, and hand ``name`` and ``name_half`` to the page's text.

    ``values`` holds one number for each seed, in ``unit``. The 95 % interval of their mean, or with
    ``of="every"`` every single one of them, must lie strictly above ``above`` and below ``below``.
    Raises ClaimError if it does not, ValueError where no threshold is given or the numbers of
    values and seeds differ.
    """
    made = make_claim(
        name, sentence, values, seeds=seeds, above=above, below=below, of=of, unit=unit
    )
    _leave_in_the_page(made)
    if not made.holds and os.environ.get(CLAIMS) != "record":
        raise ClaimError(f"{made.name}: “{made.sentence}” wants {made.wanted}, measured {made}")
    return made


def make_claim(
    name: str,
    sentence: str,
    values: ArrayLike,
    *,
    seeds: Sequence[int],
    above: float | None = None,
    below: float | None = None,
    of: Literal["mean", "every"] = "mean",
    unit: str = "",
) -> Claim:
    """Return the claim without asserting it; the arguments are those of ``claim``."""
    runs = np.asarray(values, dtype=float)
    if runs.shape != (len(seeds),):
        raise ValueError(
            f"claim {name}: expected one value for each of {len(seeds)} seeds, got {runs.shape}"
        )
    if above is None and below is None:
        raise ValueError(f"claim {name}: expected a threshold, above or below, got none")
    if of == "mean":
        interval = mean_interval(runs)
        mean, low, high = interval.mean, interval.low, interval.high
    else:
        mean, low, high = (float(f(runs)) for f in (np.mean, np.min, np.max))
    return Claim(name, sentence, mean, low, high, above, below, of, tuple(map(int, seeds)), unit)


def _ratio(distance: float, spread: float) -> float:
    if spread > 0:
        return distance / spread
    return math.copysign(math.inf, distance) if distance else 0.0


def _leave_in_the_page(made: Claim) -> None:
    from myst_nb import glue  # only a page of the book makes claims

    glue(made.name, made.mean, display=False)
    glue(f"{made.name}_half", made.half, display=False)
    glue(PREFIX + made.name, made, display=False)
