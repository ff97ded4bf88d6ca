"""How answers are printed: for people in 80 columns, for machines as JSON."""

from __future__ import annotations

import json
import math
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism

if TYPE_CHECKING:
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
        "method": row.method, "source": row.source, "lower": row.lower, "upper": row.upper,
        "estimate": row.estimate, "trust": row.trust, "verdict": row.verdict,
        "seconds": row.seconds, "ratio": row.ratio, "note": row.note,
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
        return (f"DP-SGD: noise multiplier {mechanism.noise_multiplier}, sampling rate "
                f"{mechanism.sampling_rate}, {mechanism.steps} steps, {mechanism.sampler} sampler")
    from dpaccount.mechanisms import phases

    parts = [
        f"{p.steps} x {type(p.mechanism).__name__}({p.mechanism.noise_multiplier}) at rate "
        f"{p.sampling_rate}"
        for p in phases(mechanism)
    ]
    shown = "; ".join(parts[:3]) or "nothing that depends on the data"
    return shown + (f"; and {len(parts) - 3} more settings" if len(parts) > 3 else "")


def say(text: str) -> None:
    """Print text for people, wrapped at the terminal's width."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=False).print(text, markup=False)


_CLAIM = {"upper": "claimed", "approximation": "approx.", "estimate with error": "estimate"}


def _cells(row: Row) -> list[str]:
    if row.upper is not None:
        value = "<= " + number_text(row.upper, "upper")
    elif row.estimate is not None:
        value = "~  " + number_text(row.estimate)
    else:
        value = ""
    ratio = "" if row.ratio is None else f"{row.ratio:.4g}"
    seconds = "" if row.seconds is None else f"{row.seconds:.3f}" if row.seconds < 100 else "> 100"
    trust = _CLAIM.get(row.trust, row.trust)
    return [row.method, value, trust if value else "", ratio, seconds, row.verdict]


def print_comparison(result: Comparison, rows: list[Row]) -> None:
    """The table of a comparison and a line of explanation for each row."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 0), pad_edge=False, collapse_padding=True)
    table.add_column("method", no_wrap=True)
    for title in ("epsilon", "trust", "ratio", "seconds"):
        table.add_column(title, no_wrap=True, justify="right" if title != "epsilon" else "left")
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        style = "bold" if row.value is not None and row.value == result.tightest else None
        if row.verdict in ("below the truth", "not a guarantee"):
            style = "red"
        table.add_row(*_cells(row), style=style)
    console = Console(highlight=False)
    console.print(table)
    console.print("Why they differ:")
    notes = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    notes.add_column(no_wrap=True, style="dim")
    notes.add_column()
    for row in rows:
        notes.add_row(row.method, row.note)
    console.print(notes)
