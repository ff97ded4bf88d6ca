"""What an accountant is: a theory that turns a run into a privacy profile."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.failures import Failing
from dpaccount.adjacency import Adjacency, Direction, adjacency_of
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, PrivacyProfile, WorstOf, from_log, worst
from dpaccount.mechanisms import Canonical, Mechanism, canonical

__all__ = ["Accountant"]


class Accountant(ABC):
    """A theory: a stateless value that bounds the privacy of any run it supports.

    A subclass supplies one file and one method: the profile of a canonical run in one direction.
    """

    name: ClassVar[str]

    def profile(
        self, mechanism: Mechanism, adjacency: Adjacency | str = Adjacency.ADD_REMOVE
    ) -> PrivacyProfile:
        """The privacy profile of a run.

        Each direction of the adjacency is composed by itself; the worse is taken at the very end.

        Raises:
            Unsupported: If an assumption of the theory does not hold for the run.
        """
        adjacency = adjacency_of(adjacency)
        run = canonical(mechanism, adjacency)
        if run.is_identity:
            return IdentityProfile(run, adjacency, self.name)
        return WorstOf(self._sides(run, adjacency), adjacency)

    def _sides(self, run: Canonical, adjacency: Adjacency) -> list[PrivacyProfile]:
        """The profile in each direction; the theory sees what is left when no guarantee fails."""
        if not run.failures:
            return [self.side(run, direction) for direction in adjacency.directions]
        rest, sides = run.without_failures(), list[PrivacyProfile]()
        for direction in adjacency.directions:
            if rest.is_identity:
                side: PrivacyProfile = IdentityProfile(rest, Adjacency(direction.value), self.name)
            else:
                side = self.side(rest, direction)
            sides.append(Failing(side, run, direction))
        return sides

    def epsilons(
        self,
        mechanisms: Sequence[Mechanism],
        delta: Number,
        adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    ) -> list[Bound]:
        """Epsilon of many runs at one delta; a theory computes once what runs share.

        Guarantee: each as by `profile`. Where work is shared, the ends differ from those of
        `profile` within their width.

        Args:
            mechanisms: The runs.
            delta: In (0, 1), for all of them; 0 where every loss is bounded.
            adjacency: Which datasets are neighbors.

        Raises:
            InputError: For values outside their domain.
            Unsupported: If the theory does not cover one of the runs.
        """
        number = _validate.delta(delta, zero=True)

        def ask(groups: list[list[PrivacyProfile]]) -> list[list[list[Bound]]]:
            return [[bounds] for bounds in groups[0][0].epsilons_of(groups, number)]

        return [bounds[0] for bounds in self._asked(mechanisms, [number], adjacency, ask)]

    def epsilons_at(
        self,
        mechanisms: Sequence[Mechanism],
        deltas: Sequence[Number],
        adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    ) -> list[list[Bound]]:
        """Epsilon of many runs at many deltas: for each run, one bound for each delta.

        Guarantee: each as by `epsilons`.

        Args:
            mechanisms: The runs.
            deltas: Each as for `epsilons`.
            adjacency: Which datasets are neighbors.

        Raises:
            InputError: For values outside their domain.
            Unsupported: If the theory does not cover one of the runs.
        """
        numbers = [_validate.delta(delta, zero=True) for delta in deltas]

        def ask(groups: list[list[PrivacyProfile]]) -> list[list[list[Bound]]]:
            return groups[0][0].tables_of(groups, numbers)

        return self._asked(mechanisms, numbers, adjacency, ask)

    def _asked(
        self,
        mechanisms: Sequence[Mechanism],
        deltas: Sequence[Exact],
        adjacency: Adjacency | str,
        ask: Callable[[list[list[PrivacyProfile]]], list[list[list[Bound]]]],
    ) -> list[list[Bound]]:
        """Put the sides of all runs to their profiles, kind by kind."""
        if isinstance(mechanisms, Mechanism) or not isinstance(mechanisms, Sequence):
            raise InputError(
                "mechanisms",
                given=shown(mechanisms),
                allowed="a list of mechanisms",
                advice="use epsilon for one",
            )
        adjacency = adjacency_of(adjacency)
        runs = [canonical(mechanism, adjacency) for mechanism in mechanisms]
        found: list[list[Bound]] = [[] for _ in runs]
        kinds: dict[type, dict[int, list[PrivacyProfile]]] = {}
        for i, run in enumerate(runs):
            if run.is_identity:
                nothing = IdentityProfile(run, adjacency, self.name)
                found[i] = [nothing.epsilon(delta) for delta in deltas]
                continue
            sides = self._sides(run, adjacency)
            kinds.setdefault(type(sides[0]), {})[i] = sides
        for groups in kinds.values():
            for i, table in zip(groups, ask(list(groups.values())), strict=True):
                found[i] = [worst(bounds) for bounds in table]
        return found

    @abstractmethod
    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """The profile of a canonical run, not empty, in one direction."""


class IdentityProfile(PrivacyProfile):
    """Nothing depends on the data: epsilon and delta are exactly 0."""

    def __init__(self, run: Canonical, adjacency: Adjacency, method: str) -> None:
        """Keep what was asked."""
        self.run, self.adjacency, self.method = run, adjacency, method

    def epsilon(self, delta: Number) -> Bound:
        """Exactly 0, at delta 0 too."""
        _validate.delta(delta, zero=True)
        return Bound.zero(self.method)

    def delta(self, epsilon: Number) -> Bound:
        """Exactly max(0, 1 - e^epsilon)."""
        exact = _validate.epsilon(epsilon)
        if exact >= 0:
            return Bound.zero(self.method)
        # 1 - e^-x lies between x - x^2/2 and x, and floats may not hold x
        log_x = _validate.log_of(Exact(-exact))
        x = -float(exact)
        log = math.log(-math.expm1(-x)) if x > 1e-9 else log_x
        size = 8.0 * 2.0**-53 * (1.0 + abs(log))
        lower = log - size - (0.0 if x > 1e-9 else x)
        return from_log(lower, log + size, method=self.method, theorems=("dp.identity",))

    def _best_epsilon(self, log_fpr: float) -> float:
        """At 0 the bound is the false positive rate itself: every test is a coin."""
        return 0.0
