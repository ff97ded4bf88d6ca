"""`dpaccount report`: a page, a card or a text on what a run cost."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from dpaccount.cli import options as opt
from dpaccount.cli import output

__all__ = ["report"]

_REPORT, _SAID, _TRAINING = "The report", "What you state", "What the noise costs, if asked"
_Text = Optional[str]  # noqa: UP045 - typer reads it at run time


def _option(name: str, help: str, panel: str = _SAID, metavar: str = "TEXT") -> Any:
    return typer.Option(name, help=help, rich_help_panel=panel, metavar=metavar)


@opt.describes_run
def report(
    *,
    delta: opt.Delta = None,
    out: Annotated[
        _Text,
        typer.Option(
            "--out", "-o", help="write .html, .json or .md", metavar="FILE", rich_help_panel=_REPORT
        ),
    ] = None,
    title: Annotated[
        str, _option("--title", "what it is called", _REPORT)
    ] = "What this run cost in privacy",
    peers: Annotated[
        bool,
        typer.Option(
            "--peers/--no-peers", help="run the installed peers too", rich_help_panel=_REPORT
        ),
    ] = True,
    attacks: Annotated[
        _Text, _option("--attacks", "a table that attack run wrote as .json", _REPORT, "FILE")
    ] = None,
    unit: Annotated[_Text, _option("--unit", "whose contribution is one record")] = None,
    released: Annotated[_Text, _option("--released", "what leaves your hands")] = None,
    data_accesses: Annotated[
        _Text, _option("--data-accesses", "other looks at the data, and how covered")
    ] = None,
    tuning: Annotated[_Text, _option("--tuning", "how settings were chosen, on which data")] = None,
    sampler_evidence: Annotated[
        _Text, _option("--sampler-evidence", "how it was checked that batches are drawn so")
    ] = None,
    code: Annotated[_Text, _option("--code", "which code ran: repository and commit")] = None,
    problem: Annotated[
        _Text, _option("--problem", "as converge takes it", _TRAINING, "NAME")
    ] = None,
    learning_rate: Annotated[
        _Text, _option("--learning-rate", "default: the best predicted", _TRAINING, "SIZE")
    ] = None,
    trajectories: Annotated[
        str, _option("--trajectories", "runs that are simulated", _TRAINING, "NUMBER")
    ] = "1000",
    seed: Annotated[str, _option("--seed", "of their noise", _TRAINING, "NUMBER")] = "0",
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    method: opt.Method = None,
    adjacency: opt.AdjacencyName = "add_remove",
    json: opt.Json = False,
) -> int:
    """A report on a run for people: a page that opens offline, a card, or a text.

    Example: dpaccount report --run run.toml --delta 1e-5 -o report.html
    """
    from dpaccount.reports import Statements, read_attacks
    from dpaccount.reports import report as gathered
    from dpaccount.reports.files import check_report, write_report

    asked, place = opt.required(delta, "delta"), opt.required(out, "out")
    check_report(place, "--out")
    said = Statements(unit, released, data_accesses, tuning, sampler_evidence, code)
    mechanism = opt.mechanism_of(fields, run, from_opacus)
    table = None if attacks is None else read_attacks(attacks)
    training = None
    if problem is not None:
        training = _training(mechanism, problem, learning_rate, trajectories, seed)
    with output.progress("reporting") as tick:
        found = gathered(
            mechanism, asked, method=method, adjacency=adjacency, title=title, peers=peers,
            statements=said,
            described_by=_source(run, from_opacus), convergence=training, attacks=table,
            on_part=tick,
        )  # fmt: skip
        path = write_report(found, place, "--out")
    if json:
        output.print_json({**found.to_json(), "written": str(path)})
    else:
        output.say(
            f"wrote {path}",
            [
                ("epsilon", f"{found.bound} at delta {found.delta}"),
                ("method", f"{found.bound.method} ({found.bound.trust.value}), adjacency "
                 f"{found.adjacency.value}"),
                ("run", output.describe(mechanism)),
                *(("wrong", words) for words in found.failures),
            ],
        )  # fmt: skip
    return 1 if found.failures else 0


def _source(run: str | None, from_opacus: str | None) -> str:
    """Where the description came from; a path of somebody's disk is nobody else's business."""
    if from_opacus is not None:
        return "Opacus's record"
    return "flags" if run is None else "a run file"


def _training(
    mechanism: Any, problem: str, learning_rate: str | None, trajectories: str, seed: str
) -> Any:
    from dpaccount.convergence import converge

    with output.progress("training"):
        return converge(
            mechanism, problem, learning_rate=learning_rate, seed=seed,  # type: ignore[arg-type]
            trajectories=trajectories,  # type: ignore[arg-type]  # text is read by it
        )  # fmt: skip
