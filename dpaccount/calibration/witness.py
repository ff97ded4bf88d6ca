"""Epsilon at a value: quickly while searching, and by the method asked for where it counts."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import NoReturn

from dpaccount._validate import Exact
from dpaccount.accountants import RDP, Accountant, FastSaddlepoint
from dpaccount.accountants.saddlepoint import FastSide
from dpaccount.adjacency import Adjacency
from dpaccount.calibration.search import Look
from dpaccount.calibration.unknowns import Unknown, Value
from dpaccount.errors import InputError, NotConverged, Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, WorstOf, worst
from dpaccount.mechanisms import DPSGD

__all__ = ["Witness"]

#: Accountants whose every answer takes time: the float64 tier searches in their place.
_TIGHT = ("best", "saddlepoint", "saddlepoint.fast")
#: Half a width of log epsilon with which the float64 tier leads close enough to the edge.
_NARROW = 1e-5


class Witness:
    """What a run costs as one of its values changes."""

    def __init__(
        self, run: DPSGD, solve_for: str, delta: Exact, target: float, accountant: Accountant,
        adjacency: Adjacency,
    ) -> None:  # fmt: skip
        self.run, self.solve_for, self.delta, self.target = run, solve_for, delta, target
        self.accountant, self.adjacency = accountant, adjacency
        self.has_scout = accountant.name in _TIGHT
        self.has_lower_end = False
        self._worse: str | None = None  # the direction that costs most, once it is known
        self._refusal: Unsupported | None = None
        self._covered = False

    def full(self, value: Value) -> Look:
        """By the method itself, all directions."""
        return self._look(value, self._profile(self.accountant, value))

    def firm(self, value: Value) -> Look:
        """By the method itself, in the direction that costs most: its lower end holds for all."""
        if not self.has_scout or self._worse is None:
            return self.full(value)
        sides = self._sides(self.accountant, value)
        return self._look(value, sides[0] if len(sides) == 1 else WorstOf(sides, self.adjacency))

    def rough(self, value: Value) -> Look:
        """By the float64 tier where it knows epsilon, else by moments: for searching only."""
        sides = self._sides(FastSaddlepoint(), value)
        floats = [side.in_floats(self.delta) for side in sides if isinstance(side, FastSide)]
        known = [bound for bound in floats if bound is not None]
        with suppress(Unsupported, NotConverged):
            if not known:
                known = [side.epsilon(self.delta) for side in self._sides(RDP(), value)]
            bound = worst(known)
            if self._worse is None and bound.lower is not None:
                self._worse = bound.details.get("direction")
            return Look(value, bound, self.target)
        return self.full(value)

    def is_scouted(self, look: Look) -> bool:
        """Whether a rough look is as good as a firm one."""
        return look.bound.lower is not None and look.width <= _NARROW

    def refuse(self, unknown: Unknown, look: Look) -> NoReturn:
        """Say that not even the safest value keeps the target."""
        if self._refusal is not None and not self._covered:  # it is not the target's fault
            raise self._refusal
        raise InputError(
            "epsilon",
            given=f"{self.target:g}",
            allowed=f"a target that some {unknown.name.replace('_', ' ')} can meet",
            advice=unknown.advice,
        )

    def _profile(self, accountant: Accountant, value: Value) -> PrivacyProfile:
        return accountant.profile(self.run.with_value(self.solve_for, value), self.adjacency)

    def _sides(self, accountant: Accountant, value: Value) -> list[PrivacyProfile]:
        """The directions apart: the worse alone, once it is known."""
        whole = self._profile(accountant, value)
        sides = list(whole.sides) if isinstance(whole, WorstOf) else [whole]
        return [s for s in sides if self._worse in (None, s.adjacency.value)] or sides

    def _look(self, value: Value, profile: PrivacyProfile) -> Look:
        try:
            bound = profile.epsilon(self.delta)
        except Unsupported as error:  # outside the theory's range nothing is promised
            self._refusal = error
            return Look(value, Bound(None, math.inf, None, self.accountant.name), self.target)
        if bound.upper is None or not bound.trust.is_guarantee:
            raise Unsupported(
                f"calibration by {bound.method}",
                missing="it gives no upper end",
                advice="use rdp, or leave the method out",
            )
        self._covered = True
        self.has_lower_end = bound.lower is not None
        return Look(value, bound, self.target)
