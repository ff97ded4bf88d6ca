"""Epsilon at a value: quickly while searching, and by the method asked for where it counts."""

from __future__ import annotations

import math
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
#: The relative width of epsilon with which the float64 tier leads close enough to the edge.
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
        self.in_reach = True  # of the float64 tier
        self._seen: dict[Value, Look] = {}
        self._worse: str | None = None  # the direction that costs most, once it is known
        self._refusal: Unsupported | None = None
        self._covered = False

    def full(self, value: Value) -> Look:
        """By the method itself, all directions."""
        look = self._look(value, self._profile(self.accountant, value))
        if self.has_scout:
            self._worse = look.bound.details.get("direction")
        return look

    def firm(self, value: Value) -> Look:
        """By the method itself, in the direction that costs most: its lower end holds for all."""
        if self._worse is None:
            return self.full(value)
        if value not in self._seen:
            sides = self._sides(self.accountant, value)
            whole = sides[0] if len(sides) == 1 else WorstOf(sides, self.adjacency)
            self._seen[value] = self._look(value, whole)
        return self._seen[value]

    def rough(self, value: Value) -> Look:
        """By the float64 tier where it knows epsilon, else by moments: for searching only."""
        if self.in_reach:
            look = self.in_floats(value)
            if look is not None:
                self._worse = look.bound.details.get("direction")
                return look
            self.in_reach = False  # moments lie far above: a curve of both would have jumps
        try:
            moments = worst([side.epsilon(self.delta) for side in self._sides(RDP(), value)])
        except (Unsupported, NotConverged):
            return self.full(value)
        return Look(value, moments, self.target)

    def in_floats(self, value: Value, run: DPSGD | None = None) -> Look | None:
        """By the float64 tier; None where it does not know epsilon well.

        Args:
            value: The value that is looked at.
            run: Another run than that with the value in place.
        """
        found = [self._narrow(side) for side in self._sides(FastSaddlepoint(), value, run)]
        known = [bound for bound in found if bound is not None]
        return Look(value, worst(known), self.target) if len(known) == len(found) else None

    def _narrow(self, side: PrivacyProfile) -> Bound | None:
        """Narrow, or nothing."""
        if not isinstance(side, FastSide):
            return side.epsilon(self.delta)  # nothing depends on the data
        bound = side.in_floats(self.delta)
        return bound if bound is not None and bound.is_narrow(_NARROW) else None

    @staticmethod
    def is_scouted(look: Look) -> bool:
        """Whether a rough look is good enough to end beside the edge."""
        return look.bound.lower is not None

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

    def _profile(
        self, accountant: Accountant, value: Value, run: DPSGD | None = None
    ) -> PrivacyProfile:
        run = self.run.with_value(self.solve_for, value) if run is None else run
        return accountant.profile(run, self.adjacency)

    def _sides(
        self, accountant: Accountant, value: Value, run: DPSGD | None = None
    ) -> list[PrivacyProfile]:
        """The directions apart: the worse alone, once it is known."""
        whole = self._profile(accountant, value, run)
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
        return Look(value, bound, self.target)
