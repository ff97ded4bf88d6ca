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
from dpaccount.privacy_loss import GaussianLoss, PoissonGaussianLoss, PrivacyLoss
from dpaccount.privacy_loss.quadrature import log_moments

__all__ = ["Question", "least_scores", "total_moments"]

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


def _lattice(n: Any) -> Array:
    return np.asarray(np.exp2(np.asarray(n) / _FINE_STEP), dtype=np.float64)


def _fill(wanted: dict[PrivacyLoss, set[int]]) -> None:
    """Compute what is missing on the lattice, in one pass over all losses."""
    losses: list[PrivacyLoss] = []
    which: list[int] = []
    points: list[int] = []
    for loss, indices in wanted.items():
        column = _column(loss)
        missing = [n for n in sorted(indices) if math.isnan(column[n - _FIRST])]
        if missing:
            which += [len(losses)] * len(missing)
            points += missing
            losses.append(loss)
    if losses:
        upper = log_moments(losses, which, _lattice(points)).upper
        for i, n, value in zip(which, points, upper, strict=True):
            _column(losses[i])[n - _FIRST] = value


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
        log_order: Array = np.log1p(e)
        if self.wants_epsilon:
            return moment / e + np.log(e) - log_order - (self.target + log_order) / e
        return moment - e * self.target + e * (np.log(e) - log_order) - log_order

    def moment_on_lattice(self, points: NDArray[np.intp]) -> Array:
        """Total log moments at lattice points that have been filled."""
        total: Array = np.zeros(len(points))
        for loss, steps in self.parts:
            total += steps * _column(loss)[points - _FIRST]
        return total

    def guess(self) -> int:
        """A lattice point near the best order, from the variance of a small loss."""
        variance, cap = 0.0, math.inf
        for loss, steps in self.parts:
            if isinstance(loss, GaussianLoss):
                variance += steps * loss.mu**2
            elif isinstance(loss, PoissonGaussianLoss):
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


def least_scores(questions: Sequence[Question]) -> list[tuple[float, float]]:
    """For each question the least score found and its order minus one.

    Every order gives a valid bound, so the search decides tightness only. Moments are computed for
    all questions in a few passes.
    """
    centers = [question.guess() for question in questions]
    lows, highs = [c - 16 for c in centers], [c + 16 for c in centers]
    bests = [0] * len(questions)
    active = list(range(len(questions)))
    while active:
        grids = {i: np.arange(lows[i], highs[i] + 1, _COARSE) for i in active}
        _fill(_wanted(questions, grids))
        again = []
        for i, grid in grids.items():
            scores = questions[i].score(questions[i].moment_on_lattice(grid), _lattice(grid))
            j = int(np.argmin(scores))
            bests[i] = int(grid[j])
            if j < 1 and lows[i] > _FIRST:
                lows[i] = max(lows[i] - 32, _FIRST)
                again.append(i)
            elif j > len(grid) - 2 and highs[i] < _LAST:
                highs[i] = min(highs[i] + 32, _LAST)
                again.append(i)
        active = again
    reach = _COARSE + _SPAN // 2
    centers = [min(max(best, _FIRST + reach), _LAST - reach) for best in bests]
    grids = {i: np.arange(c - reach, c + reach + 1) for i, c in enumerate(centers)}
    _fill(_wanted(questions, grids))
    return _refine(
        questions,
        [
            _Grid(grid / _FINE_STEP, question.moment_on_lattice(grid))
            for question, grid in zip(questions, grids.values(), strict=True)
        ],
    )


def _wanted(
    questions: Sequence[Question], grids: dict[int, NDArray[np.intp]]
) -> dict[PrivacyLoss, set[int]]:
    wanted: dict[PrivacyLoss, set[int]] = {}
    for i, grid in grids.items():
        for loss, _ in questions[i].parts:
            wanted.setdefault(loss, set()).update(grid.tolist())
    return wanted


