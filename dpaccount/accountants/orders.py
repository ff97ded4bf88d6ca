"""The search for the best order: lattice, interpolation, evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import (
    DiscreteGaussianLoss,
    GaussianLoss,
    PoissonGaussianLoss,
    PrivacyLoss,
)
from dpaccount.privacy_loss.quadrature import log_moments
from dpaccount.theorems import rdp

__all__ = ["Question", "Riders", "Scored", "forget", "least_scores", "total_moments"]

Array = NDArray[np.float64]

# Orders are searched on the lattice order - 1 = 2^(n/16), every fourth point first, then
# interpolated between its points, then evaluated.
_FINE_STEP, _COARSE = 16, 4
_FIRST, _LAST = -640, 640
_SPAN = 7  # lattice points that the interpolation uses
_AGREEMENT = 1e-6  # of the interpolated and the evaluated score; its square is what is lost
_ROUNDS = 6


@lru_cache(maxsize=1024)
def _column(loss: PrivacyLoss) -> Array:
    """Upper ends of one loss's log moments on the lattice; NaN where not computed yet."""
    return np.full(_LAST - _FIRST + 1, np.nan)


def forget() -> None:
    """Drop the moments kept from earlier calls: benchmarks time a first call."""
    _column.cache_clear()


#: Each loss's column, held for the length of a search: the cache above may drop it meanwhile.
Columns = dict[PrivacyLoss, Array]


def _lattice(n: Any) -> Array:
    return np.asarray(np.exp2(np.asarray(n) / _FINE_STEP), dtype=np.float64)


def _fill(wanted: dict[PrivacyLoss, set[int]], columns: Columns) -> None:
    """Compute what is missing on the lattice, in one pass over all losses."""
    losses: list[PrivacyLoss] = []
    which: list[int] = []
    points: list[int] = []
    for loss, indices in wanted.items():
        column = columns[loss]
        missing = [n for n in sorted(indices) if math.isnan(column[n - _FIRST])]
        if missing:
            which += [len(losses)] * len(missing)
            points += missing
            losses.append(loss)
    if losses:
        upper = log_moments(losses, which, _lattice(points)).upper
        for i, n, value in zip(which, points, upper, strict=True):
            columns[losses[i]][n - _FIRST] = value


def _score(target: Any, wants_epsilon: bool, moment: Array, e: Array) -> Array:
    if wants_epsilon:
        score = rdp.TO_DP_IMPROVED(moment / e, e, target, ops=np)
    else:
        score = rdp.TO_LOG_DELTA(moment, e, target, ops=np)
    return np.asarray(score, dtype=np.float64)


@dataclass(frozen=True)
class Question:
    """One direction of one run and what is asked of it: epsilon at a delta, or the reverse.

    `score` is the bound that a log moment at an order gives: for epsilon by the improved
    conversion at `target` = log delta, for log delta at `target` = epsilon. Both are unimodal in
    the order because the log moment is convex.
    """

    parts: tuple[tuple[PrivacyLoss, int], ...]
    target: float
    wants_epsilon: bool

    def score(self, moment: Array, e: Array) -> Array:
        """The bound that log moments give at orders 1 + e."""
        return _score(self.target, self.wants_epsilon, moment, e)

    def guess(self) -> int:
        """A lattice point near the best order, from the variance of a small loss."""
        variance, cap = 0.0, math.inf
        for loss, steps in self.parts:
            if isinstance(loss, GaussianLoss):
                variance += steps * loss.mu**2
            elif isinstance(loss, (PoissonGaussianLoss, DiscreteGaussianLoss)):
                sigma, q = float(loss.noise_multiplier), float(loss.sampling_rate)
                variance += steps * q * q * math.expm1(min(sigma**-2, 30.0))
                if loss.direction is Direction.REMOVE:
                    cap = min(cap, 1.0 + 2.0 * sigma**2 * (1.0 - math.log(q)))
            else:
                variance += steps * min(loss.support[1] ** 2, 1e300)
        variance = min(max(variance, 1e-300), 1e300)
        if self.wants_epsilon:
            best = math.sqrt(max(-2.0 * self.target, 1e-6) / variance)
        else:
            best = self.target / variance - 0.5 if self.target > 0 else 1.0
        best = min(max(best, 1e-12), cap, 1e12)
        at = _COARSE * round(_FINE_STEP / _COARSE * math.log2(best))
        return min(max(at, _FIRST + 48), _LAST - 48)


