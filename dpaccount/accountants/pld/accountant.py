"""The second road: the privacy loss on a grid, both ends, for every mechanism that has a law."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.pld.cells import MOST_CELLS, Cells, cells_of
from dpaccount.accountants.pld.ends import dominated, dominating
from dpaccount.accountants.pld.tilted import Composed, Steps
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, NotConverged, shown
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, all_of, from_log, up
from dpaccount.guarantees.infimum import guess
from dpaccount.mechanisms import Canonical
from dpaccount.privacy_loss import (
    DiscreteLoss,
    GaussianLoss,
    LaplaceLoss,
    PoissonGaussianLoss,
    PrivacyLoss,
)
from dpaccount.theorems import pair, pld

__all__ = ["PLD"]

_WIDTH, _FINEST, _COARSEST = 2.0**-13, 2.0**-40, 2.0**6
_PER_SPREAD = 4.0  # grid points that the spread of one step should have
_CUT = -37.0  # log of what may be cut off, as a share of delta: below what rounding loses
_LEAST_LOG_DELTA = -600.0
_MOST_SETTINGS = 256
_LEVEL = 24.0  # of log delta: as much is cut off for all of one level


@dataclass(frozen=True)
class PLD(Accountant):
    """Losses on a grid, from above by connected dots and from below by lowered ones.

    Guarantee: lower and upper, proved: the grid's error from both sides, what the transform folds,
    its rounding and that of every sum are bounded a priori, under what is assumed of the floating-
    point library (exp, log and the like within 4 units in the last place). It shares no code with
    `Saddlepoint` beyond the mechanisms, and covers every loss, atoms and infinite ones included.

    Args:
        width: Distance of the grid points, a power of two such as 2**-13; None to choose it, at
            most 2**-13 where the work limit allows.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> print(PLD().profile(run).epsilon(1e-5))
        in [2.38155, 2.381823]

    Source: Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, arXiv 2207.04380 (upper end); the
    lower end and the bounds on rounding are derived in docs/explanation/grid-accountant.md.
    """

    width: float | None = None
    name: ClassVar[str] = "pld"

    def __post_init__(self) -> None:
        """Check the width."""
        width = self.width
        if width is None:
            return
        fits = type(width) in (int, float) and _FINEST <= width <= _COARSEST
        if not fits or math.frexp(width)[0] != 0.5:
            raise InputError(
                "width",
                given=shown(width),
                allowed="a power of two from 2**-40 to 2**6",
                advice="give for example 2**-13, or leave it out",
            )

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _Side(run, direction, self.width)


class _Side(PrivacyProfile):
    """One direction of one run."""

    def __init__(self, run: Canonical, direction: Direction, width: float | None) -> None:
        self.run, self.direction, self.width = run, direction, width
        self.adjacency, self.method = Adjacency(direction.value), "pld"
        self.losses = run.losses(direction)
        self._ends: dict[tuple[float, float], tuple[Composed, Composed]] = {}

    def epsilon(self, delta: Number) -> Bound:
        log_delta, above = self._log_delta(delta)
        if log_delta == -math.inf:
            return self._largest()
        for width in self._widths(log_delta):
            try:
                upper, lower = self._composed(width, log_delta)
                return self._bound(_lower_end(lower, above), _least(upper, log_delta), width)
            except NotConverged as error:
                why = error
        raise why

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        """See `PrivacyProfile.epsilons_of`: the second direction is not solved if seen below."""
        return [self._of_run(group, delta) for group in all_of(_Side, groups)]

    def _of_run(self, sides: Sequence[_Side], delta: Number) -> list[Bound]:
        first = sides[0].epsilon(delta)
        if first.lower == math.inf:  # no other one is worse
            return [first] * len(sides)
        return [first] + [
            side._at_most(first.lower or 0.0, delta) or side.epsilon(delta) for side in sides[1:]
        ]

    def _at_most(self, epsilon: float, delta: Number) -> Bound | None:
        """Epsilon as an upper end, if it is seen to be one: nothing has to be solved for that."""
        log_delta, _ = self._log_delta(delta)
        if log_delta == -math.inf or not 0.0 < epsilon < math.inf:
            return None
        try:
            width = next(self._widths(log_delta))
            upper, _ = self._composed(width, log_delta)
            target = _finite_part(upper, log_delta)
            if (
                target is None
                or upper.is_empty
                or not (
                    upper.chernoff(epsilon) <= target
                    or upper.window(epsilon, target).log_delta(epsilon) <= target
                )
            ):
                return None
        except NotConverged:
            return None
        return self._bound(None, epsilon, width)

    def delta(self, epsilon: Number) -> Bound:
        exact = _validate.epsilon(epsilon)
        value = float(exact)
        size = up(abs(value), 1) - abs(value)  # the float nearest to it
        if value < 0:
            return self._reflected(value, size)
        log_delta = max(self._guess(value), _LEAST_LOG_DELTA)
        for width in self._widths(log_delta):
            try:
                upper, lower = self._composed(width, log_delta)
                return self._delta_bound(
                    lower.log_delta(value + size, log_delta),
                    upper.log_delta(max(value - size, 0.0), log_delta),
                    width,
                )
            except NotConverged as error:
                why = error
        raise why

    def _best_epsilon(self, log_fpr: float) -> float:
        """See `PrivacyProfile._best_epsilon`: the upper law alone is asked, at one width."""
        width = next(self._widths(-30.0))
        try:
            upper, _ = self._composed(width, max(log_fpr, _LEAST_LOG_DELTA))
            return guess(lambda eps: upper.log_delta(eps, upper.guess_log_delta(eps)), log_fpr)
        except NotConverged:
            return super()._best_epsilon(log_fpr)

    def _reflected(self, value: float, size: float) -> Bound:
        """Delta below 0 from the other direction: 1 - e^eps + e^eps delta'(-eps)."""
        other = Direction.ADD if self.direction is Direction.REMOVE else Direction.REMOVE
        there = _Side(self.run, other, self.width).delta(-value)
        rest = math.log(-math.expm1(value))
        slack = 16.0 * 2.0**-53 * (1.0 + abs(rest) + abs(value)) + size / -math.expm1(value)
        low = -math.inf if there.log_lower is None else there.log_lower
        high = 0.0 if there.log_upper is None else there.log_upper
        return from_log(
            float(np.logaddexp(rest, value + low)) - slack,
            min(float(np.logaddexp(rest, value + high)) + slack, 0.0),
            method=self.method,
            trust=Trust.PROVED,
            theorems=tuple(sorted({*there.theorems, pair.REFLECTION.id})),
            details=there.details,
        )

    def _log_delta(self, delta: Number) -> tuple[float, float]:
        """Log delta as floats on both sides of it; -inf for 0, where the loss is bounded."""
        number = _validate.delta(delta, zero=self.run.is_bounded)
        if number == 0:
            return -math.inf, -math.inf
        log_delta = _validate.log_of(number)
        if log_delta < _LEAST_LOG_DELTA:
            raise NotConverged("pld: delta below 1e-260, where floats do not hold the masses")
        return log_delta * (1.0 + 2.0**-50), log_delta * (1.0 - 2.0**-50)

    def _largest(self) -> Bound:
        """The largest possible loss."""
        total = math.fsum(steps * loss.support[1] for loss, steps in self.losses)
        return Bound(None, up(total, 8), None, self.method, Trust.PROVED, self._theorems())

    def _guess(self, epsilon: float) -> float:
        """Log delta at an epsilon to within a factor, to choose what may be cut off."""
        for width in self._widths(-30.0):
            try:
                return self._composed(width, -30.0)[0].guess_log_delta(epsilon)
            except NotConverged as error:
                why = error
        raise why

    def _widths(self, log_delta: float) -> Iterator[float]:
        """Widths to try: as fine as the work limit allows, then coarser ones."""
        if len(self.losses) > _MOST_SETTINGS:
            raise NotConverged(f"pld: more than {_MOST_SETTINGS} settings")
        if self.width is not None:
            yield self.width
            return
        spread, span = 0.0, 0.0
        for loss, _ in self.losses:
            its_spread, its_span = _spread(loss, log_delta + _CUT - self._log_steps)
            spread, span = max(spread, its_spread), max(span, its_span)
        # all settings together share the work
        finest = max(spread / _PER_SPREAD, span * len(self.losses) / (MOST_CELLS / 8), _FINEST)
        width = min(2.0 ** math.floor(math.log2(finest)), _WIDTH)
        while width <= _COARSEST:
            yield width
            width *= 2.0

    @property
    def _log_steps(self) -> float:
        return math.log(sum(steps for _, steps in self.losses))

    def _composed(self, width: float, log_delta: float) -> tuple[Composed, Composed]:
        """The upper and the lower law of the sum of all losses."""
        level = _LEVEL * math.floor(log_delta / _LEVEL)  # a curve is asked at many deltas
        key = width, level
        if key not in self._ends:
            cut = level + _CUT - self._log_steps
            cells = [(cells_of(loss, width, cut), steps) for loss, steps in self.losses]
            shift = float(pld.SHIFT([c.shift for c, _ in cells], [steps for _, steps in cells]))
            self._ends[key] = (
                _sum_of([(c, n, True) for c, n in cells], width, shift),
                _sum_of([(c, n, False) for c, n in cells], width, shift),
            )
        return self._ends[key]

    def _theorems(self) -> tuple[str, ...]:
        ids = {
            pld.CONNECT_THE_DOTS.id,
            pld.CHORD_ABOVE.id,
            pld.DOMINATED.id,
            pld.TILTED.id,
            pld.WRAP.id,
            pld.SPECTRUM.id,
            pld.FFT.id,
            pld.INFINITE.id,
            pld.SHIFT.id,
        }
        return tuple(sorted(ids | {t for loss, _ in self.losses for t in _pair_of(loss)}))

    def _bound(self, lower: float | None, upper: float, width: float) -> Bound:
        return Bound(
            lower, upper, None, self.method, Trust.PROVED, self._theorems(),
            {"grid_width": width, "direction": self.direction.value},
        )  # fmt: skip

    def _delta_bound(self, log_lower: float, log_upper: float, width: float) -> Bound:
        return from_log(
            log_lower,
            log_upper,
            method=self.method,
            trust=Trust.PROVED,
            theorems=self._theorems(),
            details={"grid_width": width, "direction": self.direction.value},
        )


