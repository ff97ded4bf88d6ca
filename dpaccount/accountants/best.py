"""The certified accountant where it covers the run, and the tightest of the others elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.closed_form import ClosedForm
from dpaccount.accountants.gdp import GDP
from dpaccount.accountants.lattice import LatticeSum
from dpaccount.accountants.pld import PLD
from dpaccount.accountants.rdp import RDP
from dpaccount.accountants.saddlepoint import FastSide, Saddlepoint
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, all_of, tightest
from dpaccount.mechanisms import Canonical

__all__ = ["Best"]

#: A relative width beyond which other theories are asked, which are loose by more than that.
_NARROW = 1e-3
#: The same for smooth losses between two laws, whose delta is wider than their epsilon.
_WIDE = 1e-2
# A choice of speed, not of truth: what these leave out has not been seen to be tighter (zcdp and
# the moments chains follow the curve that rdp reads; the classical release is above the exact one).
_THEORIES: tuple[Accountant, ...] = (
    GDP(),
    RDP(),
    ClosedForm("exact_basic"),
    ClosedForm("exact_optimal"),
)


@dataclass(frozen=True)
class Best(Accountant):
    """The certified accountant; beside it, where it has to be wide, or alone, all the others.

    Guarantee: upper, and lower where a theory gives one. `method` is the theory of the upper end,
    `theorems` those of both ends; `details["why_wide"]` says why the certified one did not do.

    Raises:
        Unsupported: If no theory covers the run.

    Example:
        >>> from dpaccount.mechanisms import Laplace
        >>> Best().profile(Laplace(1)).epsilon(1e-5).method
        'lattice'
    """

    name: ClassVar[str] = "best"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        others = _others(run, direction)
        with suppress(Unsupported):  # one of its losses is smooth, or there are too many values
            values = LatticeSum().side(run, direction)
            grid = _Certified(_Grid(run, direction), None, others, enough=0.0)
            return _Certified(values, None, grid, enough=_WIDE if values.is_dotted else _NARROW)
        with suppress(Unsupported):  # not a Gaussian: no answer here is no reason to give none
            certified, floats = Saddlepoint().side(run, direction), FastSide(run, direction)
            return _Certified(certified, floats, others)
        return _Certified(_Grid(run, direction), None, others, enough=0.0)


def _others(run: Canonical, direction: Direction) -> PrivacyProfile:
    """The theories that are not certified; the last one's refusal if none covers the run."""
    sides, refusal = [], None
    for theory in _THEORIES:
        try:
            sides.append(theory.side(run, direction))
        except Unsupported as error:
            refusal = error
    return _Side(run, direction, sides, refusal)


