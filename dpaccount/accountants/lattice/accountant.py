"""The accountant of losses on a grid: both ends, rounding included."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import arb, ctx

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.lattice.table import OneStep, Runs, Table, table_of
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.certificates.numbers import above, below, enclose, log_above, log_below
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log
from dpaccount.mechanisms import Canonical
from dpaccount.privacy_loss import DiscreteLoss, LaplaceLoss
from dpaccount.privacy_loss.discrete import FLOATS
from dpaccount.theorems import lattice, pair, pld

__all__ = ["LatticeSum"]

_FEWEST_BITS = 128
_MOST_BITS = 2**14
_ROOM = 40  # bits of a table that a delta may need
_NARROW = 1e-13
_LARGEST = 1e9  # losses in all; e to the power of more is no ball


@dataclass(frozen=True)
class LatticeSum(Accountant):
    """Losses that take single values, or lie between two laws that do, summed in ball arithmetic.

    Guarantee: lower and upper, certified (lattice.sum, lattice.lost and the pairs of the run; for
    Laplace noise pair.laplace_curve, pld.connect_the_dots, pld.dominated and lattice.kink too).

    Covers randomized response, discrete Laplace and discrete Gaussian noise, pure and approximate
    guarantees, in any number on one lattice (equal or commensurable losses) and a few lattices
    together; on a Poisson sample in any number where the loss takes two values, else a few times.
    Covers Laplace noise, sampled or not: one step in closed form, more on a grid, whose width
    decides how far the ends are apart.

    Example:
        >>> from dpaccount.mechanisms import PureDP, SelfComposed
        >>> print(LatticeSum().profile(SelfComposed(PureDP("0.1"), 100)).epsilon(1e-6))
        in [4.774567, 4.774568]

    Source: Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4, for equal guarantees; Canonne,
    Kamath and Steinke 2020, arXiv 2004.00010v6, for one discrete Gaussian; the error bounds are
    this project's.
    """

    name: ClassVar[str] = "lattice"

    def side(self, run: Canonical, direction: Direction) -> LatticeSide:
        """See `Accountant.side`."""
        return LatticeSide(run, direction)


class LatticeSide(PrivacyProfile):
    """One direction of one run."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        self.run, self.direction = run, direction
        self.adjacency, self.method = Adjacency(direction.value), "lattice"
        # without sampling each pair is its own mirror image, and one table serves both directions
        sampled = any(phase.is_sampled for phase in run.phases)
        self.losses = _losses(run, direction if sampled else Direction.REMOVE)
        self.is_dotted = any(isinstance(loss, LaplaceLoss) for loss, _ in self.losses)
        self._upper(_FEWEST_BITS)  # refuses what is too large
        ids = {lattice.SUM.id, lattice.LOST.id}
        for loss, _ in self.losses:
            ids |= {pair.LAPLACE_CURVE.id} if isinstance(loss, LaplaceLoss) else {loss.pair}
        if self.is_dotted:
            ids |= {pld.CONNECT_THE_DOTS.id, lattice.KINK.id, lattice.CHORD_GAP.id}
            ids |= {lattice.END_GAP.id, pld.DOMINATED.id, pld.SHIFT.id, pair.REFLECTION.id}
        if sampled:
            ids.add(pair.POISSON.id)
        self.theorems = tuple(sorted(ids))

    def _upper(self, bits: int) -> Table | OneStep:
        """Its larger delta is not below the truth."""
        loss, steps = self.losses[0] if len(self.losses) == 1 else (None, 0)
        if isinstance(loss, LaplaceLoss) and steps == 1:
            return OneStep(bits, loss)
        return table_of(self.losses, bits)

    def _lower(self, bits: int) -> Table | OneStep | None:
        """Its smaller delta is not above the truth; None: nothing is known."""
        upper = self._upper(bits)
        if not self.is_dotted or isinstance(upper, OneStep):
            return upper
        try:
            return table_of(self.losses, bits, is_upper=False)
        except (NotConverged, Unsupported):
            return None

    def _infinite(self) -> Fraction:
        """Probability of an infinite loss: of a few sampled guarantees, so exact."""
        kept = Fraction(1)
        for loss, steps in self.losses:
            if isinstance(loss, DiscreteLoss) and loss.infinity_mass:
                removing = loss.direction is Direction.REMOVE
                rate = loss.sampling_rate if removing else Fraction(1)
                kept *= (1 - loss.one_sided * rate) ** steps
        return 1 - kept

    def _bound(self, lower: float, upper: float, bits: int) -> Bound:
        return Bound(
            lower, upper, None, self.method, Trust.CERTIFIED, self.theorems, self._details(bits)
        )

    def _details(self, bits: int) -> dict[str, Any]:
        size = self._upper(bits).size
        return {"values": size, "bits": bits, "direction": self.direction.value}

    def epsilon(self, delta: Number) -> Bound:
        number = _validate.delta(delta, zero=self.run.is_bounded)
        bits = _FEWEST_BITS
        left = Fraction(number) - self._infinite()
        if left < 0:
            return self._bound(math.inf, math.inf, bits)
        if left == 0:
            top = self._upper(bits).ceiling
            if top is None:
                return self._bound(math.inf, math.inf, bits)
            return self._bound(max(below(top), 0.0), max(above(top), 0.0), bits)
        digits = max(math.ceil(-_validate.log_of(left) / math.log(2.0)), 0)
        if self.is_dotted:  # the grid decides the width, and one table serves many deltas
            bits += 64 * max(math.ceil((digits - _ROOM) / 64), 0)
        else:
            bits += digits
        best = self._epsilon_ends(left, bits)
        while not self.is_dotted and not _narrow(*best) and bits < _MOST_BITS:
            bits *= 2
            try:
                best = self._epsilon_ends(left, bits)
            except Unsupported:  # more bits keep more values: what was found still holds
                bits //= 2
                break
        return self._bound(*best, bits)

    def _epsilon_ends(self, target: Fraction, bits: int) -> tuple[float, float]:
        """The last floats seen above and below the target."""
        table, lower = self._upper(bits), self._lower(bits)
        with ctx.workprec(bits):
            goal = enclose(target)

        def reached(eps: float) -> bool:
            return bool(table.delta(arb(eps))[1] <= goal)

        def exceeded(eps: float) -> bool:
            return lower is not None and bool(lower.delta(arb(eps))[0] > goal)

        top = max(above(table.top), 0.0)
        upper = _first(reached, 0.0, top) if reached(top) else math.inf
        # the two ends lie closer than that as a rule
        near = min(upper, top) * (1.0 - (1e-3 if self.is_dotted else 1e-9))
        for low in (near, 0.0):
            if exceeded(low):
                return _last(exceeded, low, min(upper, top)), upper
        return 0.0, upper

    def delta(self, epsilon: Number) -> Bound:
        exact, infinite = _validate.epsilon(epsilon), self._infinite()
        bits, best = _FEWEST_BITS, (arb(0), arb(1))
        while True:
            try:
                with ctx.workprec(bits):
                    number, lower = enclose(exact), self._lower(bits)
                    low = lower.delta(number)[0] if lower else arb(0)
                    high = self._upper(bits).delta(number)[1]
                    best = (low + enclose(infinite), high + enclose(infinite))
            except Unsupported:  # as above
                bits //= 2
                break
            if best[1] == 0 or best[1] - best[0] <= _NARROW * best[0] or bits >= _MOST_BITS:
                break
            if self.is_dotted and (bits > _FEWEST_BITS or best[1] > arb(2) ** (48 - bits)):
                break  # rounding is not what makes it wide, or it is far below any use
            bits *= 2
        if best[1] == 0:
            return Bound.zero(self.method, self.theorems)
        with ctx.workprec(_FEWEST_BITS):
            return from_log(
                max(log_below(best[0]), -math.inf),
                min(log_above(best[1]), 0.0),
                method=self.method,
                trust=Trust.CERTIFIED,
                theorems=self.theorems,
                details=self._details(bits),
            )


