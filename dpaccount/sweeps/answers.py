"""A piece of a sweep, accounted for: the one function that every runner calls."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from dpaccount._validate import Exact
from dpaccount.accountants import Accountant, Best, FastSaddlepoint
from dpaccount.adjacency import Adjacency
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.guarantees import Bound, tightest
from dpaccount.mechanisms import DPSGD, Mechanism
from dpaccount.sweeps.grid import Row

__all__ = ["Answer", "answer", "answer_of"]

#: A relative width beyond which the other theories are asked, as `Best` does.
_NARROW = 1e-3
_ALONE = threading.Lock()


class Answer(NamedTuple):
    """What a row says; None: not known."""

    lower: float | None
    upper: float | None
    estimate: float | None
    trust: str
    method: str
    reason: str


def answer_of(row: Sequence[str]) -> Answer:
    """An answer that was kept as text."""
    lower, upper, estimate = (float(text) if text else None for text in row[:3])
    return Answer(lower, upper, estimate, *row[3:])


def answer(theory: Accountant | None, adjacency: Adjacency, rows: Sequence[Row]) -> list[Answer]:
    """The answers of some rows, in their order.

    A row that the theory refuses has no number and says why.

    Args:
        theory: Whom to ask; None: the fast tier, and where that is wide the default of `epsilon`.
        adjacency: Which datasets are neighbors.
        rows: The budgets.
    """
    from threadpoolctl import threadpool_limits

    # sums in the same order wherever it runs, and no processes that fight for the cores; the limit
    # is the process's, so a worker of several threads answers one piece at a time
    with _ALONE, threadpool_limits(limits=1, user_api="blas"):
        return _answers(theory, adjacency, rows)


def _answers(theory: Accountant | None, adjacency: Adjacency, rows: Sequence[Row]) -> list[Answer]:
    found: list[Answer] = [_NOTHING] * len(rows)
    # the rows of each setting and number of steps, with their deltas
    runs: dict[tuple[Exact, Exact, int], list[int]] = {}
    for place, row in enumerate(rows):
        runs.setdefault(row[:3], []).append(place)
    # runs that are asked for at the same deltas are asked for together
    tables: dict[tuple[Exact, ...], list[list[int]]] = {}
    for places in runs.values():
        tables.setdefault(tuple(rows[place].delta for place in places), []).append(places)
    for deltas, places_of in tables.items():
        mechanisms = [
            DPSGD(noise_multiplier=row.noise_multiplier, sampling_rate=row.sampling_rate,
                  steps=row.steps)
            for row in (rows[places[0]] for places in places_of)
        ]  # fmt: skip
        asked = _each(theory or FastSaddlepoint(), adjacency, mechanisms, deltas)
        for places, mechanism, bounds in zip(places_of, mechanisms, asked, strict=True):
            for place, delta, bound in zip(places, deltas, bounds, strict=True):
                if theory is None and isinstance(bound, Bound) and not bound.is_narrow(_NARROW):
                    found[place] = _row_of(_beside(bound, mechanism, delta, adjacency))
                else:
                    found[place] = _row_of(bound)
    return found


_NOTHING = Answer(None, None, None, "", "", "")


def _each(
    theory: Accountant, adjacency: Adjacency, runs: Sequence[Mechanism], deltas: Sequence[Exact]
) -> list[list[Bound | str]]:
    """Each run at each delta: a bound, or why there is none.

    One that is refused refuses all that are asked for together: the two halves are asked apart.
    """
    try:
        return [list(bounds) for bounds in theory.epsilons_at(runs, deltas, adjacency)]
    except (Unsupported, NotConverged) as error:
        if len(runs) == 1 == len(deltas):
            return [[str(error)]]
    if len(runs) > 1:
        half = len(runs) // 2
        first, second = runs[:half], runs[half:]
        return _each(theory, adjacency, first, deltas) + _each(theory, adjacency, second, deltas)
    half = len(deltas) // 2
    left = _each(theory, adjacency, runs, deltas[:half])
    right = _each(theory, adjacency, runs, deltas[half:])
    return [left[0] + right[0]]


def _beside(bound: Bound, run: Mechanism, delta: Exact, adjacency: Adjacency) -> Bound:
    """The tightest of a wide bound and the default's."""
    return tightest([bound, Best().profile(run, adjacency).epsilon(delta)])


def _row_of(bound: Bound | str) -> Answer:
    if isinstance(bound, str):
        return Answer(None, None, None, "", "", bound)
    return Answer(
        bound.lower, bound.upper, bound.estimate, bound.trust.value, bound.method,
        str(bound.details.get("why_wide", "")),
    )  # fmt: skip
