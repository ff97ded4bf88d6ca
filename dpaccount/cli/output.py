"""How answers are printed: for people in 80 columns, for machines as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any, Literal

from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dpaccount.comparison import Comparison, Row

__all__ = [
    "bound_json",
    "describe",
    "number_text",
    "print_comparison",
    "print_json",
    "row_json",
    "say",
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


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object and nothing else."""
    sys.stdout.write(json.dumps(plain(data), indent=2, allow_nan=False) + "\n")


def bound_json(bound: Bound) -> dict[str, Any]:
    """The ends of a bound."""
    return {"lower": bound.lower, "upper": bound.upper, "estimate": bound.estimate}


def row_json(row: Row) -> dict[str, Any]:
    """A row of a comparison."""
    return {
        "method": row.method,
        "source": row.source,
        "lower": row.lower,
        "upper": row.upper,
        "estimate": row.estimate,
        "trust": row.trust,
        "verdict": row.verdict,
        "seconds": row.seconds,
        "ratio": row.ratio,
        "note": row.note,
        "theorems": list(row.theorems),
    }


def number_text(value: float, side: str = "", digits: int = 7) -> str:
    """A number in few digits, rounded outward: side is "upper", "lower" or ""."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf"
    rounding = {"upper": ROUND_CEILING, "lower": ROUND_FLOOR}.get(side, ROUND_HALF_EVEN)
    short = Context(prec=digits, rounding=rounding).create_decimal(Decimal(value))
    text = f"{short:f}" if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{short:e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def describe(mechanism: Mechanism) -> str:
    """One line that says what was run."""
    if isinstance(mechanism, DPSGD):
        return (
            f"DP-SGD: noise multiplier {mechanism.noise_multiplier}, sampling rate "
            f"{mechanism.sampling_rate}, {mechanism.steps} steps, {mechanism.sampler} sampler"
        )
    from dpaccount.mechanisms import phases

    parts = [
        f"{p.steps} x {type(p.mechanism).__name__}({p.mechanism.noise_multiplier}) at rate "
        f"{p.sampling_rate}"
        for p in phases(mechanism)
    ]
    shown = "; ".join(parts[:3]) or "nothing that depends on the data"
    return shown + (f"; and {len(parts) - 3} more settings" if len(parts) > 3 else "")


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def say(headline: str, facts: Sequence[tuple[str, str]] = ()) -> None:
    """Print a headline and named facts under it, wrapped at the terminal's width."""
    console = _console()
    console.print(headline, markup=False)
    if facts:
        console.print(_grid([f"  {name}" for name, _ in facts], [text for _, text in facts]))


def _grid(names: Sequence[str], texts: Sequence[str]) -> Table:
    """Two columns without lines; long texts wrap inside theirs."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, text in zip(names, texts, strict=True):
        grid.add_row(Text(name), Text(text))
    return grid


_CLAIM = {"upper": "claimed", "approximation": "approx.", "estimate with error": "estimate"}


def _value_text(row: Row) -> str:
    if row.upper is not None:
        return "<= " + number_text(row.upper, "upper")
    return "" if row.estimate is None else "~  " + number_text(row.estimate)


def _ratio_text(ratio: float | None) -> str:
    if ratio is None:
        return ""
    digits = 3 if ratio < 10 else 1 if ratio < 100 else 0
    return f"{ratio:.{digits}f}" if ratio < 1e6 else "> 1e6"


def _cells(row: Row) -> list[str]:
    value = _value_text(row)
    seconds = "" if row.seconds is None or not value else f"{row.seconds:.3f}"
    trust = _CLAIM.get(row.trust, row.trust) if value else ""
    return [row.method, value, trust, _ratio_text(row.ratio), seconds, row.verdict]


def print_comparison(result: Comparison, rows: Sequence[Row]) -> None:
    """The table of a comparison and one line of explanation for each row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in ("method", "epsilon", "trust", "ratio", "sec.", "verdict"):
        justify: Literal["left", "right"] = "right" if title in ("ratio", "sec.") else "left"
        table.add_column(title, no_wrap=True, justify=justify)
    reasons: dict[str, list[str]] = {}
    for row in rows:
        style = "bold" if row.value is not None and row.value == result.tightest else None
        if row.verdict in ("below truth", "no guarantee"):
            style = "red"
        table.add_row(*(Text(cell) for cell in _cells(row)), style=style)
        reasons.setdefault(row.note, []).append(row.method)
    console = _console()
    console.print(table)
    console.print("\nratio: to the least upper end that is proved here. What separates the rows:")
    names, texts = [], []
    for reason, methods in reasons.items():
        names += methods
        texts += [reason] + ["the same"] * (len(methods) - 1)
    console.print(_grid(names, texts))
