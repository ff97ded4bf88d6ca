"""Answers as plain data, and a run in one line: what pages, cards and the command line share."""

from __future__ import annotations

import json
import math
import re
import secrets
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Any, Literal

from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism

if TYPE_CHECKING:
    from dpaccount.comparison import Row

__all__ = [
    "bound_json",
    "ceiling_json",
    "describe",
    "end_json",
    "is_same",
    "json_text",
    "plain",
    "row_json",
]


def plain(value: Any) -> Any:
    """A value as JSON holds it: infinities as text, exact numbers as their text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


class _End(float):
    """An end of a bound; `json_text` writes it so that its decimal holds too."""

    side: str

    @property
    def text(self) -> str:
        """The shortest decimal that is read as this float and is not on its wrong side."""
        exact, short, digits = Decimal(self), Decimal(repr(float(self))), 15
        way = ROUND_CEILING if self.side == "upper" else ROUND_FLOOR
        while (short < exact if self.side == "upper" else short > exact) or float(short) != self:
            short, digits = Context(prec=digits, rounding=way).create_decimal(exact), digits + 1
        return str(short).lower()


def end_json(end: float | None, side: Literal["lower", "upper"]) -> float | None:
    """An end of a bound for `json_text`.

    The shortest decimal of a float may lie on either side of it. Taken as an exact number, as
    `--max-epsilon` takes it, that of an upper end could be too small.
    """
    if end is None or not math.isfinite(end):
        return end
    made = _End(end)
    made.side = side
    return made


def json_text(data: Any, **options: Any) -> str:
    """Plain data as JSON whose ends are decimals that hold; every number is read as it was."""
    mark = secrets.token_hex(8)  # `json` writes no number as it is told: a text with a mark is one
    text = json.dumps(_marked(plain(data), mark), allow_nan=False, **options)
    return re.sub(rf'"{mark}([^"]*)"', r"\1", text)


def _marked(value: Any, mark: str) -> Any:
    if isinstance(value, _End):
        return mark + value.text
    if isinstance(value, dict):
        return {key: _marked(item, mark) for key, item in value.items()}
    return [_marked(item, mark) for item in value] if isinstance(value, list) else value


def bound_json(bound: Bound) -> dict[str, Any]:
    """The ends of a bound."""
    return {
        "lower": end_json(bound.lower, "lower"),
        "upper": end_json(bound.upper, "upper"),
        "estimate": bound.estimate,
    }


def ceiling_json(bound: Bound) -> dict[str, Any]:
    """A bound on a chance, with logarithms for what is too small for a float."""
    return {
        "lower": end_json(bound.lower, "lower"),
        "upper": end_json(bound.upper, "upper"),
        "log_lower": end_json(bound.log_lower, "lower"),
        "log_upper": end_json(bound.log_upper, "upper"),
        "method": bound.method,
        "trust": bound.trust.value,
        "level": bound.level,
    }


def row_json(row: Row) -> dict[str, Any]:
    """A row of a comparison."""
    return {
        "method": row.method,
        "source": row.source,
        "lower": end_json(row.lower, "lower"),
        "upper": end_json(row.upper, "upper"),
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
            f"{mechanism.sampling_rate}, {mechanism.steps} "
            f"{'step' if mechanism.steps == 1 else 'steps'}, {mechanism.sampler} sampler"
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
