"""The fast tier as an accountant: float64, every error bounded, and balls where that is wide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.base import Accountant, IdentityProfile
from dpaccount.accountants.saddlepoint.accountant import Side
from dpaccount.accountants.saddlepoint.fast import (
    FastEnds,
    fast_delta,
    fast_epsilon,
    fast_epsilons,
)
from dpaccount.adjacency import Adjacency, Direction, adjacency_of
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, down, up, worst
from dpaccount.mechanisms import Canonical, Mechanism, canonical

__all__ = ["FastSaddlepoint"]

#: A relative width beyond which the balls are asked instead.
_WIDE = 1e-6


@dataclass(frozen=True)
class FastSaddlepoint(Accountant):
    """The certified accountant's inversion in float64, for many budgets or in a loop.

    Guarantee: lower and upper, proved: every error is bounded a priori, rounding included, under
    what `fast_nodes` assumes of the floating-point library. Where those bounds get wide (few steps,
    delta below 1e-15) the answer comes from the balls; `details["tier"]` says which one gave it.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> bound = FastSaddlepoint().profile(run).epsilon(1e-5)
        >>> print(bound, bound.details["tier"])
        in [2.381689, 2.38169] float64
    """

    name: ClassVar[str] = "saddlepoint.fast"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _FastSide(run, direction)

    def epsilons(
        self,
        mechanisms: Sequence[Mechanism],
        delta: Number,
        adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    ) -> list[Bound]:
        """Epsilon of many runs at one delta; runs that share a setting share its tables.

        Guarantee: as `profile`, each by itself.

        Args:
            mechanisms: The runs.
            delta: In (0, 1), for all of them.
            adjacency: Which datasets are neighbors.

        Raises:
            InputError: For values outside their domain.
            Unsupported: If one of the runs is not covered.
        """
        if isinstance(mechanisms, Mechanism):
            raise InputError(
                "mechanisms", given="one mechanism", allowed="a list", advice="use epsilon for one"
            )
        adjacency = adjacency_of(adjacency)
        number = _validate.delta(delta)
        runs = [canonical(mechanism, adjacency) for mechanism in mechanisms]
        groups = [
            [] if run.is_identity else [_FastSide(run, d) for d in adjacency.directions]
            for run in runs
        ]
        every = [side for group in groups for side in group]
        ends = iter(fast_epsilons([side.described for side in every], number))
        return [
            worst([side.answer(next(ends), number) for side in group])
            if group
            else IdentityProfile(run, adjacency, self.name).epsilon(number)
            for run, group in zip(runs, groups, strict=True)
        ]


class _FastSide(Side):
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
        """The fast tier's bound, or the balls' where it is wide."""
        lower, upper = ends.lower, ends.upper
        if lower is None or upper is None or not upper - lower <= _WIDE * upper:
            return super().epsilon(delta)
        return Bound(
            lower, upper, None, self.method, Trust.PROVED, self._theorems(ends.line),
            {"tier": "float64", "direction": self.direction.value},
        )  # fmt: skip

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        value = _validate.epsilon(epsilon)
        ends = fast_delta(self.described, value)
        low, high = ends.log_lower, ends.log_upper
        if low is None or high is None or not high - low <= _WIDE:
            return super().delta(value)
        return Bound(
            max(down(math.exp(low)), 0.0), min(up(math.exp(high)), 1.0), None, self.method,
            Trust.PROVED, self._theorems(ends.line),
            {"tier": "float64", "direction": self.direction.value}, low, min(high, 0.0),
        )  # fmt: skip
