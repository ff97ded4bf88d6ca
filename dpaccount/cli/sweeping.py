"""`dpaccount sweep`: many budgets, shown if they are few and written to a file otherwise."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, Literal, Optional

import typer

from dpaccount.adjacency import adjacency_of
from dpaccount.cli import options as opt
from dpaccount.cli import output
from dpaccount.errors import InputError
from dpaccount.guarantees import number_text

__all__ = ["sweep"]

#: More rows than these are for a file.
_MOST_SHOWN = 48
_AXES, _HOW = "The axes: 0.5,1,2 or 0.5:3.0:50 or 100:20000:20:log", "How"


def _axis(name: str, help: str) -> Any:
    return typer.Option(name, help=help, rich_help_panel=_AXES, metavar="AXIS")


def _how(name: str, help: str, metavar: str) -> Any:
    return typer.Option(name, help=help, rich_help_panel=_HOW, metavar=metavar)


# typer reads these at run time, hence Optional and not `| None`
_Text = Optional[str]  # noqa: UP045


def sweep(
    noise_multiplier: Annotated[
        _Text, _axis("--noise-multiplier", "noise standard deviation / clip norm")
    ] = None,
    sample_rate: Annotated[
        _Text, _axis("--sample-rate", "instead of batch and dataset size")
    ] = None,
    batch_size: Annotated[_Text, _axis("--batch-size", "expected batch size")] = None,
    dataset_size: Annotated[_Text, _axis("--dataset-size", "number of records")] = None,
    epochs: Annotated[_Text, _axis("--epochs", "passes over the data")] = None,
    steps: Annotated[_Text, _axis("--steps", "instead of epochs")] = None,
    delta: Annotated[_Text, _axis("--delta", "in (0, 1); never guessed")] = None,
    method: Annotated[
        _Text, _how("--method", "a theory; default: saddlepoint.fast, both ends proved", "NAME")
    ] = None,
    adjacency: Annotated[
        str, _how("--adjacency", "which datasets are neighbors", "NAME")
    ] = "add_remove",
    out: Annotated[
        _Text, _how("--out", "write .csv or .parquet; the same command goes on with it", "FILE")
    ] = None,
    processes: Annotated[
        _Text, _how("--processes", "how many work on a file; default: every core", "NUMBER")
    ] = None,
    scheduler: Annotated[
        _Text, _how("--scheduler", "a Dask scheduler, instead of processes", "ADDRESS")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="print JSON only", rich_help_panel=_HOW)
    ] = False,
) -> int:
    """Epsilon of every combination of noises, rates, steps and deltas, in one call.

    Example:
    dpaccount sweep --noise-multiplier 1,2 --sample-rate .1 --steps 9 --delta 1e-5
    """
    from dpaccount.sweeps import Sweep
    from dpaccount.sweeps import sweep as ask

    axes = {
        "noise_multiplier": noise_multiplier,
        "batch_size": batch_size,
        "dataset_size": dataset_size,
        "sampling_rate": sample_rate,
        "epochs": epochs,
        "steps": steps,
        "delta": opt.required(delta, "delta"),
    }
    if out is None:
        _check_few(axes)
    workers: Any = processes
    if processes is None and scheduler is None and out is not None:
        workers = os.cpu_count() or 1
    how: dict[str, Any] = {
        "method": method, "adjacency": adjacency, "to": out, "processes": workers,
        "scheduler": scheduler,
    }  # fmt: skip
    try:
        found = ask(**axes, **how, progress=True)  # type: ignore[arg-type]  # refused if missing
    except KeyboardInterrupt:
        if out is not None:
            sys.stderr.write(
                f"dpaccount: interrupted; what is finished is kept in {out}.parts; do: give the "
                "same command to go on\n"
            )
        return 130
    question = {"method": method, "adjacency": adjacency_of(adjacency).value}
    if isinstance(found, Sweep):
        if json:
            output.print_json({**question, "rows": [_row_json(row) for row in found]})
        else:
            _print_table(found)
        return 0
    counts = {name: getattr(found, name) for name in ("rows", "kept", "wide", "refused")}
    if json:
        output.print_json({**question, "out": str(found.path), **counts})
        return 0
    facts = [
        ("rows", f"{found.rows}" + (f", {found.kept} of them kept" if found.kept else "")),
        ("wide", f"{found.wide}; why stands in their rows"),
        ("refused", f"{found.refused}; why stands in their rows"),
    ]
    output.say(f"written: {found.path}", [fact for fact in facts if not fact[1].startswith("0;")])
    return 0


def _row_json(row: Any) -> dict[str, Any]:
    ends = {side: output.end_json(row[side], side) for side in ("lower", "upper")}
    return {**row, **ends}


def _check_few(axes: dict[str, Any]) -> None:
    from dpaccount.sweeps.grid import grid_of

    rows = grid_of(axes).rows
    if rows > _MOST_SHOWN:
        raise InputError(
            "--out",
            given=f"nothing, for {rows} rows",
            allowed=f"a file; without one, at most {_MOST_SHOWN} rows are shown",
            advice="give --out table.csv",
        )


def _print_table(found: Any) -> None:
    """The rows; what is the same in all of them stands above."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = dict(found.columns)
    columns["lower"] = [_end(value, "lower") for value in columns["lower"]]
    nothing = [not method for method in columns["method"]]
    columns["upper"] = [
        "not known" if unknown else _end(value, "upper")
        for value, unknown in zip(columns["upper"], nothing, strict=True)
    ]
    columns["estimate"] = [_end(value, "") for value in columns["estimate"]]
    reasons = columns.pop("reason")
    same = {n: v[0] for n, v in columns.items() if len(set(v)) == 1 and n not in ("lower", "upper")}
    same = {name: value for name, value in same.items() if value}
    columns = {n: v for n, v in columns.items() if n not in same and any(v)}
    output.say("; ".join(f"{name} {value}" for name, value in same.items()))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    need = 0
    for name, values in columns.items():
        justify: Literal["left", "right"] = "left" if name in ("trust", "method") else "right"
        table.add_column(name, no_wrap=True, justify=justify)
        need += 1 + max(len(text) for text in (name, *values))
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, row))
    # the terminal wraps a line that is too long; a number cut off would read as a smaller one
    Console(highlight=False, width=max(Console().width, need)).print(table)
    for reason in dict.fromkeys(reason for reason in reasons if reason):
        output.say(f"\nNot known, or wide: {reason}")


def _end(value: float | None, side: str) -> str:
    return "" if value is None else number_text(value, side)
