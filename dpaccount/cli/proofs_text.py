"""How the ledger of proofs is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dpaccount.cli import output
from dpaccount.cli.theorems_text import find
from dpaccount.proving.ledger import FAILED, PROVED, SKIPPED, WRITTEN, Entry
from dpaccount.theorems import all_theorems

__all__ = ["chosen", "ledger_json", "print_ledger"]

_STYLES = {FAILED: "red", SKIPPED: "yellow"}


def chosen(words: Sequence[str]) -> list[str]:
    """The ids that were asked for: themselves, or all of a family; all without any.

    Raises:
        InputError: For a word that is neither.
    """
    known = sorted(all_theorems())
    if not words:
        return known
    found: list[str] = []
    for word in words:
        family = [id for id in known if id.partition(".")[0] == word]
        found += family or [find(word).id]
    return list(dict.fromkeys(found))


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    return {
        status: sum(entry.status == status for entry in entries)
        for status in (PROVED, FAILED, SKIPPED, WRITTEN)
    }


def ledger_json(entries: Sequence[Entry], bare: Sequence[str]) -> dict[str, Any]:
    """The ledger as plain data."""
    return {
        "parts": [
            {
                "theorem": entry.theorem_id,
                "part": entry.part,
                "level": entry.level,
                "status": entry.status,
                "seconds": entry.seconds,
                "reason": entry.reason or None,
                "axioms": list(entry.axioms),
            }
            for entry in entries
        ],
        "counts": _counts(entries),
        "without_proof": list(bare),
    }


def print_ledger(entries: Sequence[Entry], bare: Sequence[str]) -> None:
    """One line for each part, then what failed and why, and how many there are of each kind."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if entries:
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        for title in ("theorem", "part", "level"):
            table.add_column(title, no_wrap=True)
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("status", no_wrap=True)
        for entry in entries:
            seconds = "" if entry.seconds is None else f"{entry.seconds:.3f}"
            cells = (entry.theorem_id, entry.part, entry.level, seconds, entry.status)
            table.add_row(*map(Text, cells), style=_STYLES.get(entry.status))
        console = Console(highlight=False)
        Console(highlight=False, width=max(console.width, 80)).print(table)
    reasons = [(f"{e.theorem_id} {e.part}", e.reason) for e in entries if e.reason]
    if reasons:
        output.say("\nWhat was not proved, and why:", reasons)
    axioms = sorted({axiom for entry in entries for axiom in entry.axioms})
    if axioms:
        output.say("\nAxioms under what Coq checked:", [("", ", ".join(axioms))])
    work = sum(entry.seconds or 0.0 for entry in entries)
    counts = ", ".join(f"{count} {status}" for status, count in _counts(entries).items())
    output.say(f"\n{len(entries)} parts: {counts}; {work:.1f} s of work", [])
    if bare:
        output.say("Without a proof here:", [("", ", ".join(bare))])