_OFFSETS = np.arange(_SPAN) - _SPAN // 2
_FROM_VALUES = np.linalg.inv(np.vander(_OFFSETS.astype(np.float64), increasing=True))
_FINE = np.linspace(-1.0, 1.0, 101)
_FINE_POWERS = np.vander(_FINE, _SPAN, increasing=True)


@dataclass(frozen=True)
class _Grid:
    """Log moments at evenly spaced values of log2(order - 1)."""

    at: Array
    moment: Array

    def best(self, question: Question) -> tuple[float, float]:
        """The least score on the grid and where."""
        scores = question.score(self.moment, np.exp2(self.at))
        j = int(np.argmin(scores))
        return float(scores[j]), float(self.at[j])

    def interpolated(self, question: Question) -> tuple[Array, Array]:
        """Where the interpolated score is least, two points beside, and the scores foreseen."""
        scores = question.score(self.moment, np.exp2(self.at))
        half = _SPAN // 2
        center = min(max(int(np.argmin(scores)), half), len(self.at) - 1 - half)
        near = slice(center - half, center + half + 1)
        smooth = np.exp(_FINE_POWERS @ (_FROM_VALUES @ np.log(self.moment[near])))
        step = float(self.at[1] - self.at[0])
        places = self.at[center] + step * _FINE
        scores = question.score(smooth, np.exp2(places))
        j = min(max(int(np.argmin(scores)), 1), len(_FINE) - 2)
        left, value, right = (float(score) for score in scores[j - 1 : j + 2])
        bend = left - 2.0 * value + right
        shift = 0.5 * (left - right) / bend if bend > 0 else 0.0
        at = float(places[j]) + min(max(shift, -1.0), 1.0) * (places[1] - places[0])
        sides = [len(_FINE) // 4, 3 * len(_FINE) // 4]
        return np.array([at, *places[sides]]), np.array([value, *scores[sides]])


def _refine(questions: Sequence[Question], grids: Sequence[_Grid]) -> list[tuple[float, float]]:
    """Interpolate on each grid and evaluate there; where the two disagree, on a finer grid."""
    found = [grid.best(question) for question, grid in zip(questions, grids, strict=True)]
    current = dict(enumerate(grids))
    for _ in range(_ROUNDS):
        foreseen = {i: grid.interpolated(questions[i]) for i, grid in current.items()}
        points = {i: places for i, (places, _) in foreseen.items()}
        finer = {}
        for i, moment in total_moments(questions, points).items():
            scores = questions[i].score(moment, np.exp2(points[i]))
            _, middle = current[i].best(questions[i])
            step = float(current[i].at[1] - current[i].at[0])
            j = int(np.argmin(scores))
            found[i] = min(found[i], (float(scores[j]), float(points[i][j])))
            if not (np.abs(scores - foreseen[i][1]) <= _AGREEMENT * np.abs(scores)).all():
                # a kink, as where the far mode of the loss takes over
                finer[i] = np.linspace(middle - step, middle + step, 13)
        if not finer:
            break
        current = {i: _Grid(finer[i], m) for i, m in total_moments(questions, finer).items()}
        for i, grid in current.items():
            found[i] = min(found[i], grid.best(questions[i]))
    return [(score, 2.0**place) for score, place in found]


def total_moments(questions: Sequence[Question], points: dict[int, Array]) -> dict[int, Array]:
    """Total log moments at values of log2(order - 1), all in one pass."""
    losses: dict[PrivacyLoss, int] = {}
    which: list[int] = []
    places: list[Array] = []
    for i, at in points.items():
        for loss, _ in questions[i].parts:
            which += [losses.setdefault(loss, len(losses))] * len(at)
            places.append(at)
    upper = log_moments(list(losses), which, np.exp2(np.concatenate(places))).upper
    out, start = {}, 0
    for i, at in points.items():
        total = np.zeros(len(at))
        for _, steps in questions[i].parts:
            total += steps * upper[start : start + len(at)]
            start += len(at)
        out[i] = total
    return out
