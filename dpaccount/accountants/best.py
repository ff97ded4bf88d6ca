"""The certified accountant where it covers the run, and the tightest of the others elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.closed_form import ClosedForm
from dpaccount.accountants.gdp import GDP
from dpaccount.accountants.rdp import RDP
from dpaccount.accountants.saddlepoint import Saddlepoint
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, tightest
from dpaccount.mechanisms import Canonical

__all__ = ["Best"]

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

    Guarantee: upper, and lower where a theory gives one; `method` and `theorems` of an answer are
    those of the theory that gave it.
    """

    name: ClassVar[str] = "best"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        others = [theory.side(run, direction) for theory in _THEORIES]
        try:
            certified = Saddlepoint().side(run, direction)
        except Unsupported:  # not a Gaussian: it has no answer, which is no reason to give none
            return _Side(run, direction, others)
        return _Certified(certified, _Side(run, direction, [certified, *others]))


class _Certified(PrivacyProfile):
    """The certified profile; the others are asked where its work limit left it wide."""

    def __init__(self, first: PrivacyProfile, every: PrivacyProfile) -> None:
        self.first, self.every = first, every
        self.run, self.adjacency, self.method = first.run, first.adjacency, "best"

    def epsilon(self, delta: Number) -> Bound:
        bound = self.first.epsilon(delta)
        return self.every.epsilon(delta) if _is_wide(bound) else bound

    def delta(self, epsilon: Number) -> Bound:
        return self.first.delta(epsilon)

    def tpr(self, fpr: Number) -> Bound:
        return self.first.tpr(fpr)

    def reconstruction(self, prior: Number) -> Bound:
        return self.first.reconstruction(prior)


def _is_wide(bound: Bound) -> bool:
    assert bound.lower is not None  # both ends are always known
    assert bound.upper is not None
    return bound.upper - bound.lower > 1e-3 * bound.upper


class _Side(PrivacyProfile):
    def __init__(self, run: Canonical, direction: Direction, sides: list[PrivacyProfile]) -> None:
        self.run, self.direction, self.sides = run, direction, sides
        self.adjacency, self.method = Adjacency(direction.value), "best"

    def _tightest(self, ask: Callable[[PrivacyProfile], Bound]) -> Bound:
        bounds, refusal = [], None
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

    def epsilon_of_sides(self, sides: Sequence[PrivacyProfile], delta: Number) -> list[Bound]:
        # theory by theory, so that each may share work between the directions
        together = [side for side in sides if isinstance(side, _Side)]
        columns = []
        for theory in zip(*(side.sides for side in together), strict=True):
            with suppress(Unsupported):
                columns.append(theory[0].epsilon_of_sides(theory, delta))
        if not columns:
            return [side.epsilon(delta) for side in together]  # refuses
        return [tightest(bounds) for bounds in zip(*columns, strict=True)]

    def delta(self, epsilon: Number) -> Bound:
        return self._tightest(lambda side: side.delta(epsilon))

    def tpr(self, fpr: Number) -> Bound:
        return self._tightest(lambda side: side.tpr(fpr))
