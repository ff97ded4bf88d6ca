"""Renyi differential privacy at continuous orders, each direction by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.orders import Question, Riders, Scored, least_scores, total_moments
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, all_of, from_log, up
from dpaccount.mechanisms import Canonical
from dpaccount.privacy_loss import DiscreteLoss, GaussianLoss, PoissonGaussianLoss
from dpaccount.privacy_loss.quadrature import uses_quadrature
from dpaccount.theorems import pair, rdp

__all__ = ["RDP"]


def _theorems(run: Canonical, conversion: str) -> tuple[str, ...]:
    ids = {rdp.COMPOSITION.id, conversion}
    for loss, _ in run.losses(Direction.REMOVE):
        if isinstance(loss, GaussianLoss):
            ids |= {rdp.GAUSSIAN.id, pair.DIMENSION.id}
        elif isinstance(loss, PoissonGaussianLoss):
            curve = rdp.POISSON if uses_quadrature(loss) else rdp.MIXTURE
            ids |= {curve.id, pair.POISSON_GAUSSIAN.id}
        elif isinstance(loss, DiscreteLoss):
            ids |= {rdp.ATOMS.id, loss.pair} | (
                {pair.POISSON.id} if loss.sampling_rate != 1 else set()
            )
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
        2.596642

    Source: Mironov 2017, arXiv 1702.07476v3; Canonne, Kamath and Steinke 2020, arXiv
    2004.00010v6, Prop 12.
    """

    orders: tuple[Exact, ...] | None = None
    name: ClassVar[str] = "rdp"

    def __post_init__(self) -> None:
        """Check the orders."""
        if self.orders is not None:
            try:
                given = tuple(self.orders)
            except TypeError as error:
                raise InputError(
                    "orders",
                    given=shown(self.orders),
                    allowed="a list of numbers > 1",
                    advice="give for example [1.5, 8, 64]",
                ) from error
            orders = tuple(
                _validate.exact(order, "order", allowed="a number > 1") for order in given
            )
            for order in orders:
                if not 1 < order <= 10**12:
                    raise InputError(
                        "order",
                        given=order.text,
                        allowed="a number in (1, 1e12]",
                        advice="use orders such as 1.5, 8, 64",
                    )
            if not orders:
                raise InputError(
                    "orders",
                    given="no orders",
                    allowed="at least one order > 1",
                    advice="leave orders out to search all real ones",
                )
            object.__setattr__(self, "orders", orders)

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        if any(loss.infinity_mass for loss, _ in run.losses(Direction.REMOVE)):
            raise Unsupported(
                "rdp with ApproximateDP on a sample",
                missing="a loss that may be infinite has no moments",
                advice="state the guarantee of the sampled step itself (dp.amplification_poisson)",
            )
        return _Side(run, direction, self.orders)


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
        return up(math.fsum(steps * loss.support[1] for loss, steps in self.parts), 8)

    def question(self, target: float, *, wants_epsilon: bool) -> Question:
        return Question(self.parts, target, wants_epsilon)

    def answer(self, questions: list[Question], riders: Riders = ()) -> tuple[Scored, Scored]:
        if self.orders is None:
            return least_scores(questions, riders)
        every = [*questions, *(rider for _, rider in riders)]
        e = np.array([float(order - 1) for order in self.orders])
        moments = total_moments(every, np.broadcast_to(np.log2(e), (len(every), e.size)))
        rows = [q.score(row, e) for q, row in zip(every, moments, strict=True)]
        pairs = [(float(row.min()), float(e[row.argmin()])) for row in rows]
        return pairs[: len(questions)], pairs[len(questions) :]

    def epsilon(self, delta: Number) -> Bound:
        return _epsilons([[self]], delta)[0][0]

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        return _epsilons(all_of(_Side, groups), delta)

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))
        ids = _theorems(self.run, rdp.TO_LOG_DELTA.id)
        if eps >= self.pure():
            return Bound.zero(self.method, (*ids, rdp.PURE.id), Trust.PROVED)
        score, e = self.answer([self.question(eps, wants_epsilon=False)])[0][0]
        # delta falls as epsilon rises, and at 0 the two directions are one number
        other = self._at_zero if eps > 0 else self._reflected(eps)
        if other < score:
            score, ids = other, tuple(sorted({*ids, pair.REFLECTION.id}))
        return from_log(
            None,
            score + _rounding(score, e, eps),
            method=self.method,
            trust=Trust.PROVED,
            theorems=ids,
            details={"order": 1.0 + float(e), "direction": self.direction.value},
        )

    @cached_property
    def _at_zero(self) -> float:
        """Log delta at 0 from the other direction."""
        return self._reflected(0.0)

    def _reflected(self, eps: float) -> float:
        """Log delta from the other direction: 1 - e^eps + e^eps delta'(-eps)."""
        other = Direction.ADD if self.direction is Direction.REMOVE else Direction.REMOVE
        side = _Side(self.run, other, self.orders)
        rest = math.log(-math.expm1(eps)) if eps < 0 else -math.inf
        if -eps >= side.pure():
            return rest
        log_other = side.answer([side.question(-eps, wants_epsilon=False)])[0][0][0]
        return float(np.logaddexp(rest, eps + min(log_other, 0.0)))


