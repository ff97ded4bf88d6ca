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


def converge(
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
    seed: Annotated[str, _training("--seed", "of their noise")] = "0",
    false_alarm: Annotated[
        str, _training("--false-alarm", "chance to call a true theorem violated")
    ] = "1e-6",
    plot: Annotated[_Text, _training("--plot", "with --epsilon: draw the table", "FILE")] = None,
    advise: Annotated[
        bool,
        typer.Option(
            "--advise",
            help="with --epsilon: which batch size, steps and step size, by the bounds",
            rich_help_panel=_PANEL,
        ),
    ] = False,
    noise_multiplier: opt.NoiseMultiplier = None,
    noise_std: opt.NoiseStd = None,
    clip_norm: opt.ClipNorm = None,
    batch_size: opt.BatchSize = None,
    dataset_size: opt.DatasetSize = None,
    sample_rate: opt.SampleRate = None,
    epochs: opt.Epochs = None,
    steps: opt.Steps = None,
    sampler: opt.Sampler = None,
    run: opt.RunFile = None,
    epsilon: opt.Epsilon = None,
    delta: opt.Delta = None,
    method: opt.Method = None,
    json: opt.Json = False,
) -> int:
    """What the noise of a run costs SGD: bound and measurement. Exit 1 if a bound is violated."""
    from dpaccount.cli import convergence_text as text
    from dpaccount.convergence import PROBLEMS, problem_of

    if problem is None:
        raise InputError(
            "problem", given="nothing", allowed=", ".join([*PROBLEMS, "transformer"]),
            advice="give --problem NAME",
        )  # fmt: skip
    fields = opt.fields_of(
        noise_multiplier, noise_std, clip_norm, batch_size, dataset_size, sample_rate, epochs,
        steps, sampler,
    )  # fmt: skip
    if problem == "transformer":
        if epsilon is not None:
            raise InputError(
                "--epsilon", given="with --problem transformer", allowed="a noise multiplier",
                advice="find it by dpaccount calibrate: no bound is there to be compared",
            )  # fmt: skip
        return _transformer(fields, run, learning_rate, trajectories, seed, json)
    clip = None if clip_norm is None else float(_positive(clip_norm, "clip_norm"))
    made = problem_of(problem, clip)
    if "batch_size" in fields:
        fields.setdefault("dataset_size", str(made.records))
    size: Any = learning_rate if learning_rate is None else _size(learning_rate)
    runs = "1000" if trajectories is None else trajectories
    common: dict[str, Any] = {"trajectories": runs, "seed": seed}
    if plot is not None:
        from dpaccount.reports.plots import check_picture, need_matplotlib

        check_picture(plot, "--plot")
        need_matplotlib()
    if epsilon is None:
        _refuse_without_epsilon(plot, advise)
        from dpaccount.convergence import converge as ask

        mechanism: Any = opt.mechanism_of(fields, run, None)
        with _bar(mechanism, runs) as tick:
            found = ask(
                mechanism, made, learning_rate=size, false_alarm=false_alarm, on_done=tick, **common
            )
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
        return _advise(made, epsilon, asked, clip_norm, fields, method, json)
    from dpaccount.convergence.budgets import excess_of_budgets

    given = opt.fields_of_file(fields, run, None) if run is not None else fields
    with output.progress("training") as tell:
        table = excess_of_budgets(
            given, made, epsilons=[word for word in re.split(r"[,\s]+", epsilon) if word],
            delta=asked, learning_rate=size, false_alarm=false_alarm, method=method, on_row=tell,
            **common,
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
    problem: Any, epsilon: str, delta: str, clip_norm: str | None, fields: dict[str, str],
    method: str | None, json: bool,
) -> int:  # fmt: skip
    from dpaccount.cli import convergence_text as text
    from dpaccount.convergence.advice import advise

    with output.progress("looking for the best") as tell:
        found = advise(
            problem, epsilon=epsilon, delta=delta, clip_norm=clip_norm, method=method, on_row=tell,
            batch_sizes=[fields["batch_size"]] if "batch_size" in fields else None,
            steps=[fields["steps"]] if "steps" in fields else None,
        )  # fmt: skip
    if json:
        output.print_json(text.advice_json(found, epsilon, delta))
    else:
        text.print_advice(found, problem.title, epsilon, delta)
    return 0


def _refuse_without_epsilon(plot: str | None, advise: bool) -> None:
    if plot is not None or advise:
        raise InputError(
            "--plot" if plot is not None else "--advise", given="without --epsilon",
            allowed="with --epsilon and --delta", advice="give for example --epsilon 1,2,4,8",
        )  # fmt: skip


def _positive(text: str, name: str) -> Any:
    from dpaccount import _validate

    return _validate.positive(text, name)


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
