"""The table of a sweep: in memory, as CSV or as Parquet, the rows in the order of the grid."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, overload

from dpaccount._files import keep_mode, place_of, sync_folder
from dpaccount._validate import exact
from dpaccount.errors import InputError, Unsupported, install
from dpaccount.sweeps.answers import Answer
from dpaccount.sweeps.grid import Grid

__all__ = ["FORMATS", "Sweep", "SweepFile", "columns_of", "file_of", "write_table"]

#: One piece of the table: the texts of its rows' axes, and its answers.
Piece = tuple[list[tuple[str, ...]], list[Answer]]
Records = Iterable[Piece]
_WHOLE = ("batch_size", "dataset_size", "steps")


@dataclass(frozen=True)
class Sweep(Sequence[dict[str, Any]]):
    """The answer of `sweep` in memory: a sequence of rows, each a dictionary.

    Args:
        columns: The same by columns. Axes are the exact texts that were given; `lower`, `upper`
            and `estimate` are numbers or None, not known; `reason` says why a bound is wide or
            not known.
    """

    columns: Mapping[str, tuple[Any, ...]]

    def __post_init__(self) -> None:
        """Make it unchangeable."""
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __len__(self) -> int:
        """How many rows."""
        return len(self.columns["upper"])

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """One row, or several."""
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        return {name: values[place] for name, values in self.columns.items()}


@dataclass(frozen=True)
class SweepFile:
    """The answer of `sweep` that was written to a file.

    Args:
        path: The table.
        rows: How many rows it has.
        kept: How many of them an interrupted sweep had left.
        wide: How many brackets are wide, for the reason that stands in the row.
        refused: How many rows have no number, for the reason that stands in the row.
    """

    path: Path
    rows: int
    kept: int = 0
    wide: int = 0
    refused: int = 0


@dataclass
class Counts:
    """What is counted while a table is written."""

    wide: int = 0
    refused: int = 0

    def add(self, answers: Sequence[Answer]) -> None:
        """Count the rows with a reason."""
        for answer in answers:
            if answer.method == "":
                self.refused += 1
            elif answer.reason:
                self.wide += 1


def columns_of(grid: Grid) -> tuple[str, ...]:
    """The names of the columns."""
    return (*grid.names, *Answer._fields)


def texts_of(grid: Grid, start: int, stop: int) -> list[tuple[str, ...]]:
    """What says what the rows of a run are about, as text."""
    columns = grid.columns(start, stop).values()
    return list(zip(*([value.text for value in column] for column in columns), strict=True))


def file_of(to: object, grid: Grid) -> Path:
    """The file of a table, before anything is computed.

    Raises:
        InputError: For a place that is none, or numbers that the format cannot hold.
        Unsupported: If the package that writes it is not installed.
    """
    target = place_of(to, "to", ends=tuple(FORMATS))
    if target.suffix.lower() == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise Unsupported(
                "a Parquet table",
                missing="pyarrow is not installed",
                advice=f"{install('parquet')}, or write .csv",
            ) from error
        least = min(grid.axes["delta"])
        if least < 1e-300:
            raise InputError(
                "delta",
                given=least.text,
                allowed="at least 1e-300 in Parquet, whose numbers are floats",
                advice="write .csv, which holds the text",
            )
    return target


def write_table(target: Path, folder: Path, grid: Grid, pieces: Records, about: str) -> Counts:
    """Join the pieces into the table; it is there whole or not at all.

    Args:
        target: The table.
        folder: Where it may lie until it is whole, on the same disk.
        grid: What the rows are about.
        pieces: Their texts and answers, in order.
        about: What a file with room for it says about itself, as JSON.
    """
    kept, counts = folder / "table.new", Counts()

    def counted() -> Iterator[Piece]:
        for texts, answers in pieces:
            counts.add(answers)
            yield texts, answers

    try:
        FORMATS[target.suffix.lower()](kept, grid, counted(), about)
        with open(kept, "rb+") as file:
            os.fsync(file.fileno())
        keep_mode(target, kept)
        os.replace(kept, target)
        sync_folder(target.parent)  # before the parts go
    except BaseException:
        with suppress(OSError):
            kept.unlink()
        raise
    return counts


def _write_csv(path: Path, grid: Grid, pieces: Records, about: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns_of(grid))
        for texts, answers in pieces:
            writer.writerows((*text, *answer) for text, answer in zip(texts, answers, strict=True))


def _write_parquet(path: Path, grid: Grid, pieces: Records, about: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = {name: pa.int64() if name in _WHOLE else pa.float64() for name in grid.names}
    fields = [pa.field(name, kind, nullable=False) for name, kind in numbers.items()]
    for name in Answer._fields:
        fields.append(pa.field(name, pa.float64() if name in _NUMBERS else pa.string()))
    schema = pa.schema(fields, metadata={"dpaccount.sweep": about})
    convert = [int if name in _WHOLE else _float for name in grid.names]
    with pq.ParquetWriter(path, schema) as writer:
        for texts, answers in pieces:
            columns = [
                [read(text) for text in column]
                for read, column in zip(convert, zip(*texts, strict=True), strict=True)
            ]
            columns += [list(column) for column in zip(*answers, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))


_NUMBERS = ("lower", "upper", "estimate")


@lru_cache(maxsize=100_000)
def _float(text: str) -> float:
    """The float nearest to an axis's text."""
    return float(exact(text, "axis"))


#: What writes a table, by the end of its name.
FORMATS: dict[str, Callable[[Path, Grid, Records, str], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
