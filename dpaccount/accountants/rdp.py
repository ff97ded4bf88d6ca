"""Renyi differential privacy at continuous orders, each direction by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.base import Accountant, IdentityProfile
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log, up, worst
from dpaccount.mechanisms import Canonical, Mechanism, canonical
from dpaccount.privacy_loss import GaussianLoss, PoissonGaussianLoss, PrivacyLoss
from dpaccount.privacy_loss.quadrature import log_moments
from dpaccount.theorems import pair, rdp

__all__ = ["RDP"]

Array = NDArray[np.float64]

# Orders are searched on the lattice order - 1 = 2^(n/16), every fourth point first, then
# interpolated between its points, then evaluated.
_FINE_STEP, _COARSE = 16, 4
_FIRST, _LAST = -640, 640
_SPAN = 7  # lattice points that the interpolation uses
_AGREEMENT = 1e-6  # of the interpolated and the evaluated score; its square is what is lost
_SECTIONS = 14


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
class _Question:
    """One direction of one run and what is asked of it: epsilon at a delta, or the reverse.

    `score` is the bound that a log moment at an order gives: for epsilon by the improved
    conversion at `target` = log delta, for log delta at `target` = epsilon. Both are unimodal in
    the order because the log moment is convex.
    """

    parts: tuple[tuple[PrivacyLoss, int], ...]
    target: float
    wants_epsilon: bool

    def score(self, moment: Array, e: Array) -> Array:
        log_order = np.log1p(e)
        if self.wants_epsilon:
            return moment / e + np.log(e) - log_order - (self.target + log_order) / e
        return moment - e * self.target + e * (np.log(e) - log_order) - log_order

    def moment_on_lattice(self, points: NDArray[np.intp]) -> Array:
        total = np.zeros(len(points))
        for loss, steps in self.parts:
            total += steps * _column(loss)[points - _FIRST]
        return total

    def score_on_lattice(self, points: NDArray[np.intp]) -> Array:
        return self.score(self.moment_on_lattice(points), _lattice(points))

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


def _search(questions: Sequence[_Question]) -> list[tuple[float, float]]:
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
            j = int(np.argmin(questions[i].score_on_lattice(grid)))
            bests[i] = int(grid[j])
            if j < 1 and lows[i] > _FIRST:
                lows[i] = max(lows[i] - 32, _FIRST)
                again.append(i)
            elif j > len(grid) - 2 and highs[i] < _LAST:
                highs[i] = min(highs[i] + 32, _LAST)
                again.append(i)
        active = again
    reach = _COARSE + _SPAN // 2
    grids = {
        i: np.arange(max(best - reach, _FIRST), min(best + reach, _LAST) + 1)
        for i, best in enumerate(bests)
    }
    _fill(_wanted(questions, grids))
    for i, grid in grids.items():
        bests[i] = int(grid[int(np.argmin(questions[i].score_on_lattice(grid)))])
    return _refine(questions, bests)


def _wanted(
    questions: Sequence[_Question], grids: dict[int, NDArray[np.intp]]
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


def _refine(questions: Sequence[_Question], bests: Sequence[int]) -> list[tuple[float, float]]:
    """Interpolate between lattice points and evaluate there; where that disagrees, bisect."""
    found: list[tuple[float, float]] = []
    predicted: list[tuple[float, float]] = []
    for question, best in zip(questions, bests, strict=True):
        edge = _COARSE + _SPAN // 2
        near = min(max(best, _FIRST + edge), _LAST - edge) + _OFFSETS
        moment = question.moment_on_lattice(near)
        exact = question.score(moment, _lattice(near))
        i = int(np.argmin(exact))
        found.append((float(exact[i]), float(_lattice(near[i]))))
        predicted.append(_interpolate(question, moment, int(near[_SPAN // 2])))
    points = {i: np.array([guess]) for i, (_, guess) in enumerate(predicted)}
    todo: dict[int, tuple[float, float]] = {}
    for i, scores in _evaluate(questions, points).items():
        value, guess = predicted[i]
        score = float(scores[0])
        if abs(score - value) > _AGREEMENT * abs(score) or score > found[i][0]:
            # a kink, as where the far mode of the loss takes over: interpolation is of no use
            middle = math.log2(found[i][1])
            todo[i] = (middle - 1.0 / _FINE_STEP, middle + 1.0 / _FINE_STEP)
        if score < found[i][0]:
            found[i] = (score, 2.0**guess)
    for _ in range(_SECTIONS):
        if not todo:
            break
        points = {i: np.linspace(low, high, 9) for i, (low, high) in todo.items()}
        for i, scores in _evaluate(questions, points).items():
            j = int(np.argmin(scores))
            found[i] = min(found[i], (float(scores[j]), 2.0 ** float(points[i][j])))
            low, high = points[i][max(j - 1, 0)], points[i][min(j + 1, 8)]
            todo[i] = (float(low), float(high))
            near = np.sort(scores)
            if near[2] - near[0] <= _AGREEMENT * 1e-3 * abs(near[0]):
                del todo[i]
    return found


def _interpolate(question: _Question, moment: Array, center: int) -> tuple[float, float]:
    """The least score between the lattice points around `center`, and its log2(order - 1)."""
    smooth = np.exp(_FINE_POWERS @ (_FROM_VALUES @ np.log(moment)))
    scores = question.score(smooth, _lattice(center + _FINE))
    j = int(np.argmin(scores))
    at = float(_FINE[j])
    if 0 < j < len(_FINE) - 1:
        left, right = float(scores[j - 1]), float(scores[j + 1])
        bend = left - 2.0 * float(scores[j]) + right
        if bend > 0:
            at += 0.5 * (left - right) / bend * float(_FINE[1] - _FINE[0])
    return float(scores[j]), (center + at) / _FINE_STEP


def _evaluate(
    questions: Sequence[_Question], points: dict[int, Array]
) -> dict[int, Array]:
    """Scores at log2(order - 1), all in one pass."""
    losses: dict[PrivacyLoss, int] = {}
    which: list[int] = []
    orders: list[Array] = []
    for i, logs in points.items():
        for loss, _ in questions[i].parts:
            which += [losses.setdefault(loss, len(losses))] * len(logs)
            orders.append(logs)
    upper = log_moments(list(losses), which, np.exp2(np.concatenate(orders))).upper
    out, start = {}, 0
    for i, logs in points.items():
        total = np.zeros(len(logs))
        for _, steps in questions[i].parts:
            total += steps * upper[start : start + len(logs)]
            start += len(logs)
        out[i] = questions[i].score(total, np.exp2(logs))
    return out


def _theorems(run: Canonical, conversion: str) -> tuple[str, ...]:
    ids = {rdp.COMPOSITION.id, conversion}
    for loss, _ in run.losses(Direction.REMOVE):
        if isinstance(loss, GaussianLoss):
            ids |= {rdp.GAUSSIAN.id, pair.DIMENSION.id}
        elif isinstance(loss, PoissonGaussianLoss):
            ids |= {rdp.POISSON.id, pair.POISSON_GAUSSIAN.id}
        else:
            ids |= {rdp.POISSON.id, pair.LAPLACE.id}
    return tuple(sorted(ids))


@dataclass(frozen=True)
class RDP(Accountant):
    """Moments of the privacy loss, turned into epsilon by the improved conversion.

    Guarantee: upper (rdp.composition, rdp.to_dp_improved and the curves of the run's steps). The
    discretization error of every moment is bounded and added, float64 rounding allowed for.

    Args:
        orders: Orders > 1 to use instead of all real ones, for comparing with other tools.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> round(RDP().profile(run).epsilon(1e-5).upper, 6)
        2.592407

    Source: Mironov 2017, arXiv 1702.07476v3; Canonne, Kamath and Steinke 2020, arXiv
    2004.00010v6, Prop 12.
    """

    orders: tuple[Exact, ...] | None = None
    name: ClassVar[str] = "rdp"

    def __post_init__(self) -> None:
        """Check the orders."""
        if self.orders is not None:
            orders = tuple(
                _validate.exact(order, "order", allowed="a number > 1") for order in self.orders
            )
            for order in orders:
                if not 1 < order <= 10**12:
                    raise InputError("order", given=order.text, allowed="a number in (1, 1e12]",
                                     advice="use orders such as 1.5, 8, 64")
            if not orders:
                raise InputError("orders", given="no orders", allowed="at least one order > 1",
                                 advice="leave orders out to search all real ones")
            object.__setattr__(self, "orders", orders)

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _Side(run, direction, self.orders)

    def epsilons(
        self,
        mechanisms: Sequence[Mechanism],
        delta: Number,
        adjacency: Adjacency = Adjacency.ADD_REMOVE,
    ) -> list[Bound]:
        """Epsilon of many runs at one delta; moments that runs share are computed once.

        The same numbers as one by one, many times faster.
        """
        runs = [canonical(mechanism, adjacency) for mechanism in mechanisms]
        sides = [
            [_Side(run, d, self.orders) for d in adjacency.directions] if not run.is_identity else []
            for run in runs
        ]
        answers = iter(_epsilons([s for group in sides for s in group], delta))
        return [
            worst([next(answers) for _ in group]) if group
            else IdentityProfile(run, adjacency, self.name).epsilon(delta)
            for run, group in zip(runs, sides, strict=True)
        ]


class _Side(PrivacyProfile):
    """One direction of one run."""

    def __init__(
        self, run: Canonical, direction: Direction, orders: tuple[Exact, ...] | None
    ) -> None:
        self.run, self.direction, self.orders = run, direction, orders
        self.adjacency = Adjacency(direction.value)
        self.method = "rdp"
        self.parts = tuple(run.losses(direction))

    def pure(self) -> float:
        """The largest possible loss; infinite unless the loss is bounded."""
        return up(sum(steps * loss.support[1] for loss, steps in self.parts), 8)

    def question(self, target: float, *, wants_epsilon: bool) -> _Question:
        return _Question(self.parts, target, wants_epsilon)

    def answer(self, questions: list[_Question]) -> list[tuple[float, float]]:
        if self.orders is None:
            return _search(questions)
        e = [float(order - 1) for order in self.orders]
        logs = np.log2(e)
        scores = _evaluate(questions, {i: logs for i in range(len(questions))})
        return [(float(s.min()), e[int(s.argmin())]) for s in scores.values()]

    def epsilon(self, delta: Number) -> Bound:
        return _epsilons([self], delta)[0]

    def epsilon_of_sides(self, sides: Sequence[PrivacyProfile], delta: Number) -> list[Bound]:
        return _epsilons([side for side in sides if isinstance(side, _Side)], delta)

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))
        ids = _theorems(self.run, rdp.TO_DP_IMPROVED.id)
        if eps >= self.pure():
            return Bound.zero(self.method, (*ids, rdp.PURE.id))
        score, e = self.answer([self.question(eps, wants_epsilon=False)])[0]
        if eps < 0:
            score, ids = min(score, self._reflected(eps)), (*ids, pair.REFLECTION.id)
        return from_log(None, _up_relative(score, _noise(self.parts, e)), method=self.method,
                        trust=Trust.PROVED, theorems=ids,
                        details={"order": 1.0 + float(e), "direction": self.direction.value})

    def _reflected(self, eps: float) -> float:
        """log delta from the other direction: 1 - e^eps + e^eps delta'(-eps)."""
        other = Direction.ADD if self.direction is Direction.REMOVE else Direction.REMOVE
        side = _Side(self.run, other, self.orders)
        if -eps >= side.pure():
            return math.log(-math.expm1(eps))
        log_other = side.answer([side.question(-eps, wants_epsilon=False)])[0][0]
        return float(np.logaddexp(math.log(-math.expm1(eps)), eps + min(log_other, 0.0)))


def _noise(parts: Sequence[tuple[PrivacyLoss, int]], e: float) -> float:
    """Size of the terms that a score was summed from, for an allowance for rounding."""
    return 64.0 * 2.0**-53 * (1.0 + abs(math.log(e)))


def _up_relative(value: float, noise: float) -> float:
    return value + noise * (1.0 + abs(value))


def _epsilons(sides: Sequence[_Side], delta: Number) -> list[Bound]:
    """Epsilon of many one-sided profiles at one delta."""
    number = _validate.delta(delta, zero=all(side.run.is_bounded for side in sides))
    answers: list[Bound] = []
    if number == 0:
        for side in sides:
            answers.append(Bound(None, side.pure(), None, "rdp", Trust.PROVED,
                                 tuple(sorted({*_theorems(side.run, rdp.PURE.id)}))))
        return answers
    log_delta = _validate.log_of(number) * (1.0 + 2.0**-50)  # rounded to a smaller delta
    rdp.TO_DP_IMPROVED.require(order_minus_one=1.0, log_delta=log_delta)
    questions = [side.question(log_delta, wants_epsilon=True) for side in sides]
    results = sides[0].answer(questions) if sides else []
    for side, (score, e) in zip(sides, results, strict=True):
        size = abs(log_delta) / e  # the two largest terms may cancel
        value = score + 16.0 * 2.0**-53 * (size + abs(score) + 1.0 + abs(math.log(e)))
        if not value == value:
            raise ArithmeticError("rdp: epsilon came out as NaN")
        value, ids = max(value, 0.0), _theorems(side.run, rdp.TO_DP_IMPROVED.id)
        if side.run.is_bounded and side.pure() <= value:
            value, ids = side.pure(), _theorems(side.run, rdp.PURE.id)
        answers.append(Bound(None, value, None, "rdp", Trust.PROVED, ids,
                             {"order": 1.0 + e, "direction": side.direction.value}))
    return answers
