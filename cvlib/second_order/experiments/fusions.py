"""The fusions that the chapter compares, by the names that it gives them."""

from __future__ import annotations

from collections.abc import Mapping

from cvlib.second_order.terms import SORT, SORT_ROOT

FUSIONS: Mapping[str, tuple[str, ...]] = {
    "sum": ("sum",),
    "max": ("max",),
    "product": ("product",),
    "root product": ("rectified_root_product",),
    "sum + max": ("sum", "max"),
    "sum + product": SORT,
    "max + product": ("max", "product"),
    "sum + max + product": ("sum", "max", "product"),
    "sum + rectified product": ("sum", "rectified_product"),
    "sum + root product": SORT_ROOT,
}


def terms_of(fusion: str) -> tuple[str, ...]:
    """Return the terms of a fusion by its name, or raise ValueError."""
    if fusion not in FUSIONS:
        raise ValueError(f"fusion must be one of {', '.join(FUSIONS)}, got {fusion!r}")
    return FUSIONS[fusion]