class _Grid(PrivacyProfile):
    """The grid's profile; beyond its work limit it knows nothing, which is no reason to stop."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        self.inner = PLD().side(run, direction)
        self.run, self.adjacency, self.method = run, self.inner.adjacency, self.inner.method

    def epsilon(self, delta: Number) -> Bound:
        return self.epsilons_of([[self]], delta)[0][0]

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        return [self._of_run(group, delta) for group in all_of(_Grid, groups)]

    def _of_run(self, sides: Sequence[_Grid], delta: Number) -> list[Bound]:
        try:
            return self.inner.epsilons_of([[side.inner for side in sides]], delta)[0]
        except (NotConverged, Unsupported) as error:
            return [_nothing_known(error, math.inf)] * len(sides)

    def delta(self, epsilon: Number) -> Bound:
        try:
            return self.inner.delta(epsilon)
        except (NotConverged, Unsupported) as error:
            return replace(_nothing_known(error, 1.0), log_lower=-math.inf, log_upper=0.0)

    def _best_epsilon(self, log_fpr: float) -> float:
        return self.inner._best_epsilon(log_fpr)


def _nothing_known(error: Exception, most: float) -> Bound:
    return Bound(0.0, most, None, PLD.name, Trust.PROVED, (), {"why_wide": str(error)})


class _Certified(PrivacyProfile):
    """The certified profile; where its work limit left it wide, the others are asked as well."""

    def __init__(
        self,
        first: PrivacyProfile,
        floats: FastSide | None,
        others: PrivacyProfile,
        enough: float = _NARROW,
    ) -> None:
        self.first, self.floats, self.others, self.enough = first, floats, others, enough
        self.run, self.adjacency, self.method = first.run, first.adjacency, "best"

    def epsilon(self, delta: Number) -> Bound:
        return self._with_others(self.first.epsilon(delta), delta)

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        return [self._of_run(sides, delta) for sides in all_of(_Certified, groups)]

    def _of_run(self, sides: Sequence[_Certified], delta: Number) -> list[Bound]:
        bounds = self.first.epsilons_of([[side.first for side in sides]], delta)[0]
        floor = max(bound.lower or 0.0 for bound in bounds)
        return [
            bound
            if bound.upper is not None and bound.upper <= floor  # another one is the worst
            else side._with_others(bound, delta)
            for side, bound in zip(sides, bounds, strict=True)
        ]

    def _with_others(self, bound: Bound, delta: Number) -> Bound:
        if bound.is_narrow(self.enough):
            return bound
        if bound.lower == math.inf:
            return bound
        found = self.floats.in_floats(delta) if self.floats else None
        if found is not None and found.is_narrow(_NARROW):
            return _with_reason(tightest([bound, found]), bound)
        with suppress(Unsupported):
            return _with_reason(tightest([bound, self.others.epsilon(delta)]), bound)
        return bound

    def delta(self, epsilon: Number) -> Bound:
        bound = self.first.delta(epsilon)
        if bound.is_narrow(self.enough):
            return bound
        with suppress(Unsupported):
            return _with_reason(tightest([bound, self.others.delta(epsilon)]), bound)
        return bound

    def _best_epsilon(self, log_fpr: float) -> float:
        return self.first._best_epsilon(log_fpr)


def _with_reason(bound: Bound, certified: Bound) -> Bound:
    """Why the certified bracket is wide goes with what took its place, unless that is narrow."""
    if bound.is_narrow(_NARROW):
        return bound
    why = certified.details.get("why_wide", "it is wide")
    return replace(bound, details={**bound.details, "why_wide": why})


class _Side(PrivacyProfile):
    def __init__(
        self,
        run: Canonical,
        direction: Direction,
        sides: list[PrivacyProfile],
        refusal: Unsupported | None,
    ) -> None:
        self.run, self.direction, self.sides, self.refusal = run, direction, sides, refusal
        self.adjacency, self.method = Adjacency(direction.value), "best"

    def _tightest(self, ask: Callable[[PrivacyProfile], Bound]) -> Bound:
        bounds, refusal = [], self.refusal
        for side in self.sides:
            try:
                bounds.append(ask(side))
            except Unsupported as error:
                refusal = error
        if not bounds:
            assert refusal is not None  # there is at least one side
            raise refusal
        return tightest(bounds)

    def epsilon(self, delta: Number) -> Bound:
        return self._tightest(lambda side: side.epsilon(delta))

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        return [self._of_run(group, delta) for group in all_of(_Side, groups)]

    def _of_run(self, sides: Sequence[_Side], delta: Number) -> list[Bound]:
        # theory by theory, so that each may share work between the directions
        columns = []
        for theory in zip(*(side.sides for side in sides), strict=True):
            with suppress(Unsupported):
                columns += theory[0].epsilons_of([theory], delta)
        if not columns:
            return [side.epsilon(delta) for side in sides]  # refuses
        return [tightest(bounds) for bounds in zip(*columns, strict=True)]

    def delta(self, epsilon: Number) -> Bound:
        return self._tightest(lambda side: side.delta(epsilon))

    def tpr(self, fpr: Number) -> Bound:
        return self._tightest(lambda side: side.tpr(fpr))
