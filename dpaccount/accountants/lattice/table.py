"""Delta of a run whose losses take single values, from both sides, at one precision."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flint import arb, ctx

from dpaccount.accountants.lattice.dotted import cells_for, dotted, one_step, summed
from dpaccount.accountants.lattice.grids import ends_of
from dpaccount.accountants.lattice.laws import (
    Law,
    Values,
    irregular,
    largest,
    law_of,
    merged,
    values_of,
)
from dpaccount.certificates.numbers import BALLS
from dpaccount.errors import Unsupported
from dpaccount.privacy_loss import DiscreteLoss, LaplaceLoss
from dpaccount.theorems import lattice

__all__ = ["MOST_SUMS", "OneStep", "Runs", "Table", "table_of"]

#: Sums over values that share no grid; each asks the table of the longest grid once.
MOST_SUMS = 2**11


@dataclass(frozen=True)
class Table:
    """The finite part of delta: sums of one value of `main` and one of each of the others.

    Args:
        bits: The working precision.
        main: The longest list of values.
        others: The sums of the others: value, probabilities under numerator and denominator.
        lost: At least the probability of all finite values that are left out.
        ceiling: The largest finite sum, those that are left out included; None = there is none.
    """

    bits: int
    main: Values
    others: list[tuple[arb, arb, arb]]
    lost: arb
    ceiling: arb | None

    @property
    def size(self) -> int:
        """How many sums there are."""
        return len(self.main) * len(self.others)

    @property
    def top(self) -> arb:
        """The largest sum."""
        with ctx.workprec(self.bits):
            return self.main.values[-1] + self.others[-1][0]

    @cached_property
    def _above(self) -> tuple[list[arb], list[arb]]:
        """Probabilities of the k-th value and all above it."""
        sides = []
        for masses in (self.main.numerator, self.main.denominator):
            total, sums = arb(0), [arb(0)]
            for mass in reversed(masses):
                total += mass
                sums.append(total)
            sides.append(sums[::-1])
        return sides[0], sides[1]

    @cached_property
    def _places(self) -> list[float]:
        return [float(value.mid()) for value in self.main.values]

    def delta(self, epsilon: arb) -> tuple[arb, arb]:
        """Both ends of the finite part (lattice.sum, lattice.lost)."""
        if self.ceiling is not None and epsilon >= self.ceiling:
            return arb(0), arb(0)
        with ctx.workprec(self.bits):
            low, high = arb(0), arb(0)
            for value, numerator, denominator in self.others:
                ends = self._excess(epsilon, epsilon - value, numerator, denominator)
                low, high = low + ends[0], high + ends[1]
            return low, lattice.LOST(high, self.lost).upper()

    def _excess(
        self, epsilon: arb, threshold: arb, numerator: arb, denominator: arb
    ) -> tuple[arb, arb]:
        """What the values of `main` above the threshold add."""
        first, last = self._around(threshold)
        low, high, above = arb(0), arb(0), self._above
        for k in range(first, min(last, len(self.main) - 1) + 1):
            found = lattice.SUM(
                numerator * above[0][k], denominator * above[1][k], epsilon, ops=BALLS
            )
            # any threshold gives at most delta, and the right one is among these
            low = found.lower() if found > low else low
            high = high if found < high else found.upper()
        return low, high

    def _around(self, threshold: arb) -> tuple[int, int]:
        """Between which k the first value above the threshold lies."""
        values = self.main.values
        guess = bisect_right(self._places, float(threshold.mid()))
        first = last = min(guess, len(values))
        while first > 0 and not values[first - 1] <= threshold:
            first -= 1
        while last < len(values) and not values[last] > threshold:
            last += 1
        return first, last


@dataclass(frozen=True)
class OneStep:
    """Delta of one smooth loss, by its curve; see `Table`."""

    bits: int
    loss: LaplaceLoss
    size: int = 1

    @property
    def top(self) -> arb:
        """The largest loss."""
        with ctx.workprec(self.bits):
            return ends_of(self.loss)[1]

    ceiling = top

    def delta(self, epsilon: arb) -> tuple[arb, arb]:
        """Both ends."""
        with ctx.workprec(self.bits):
            found = one_step(self.loss, epsilon)
            return found, found


Runs = tuple[tuple[DiscreteLoss | LaplaceLoss, int], ...]


@lru_cache(maxsize=8)  # tens of megabytes each, at most; both laws, both directions
def table_of(losses: Runs, bits: int, *, is_upper: bool = True) -> Table:
    """The table of a run at one precision, trimmed below its last digits.

    Args:
        losses: Of one direction, each with how often it is there.
        bits: The working precision.
        is_upper: Whether a smooth loss is not to be below the truth, or not above it.

    Raises:
        Unsupported: If there are too many values or sums.
        NotConverged: If nothing is known from below.
    """
    with ctx.workprec(bits):
        tolerance = arb(2) ** (32 - bits)
        log_tolerance = (32 - bits) * math.log(2.0)
        laws: list[Law] = []
        lists: list[Values] = []
        lost = arb(0)
        smooth = [(loss, steps) for loss, steps in losses if isinstance(loss, LaplaceLoss)]
        ruler = cells_for(smooth, bits) if smooth else None
        for loss, steps in losses:
            if isinstance(loss, LaplaceLoss):
                assert ruler
                one = dotted(loss, *ruler, is_upper=is_upper)
                laws.append(summed(one, steps, bits, tolerance, is_upper=is_upper))
                continue
            law = law_of(loss, log_tolerance - math.log(4.0 * steps))
            if law is not None:
                laws.append(law.power(steps, tolerance))
                continue
            values, gone = irregular(loss, log_tolerance)
            _limit_sums((steps - 1) * math.log(len(values)))  # one of the lists is looked up
            lists += [values] * steps
            lost += steps * gone
        for law in merged(laws, tolerance):
            lists.append(values_of(law))
            lost += law.lost
        lists.sort(key=len)
        *small, main = lists
        _limit_sums(math.fsum(math.log(len(values)) for values in small))
        others = [(arb(0), arb(1), arb(1))]
        for values in small:
            rows = list(zip(values.values, values.numerator, values.denominator, strict=True))
            others = [
                (a[0] + b[0], a[1] * b[1], a[2] * b[2]) for a, b in itertools.product(others, rows)
            ]
        tops = [(largest(loss), steps) for loss, steps in losses]
        ceiling: arb | None = arb(0)
        for top, steps in tops:
            ceiling = None if ceiling is None or top is None else ceiling + steps * top
        return Table(bits, main, others, lost.upper(), ceiling)


def _limit_sums(log_count: float) -> None:
    if not log_count <= math.log(MOST_SUMS) + 1e-9:
        raise Unsupported(
            "lattice with these losses together",
            missing=f"their values share no grid, and make more than {MOST_SUMS} sums",
            advice="use pld or rdp, or leave the method out",
        )
