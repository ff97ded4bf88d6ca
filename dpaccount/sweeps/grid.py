"""The product of the axes: rows with numbers, cut into the same pieces whoever computes them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.errors import InputError
from dpaccount.mechanisms import DPSGD
from dpaccount.sweeps.axes import Check, read_axis

__all__ = ["MOST_ROWS", "Grid", "Row", "grid_of"]

MOST_ROWS = 10**9
#: Beyond so many pieces they grow instead: each is a file while the sweep lasts.
_MOST_PIECES = 20_000
#: Every axis that may be given, in the order of the columns; the last one moves fastest.
_DOMAINS: dict[str, Check] = {
    "noise_multiplier": _validate.noise_multiplier,
    "batch_size": lambda value: _validate.count(value, "batch_size", least=1),
    "dataset_size": lambda value: _validate.count(value, "dataset_size", least=1),
    "sampling_rate": _validate.rate,
    "epochs": lambda value: _validate.exact(value, "epochs", allowed="a number >= 0"),
    "steps": _validate.steps,
    "delta": _validate.delta,
}


class Row(NamedTuple):
    """One budget: what is accounted for."""

    noise_multiplier: Exact
    sampling_rate: Exact
    steps: int
    delta: Exact


@dataclass(frozen=True)
class Grid:
    """Every combination of the values of some axes.

    Args:
        axes: The values by the names of the axes.
    """

    axes: dict[str, tuple[Exact, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that say what a row is about; `steps` is among them."""
        given = tuple(self.axes)
        return given if "steps" in given else (*given[:-1], "steps", given[-1])

    @cached_property
    def rows(self) -> int:
        """How many rows."""
        return math.prod(len(values) for values in self.axes.values())

    def pieces(self, wanted: int) -> Pieces:
        """Runs of about so many rows; rows that share noise and rate stay together if they can."""
        size, inner = max(wanted, -(-self.rows // _MOST_PIECES)), 1
        for values in reversed(self.axes.values()):
            if inner * len(values) > size:
                break
            inner *= len(values)
        return Pieces(self.rows, size - size % inner)

    def columns(self, start: int, stop: int) -> dict[str, list[Exact]]:
        """What was given for the rows of a run, axis by axis; and the steps, if derived."""
        shape = [len(values) for values in self.axes.values()]
        places = np.unravel_index(np.arange(start, stop), shape)
        found = {
            name: [values[i] for i in place.tolist()]
            for (name, values), place in zip(self.axes.items(), places, strict=True)
        }
        if "steps" not in found:
            found["steps"] = [Exact(steps) for _, steps in self._derived(found)]
        return {name: found[name] for name in self.names}

    def budgets(self, start: int, stop: int) -> list[Row]:
        """The rows of a run as they are accounted for."""
        given = self.columns(start, stop)
        if "sampling_rate" not in given:
            given["sampling_rate"] = [rate for rate, _ in self._derived(given)]
        columns = (given["sampling_rate"], map(int, given["steps"]), given["delta"])
        return list(map(Row, given["noise_multiplier"], *columns))

    def _derived(self, given: dict[str, list[Exact]]) -> Iterator[tuple[Exact, int]]:
        names = [name for name in given if name not in ("noise_multiplier", "delta")]
        for values in zip(*(given[name] for name in names), strict=True):
            yield _derived(*zip(names, values, strict=True))


@lru_cache(maxsize=10_000)
def _derived(*given: tuple[str, Exact]) -> tuple[Exact, int]:
    """Rate and steps, as `DPSGD` derives them."""
    run = DPSGD(noise_multiplier=Exact(1), **dict(given))  # type: ignore[arg-type]
    return run.sampling_rate, run.steps


@dataclass(frozen=True)
class Pieces:
    """A table's rows in runs of equal length, the last one apart."""

    rows: int
    size: int

    def __len__(self) -> int:
        """How many."""
        return math.ceil(Fraction(self.rows, self.size))

    def run(self, piece: int) -> tuple[int, int]:
        """First row and the one after the last."""
        return piece * self.size, min((piece + 1) * self.size, self.rows)


def grid_of(given: dict[str, object]) -> Grid:
    """Read the axes; every row is inside its domain afterwards.

    Args:
        given: The axes by name; None: left out.

    Raises:
        InputError: For values outside their domain, axes that are missing or contradict each
            other, and too many rows.
    """
    given = {name: given[name] for name in _DOMAINS if given.get(name) is not None}
    sized = "batch_size" in given or "dataset_size" in given
    for name, other in (
        ("noise_multiplier", None),
        *([("batch_size", None), ("dataset_size", None)] if sized else [("sampling_rate", None)]),
        ("steps", "epochs"),
        ("delta", None),
    ):
        if name not in given and other not in given:
            raise InputError(
                name, given="nothing", allowed="an axis of the grid", advice=f"give {name}"
            )
    for one, others in (("sampling_rate", "batch_size"), ("steps", "epochs")):
        if one in given and others in given:
            raise InputError(
                one,
                given=f"together with {others}",
                allowed="one of the two",
                advice="leave one out: every combination of the axes is a row",
            )
    grid = Grid({name: read_axis(value, name, _DOMAINS[name]) for name, value in given.items()})
    if grid.rows > MOST_ROWS:
        raise InputError(
            "grid",
            given=f"{grid.rows} rows",
            allowed=f"at most {MOST_ROWS}",
            advice="ask for fewer values, or for several sweeps",
        )
    _check_corners(grid)
    return grid


def _check_corners(grid: Grid) -> None:
    """What only combinations can do wrong, where it is worst: `DPSGD` itself refuses it."""
    axes = {name: values for name, values in grid.axes.items() if name != "delta"}
    corners = [(min(values), max(values)) for values in axes.values()]
    for corner in itertools.product(*corners):
        DPSGD(**dict(zip(axes, corner, strict=True)))  # type: ignore[arg-type]