def _pair_of(loss: PrivacyLoss) -> tuple[str, ...]:
    if isinstance(loss, GaussianLoss):
        return (pair.DIMENSION.id,)
    if isinstance(loss, PoissonGaussianLoss):
        return pair.DIMENSION.id, pair.POISSON_GAUSSIAN.id
    if isinstance(loss, DiscreteLoss):
        return loss.pair, *((pair.POISSON.id,) if loss.sampling_rate != 1 else ())
    if isinstance(loss, LaplaceLoss):
        return (pair.LAPLACE.id,)
    raise TypeError(f"{type(loss).__name__}: no theorem says which pair dominates")


def _sum_of(parts: list[tuple[Cells, int, bool]], width: float, shift: float) -> Composed:
    is_upper = parts[0][2]
    laws = [
        Steps(dominating(cells) if is_upper else dominated(cells, width), steps)
        for cells, steps, _ in parts
    ]
    return Composed(laws, width, shift, is_upper)


def _spread(loss: PrivacyLoss, log_mass: float) -> tuple[float, float]:
    """Root mean square of a loss, roughly, and the length of what is not cut off."""
    square, ends = 0.0, []
    for piece in loss.pieces:
        low, high = piece.reach(-40.0)
        x = np.linspace(low, high, 4097)
        mass = np.exp(piece.log_density(x)) * ((high - low) / 4096)
        with np.errstate(over="ignore", invalid="ignore"):  # beyond the floats no width will do
            square += float((mass * piece.loss(x) ** 2).sum())
        ends.append(piece.loss(np.array(piece.reach(log_mass))))
    atoms = loss.atoms(log_mass)
    square += float((np.exp(atoms.log_masses) * atoms.losses**2).sum())
    every = np.concatenate([*ends, atoms.losses])
    return math.sqrt(square), float(np.ptp(every))


def _finite_part(composed: Composed, log_delta: float) -> float | None:
    """Log of what delta leaves for finite losses; None where infinite ones use it up."""
    if not composed.infinite:
        return log_delta
    log_infinite = math.log(composed.infinite)
    slack = 2.0**-50 * (1.0 + abs(log_infinite) + abs(log_delta))
    share = log_infinite - log_delta + (slack if composed.is_upper else -slack)
    if not share < 0.0:
        return None
    found = log_delta + math.log(-math.expm1(share))
    slack = 2.0**-50 * (1.0 + abs(found))
    return found - slack if composed.is_upper else found + slack


def _lower_end(composed: Composed, log_delta: float) -> float:
    """The lower end; 0 where the grid is too coarse to know more."""
    try:
        return _least(composed, log_delta)
    except NotConverged:
        return 0.0


def _least(composed: Composed, log_delta: float) -> float:
    """The end of epsilon: an upper one at which delta is not exceeded, or a lower one."""
    target = _finite_part(composed, log_delta)
    if target is None:
        return math.inf
    if composed.is_empty:
        return 0.0
    guess = max(composed.guess(target), 0.0)
    return composed.window(guess, target).epsilon(target, guess)
