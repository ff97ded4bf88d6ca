"""The verb: many budgets in one call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from dpaccount.accountants import Accountant
from dpaccount.accounting import accountant_of
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.errors import InputError, Stopped
from dpaccount.sweeps import runners
from dpaccount.sweeps.answers import Answer, answer, answer_of
from dpaccount.sweeps.grid import Grid, Pieces, grid_of
from dpaccount.sweeps.parts import Parts
from dpaccount.sweeps.progress import bar
from dpaccount.sweeps.table import (
    Piece,
    Sweep,
    SweepFile,
    columns_of,
    file_of,
    texts_of,
    write_table,
)

__all__ = ["sweep"]

#: Rows of a piece: seconds of work, which is the most that an interruption costs.
_ROWS, _ROWS_OF_SLOW = 2048, 64
_SLOW = ("best", "saddlepoint")
#: Below this noise the default may need seconds for a row.
_LITTLE_NOISE = 0.1
#: More rows than these are not for the memory.
_MOST_IN_MEMORY = 10_000_000


def sweep(
    *,
    noise_multiplier: object,
    delta: object,
    sampling_rate: object = None,
    steps: object = None,
    batch_size: object = None,
    dataset_size: object = None,
    epochs: object = None,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    to: str | os.PathLike[str] | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    progress: bool = False,
) -> Sweep | SweepFile:
    """Epsilon of every combination of some noises, rates, steps and deltas.

    Guarantee: each row as by `epsilon` with the same method; without one, lower and upper, proved
    (by method "saddlepoint.fast"; where that is wide, also by what `epsilon` takes by default). A
    row that the theory refuses has no number, and its reason; a bound is never made up.

    An axis is a number, a list, or text: "0.5,1,2", "0.5:3.0:50" for 50 values from 0.5 to 3.0,
    "100:20000:20:log" for evenly spaced logarithms. The ends are exact, the values between them
    decimals of 12 digits, or integers (one of those that coincide). Rows are in the order of the
    axes: noise_multiplier, batch_size, dataset_size, sampling_rate, epochs, steps, delta, the last
    one moving fastest. A run of several settings is no grid: ask `epsilon` for it.

    A sweep to a file may be interrupted at any time: the same call continues it. What is finished
    lies in a folder beside the file, its name with ".parts" added, until the table is whole.

    Args:
        noise_multiplier: An axis, in (0, inf).
        delta: An axis, in (0, 1); never guessed.
        sampling_rate: An axis, in [0, 1]; or batch_size and dataset_size.
        steps: An axis of integers from 0 to 1e15; or epochs.
        batch_size: An axis of integers, with dataset_size.
        dataset_size: An axis of integers, none below a batch size.
        epochs: An axis of numbers >= 0; the steps are derived as by `DPSGD`.
        method: A theory or its name, such as "saddlepoint" for certified rows (some 30 ms each).
        adjacency: Which datasets are neighbors.
        to: A file to write, by its end CSV (the exact texts of the axes) or Parquet (their nearest
            floats; the texts are in its metadata "dpaccount.sweep"); None: the answer is in memory.
        processes: How many processes work on it; None: this one. A script that asks for several
            needs the usual `if __name__ == "__main__":`.
        scheduler: The address of a Dask scheduler, instead of processes.
        progress: Whether to show a bar on stderr, if that is a terminal.

    Returns:
        A `Sweep` in memory, or a `SweepFile` that names the file and counts its rows.

    Raises:
        InputError: For anything outside its domain, before anything is computed; if the file
            cannot be written, or another sweep to it was begun and not finished.
        Unsupported: If a package for the format or for Dask is not installed.
        Stopped: If workers die again and again, or the disk is full; what is finished is kept.

    Example:
        >>> table = sweep(noise_multiplier="0.8,1.6", sampling_rate="0.01",
        ...               steps="100:10000:3:log", delta=1e-5)
        >>> for row in table[:3]:
        ...     print(row["noise_multiplier"], row["steps"], round(row["upper"], 6), row["trust"])
        0.8 100 1.510838 proved
        0.8 1000 3.141014 proved
        0.8 10000 10.053635 proved
    """
    given = {
        "noise_multiplier": noise_multiplier,
        "batch_size": batch_size,
        "dataset_size": dataset_size,
        "sampling_rate": sampling_rate,
        "epochs": epochs,
        "steps": steps,
        "delta": delta,
    }
    relation = adjacency_of(adjacency)
    theory = None if method is None else accountant_of(method)
    grid = grid_of(given)
    slow = theory is not None and theory.name in _SLOW
    slow = slow or (theory is None and min(grid.axes["noise_multiplier"]) < _LITTLE_NOISE)
    pieces = grid.pieces(_ROWS_OF_SLOW if slow else _ROWS)
    work = _Work(grid, pieces, theory, relation, progress)
    target = None if to is None else file_of(to, grid)
    with runners.runner_of(processes, scheduler, len(pieces)) as run:
        return work.in_memory(run) if target is None else work.to_file(target, run)


class _Work:
    """One sweep, whoever does it."""

    def __init__(
        self, grid: Grid, pieces: Pieces, theory: Accountant | None, adjacency: Adjacency,
        progress: bool,
    ) -> None:  # fmt: skip
        self.grid, self.pieces, self.theory = grid, pieces, theory
        self.adjacency, self.progress = adjacency, progress

    @property
    def question(self) -> dict[str, Any]:
        """All that the answers depend on, as plain data."""
        return {
            "axes": {n: [v.text for v in values] for n, values in self.grid.axes.items()},
            "method": repr(self.theory),
            "adjacency": self.adjacency.value,
            "version": import_module("dpaccount").__version__,
            "rows of a part": self.pieces.size,
        }

    def tasks(self, pieces: Iterator[int]) -> Iterator[runners.Task]:
        for piece in pieces:
            rows = self.grid.budgets(*self.pieces.run(piece))
            yield runners.Task(piece, answer, (self.theory, self.adjacency, rows))

    def in_memory(self, run: runners.Runner) -> Sweep:
        if self.grid.rows > _MOST_IN_MEMORY:
            raise InputError(
                "to",
                given=f"nothing, for {self.grid.rows} rows",
                allowed=f"a file; without one, at most {_MOST_IN_MEMORY} rows",
                advice="name for example table.parquet",
            )
        found: dict[int, list[Answer]] = {}
        with bar(self.grid.rows, 0, wanted=self.progress) as tick:
            for piece, answers in run(self.tasks(iter(range(len(self.pieces))))):
                found[piece] = answers
                tick(len(answers))
        rows = [
            (*texts, *answer)
            for piece in range(len(self.pieces))
            for texts, answer in zip(*self._piece(piece, found[piece]), strict=True)
        ]
        return Sweep(dict(zip(columns_of(self.grid), zip(*rows, strict=True), strict=True)))

    def to_file(self, target: Path, run: runners.Runner) -> SweepFile:
        parts = Parts(target, self.question)
        with parts.locked():
            try:
                return self._finish(parts, run)
            except OSError as error:
                raise Stopped(
                    f"the sweep stopped: {error.strerror or error}",
                    advice="make room, and ask the same sweep again; what is finished is kept",
                ) from error

    def _finish(self, parts: Parts, run: runners.Runner) -> SweepFile:
        missing, kept = [], 0
        for piece in range(len(self.pieces)):
            start, stop = self.pieces.run(piece)
            if parts.read(piece, stop - start) is None:
                missing.append(piece)
            else:
                kept += stop - start
        with bar(self.grid.rows, kept, wanted=self.progress) as tick:
            for piece, answers in run(self.tasks(iter(missing))):
                parts.write(piece, answers)
                tick(len(answers))
        counts = write_table(
            parts.target, parts.folder, self.grid, self._finished(parts), parts.about
        )
        parts.remove()
        return SweepFile(parts.target, self.grid.rows, kept, counts.wide, counts.refused)

    def _finished(self, parts: Parts) -> Iterator[Piece]:
        for piece in range(len(self.pieces)):
            start, stop = self.pieces.run(piece)
            answers = parts.read(piece, stop - start)
            if answers is None:
                raise OSError(None, f"part {piece} was changed while it was in use")
            yield self._piece(piece, [answer_of(row) for row in answers])

    def _piece(self, piece: int, answers: list[Answer]) -> Piece:
        return texts_of(self.grid, *self.pieces.run(piece)), answers
