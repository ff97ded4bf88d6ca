"""The fast tier as an accountant: float64, every error bounded, and balls where that is wide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.saddlepoint.accountant import Side
from dpaccount.accountants.saddlepoint.fast import (
    WIDE,
    FastEnds,
    fast_delta,
    fast_epsilon,
    fast_tables,
    fast_threshold,
)
from dpaccount.accountants.saddlepoint.threshold import threshold
from dpaccount.adjacency import Direction
from dpaccount.certificates import Line
from dpaccount.certificates.standing import of_the_run, of_windows
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, all_of, down, tightest, up
from dpaccount.mechanisms import Canonical
from dpaccount.theorems import invert, pair

__all__ = ["FastSaddlepoint", "FastSide"]


@dataclass(frozen=True)
class FastSaddlepoint(Accountant):
    """The certified accountant's inversion in float64, for many budgets or in a loop.

    Guarantee: lower and upper, proved: every error is bounded a priori, rounding included, under
    what `fast/bounds.py` assumes of the floating-point library. Where those bounds get wide (few
    steps, delta below 1e-15) the balls answer; `details["tier"]` says which one gave it.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> bound = FastSaddlepoint().profile(run).epsilon(1e-5)
        >>> print(bound, bound.details["tier"])
        in [2.381689, 2.38169] float64

    Source: as `Saddlepoint`.
    """

    name: ClassVar[str] = "saddlepoint.fast"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return FastSide(run, direction)


class FastSide(Side):
    """One direction of one run."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        super().__init__(run, direction, 1e-9)
        self.method = "saddlepoint.fast"

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`."""
        number = _validate.delta(delta, zero=self._bounded)
        if number == 0:
            return super().epsilon(number)
        return self.answer(fast_epsilon(self.described, number), number)

    def answer(self, ends: FastEnds, delta: Exact) -> Bound:
        """The float64 bound, or the balls' where it is wide."""
        found = self._of_floats(ends)
        if found is not None and (ends.is_below or ends.is_narrow):
            return found
        balls = super().epsilon(delta)
        return balls if found is None else tightest([balls, found])

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        """See `PrivacyProfile.epsilons_of`: a table of one delta."""
        if _validate.delta(delta, zero=True) == 0:
            return super().epsilons_of(groups, delta)
        return [table[0] for table in self.tables_of(groups, [delta])]

    def tables_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], deltas: Sequence[Number]
    ) -> list[list[list[Bound]]]:
        """See `PrivacyProfile.tables_of`: equal settings share their lines."""
        numbers = [_validate.delta(delta, zero=True) for delta in deltas]
        if 0 in numbers:
            return super().tables_of(groups, deltas)
        sides = all_of(FastSide, groups)
        found = fast_tables([[side.described for side in group] for group in sides], numbers)
        return [
            [
                [side.answer(ends, delta) for side, ends in zip(group, row, strict=True)]
                for delta, row in zip(numbers, table, strict=True)
            ]
            for group, table in zip(sides, found, strict=True)
        ]

    def in_floats(self, delta: Number) -> Bound | None:
        """Epsilon by float64 alone; None where nothing is known."""
        return self._of_floats(fast_epsilon(self.described, _validate.delta(delta)))

    def _of_floats(self, ends: FastEnds) -> Bound | None:
        if ends.lower is None or ends.upper is None:
            return None
        return Bound(
            ends.lower, ends.upper, None, self.method, Trust.PROVED, self._stands_on(ends.line),
            {"tier": "float64", "direction": self.direction.value},
        )  # fmt: skip

    def _stands_on(self, line: Line | None, *, reflected: bool = False) -> tuple[str, ...]:
        """The float64 tier has no part in what balls know at once, nor cores."""
        ids = of_the_run(self.described) | {*invert.LINE}
        ids |= of_windows(line) if line else set()
        return tuple(sorted(ids | ({pair.REFLECTION.id} if reflected else set())))

    def _best_epsilon(self, log_fpr: float) -> float:
        """See `PrivacyProfile._best_epsilon`: by float64 where that has a line."""
        found = fast_threshold(self.described, log_fpr)
        return threshold(self.described, log_fpr) if found is None else found

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        value = _validate.epsilon(epsilon)
        ends = fast_delta(self.described, value)
        low, high = ends.log_lower, ends.log_upper
        if ends.upper == 0.0:
            return Bound.zero(self.method, (invert.SUPPORT.id, pair.POISSON_GAUSSIAN.id))
        if low is None or high is None or not high - low <= WIDE:
            return super().delta(value)
        return Bound(
            max(down(math.exp(low)), 0.0), min(up(math.exp(high)), 1.0), None, self.method,
            Trust.PROVED, self._stands_on(ends.line, reflected=value < 0),
            {"tier": "float64", "direction": self.direction.value}, low, min(high, 0.0),
        )  # fmt: skip
