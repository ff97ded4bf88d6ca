"""How answers are printed: for people in 80 columns, for machines as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from dpaccount.guarantees import number_text
from dpaccount.reports.plain import bound_json, describe, end_json, json_text, row_json
from dpaccount.theorems import LEVELS, closure, weakest

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dpaccount._validate import Exact
    from dpaccount.calibration import Calibration
    from dpaccount.certificates.document import Claim
    from dpaccount.comparison import Comparison, Row
    from dpaccount.reports.evidence import Verdict

__all__ = [
    "bound_json",
    "decimal",
    "describe",
    "describe_claim",
    "describe_refuted",
    "end_json",
    "print_comparison",
    "print_json",
    "progress",
    "refuted_json",
    "row_json",
    "say",
    "say_lines",
    "standing",
    "value_text",
    "verdict_json",
]


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object and nothing else."""
    sys.stdout.write(json_text(data, indent=2) + "\n")


def decimal(value: Fraction | float) -> str:
    """A number of a certificate, as the text that it holds."""
    return str(getattr(value, "text", None) or value)


def describe_claim(claim: Claim) -> str:
    """One line that says which run a certificate speaks of."""
    parts = [f"Gaussian of mu^2 {claim.mu_squared}"] if claim.mu_squared else []
    parts += [
        f"{r.steps} x Gaussian({decimal(r.noise_multiplier)}) at rate {decimal(r.sampling_rate)}"
        for r in claim.releases
    ]
    rest = f"; and {len(parts) - 3} more settings" if len(parts) > 3 else ""
    return "; ".join(parts[:3]) + rest


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """What the checker said."""
    claim = verdict.claim
    return {
        "kind": verdict.kind,
        "holds": verdict.holds,
        "reason": verdict.reason,
        "epsilon": {"lower": decimal(claim.lower), "upper": decimal(claim.upper)},
        "delta": decimal(claim.delta),
        "adjacency": claim.adjacency,
        "mu_squared": decimal(claim.mu_squared),
        "releases": [
            {
                "noise_multiplier": decimal(r.noise_multiplier),
                "sampling_rate": decimal(r.sampling_rate),
                "steps": r.steps,
            }
            for r in claim.releases
        ],
        "checked": list(verdict.checked),
        "not_checked": list(verdict.unchecked),
    }


def standing(ids: Sequence[str]) -> list[tuple[str, str]]:
    """What a number stands on: its theorems, and how the weakest of all that they use is known."""
    level = weakest(ids)
    weak = sorted(id for id, theorem in closure(ids).items() if theorem.level == level)
    names = ", ".join(weak[:3]) + (f" and {len(weak) - 3} more" if len(weak) > 3 else "")
    through = f" ({names})" if weak else ""
    return [("level", f"{level}: {LEVELS[level]}{through}"), ("theorems", ", ".join(ids))]


def value_text(value: Exact | int) -> str | int:
    """A value of a calibration, whole: a shortened one could fall on the wrong side."""
    return value if isinstance(value, int) else value.text


def refuted_json(found: Calibration) -> dict[str, Any] | None:
    """The value that a calibration saw not to do."""
    if found.refuted is None:
        return None
    bound = found.refuted.bound
    return {
        "value": value_text(found.refuted.value),
        "gap": found.gap,
        "epsilon_lower": end_json(bound.lower, "lower"),
        "trust": bound.trust.value,
        "level": bound.level,
        "theorems": list(bound.theorems),
    }


def describe_refuted(found: Calibration) -> str:
    """One line on the value that was seen not to do, or on why there is none."""
    if found.refuted is None:
        return f"not known: {found.why_open}"
    lower = found.refuted.bound.lower
    assert lower is not None  # it is above the target
    gap = f", {found.gap:.2g} of it away" if not isinstance(found.value, int) else ""
    text = f"{found.refuted.value}{gap}: epsilon >= {number_text(lower, 'lower', 12)}"
    return f"{text} ({found.why_open})" if found.why_open else text


def _console(width: int | None = None) -> Console:
    from rich.console import Console

    return Console(highlight=False, width=width)


def say(headline: str, facts: Sequence[tuple[str, str]] = ()) -> None:
    """Print a headline and named facts under it, wrapped at the terminal's width."""
    console = _console()
    console.print(headline, markup=False)
    if facts:
        console.print(_grid([f"  {name}" for name, _ in facts], [text for _, text in facts]))


def say_lines(headline: str, lines: Sequence[str]) -> None:
    """Print a headline and lines that are as they should be."""
    console = _console()
    for line in (headline, *lines):
        console.print(line, markup=False, soft_wrap=True)


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


def _cells(row: Row) -> list[str]:
    value = _value_text(row)
    seconds = "" if row.seconds is None or not value else f"{row.seconds:.3f}"
    trust = _CLAIM.get(row.trust, row.trust) if value else ""
    level = (row.level or "") if value else ""
    return [row.method, value, trust, level, seconds, row.verdict_text]


def print_comparison(result: Comparison, rows: Sequence[Row]) -> None:
    """The table of a comparison and one line of explanation for each row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    titles = ["method", "epsilon", "trust", "level", "sec.", "verdict"]
    cells = [dict(zip(titles, _cells(row), strict=True)) for row in rows]
    console = _console()
    for drop in (None, "trust", "sec.", "level"):  # what matters least, where the table is too wide
        titles = [title for title in titles if title != drop]
        need = sum(1 + max(len(t), *(len(row[t]) for row in cells)) for t in titles)
        if need <= console.width:
            break
    for title in titles:
        justify: Literal["left", "right"] = "right" if title == "sec." else "left"
        table.add_column(title, no_wrap=True, justify=justify)
    reasons: dict[str, list[str]] = {}
    for row, texts_of in zip(rows, cells, strict=True):
        style = "bold" if row.value is not None and row.value == result.tightest else None
        if row.verdict in ("below truth", "no guarantee"):
            style = "red"
        table.add_row(*(Text(texts_of[title]) for title in titles), style=style)
        reasons.setdefault(row.note, []).append(row.method)
    # the terminal wraps a line that is too long; a number cut off would read as a smaller one
    _console(max(console.width, need)).print(table)
    console.print("\nWhat separates the rows:")
    names, texts = [], []
    for reason, methods in reasons.items():
        names += methods
        texts += [reason] + ["the same"] * (len(methods) - 1)
    console.print(_grid(names, texts))


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr that names what was done last; nothing when stderr is no terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: None
        return
    with console.status(what) as status:
        yield lambda name: status.update(f"{what}: {name} done")
