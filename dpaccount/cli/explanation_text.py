"""How an explanation is printed."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from dpaccount.cli import output
from dpaccount.explanation import Change, Explanation
from dpaccount.guarantees import number_text

__all__ = ["explanation_json", "print_explanation"]


def explanation_json(found: Explanation) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "binding_direction": None if found.binding is None else found.binding.value,
        "directions": {
            direction.value: output.bound_json(bound)
            for direction, bound in found.directions.items()
        },
        "order": found.order,
        "parts": [
            {"setting": part.what, "epsilon_without": output.bound_json(part.without)}
            for part in found.parts
        ],
        "changes": [
            {
                "change": change.what,
                "epsilon": None if change.bound is None else output.bound_json(change.bound),
                "difference": dict(zip(("lower", "upper"), change.difference, strict=True)),
            }
            for change in found.changes
        ],
        "theorems": [
            {"id": cited.theorem.id, "depth": cited.depth, "statement": cited.theorem.statement}
            for cited in found.theorems
        ],
        "others": [output.row_json(row) for row in found.rows],
    }


def print_explanation(found: Explanation) -> None:
    """What binds, what changes would cost, what it rests on, and why the others differ."""
    output.say("What binds:", [*_binding(found), *_parts(found)])
    if found.changes:
        output.say(
            "What a change would make of it:",
            [(change.what, _change(change)) for change in found.changes],
        )
    output.say_lines("What it rests on:", list(_chain(found)))
    rows = [(row.method, f"{row.verdict_text}: {row.note}") for row in found.rows]
    output.say("Why the other methods differ:", rows)


def _binding(found: Explanation) -> list[tuple[str, str]]:
    facts = [
        (
            f"direction {direction.value}",
            f"epsilon {bound}" + (", which binds" if direction is found.binding else ""),
        )
        for direction, bound in found.directions.items()
    ]
    if found.order is not None:
        facts.append(("Renyi order", f"{number_text(found.order)}: the best for this delta"))
    return facts or [("nothing", "no step depends on the data")]


def _parts(found: Explanation) -> list[tuple[str, str]]:
    return [("without", f"{part.what}: epsilon {part.without}") for part in found.parts]


def _change(change: Change) -> str:
    if change.bound is None:
        return "not covered by this method"
    low, high = change.difference
    ends = []
    if low is not None and high is not None:
        ends = [f"by {_signed(low, 'lower')} to {_signed(high, 'upper')}"]
    return ", ".join([f"epsilon {change.bound}", *ends])


def _signed(value: float, side: str) -> str:
    text = number_text(value, side, 5)
    return text if text.startswith("-") else f"+{text}"


def _chain(found: Explanation) -> list[str]:
    lines = []
    for depth, theorem in found.theorems:
        first, later = "  " * (depth + 1), "  " * (depth + 3)
        lines += textwrap.wrap(
            f"{theorem.id}: {_one_line(theorem.statement)}",
            width=78,
            initial_indent=first,
            subsequent_indent=later,
        )
    return lines


def _one_line(statement: str) -> str:
    """The first sentence, or what fits on two lines of it."""
    first = re.split(r"(?<=[^.])\. (?=[A-Z])", statement)[0].rstrip(".")
    return textwrap.shorten(first, 120, placeholder=" ...")