_AT_ONCE = 4096  # questions: bounds the memory that a search takes


#: Questions with the index of the question at whose orders they are scored too.
Riders = Sequence[tuple[int, Question]]
Scored = list[tuple[float, float]]


def least_scores(questions: Sequence[Question], riders: Riders = ()) -> tuple[Scored, Scored]:
    """For each question, and each rider, the least score found and its order minus one.

    Every order gives a valid bound, so the search decides tightness only. Moments are computed for
    all questions in a few passes; riders are scored at the last orders of another question, not
    searched for.
    """
    found: Scored = []
    ridden: Scored = []
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        carried = [(i - start, rider) for i, rider in riders if 0 <= i - start < len(some)]
        columns = {loss: _column(loss) for question in some for loss, _ in question.parts}
        centers = _coarse(some, columns)
        reach = _COARSE + _SPAN // 2
        centers = np.clip(centers, _FIRST + reach, _LAST - reach)
        grids = centers[:, None] + np.arange(-reach, reach + 1)
        _fill(_wanted(some, grids), columns)
        at = grids / _FINE_STEP
        least, beside = _refine(some, carried, at, _on_lattice(some, grids, columns))
        found += least
        ridden += beside
    return found, ridden


def _coarse(questions: Sequence[Question], columns: Columns) -> NDArray[np.intp]:
    """The lattice point, among every fourth, where each question's score is least."""
    centers = np.array([question.guess() for question in questions], dtype=np.intp)
    low, high, best = centers - 16, centers + 16, np.zeros_like(centers)
    active = np.arange(centers.size)
    while active.size:
        again = []
        for width in np.unique(high[active] - low[active]):
            index = active[high[active] - low[active] == width]
            grids = low[index, None] + np.arange(0, width + 1, _COARSE)
            some = [questions[i] for i in index]
            _fill(_wanted(some, grids), columns)
            scores = _scores(some, _on_lattice(some, grids, columns), _lattice(grids))
            j = scores.argmin(axis=1)
            best[index] = np.take_along_axis(grids, j[:, None], axis=1)[:, 0]
            left = (j < 1) & (low[index] > _FIRST)
            right = ~left & (j > grids.shape[1] - 2) & (high[index] < _LAST)
            low[index] = np.where(left, np.maximum(low[index] - 32, _FIRST), low[index])
            high[index] = np.where(right, np.minimum(high[index] + 32, _LAST), high[index])
            again.append(index[left | right])
        active = np.concatenate(again)
    return best


def _scores(questions: Sequence[Question], moment: Array, e: Array) -> Array:
    """Scores of questions of one kind, a row each."""
    targets = np.array([question.target for question in questions])
    return _score(targets[:, None], questions[0].wants_epsilon, moment, e)


def _on_lattice(questions: Sequence[Question], grids: NDArray[np.intp], columns: Columns) -> Array:
    """Total log moments at lattice points that have been filled, a row for each question."""
    total: Array = np.zeros(grids.shape)
    for i, question in enumerate(questions):
        for loss, steps in question.parts:
            total[i] += steps * columns[loss][grids[i] - _FIRST]
    return total


def _wanted(questions: Sequence[Question], grids: NDArray[np.intp]) -> dict[PrivacyLoss, set[int]]:
    wanted: dict[PrivacyLoss, set[int]] = {}
    for question, grid in zip(questions, grids, strict=True):
        for loss, _ in question.parts:
            wanted.setdefault(loss, set()).update(grid.tolist())
    return wanted


