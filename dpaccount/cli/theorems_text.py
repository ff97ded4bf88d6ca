"""How theorems are printed: a list, one with all its places, and what a function rests on."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from dpaccount.cli import output
from dpaccount.proving.places import Places, places_of
from dpaccount.proving.reliance import Reliance
from dpaccount.theorems import (
    CITED_BECAUSE,
    LEVELS,
    Theorem,
    all_theorems,
    closure,
    effective_level,
    weakest,
)

__all__ = ["axioms_json", "list_json", "one_json", "print_axioms", "print_list", "print_one"]

_SOURCE = 30


def _row(theorem: Theorem) -> dict[str, Any]:
    return {
        "id": theorem.id,
        "level": theorem.level,
        "effective_level": effective_level(theorem.id),
        "source": theorem.source,
        "uses": list(theorem.uses),
    }


def list_json(theorems: list[Theorem]) -> dict[str, Any]:
    """The list as plain data."""
    return {"theorems": [_row(theorem) for theorem in theorems]}


def print_list(theorems: list[Theorem]) -> None:
    """One line for each theorem, and how many there are of each level."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in ("theorem", "level", "effective", "source"):
        table.add_column(title, no_wrap=True)
    for theorem in theorems:
        short = textwrap.shorten(theorem.source, _SOURCE, placeholder=" ...")
        cells = (theorem.id, theorem.level, effective_level(theorem.id), short)
        table.add_row(*map(Text, cells))
    console = Console(highlight=False)
    # the terminal wraps a line that is too long; an id cut off would be none
    Console(highlight=False, width=max(console.width, 80)).print(table)
    output.say(f"\n{len(theorems)} theorems, by how they are known:", _counts(theorems))


def _counts(theorems: list[Theorem]) -> list[tuple[str, str]]:
    found = []
    for level, words in LEVELS.items():
        own = sum(theorem.level == level for theorem in theorems)
        effective = sum(effective_level(theorem.id) == level for theorem in theorems)
        found.append((level, f"{own} {words}; {effective} with all that they use"))
    return found


def one_json(theorem: Theorem, proofs: Path | None) -> dict[str, Any]:
    """All of one theorem as plain data."""
    places = places_of(theorem, proofs)
    return {
        **_row(theorem),
        "statement": theorem.statement,
        "latex": theorem.latex,
        "assumptions": [assumption.text for assumption in theorem.assumptions],
        "note": theorem.note,
        "only_cited_because": CITED_BECAUSE.get(theorem.id) if theorem.level == "C" else None,
        "has_formula": theorem.formula is not None,
        "used_by": list(places.used_by),
        "code": list(places.code),
        "property_tests": list(places.properties),
        "mutants": list(places.mutants),
        "proof": list(places.parts),
    }


def print_one(theorem: Theorem, proofs: Path | None) -> None:
    """All of one theorem, and where everything of it lies."""
    places = places_of(theorem, proofs)
    effective = effective_level(theorem.id)
    weak = [t.id for t in closure([theorem.id]).values() if t.level == effective]
    level = f"{theorem.level}: {LEVELS[theorem.level]}"
    if effective != theorem.level:
        through = f" through {', '.join(sorted(weak))}"
        level += f"; effective {effective}: {LEVELS[effective]}{through}"
    facts = [
        ("statement", theorem.statement),
        ("LaTeX", theorem.latex),
        *(("needs", assumption.text) for assumption in theorem.assumptions),
        ("level", level),
        ("only cited", CITED_BECAUSE.get(theorem.id, "") if theorem.level == "C" else ""),
        ("source", theorem.source),
        ("note", theorem.note),
        ("uses", ", ".join(theorem.uses) or "no other theorem"),
        ("used by", ", ".join(places.used_by) or "no other theorem"),
        ("code", "\n".join(places.code) or "none cites it by itself"),
        ("formula", _formula(theorem, places)),
        *_where(places, proofs),
    ]
    output.say(theorem.id, [fact for fact in facts if fact[1]])


def _formula(theorem: Theorem, places: Places) -> str:
    if theorem.formula is None:
        return "none: the statement is structural"
    file = f"dpaccount/theorems/{theorem.id.partition('.')[0]}.py"
    return f"{file}, as the code evaluates it" if places.code else file


def _where(places: Places, proofs: Path | None) -> list[tuple[str, str]]:
    none = "not at hand: this is no source repository"
    return [
        ("properties", "\n".join(places.properties) or none),
        ("mutants", "\n".join(places.mutants) or ("none" if places.properties else none)),
        ("proof", "\n".join(places.parts) or ("none" if proofs is not None else none)),
    ]


def axioms_json(found: Reliance) -> dict[str, Any]:
    """What a name rests on, as plain data."""
    below = closure(found.citing)
    return {
        "name": found.name,
        "effective_level": weakest(found.citing) if below else None,
        "theorems": [
            {
                **_row(theorem),
                "cited_by": list(found.citing.get(id, ())),
                "only_cited_because": CITED_BECAUSE.get(id) if theorem.level == "C" else None,
            }
            for id, theorem in sorted(below.items())
        ],
    }


def print_axioms(found: Reliance) -> None:
    """What a name can cite and all that this uses, by level, down to what is only cited."""
    below = closure(found.citing)
    if not below:
        output.say(f"{found.name} cites no theorem")
        return
    used = len(below) - len(found.citing)
    output.say(
        f"{found.name} can cite {len(found.citing)} theorems, which use {used} more",
        [("effective level", f"{weakest(below)}: {LEVELS[weakest(below)]}")],
    )
    for level, words in LEVELS.items():
        ids = sorted(id for id, theorem in below.items() if theorem.level == level)
        if ids and level != "C":
            output.say(f"{level}, {words}:", [("", ", ".join(ids))])
        elif ids:
            output.say(
                f"{level}, {words}, because:", [(id, CITED_BECAUSE.get(id, "")) for id in ids]
            )


def find(id: str) -> Theorem:
    """The theorem of an id that a user typed.

    Raises:
        InputError: If there is none; names those that are spelled almost like it.
    """
    from dpaccount.errors import InputError
    from dpaccount.proving.reliance import nearest

    known = all_theorems()
    if id in known:
        return known[id]
    raise InputError(
        "theorem",
        given=id,
        allowed=f"one of {len(known)} registered ids",
        advice=nearest(id, list(known)) or "see dpaccount theorems",
    )
