"""Many settings checked in one table, which an interruption does not lose."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from dpaccount import _validate
from dpaccount._files import place_of, write_whole
from dpaccount._validate import Number
from dpaccount.convergence.check import VIOLATED, Convergence, check, ready
from dpaccount.convergence.setting import Decaying
from dpaccount.errors import DPAccountError, InputError, Stopped
from dpaccount.mechanisms import DPSGD
from dpaccount.sweeps.parts import Parts
from dpaccount.sweeps.runners import Runner, Task, by_processes, here

__all__ = ["REFUSED", "Line", "Table", "check_settings"]

#: The verdict on a setting that was not run.
REFUSED = "refused"
_COLUMNS = (
    "problem", "noise_multiplier", "sampling_rate", "steps", "learning_rate", "quantity",
    "theorem", "predicted", "measured", "measured_lower", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One setting of a table, small enough to be sent anywhere.

    Args:
        problem: The name of a problem.
        noise_multiplier: As `DPSGD` takes it.
        sampling_rate: As `DPSGD` takes it.
        steps: As `DPSGD` takes it.
        learning_rate: A step size, `Decaying`, or None for the best predicted.
    """

    problem: str
    noise_multiplier: str
    sampling_rate: str
    steps: int
    learning_rate: str | Decaying | None = None

    @property
    def run(self) -> DPSGD:
        """The run."""
        fields: dict[str, Any] = {  # text is read by DPSGD itself
            "noise_multiplier": self.noise_multiplier,
            "sampling_rate": self.sampling_rate,
            "steps": self.steps,
        }
        return DPSGD(**fields)


@dataclass(frozen=True)
class Table:
    """What became of many settings.

    Args:
        lines: The settings, each with its verdict ("holds", "violated", "assumptions not met",
            "refused") and its rows as plain data.
        kept: How many were there from before an interruption.
    """

    lines: tuple[tuple[Line, str, tuple[dict[str, Any], ...]], ...]
    kept: int

    @property
    def violated(self) -> list[Line]:
        """Settings with a bound that is violated."""
        return self._with(VIOLATED)

    @property
    def refused(self) -> list[Line]:
        """Settings that were not run: bad input, or no step size that a theorem can choose."""
        return self._with(REFUSED)

    def _with(self, verdict: str) -> list[Line]:
        return [line for line, found, _ in self.lines if found == verdict]


def check_settings(
    lines: Sequence[Line],
    to: str | os.PathLike[str],
    *,
    trajectories: int = 500,
    seed: int = 0,
    false_alarm: Number = "1e-6",
    processes: int = 1,
    on_line: Callable[[int], object] | None = None,
) -> Table:
    """Check many settings and write one CSV file, a line for each prediction.

    An interrupted call is continued by the same call: what is finished lies in a folder beside the
    file (its name with ".parts" added) until the file is whole.

    Args:
        lines: The settings.
        to: The file.
        trajectories: How many runs are simulated for each.
        seed: What their noise is drawn from; line i takes seed + i.
        false_alarm: The chance that any true theorem is called violated, over the whole table.
        processes: How many work on it.
        on_line: Called with the number of lines that were done since the last time.

    Raises:
        InputError: For anything outside its domain, or a file that cannot be written.
        Stopped: If the disk is full or workers die again and again; what is finished is kept.
    """
    every = tuple(lines)
    if not every:
        raise InputError("lines", given="none", allowed="at least one setting", advice="give some")
    count = _validate.count(trajectories, "trajectories", least=2, most=10**7)
    start = _validate.count(seed, "seed", most=10**14)
    share = float(_validate.false_alarm(false_alarm)) / len(every)
    workers = _validate.count(processes, "processes", least=1, most=1024)
    parts = Parts(
        place_of(to, "to"),
        {
            "lines": [repr(line) for line in every],
            "trajectories": count,
            "seed": start,
            "false_alarm": share,
            "version": import_module("dpaccount").__version__,
        },
    )
    tick = on_line or (lambda done: None)
    with parts.locked():
        try:
            missing = [i for i in range(len(every)) if parts.read(i, 1) is None]
            kept = len(every) - len(missing)
            tick(kept)
            run: Runner = here if workers == 1 else by_processes(workers)
            tasks = (Task(i, answer, (every[i], count, start + i, share)) for i in missing)
            for place, answers in run(tasks):
                parts.write(place, answers)
                tick(1)
            found = tuple(_read(parts, i, line) for i, line in enumerate(every))
            write_whole(parts.target, _csv(found).encode())
        except OSError as error:
            raise Stopped(
                f"the table stopped: {error.strerror or error}",
                advice="make room, and ask for the same table again; what is finished is kept",
            ) from error
    parts.remove()
    return Table(found, kept)


def answer(line: Line, trajectories: int, seed: int, false_alarm: float) -> list[tuple[str, str]]:
    """One setting as a part of a sweep: its chief row, and all of it as JSON."""
    try:
        setting = ready(line.run, line.problem, line.learning_rate)
        found = check(setting, trajectories, seed=seed, false_alarm=false_alarm, threads=1)
    except DPAccountError as error:
        return [(REFUSED, json.dumps({"refused": str(error)}))]
    return [(found.verdict, json.dumps({"rows": _rows(found), "learning_rate": setting.words}))]


def _rows(found: Convergence) -> list[dict[str, Any]]:
    least = found.tightest
    return [
        {
            "quantity": row.prediction.quantity,
            "theorem": row.prediction.theorem,
            "predicted": row.upper,
            "measured": row.measured.value,
            "measured_lower": row.measured.lower,
            "verdict": row.verdict,
            "tightest": least[row.prediction.quantity] is row,
        }
        for row in found.rows
    ]


def _read(parts: Parts, place: int, line: Line) -> tuple[Line, str, tuple[dict[str, Any], ...]]:
    found = parts.read(place, 1)
    if found is None:
        raise OSError(None, f"part {place} was changed while it was in use")
    ((verdict, text),) = found
    data = json.loads(text)
    return line, verdict, tuple(data.get("rows", [{"theorem": data.get("refused", "")}]))


def _csv(found: Sequence[tuple[Line, str, tuple[dict[str, Any], ...]]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for line, verdict, rows in found:
        size = line.learning_rate
        known = {
            "problem": line.problem, "noise_multiplier": line.noise_multiplier,
            "sampling_rate": line.sampling_rate, "steps": line.steps,
            "learning_rate": f"{size.scale}/({size.offset}+t)" if isinstance(size, Decaying)
            else size or "best",
        }  # fmt: skip
        for row in rows or ({},):
            writer.writerow({**known, "verdict": verdict, **row})
    return text.getvalue()
