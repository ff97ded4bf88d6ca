"""Guarantees that may fail: taken out of a run before a theory sees it, and put back after.

With K = prod (1 - delta_i), delta(eps) = 1 - K (1 - h(eps)), where h is what the run costs given
that no guarantee fails (theorem dp.failure). That is exact, so both ends of any theory carry over.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log
from dpaccount.mechanisms import Canonical
from dpaccount.theorems import dp, pair

if TYPE_CHECKING:
    from flint import arb

__all__ = ["Failing"]

_EXACT_BITS = 2**14  # up to here powers are exact, so that delta = K's own is answered
_BITS = 256  # beyond, relative to the smaller of delta and the failures


class Failing(PrivacyProfile):
    """One direction of a run with guarantees that may fail.

    Args:
        inner: The profile of the run given that none does.
        run: The whole run.
        direction: The direction of `inner`.
    """

    def __init__(self, inner: PrivacyProfile, run: Canonical, direction: Direction) -> None:
        """Keep what was asked."""
        self.inner, self.run, self.method = inner, run, inner.method
        self.adjacency, self.failures = Adjacency(direction.value), run.failures

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`: infinite where delta is below what may fail."""
        number = _validate.delta(delta)
        low, high = self._left(number)
        if low < 0 or (low == 0 and not self.inner.run.is_bounded):
            found = Bound(0.0, math.inf, None, self.method, Trust.CERTIFIED)
        else:
            found = self.inner.epsilon(Exact(low, text=number.text))
        lower = found.lower
        if high < 0 or (high == 0 and not self.inner.run.is_bounded):
            lower = math.inf
        elif high != low and lower is not None:
            above = self.inner.epsilon(Exact(high, text=number.text))
            lower = min(above.lower or 0.0, math.inf if found.upper is None else found.upper)
        return self._with_theorem(replace(found, lower=lower))

    def _left(self, delta: Exact) -> tuple[Fraction, Fraction]:
        """Ends of h with 1 - K (1 - h) = delta; below 0 where nothing is left."""
        if (
            sum(steps * (1 - d).denominator.bit_length() for d, steps in self.failures)
            < _EXACT_BITS
        ):
            kept = math.prod(((1 - d) ** steps for d, steps in self.failures), start=Fraction(1))
            left = 1 - (1 - delta) / kept
            return left, left
        from flint import ctx

        from dpaccount.certificates.numbers import enclose

        with ctx.workprec(self._bits(delta)):
            found = 1 - (1 - enclose(delta)) / self._kept()
            ends = [_rational(end) for end in (found.lower(), found.upper())]
        return ends[0], min(ends[1], delta)  # failures only take from it

    def _bits(self, *sizes: Fraction) -> int:
        """Bits that hold 1 - K, and 1 less a number of these sizes."""
        least = min((*sizes, *(d for d, _ in self.failures)))
        return _BITS + max(-math.floor(_validate.log_of(least) / math.log(2.0)), 0)

    def _kept(self) -> arb:
        from dpaccount.certificates.numbers import enclose

        product = enclose(1)
        for d, steps in self.failures:
            product *= enclose(1 - d) ** steps
        return product

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        from flint import arb, ctx

        from dpaccount.certificates.numbers import log_above, log_below

        found = self.inner.delta(epsilon)
        with ctx.workprec(self._bits()):
            kept = self._kept()

            def whole(log: float | None) -> arb:
                hockey = arb(0) if log is None or log == -math.inf else arb(log).exp()
                value: arb = dp.FAILURE(kept, hockey)
                return value

            # a lower end holds for the failures alone, whatever the theory knows
            low, high = whole(found.log_lower), whole(found.log_upper)
            bound = from_log(
                None if found.trust is Trust.ASYMPTOTIC else log_below(low),
                None if found.log_upper is None else min(log_above(high), 0.0),
                method=found.method,
                trust=found.trust,
                theorems=found.theorems,
                details=found.details,
            )
            if found.estimate is not None:
                middle = dp.FAILURE(kept, arb(found.estimate))
                bound = replace(bound, estimate=float(middle.mid()))
        return self._with_theorem(bound)

    def _with_theorem(self, bound: Bound) -> Bound:
        ids = {*bound.theorems, dp.FAILURE.id, pair.APPROXIMATE_DP.id}
        return replace(bound, theorems=tuple(sorted(ids)))

    def _best_epsilon(self, log_fpr: float) -> float:
        """The same as of what may not fail: a failure adds to delta alike at every eps."""
        return self.inner._best_epsilon(log_fpr)


def _rational(value: arb) -> Fraction:
    """The exact value of a ball without radius."""
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