def _losses(run: Canonical, direction: Direction) -> Runs:
    """The losses of a run.

    Raises:
        Unsupported: If one of them has no curve here, or is beyond what balls hold.
    """
    found: list[tuple[DiscreteLoss | LaplaceLoss, int]] = []
    total = 0.0
    if run.mu_squared:
        raise _smooth("Gaussian")
    for phase in run.phases:
        loss = phase.privacy_loss(direction)
        if isinstance(loss, LaplaceLoss):
            found.append((loss, phase.steps))
            total += phase.steps / float(loss.noise_multiplier)
            continue
        if not isinstance(loss, DiscreteLoss):
            raise _smooth(type(phase.mechanism).__name__)
        found.append((loss, phase.steps))
        total += phase.steps * loss.lattice.unit(FLOATS) * max(loss.lattice.count or 1, 2)
    if not total <= _LARGEST:
        raise Unsupported(
            f"lattice with losses of {total:.0e} in all",
            missing=f"balls hold them up to {_LARGEST:.0e}",
            advice="leave the method out",
        )
    return tuple(found)


def _smooth(name: str) -> Unsupported:
    return Unsupported(
        f"lattice with {name}",
        missing="it covers Laplace noise and losses that take single values only",
        advice="use rdp, or leave the method out",
    )


def _narrow(lower: float, upper: float) -> bool:
    return upper < math.inf and upper - lower <= max(_NARROW * upper, 5e-324)


def _middle(low: float, high: float) -> float:
    """A float between, by the exponent first."""
    if high > 4.0 * low:
        return math.sqrt(max(low, 5e-324)) * math.sqrt(high)
    return 0.5 * (low + high)


def _first(holds: Any, low: float, high: float) -> float:
    """The least float found at which what holds at `high` holds; known to hold there."""
    if holds(low):
        return low
    while low < (middle := _middle(low, high)) < high:
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _last(holds: Any, low: float, high: float) -> float:
    """The largest float found at which what holds at `low` holds; known to hold there."""
    while low < (middle := _middle(low, high)) < high:
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