_OFFSETS = np.arange(_SPAN) - _SPAN // 2
_FROM_VALUES = np.linalg.inv(np.vander(_OFFSETS.astype(np.float64), increasing=True))
_FINE = np.linspace(-1.0, 1.0, 101)
_INTERPOLATE = np.vander(_FINE, _SPAN, increasing=True) @ _FROM_VALUES
_SIDES = [len(_FINE) // 4, 3 * len(_FINE) // 4]


def _take(values: Array, at: NDArray[np.intp]) -> Array:
    """One value of each row."""
    return np.take_along_axis(values, at[:, None], axis=1)[:, 0]


def _foreseen(questions: Sequence[Question], at: Array, moment: Array) -> tuple[Array, Array]:
    """Where the interpolated scores are least, two points beside, and the scores foreseen.

    Args:
        questions: A row each.
        at: Evenly spaced values of log2(order - 1).
        moment: Log moments there.
    """
    half = _SPAN // 2
    center = _scores(questions, moment, np.exp2(at)).argmin(axis=1)
    center = np.clip(center, half, at.shape[1] - 1 - half)
    near = np.take_along_axis(moment, center[:, None] + _OFFSETS, axis=1)
    step = (at[:, 1] - at[:, 0])[:, None]
    places = _take(at, center)[:, None] + step * _FINE
    scores = _scores(questions, np.exp(np.log(near) @ _INTERPOLATE.T), np.exp2(places))
    j = np.clip(scores.argmin(axis=1), 1, len(_FINE) - 2)
    left, value, right = _take(scores, j - 1), _take(scores, j), _take(scores, j + 1)
    bend = left - 2.0 * value + right
    shift = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend > 0)
    least = _take(places, j) + np.clip(shift, -1.0, 1.0) * (places[:, 1] - places[:, 0])
    return (
        np.concatenate([least[:, None], places[:, _SIDES]], axis=1),
        np.concatenate([value[:, None], scores[:, _SIDES]], axis=1),
    )


class _Least:
    """The least scores of questions seen so far, and where."""

    def __init__(self, size: int) -> None:
        self.score = np.full(size, np.inf)
        self.place = np.zeros(size)

    def keep(self, index: NDArray[np.intp], places: Array, scores: Array) -> Array:
        """Remember what is lower than before; where each row is least."""
        j = scores.argmin(axis=1)
        value, where = _take(scores, j), _take(places, j)
        lower = value < self.score[index]
        self.score[index] = np.where(lower, value, self.score[index])
        self.place[index] = np.where(lower, where, self.place[index])
        return where

    def pairs(self) -> Scored:
        return list(zip(self.score.tolist(), np.exp2(self.place).tolist(), strict=True))


def _refine(
    questions: Sequence[Question], riders: Riders, at: Array, moment: Array
) -> tuple[Scored, Scored]:
    """Interpolate on each grid and evaluate there; where the two disagree, on a finer grid."""
    best, beside = _Least(len(questions)), _Least(len(riders))
    horse = np.array([i for i, _ in riders], dtype=np.intp)
    index, some = np.arange(len(questions)), list(questions)
    for _ in range(_ROUNDS):
        middle = best.keep(index, at, _scores(some, moment, np.exp2(at)))
        points, expected = _foreseen(some, at, moment)
        row = {question: k for k, question in enumerate(index.tolist())}
        carried = np.array([k for k, i in enumerate(horse.tolist()) if i in row], dtype=np.intp)
        where = np.concatenate([points, points[[row[i] for i in horse[carried].tolist()]]])
        asked = [*some, *(riders[k][1] for k in carried)]
        scores = _scores(asked, total_moments(asked, where), np.exp2(where))
        scores, other = scores[: len(some)], scores[len(some) :]
        best.keep(index, points, scores)
        if carried.size:
            beside.keep(carried, where[len(some) :], other)
        # a kink, as where the far mode of the loss takes over, is not foreseen
        off = ~(np.abs(scores - expected) <= _AGREEMENT * np.abs(scores)).all(axis=1)
        if not off.any():
            break
        index, some = index[off], [some[i] for i in np.flatnonzero(off)]
        step = (at[off, 1] - at[off, 0])[:, None]
        at = middle[off, None] + step * np.linspace(-1.0, 1.0, 13)
        moment = total_moments(some, at)
    return best.pairs(), beside.pairs()


def total_moments(questions: Sequence[Question], places: Array) -> Array:
    """Total log moments at values of log2(order - 1), a row for each question, in one pass."""
    losses: dict[PrivacyLoss, int] = {}
    which = [
        losses.setdefault(loss, len(losses)) for question in questions for loss, _ in question.parts
    ]
    steps = np.array([steps for question in questions for _, steps in question.parts], dtype=float)
    counts = [len(question.parts) for question in questions]
    rows = np.repeat(np.arange(len(questions)), counts)
    width = places.shape[1]
    upper = log_moments(list(losses), np.repeat(which, width), np.exp2(places[rows].ravel())).upper
    terms = steps[:, None] * upper.reshape(-1, width)
    total = np.add.reduceat(terms, np.concatenate([[0], np.cumsum(counts)[:-1]]), axis=0)
    # a sum of n terms, none below 0, may have lost n units of its last place
    return np.asarray(total * (1.0 + 2.0**-52 * np.array(counts)[:, None]))