def _rounding(score: float, e: float, eps: float) -> float:
    """What the terms that log delta is summed from, which may cancel, may have lost."""
    size = 1.0 + abs(score) + abs(math.log(e)) + e * (2.0 * abs(eps) + abs(math.log(e)) + 1.0)
    return 16.0 * 2.0**-53 * size


def _epsilons(groups: Sequence[Sequence[_Side]], delta: Number) -> list[list[Bound]]:
    """Epsilon at one delta of the sides of many runs, one group of sides for each run."""
    every = [side for group in groups for side in group]
    number = _validate.delta(delta, zero=all(side.run.is_bounded for side in every))
    if number == 0:
        return [[_pure_bound(side) for side in group] for group in groups]
    log_delta = _validate.log_of(number) * (1.0 + 2.0**-50)  # rounded to a smaller delta
    rdp.TO_DP_IMPROVED.require(order_minus_one=1.0, log_delta=log_delta)
    found = _answers(groups, log_delta)
    return [[_bound(side, *found[side], log_delta) for side in group] for group in groups]


def _answers(
    groups: Sequence[Sequence[_Side]], log_delta: float
) -> dict[_Side, tuple[float, float]]:
    """For each side a valid score and its order minus one; of each group the worst is the least.

    A side whose score at an order tried for the first one is no worse than the first one's least
    cannot be the worst of its group: its own best order need not be searched.
    """
    if not groups:
        return {}
    firsts = [group[0] for group in groups]
    others = [(i, side) for i, group in enumerate(groups) for side in group[1:]]
    scored, beside = firsts[0].answer(
        [side.question(log_delta, wants_epsilon=True) for side in firsts],
        [(i, side.question(log_delta, wants_epsilon=True)) for i, side in others],
    )
    found = dict(zip(firsts, scored, strict=True))
    worse = []
    for (i, side), scored_side in zip(others, beside, strict=True):
        if scored_side[0] <= scored[i][0]:
            found[side] = scored_side
        else:
            worse.append(side)
    if worse:
        again = [side.question(log_delta, wants_epsilon=True) for side in worse]
        found.update(zip(worse, worse[0].answer(again)[0], strict=True))
    return found


def _pure_bound(side: _Side) -> Bound:
    ids = _theorems(side.run, rdp.PURE.id)
    return Bound(None, side.pure(), None, "rdp", Trust.PROVED, ids)


def _bound(side: _Side, score: float, e: float, log_delta: float) -> Bound:
    """A score as a bound, rounded upward."""
    size = abs(log_delta) / e  # the two largest terms may cancel
    value = score + 16.0 * 2.0**-53 * (size + abs(score) + 1.0 + abs(math.log(e)))
    if not value == value:
        raise ArithmeticError("rdp: epsilon came out as NaN")
    value, ids = max(value, 0.0), _theorems(side.run, rdp.TO_DP_IMPROVED.id)
    if side.pure() <= value:
        value, ids = side.pure(), _theorems(side.run, rdp.PURE.id)
    details = {"order": 1.0 + e, "direction": side.direction.value}
    return Bound(None, value, None, "rdp", Trust.PROVED, ids, details)
