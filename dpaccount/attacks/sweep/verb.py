"""The verb: attacks over levels of noise, here, in processes or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from dpaccount import _validate
from dpaccount._files import place_of, write_whole
from dpaccount._validate import Number
from dpaccount.attacks.rates import ALARM
from dpaccount.attacks.sweep.cells import Cell, Question
from dpaccount.attacks.sweep.table import AttackTable, row_of
from dpaccount.attacks.sweep.trial import Trial, trial_of, trials
from dpaccount.attacks.sweep.verdict import claims, tests_of
from dpaccount.errors import Stopped
from dpaccount.sweeps.parts import Parts
from dpaccount.sweeps.progress import bar
from dpaccount.sweeps.runners import Runner, Task, runner_of

__all__ = ["run_attacks"]

#: Trials of a piece: what an interruption costs at most.
_TRIALS = 8


def run_attacks(
    *,
    targets: Sequence[str] = ("attention",),
    attacks: Sequence[str] = ("span",),
    noise_multipliers: Sequence[Number] | None = None,
    epsilons: Sequence[Number] | None = None,
    trials: Number = 20,
    evaluations: Number = 2000,
    candidates: Number = 16,
    length: Number = 8,
    clip_norm: Number = 1,
    steps: Number = 1,
    sampling_rate: Number = 1,
    delta: Number = "1e-5",
    seed: Number = 0,
    false_alarm: Number = ALARM,
    to: str | os.PathLike[str] | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    progress: bool = False,
) -> AttackTable:
    """Attack secrets at each level of noise, and hold the successes against the ceilings.

    Guarantee: the ceilings of the table (risk.reconstruction, risk.reconstruction_local,
    risk.reconstruction_told, risk.identification_pairs, risk.token_genie; not what is called an
    estimate) hold for every attack. A cell is called a violation only if its successes are beyond
    the tightest by more than chance (risk.unequal_trials), or show a budget from below that is
    above the accounted one (risk.audit_epsilon, risk.audit_mu), with a chance of a false alarm of
    at most `false_alarm` over the whole table. An attack that fails proves nothing: only ceilings
    say what no attack can do.

    Args:
        targets: Names such as "attention", "small", "language-model", "minilm".
        attacks: Names such as "span" and "identify" (which of K public candidates it is).
        noise_multipliers: Noise levels in [0, inf); or
        epsilons: budgets above 0, each calibrated to its noise multiplier at `delta`.
        trials: Secrets in each cell, each with noise of its own.
        evaluations: Candidates that one attack may look at. Work is counted in these, so that a
            table is the same on any machine.
        candidates: K of "identify"; an integer from 2 to 1e6.
        length: Tokens of a secret, where tokens are drawn.
        clip_norm: C in (0, inf).
        steps: Releases, each with its own noise; an integer from 1 to 1e15.
        sampling_rate: In (0, 1]: the chance of the secret to be in each step, unknown to the
            attacker, who sees every step. Below 1 for the attack "identify" alone.
        delta: In (0, 1): where epsilon is shown.
        seed: Of everything that is drawn: the same seed gives the same table, wherever it runs.
        false_alarm: In [1e-300, 1): the chance that a table of true ceilings is called violated.
        to: A CSV or JSON file to write, by its end. A sweep to a file may be interrupted: the same
            call continues it.
        processes: How many processes work on it; None: this one.
        scheduler: The address of a Dask scheduler, instead of processes.
        progress: Whether to show a bar on stderr, if that is a terminal.

    Raises:
        InputError: For anything outside its domain.
        Stopped: If workers die again and again, or the disk is full; what is finished is kept.

    Example:
        >>> table = run_attacks(attacks=["span"], noise_multipliers=[0, 1], trials=4,
        ...                     evaluations=200, length=4)
        >>> for row in table.rows:
        ...     print(row.cell.noise_multiplier, row.modulo, row.verdict.value)
        0 4 all named
        1 0 search failure
        >>> print(table.rows[1].named.tightest.bound)  # no attack names more, on average
        in [0.0001163643, 0.0001163644]
    """
    question = Question.read(
        targets=targets, attacks=attacks, noise_multipliers=noise_multipliers, epsilons=epsilons,
        trials=trials, evaluations=evaluations, candidates=candidates, length=length,
        clip_norm=clip_norm, steps=steps, sampling_rate=sampling_rate, delta=delta, seed=seed,
    )  # fmt: skip
    work = _Work(question, float(_validate.false_alarm(false_alarm)), progress)
    target = None if to is None else place_of(to, "to", ends=(".csv", ".json"))
    with runner_of(processes, scheduler, len(work.pieces)) as run:
        return work.in_memory(run) if target is None else work.to_file(target, run)


class _Work:
    """One sweep, whoever does it."""

    def __init__(self, question: Question, false_alarm: float, progress: bool) -> None:
        self.question, self.false_alarm, self.progress = question, false_alarm, progress
        self.cells = tuple(question.cells())
        count = question.trials
        starts = range(0, count, _TRIALS)
        self.pieces = [
            (cell, start, min(start + _TRIALS, count)) for cell in self.cells for start in starts
        ]

    def tasks(self, pieces: Iterator[int]) -> Iterator[Task]:
        for piece in pieces:
            yield Task(piece, trials, self.pieces[piece])

    def in_memory(self, run: Runner) -> AttackTable:
        found: dict[int, list[Trial]] = {}
        with self._bar(0) as tick:
            for piece, answers in run(self.tasks(iter(range(len(self.pieces))))):
                found[piece] = answers
                tick(len(answers))
        return self._table(found)

    def to_file(self, target: Path, run: Runner) -> AttackTable:
        about: dict[str, Any] = {
            **self.question.to_json(), "version": import_module("dpaccount").__version__,
            "trials of a part": _TRIALS,
        }  # fmt: skip
        parts = Parts(target, about)
        with parts.locked():
            try:
                return self._finish(parts, run)
            except OSError as error:
                raise Stopped(
                    f"the sweep stopped: {error.strerror or error}",
                    advice="make room, and ask the same sweep again; what is finished is kept",
                ) from error

    def _finish(self, parts: Parts, run: Runner) -> AttackTable:
        found: dict[int, list[Trial]] = {}
        for piece, (_, first, last) in enumerate(self.pieces):
            kept = parts.read(piece, last - first)
            if kept is not None:
                found[piece] = [trial_of(row) for row in kept]
        missing = [piece for piece in range(len(self.pieces)) if piece not in found]
        with self._bar(sum(map(len, found.values()))) as tick:
            for piece, answers in run(self.tasks(iter(missing))):
                parts.write(piece, answers)
                found[piece] = answers
                tick(len(answers))
        table = self._table(found)
        write_whole(parts.target, _text(table, parts.target.suffix).encode())
        parts.remove()
        return table

    def _bar(self, done: int) -> Any:
        rows = len(self.cells) * self.question.trials
        return bar(rows, done, wanted=self.progress, what="attacks")

    def _table(self, found: dict[int, list[Trial]]) -> AttackTable:
        of: dict[Cell, list[Trial]] = {cell: [] for cell in self.cells}
        for piece, (cell, _, _) in enumerate(self.pieces):
            of[cell] += found[piece]
        said = {cell: claims(cell, rows) for cell, rows in of.items()}
        tests = max(sum(tests_of(cell, each) for cell, each in said.items()), 1)
        error = self.false_alarm / tests
        rows = (row_of(cell, rows, said[cell], error=error) for cell, rows in of.items())
        return AttackTable(self.question, tuple(rows), self.false_alarm)


def _text(table: AttackTable, suffix: str) -> str:
    if suffix.lower() == ".csv":
        return table.to_csv()
    import json

    return json.dumps(table.to_json(), indent=1) + "\n"
