"""`dpaccount converge`: what the noise costs, predicted, measured, and checked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Optional

import typer

from dpaccount.cli import options as opt
from dpaccount.cli import output
from dpaccount.errors import InputError

__all__ = ["converge"]

_PANEL = "The training"
_Text = Optional[str]  # noqa: UP045 - typer reads it at run time


def _training(name: str, help: str, metavar: str = "NUMBER") -> Any:
    return typer.Option(name, help=help, rich_help_panel=_PANEL, metavar=metavar)


@opt.describes_run
def converge(
    *,
    problem: Annotated[
        _Text, _training("--problem", "what is learned; without a name they are listed", "NAME")
    ] = None,
    learning_rate: Annotated[
        _Text,
        _training("--learning-rate", "a number, or b/(c+t); default: the best predicted", "SIZE"),
    ] = None,
    trajectories: Annotated[
        _Text, _training("--trajectories", "runs that are simulated: 1000, transformer: 3")
    ] = None,
    seed: Annotated[_Text, _training("--seed", "of their noise: 0")] = None,
    false_alarm: Annotated[
        _Text, _training("--false-alarm", "chance to call a true theorem violated: 1e-6")
    ] = None,
    plot: Annotated[_Text, _training("--plot", "with --epsilon: draw the table", "FILE")] = None,
    advise: Annotated[
        bool,
        typer.Option(
            "--advise",
            help="with --epsilon: which batch size, steps and step size, by the bounds",
            rich_help_panel=_PANEL,
        ),
    ] = False,
    fields: dict[str, str],
    run: opt.RunFile = None,
    epsilon: opt.Epsilon = None,
    delta: opt.Delta = None,
    method: opt.Method = None,
    json: opt.Json = False,
) -> int:
    r"""What the noise of a run costs SGD: bound and measurement. Exit 1 if a bound is violated.

    Example: dpaccount converge --problem quadratic --noise-multiplier 2 \
    --sample-rate 1 --steps 9
    """
    from dpaccount.cli import convergence_text as text
    from dpaccount.convergence import PROBLEMS, problem_of

    if problem is None:
        raise InputError(
            "problem", given="nothing", allowed=", ".join([*PROBLEMS, "transformer"]),
            advice="give --problem NAME",
        )  # fmt: skip
    if problem == "transformer":
        _refuse_idle(
            "with --problem transformer", "a run, whose loss is measured: no bound is there",
            {"epsilon": epsilon, "delta": delta, "method": method, "plot": plot,
             "advise": advise or None, "false-alarm": false_alarm},
        )  # fmt: skip
        return _transformer(fields, run, learning_rate, trajectories, seed or "0", json)
    # before a batch size brings the problem's own number of records
    idle = {name: fields.get(name) for name in ("sampling_rate", "epochs", "dataset_size")}
    given: Any = fields if run is None else opt.fields_of_file(fields, run, None)
    made = problem_of(problem, _clip_of(given))
    if "batch_size" in fields:
        fields.setdefault("dataset_size", str(made.records))
    size: Any = learning_rate if learning_rate is None else _size(learning_rate)
    runs = "1000" if trajectories is None else trajectories
    common: dict[str, Any] = {
        "trajectories": runs, "seed": seed or "0",
        "false_alarm": "1e-6" if false_alarm is None else false_alarm,
    }  # fmt: skip
    if plot is not None:
        from dpaccount.reports.plots import check_picture

        check_picture(plot, "--plot")
    if epsilon is None:
        _refuse_idle(
            "without --epsilon",
            "with --epsilon and --delta",
            {"plot": plot, "advise": advise or None, "delta": delta, "method": method},
        )
        from dpaccount.convergence import converge as ask

        mechanism: Any = opt.mechanism_of(fields, run, None)
        with _bar(mechanism, runs) as tick:
            found = ask(mechanism, made, learning_rate=size, on_done=tick, **common)
        if json:
            output.print_json(text.convergence_json(found))
        else:
            text.print_convergence(found)
        return 1 if found.verdict == "violated" else 0
    asked = opt.required(delta, "delta")
    for name in ("noise_multiplier", "noise_std"):
        if name in fields:
            raise InputError(
                f"--{name.replace('_', '-')}", given="together with --epsilon",
                allowed="one of the two: --epsilon picks the noise", advice="leave one out",
            )  # fmt: skip
    if advise:
        _refuse_idle(
            "with --advise", "batch size, steps, clip norm and method: the bounds choose the rest",
            {"plot": plot, "learning-rate": learning_rate, "trajectories": trajectories,
             "seed": seed, "false-alarm": false_alarm, "run": run,
             "sample-rate": idle["sampling_rate"], "epochs": idle["epochs"],
             "dataset-size": idle["dataset_size"]},
        )  # fmt: skip
        return _advise(made, epsilon, asked, fields, method, json)
    from dpaccount.convergence.budgets import excess_of_budgets

    with output.progress("training") as tell:
        table = excess_of_budgets(
            given, made, epsilons=[word for word in re.split(r"[,\s]+", epsilon) if word],
            delta=asked, learning_rate=size, method=method, on_row=tell, **common,
        )  # fmt: skip
    drawn = None
    if plot is not None:
        from dpaccount.reports.plots import excess_of_budgets as figure
        from dpaccount.reports.plots import save

        drawn = save(figure(table), plot, "--plot")
    if json:
        output.print_json(text.tradeoff_json(table, drawn))
    else:
        text.print_tradeoff(table, drawn)
    return 1 if table.verdict == "violated" else 0


def _transformer(
    fields: dict[str, str], run: str | None, learning_rate: str | None, trajectories: str | None,
    seed: str, json: bool,
) -> int:  # fmt: skip
    from dpaccount.cli import convergence_text as text
    from dpaccount.convergence.transformer import train_transformer

    if fields:
        fields.setdefault("dataset_size", "1797")
    count = "3" if trajectories is None else trajectories
    with _bar(opt.mechanism_of(fields, run, None), count) as tick:
        curve = train_transformer(
            opt.mechanism_of(fields, run, None),  # type: ignore[arg-type]  # it refuses others
            learning_rate="0.5" if learning_rate is None else learning_rate,
            trajectories=count, seed=seed, on_done=tick,
        )  # fmt: skip
    if json:
        output.print_json(text.curve_json(curve))
    else:
        text.print_curve(curve)
    return 0


def _advise(
    problem: Any, epsilon: str, delta: str, fields: dict[str, str],
    method: str | None, json: bool,
) -> int:  # fmt: skip
    from dpaccount.cli import convergence_text as text
    from dpaccount.convergence.advice import advise

    with output.progress("looking for the best") as tell:
        found = advise(
            problem, epsilon=epsilon, delta=delta, method=method, on_row=tell,
            clip_norm=fields.get("clip_norm"),
            batch_sizes=[fields["batch_size"]] if "batch_size" in fields else None,
            steps=[fields["steps"]] if "steps" in fields else None,
        )  # fmt: skip
    if json:
        output.print_json(text.advice_json(found, epsilon, delta))
    else:
        text.print_advice(found, problem.title, epsilon, delta)
    return 0


def _refuse_idle(where: str, allowed: str, options: dict[str, object]) -> None:
    """Refuse an option that would be read and do nothing."""
    for name, value in options.items():
        if value is not None:
            raise InputError(
                f"--{name}", given=where, allowed=allowed, advice=f"leave --{name} out"
            )


def _clip_of(given: Any) -> float | None:
    """The clip norm of a run or of its fields: some problems depend on it."""
    from dpaccount import _validate

    clip = given.get("clip_norm") if isinstance(given, dict) else given.clip_norm
    return None if clip is None else float(_validate.positive(clip, "clip_norm"))


def _size(text: str) -> Any:
    """A step size: a number, or one that falls."""
    from dpaccount.convergence import Decaying

    falling = re.fullmatch(r"\s*([^/()\s]+)\s*/\s*\(\s*([^+()\s]+)\s*\+\s*t\s*\)\s*", text)
    return text if falling is None else Decaying(falling[1], falling[2])


@contextmanager
def _bar(run: Any, trajectories: str) -> Iterator[Callable[[int], object]]:
    """A bar on stderr, where that is a terminal."""
    steps = getattr(run, "steps", None)
    if not sys.stderr.isatty() or not isinstance(steps, int) or not trajectories.isdecimal():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    columns = "simulated steps", BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=steps * int(trajectories))
        yield lambda done: progress.advance(task, done)
