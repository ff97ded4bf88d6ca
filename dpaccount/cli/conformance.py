"""`dpaccount conformance`: another accountant, held against certified truths."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from dpaccount._files import place_of, write_place
from dpaccount.cli import output

if TYPE_CHECKING:
    from dpaccount.conformance import Conformance, Finding

__all__ = ["conformance"]

_HOW = "How"


def conformance(
    accountant: Annotated[
        str,
        typer.Argument(
            help="dpaccount, opacus-rdp, opacus-prv, opacus-gdp, dp-accounting-pld, "
            "dp-accounting-rdp, prv, or MODULE:OBJECT",
            metavar="NAME",
            show_default=False,
        ),
    ],
    only: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads it at run time
        typer.Option(
            "--only",
            help="a check or a family of checks; may be repeated",
            metavar="ID",
            rich_help_panel=_HOW,
        ),
    ] = None,
    junit: Annotated[
        Optional[str],  # noqa: UP045 - as above
        typer.Option(
            "--junit", help="write JUnit XML as well", metavar="FILE", rich_help_panel=_HOW
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="seconds for one answer", rich_help_panel=_HOW)
    ] = 10.0,
    deadline: Annotated[
        float, typer.Option("--deadline", help="seconds for everything", rich_help_panel=_HOW)
    ] = 300.0,
    json: Annotated[
        bool, typer.Option("--json", help="print JSON only", rich_help_panel=_HOW)
    ] = False,
) -> int:
    """Another accountant: does it ever answer below the truth? Exit 1 if a check fails.

    Example: dpaccount conformance dpaccount --only inputs.delta_nan
    """
    from dpaccount.conformance import conform
    from dpaccount.conformance.documents import as_data, as_junit

    if junit is not None:  # minutes of work would be lost
        place_of(junit, "--junit")
    with _bar(accountant) as tick:
        found = conform(
            accountant, only=only or None, time_limit=time_limit, deadline=deadline, on_check=tick
        )
    if junit is not None:
        write_place(junit, as_junit(found).encode(), "--junit")
    if json:
        output.print_json(as_data(found))
    else:
        _print(found)
        if junit is not None:
            output.say(f"\nwritten: {junit}")
    return 0 if found.conforms else 1


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Finding, int], object]]:
    """A bar on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda finding, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"asking {name}", total=None)
        yield lambda finding, total: progress.update(
            task, total=total, advance=1, description=f"{finding.check.id} done"
        )


def _print(found: Conformance) -> None:
    """The table, and under it one line for each check that did not simply pass."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    output.say(f"{found.name} {found.version}".strip())
    styles = {"fail": "red", "over the time limit": "red", "pass": "green"}
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in ("check", "verdict"):
        table.add_column(title, no_wrap=True)
    table.add_column("asked", justify="right")
    for finding in found.findings:
        word = finding.verdict.value
        table.add_row(
            finding.check.id,
            Text(word, style=styles.get(word, "")),
            str(finding.asked),
        )
    Console(highlight=False).print(table)
    facts = [
        (f"{finding.check.id}", f"{finding.verdict.value}: {finding.explanation}")
        for finding in found.findings
        if finding.explanation
    ]
    if facts:
        output.say("\nWhat was found:", facts)
    failed = sum(finding.failed for finding in found.findings)
    output.say(f"\n{failed} of {len(found.findings)} checks failed, in {found.seconds:.0f} s")
