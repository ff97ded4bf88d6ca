"""`theorems` and `prove`: what every number stands on, and whether it is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from dpaccount.cli import output
from dpaccount.errors import InputError

if TYPE_CHECKING:
    from dpaccount.proving.ledger import Entry

__all__ = ["prove", "theorems"]

# typer reads these at run time, hence Optional and not `| None`
_Text = Optional[str]  # noqa: UP045
_Words = Optional[list[str]]  # noqa: UP045
_Proofs = Annotated[
    _Text,
    typer.Option("--proofs", help="the folder of proofs; default: beside the package",
                 metavar="DIR"),
]  # fmt: skip
_Json = Annotated[bool, typer.Option("--json", help="print JSON only")]


def theorems(
    id: Annotated[_Text, typer.Argument(help="a theorem, to see all of it", metavar="ID")] = None,
    axioms: Annotated[
        _Text,
        typer.Option(
            "--axioms", help="what a name rests on, such as dpaccount.epsilon", metavar="NAME"
        ),
    ] = None,
    proofs: _Proofs = None,
    json: _Json = False,
) -> int:
    """The theorems behind every number: how each is known, and where it lies.

    Example: dpaccount theorems rdp.gaussian
    """
    from dpaccount.cli import theorems_text as text
    from dpaccount.theorems import all_theorems

    if id is not None and axioms is not None:
        raise InputError(
            "theorems",
            given="an id and --axioms",
            allowed="one of the two",
            advice="ask twice",
        )
    if axioms is not None:
        from dpaccount.proving.reliance import rests_on

        found = rests_on(axioms)
        if json:
            output.print_json(text.axioms_json(found))
        else:
            text.print_axioms(found)
    elif id is not None:
        theorem, folder = text.find(id), _folder(proofs)
        if json:
            output.print_json(text.one_json(theorem, folder))
        else:
            text.print_one(theorem, folder)
    else:
        known = sorted(all_theorems().values(), key=lambda theorem: theorem.id)
        if json:
            output.print_json(text.list_json(known))
        else:
            text.print_list(known)
    return 0


def _folder(given: str | None) -> Path | None:
    """The folder of proofs; without one there is still much to say of a theorem."""
    from dpaccount.proving.folder import find_proofs

    try:
        return find_proofs(given)
    except InputError:
        if given is not None:
            raise
        return None


def prove(
    ids: Annotated[
        _Words, typer.Argument(help="theorems or families; default: all", metavar="[ID]...")
    ] = None,
    proofs: _Proofs = None,
    processes: Annotated[
        str, typer.Option("--processes", help="how many parts run at a time", metavar="NUMBER")
    ] = "1",
    strict: Annotated[
        bool,
        typer.Option("--strict", help="exit 1 also if a part was skipped, or a named one has none"),
    ] = False,
    json: _Json = False,
) -> int:
    """Run the proofs and print a ledger; exit 1 if one fails.

    Example: dpaccount prove gdp.clt
    """
    from dpaccount import _validate
    from dpaccount.cli import proofs_text as text
    from dpaccount.proving.folder import find_proofs, parts_of
    from dpaccount.proving.ledger import FAILED, SKIPPED, building, run_parts

    folder = find_proofs(proofs)
    chosen = text.chosen(ids or [])
    count = _validate.count(processes, "processes", least=1, most=256)
    parts = [part for id in chosen for part in parts_of(folder, id)]
    machine = sum(part.is_machine for part in parts)
    with building(folder) as build, _bar(machine) as advance:
        entries = run_parts(parts, build, count, advance)
    bare = [id for id in chosen if not parts_of(folder, id)]
    statuses = {entry.status for entry in entries}
    # whoever is strict and names a theorem wants a proof of it
    lacking = SKIPPED in statuses or bool(ids and bare)
    if json:
        output.print_json(text.ledger_json(entries, bare))
    else:
        text.print_ledger(entries, bare)
    return 1 if FAILED in statuses or (strict and lacking) else 0


@contextmanager
def _bar(total: int) -> Iterator[Callable[[Entry], Any]]:
    """A bar on stderr, where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda entry: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = ("proofs", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               "{task.description}")  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def advance(entry: Entry) -> None:
            if entry.seconds is not None:
                done = f"{entry.theorem_id} {entry.part} {entry.status}"
                progress.update(task, advance=1, description=done)

        yield advance
