"""Answers as plain data, and a run in one line: what pages, cards and the command line share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism

if TYPE_CHECKING:
    from dpaccount.comparison import Row

__all__ = ["bound_json", "ceiling_json", "describe", "is_same", "plain", "row_json"]


def plain(value: Any) -> Any:
    """A value as JSON holds it: infinities as text, exact numbers as their text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def bound_json(bound: Bound) -> dict[str, Any]:
    """The ends of a bound."""
    return {"lower": bound.lower, "upper": bound.upper, "estimate": bound.estimate}


def ceiling_json(bound: Bound) -> dict[str, Any]:
    """A bound on a chance, with logarithms for what is too small for a float."""
    return {
        "lower": bound.lower,
        "upper": bound.upper,
        "log_lower": bound.log_lower,
        "log_upper": bound.log_upper,
        "method": bound.method,
        "trust": bound.trust.value,
        "level": bound.level,
    }


def row_json(row: Row) -> dict[str, Any]:
    """A row of a comparison."""
    return {
        "method": row.method,
        "source": row.source,
        "lower": row.lower,
        "upper": row.upper,
        "estimate": row.estimate,
        "trust": row.trust,
        "level": row.level,
        "verdict": row.verdict,
        "seconds": row.seconds,
        "ratio": row.ratio,
        "gap": row.gap,
        "note": row.note,
        "theorems": list(row.theorems),
    }


def describe(mechanism: Mechanism) -> str:
    """One line that says what was run."""
    if isinstance(mechanism, DPSGD):
        return (
            f"DP-SGD: noise multiplier {mechanism.noise_multiplier}, sampling rate "
            f"{mechanism.sampling_rate}, {mechanism.steps} steps, {mechanism.sampler} sampler"
        )
    from dpaccount.mechanisms import phases

    parts = [
        f"{p.steps} x {p.mechanism.label}" + (f" at rate {p.sampling_rate}" if p.is_sampled else "")
        for p in phases(mechanism)
    ]
    shown = "; ".join(parts[:3]) or "nothing that depends on the data"
    return shown + (f"; and {len(parts) - 3} more settings" if len(parts) > 3 else "")


def is_same(row: Row, bound: Bound) -> bool:
    """Whether a method's upper end is, to the eye, that of a bound: within 0.1 %."""
    if row.upper is None or bound.upper is None:
        return False
    return abs(row.upper - bound.upper) <= 1e-3 * bound.upper
