"""The whole privacy curve of a run, and what it says about attackers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, Unsupported
from dpaccount.guarantees.bound import Bound, Trust, down, from_log, up, worst
from dpaccount.guarantees.infimum import HIGHEST, guess, infimum, lower_end
from dpaccount.mechanisms import Canonical, Gaussian
from dpaccount.theorems import gdp, risk

__all__ = ["PrivacyProfile", "WorstOf", "all_of", "gaussian_mu"]


def gaussian_mu(run: Canonical) -> Bound:
    """Mu of Gaussian differential privacy: an upper end; both ends for unsampled Gaussians.

    Guarantee: upper (gdp.gaussian, gdp.pure, gdp.sampling_never_hurts, gdp.composition).
    """
    if run.is_identity:
        return Bound.zero("gdp")
    if run.failures:  # what may show everything is mu-GDP for no mu
        return Bound(None, math.inf, None, "gdp", Trust.PROVED, ("pair.approximate_dp",))
    total = run.mu_squared
    ids = {"gdp.composition"} | ({"gdp.gaussian"} if total else set())
    inexact = 0.0
    for phase in run.phases:
        if isinstance(phase.mechanism, Gaussian):
            total += phase.steps / phase.mechanism.noise_multiplier**2
            ids |= {"gdp.gaussian", "gdp.sampling_never_hurts"}
        elif phase.is_bounded:
            inexact += phase.steps * float(gdp.PURE(phase.largest_loss)) ** 2
            ids |= {"gdp.pure", *phase.bounded_by}
        else:
            raise Unsupported(
                f"gdp with {type(phase.mechanism).__name__}",
                missing="no mu is registered for it",
                advice="use rdp, or leave the method out",
            )
    mu = math.sqrt(total.numerator / total.denominator + inexact)
    slack = 0.0 if not inexact else (1e-13 + len(run.phases) * 2.0**-52) * mu
    lower = down(mu) if run.is_gaussian else None
    return Bound(lower, up(mu + slack), None, "gdp", Trust.PROVED, tuple(sorted(ids)))


_P = TypeVar("_P", bound="PrivacyProfile")


def all_of(kind: type[_P], groups: Sequence[Sequence[PrivacyProfile]]) -> list[list[_P]]:
    """The groups as profiles of one kind.

    Raises:
        TypeError: If one is of another: to leave it out would lose a direction.
    """
    found = [[side for side in group if isinstance(side, kind)] for group in groups]
    if any(len(of_kind) != len(group) for of_kind, group in zip(found, groups, strict=True)):
        raise TypeError(f"sides that are no {kind.__name__}")
    return found


class PrivacyProfile(ABC):
    """The whole privacy curve of a run under one adjacency, by one theory."""

    run: Canonical
    adjacency: Adjacency
    method: str

    @abstractmethod
    def epsilon(self, delta: Number) -> Bound:
        """The least epsilon >= 0 at which the run is (epsilon, delta)-DP."""

    @abstractmethod
    def delta(self, epsilon: Number) -> Bound:
        """The least delta at which the run is (epsilon, delta)-DP, for any real epsilon."""

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        """Epsilon of one-sided profiles of this kind, a group for each run.

        A theory may share work here. Of a group only the worst is wanted: an upper end that is
        seen to be at most another's may stay as loose as that one.

        Args:
            groups: The sides of each run.
            delta: In (0, 1), or 0 where `epsilon` takes it.

        Raises:
            Unsupported: As `epsilon`.
        """
        return [[side.epsilon(delta) for side in group] for group in groups]

    def tables_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], deltas: Sequence[Number]
    ) -> list[list[list[Bound]]]:
        """`epsilons_of` at many deltas: for each group, for each delta, a bound for each side."""
        columns = [self.epsilons_of(groups, delta) for delta in deltas]
        return [[column[i] for column in columns] for i in range(len(groups))]

    def advantage(self) -> Bound:
        """The largest TPR - FPR of any membership test: delta(0) (theorem risk.advantage)."""
        bound = self.delta(0)
        return _with_theorem(bound, risk.ADVANTAGE.id)

    def tpr(self, fpr: Number) -> Bound:
        """The largest true positive rate of any test at this false positive rate.

        Guarantee: upper (risk.tpr); lower too where `delta` has lower ends. Both ends are right
        relative to the rate: `log_lower` and `log_upper` hold what is too small for a float.
        Two-sided adjacencies take the worse direction.

        Args:
            fpr: False positive rate in [0, 1]. At 1 the answer is 1; at 0 it is the mass of what
                only one of the laws can give out.

        Raises:
            InputError: If fpr is outside [0, 1].
            Unsupported: If the theory gives estimates only.
        """
        rate = _validate.fpr(fpr)
        if rate == 1:
            ids = (risk.TPR.id,)
            return Bound(1.0, 1.0, None, self.method, Trust.CERTIFIED, ids, {}, 0.0, 0.0)
        if rate == 0:  # rate e^eps is 0: the larger eps, the lower
            top = self._delta_for_ceiling(HIGHEST)
            log_lower = None if top.log_lower is None else -math.inf
            return self._ceiling(log_lower, top.log_upper, HIGHEST, top)
        log_rate = _validate.log_of(rate)
        points = infimum(self._delta_for_ceiling, log_rate, self._best_epsilon(log_rate))
        best = min(points, key=lambda p: p.log_upper)
        log_lower = None if best.log_lower is None else lower_end(points, log_rate)
        log_lower = log_lower if log_lower is None else min(log_lower, best.log_upper)
        return self._ceiling(
            log_lower, best.log_upper, best.epsilon, worst([p.delta for p in points])
        )

    def tradeoff(self, fpr: Number) -> Bound:
        """The smallest false negative rate of any test: its guarantee is the lower end.

        One less `tpr`, so its ends are right to about 1e-16, not relative to a tiny rate.
        """
        bound = self.tpr(fpr)
        assert bound.upper is not None  # set by tpr
        lower = max(down(1.0 - bound.upper), 0.0)
        upper = None if bound.lower is None else min(up(1.0 - bound.lower), 1.0)
        if bound.lower == 1.0:
            upper = 0.0
        return Bound(lower, upper, None, bound.method, bound.trust, bound.theorems, bound.details)

    def reconstruction(self, prior: Number) -> Bound:
        """The ceiling on any attacker's chance to reconstruct a record.

        Guarantee: upper (risk.reconstruction, risk.tpr): whoever would guess right with chance
        `prior` without the release is right with at most this chance with it. Lower, where given,
        is an end of the ceiling itself; attackers may be far below it.

        Direction REMOVE alone counts: the record's presence is compared with its absence. For
        REPLACE_ONE absence is a fixed other record: valid too, and looser.

        Args:
            prior: Chance in (0, 1] of guessing right without the release, such as 1/K for one of
                K equally likely candidates. Where several answers count as right, the chance that
                one of them is guessed.

        Raises:
            InputError: If prior is outside (0, 1].
            Unsupported: For adjacency ADD, or if the theory gives estimates only.
        """
        chance = _validate.prior(prior)
        present = Direction.REMOVE in self.adjacency.directions
        risk.RECONSTRUCTION.require(prior=chance, direction="remove" if present else "add")
        return _with_theorem(self.tpr(chance), risk.RECONSTRUCTION.id)

    def membership(self, prior: Number) -> Bound:
        """The ceiling on any attacker's chance to say rightly whether a record is in the data.

        Guarantee: upper (risk.membership, risk.tpr); lower, where given, is an end of the ceiling
        itself. Direction REMOVE alone counts: the law with the record has a chance of its own.

        Args:
            prior: Chance in (0, 1), before the release, that the record is in the data. Who
                guesses without the release is right with the larger of it and its complement.

        Raises:
            InputError: If prior is outside (0, 1).
            Unsupported: For adjacency ADD, or if the theory gives estimates only.
        """
        chance = _validate.prior(prior)
        if chance == 1:
            raise InputError(
                "prior", given="1", allowed="a number in (0, 1)", advice="nothing is left to guess"
            )
        present = Direction.REMOVE in self.adjacency.directions
        risk.MEMBERSHIP.require(prior=chance, direction="remove" if present else "add")
        log_odds = _validate.log_of((1 - chance) / chance)
        # delta falls as epsilon grows
        above = self._delta_for_ceiling(down(log_odds, 8) - 1e-300)
        below = self._delta_for_ceiling(up(log_odds, 8) + 1e-300)
        ids = {risk.MEMBERSHIP.id, risk.TPR.id, *above.theorems, *below.theorems}
        # exact rationals, so that neither chance nor delta is lost beside the other
        assert above.upper is not None  # seen to by _delta_for_ceiling
        upper = min(up(float(risk.MEMBERSHIP(chance, Fraction(above.upper))), 1), 1.0)
        lower = None
        if below.lower is not None:
            lower = max(down(float(risk.MEMBERSHIP(chance, Fraction(below.lower))), 1), 0.0)
        return Bound(
            lower, upper, None, self.method, worst([above, below]).trust, tuple(sorted(ids)),
            {"epsilon": log_odds},
        )  # fmt: skip

    def gdp_mu(self) -> Bound:
        """A mu for which the run is mu-GDP: an upper end."""
        return gaussian_mu(self.run)

    def _best_epsilon(self, log_fpr: float) -> float:
        """An eps near the least of e^eps fpr + delta(eps): a guess, on which no guarantee rests.

        A theory that knows a quicker way overrides it; this one asks for delta some 80 times.
        """

        def log_delta(eps: float) -> float:
            value = self._delta_for_ceiling(eps).log_upper
            assert value is not None  # refused otherwise
            return value

        return guess(log_delta, log_fpr)

    def _delta_for_ceiling(self, epsilon: Number) -> Bound:
        bound = self.delta(epsilon)
        if bound.log_upper is None or not bound.trust.is_guarantee:
            raise Unsupported(
                f"tpr by {self.method}",
                missing="an estimate is no ceiling, on either side",
                advice="use rdp or gdp",
            )
        return bound

    def _ceiling(
        self, log_lower: float | None, log_upper: float | None, eps: float, delta: Bound
    ) -> Bound:
        return from_log(
            log_lower,
            log_upper,
            method=self.method,
            trust=delta.trust,
            theorems=tuple(sorted({*delta.theorems, risk.TPR.id})),
            details={"epsilon": eps},
        )


def _with_theorem(bound: Bound, theorem: str) -> Bound:
    return Bound(
        bound.lower,
        bound.upper,
        bound.estimate,
        bound.method,
        bound.trust,
        (*bound.theorems, theorem),
        bound.details,
        bound.log_lower,
        bound.log_upper,
    )


class WorstOf(PrivacyProfile):
    """Several one-sided profiles of one theory that must all hold: the worse at the very end."""

    def __init__(self, sides: Sequence[PrivacyProfile], adjacency: Adjacency) -> None:
        """Join the sides."""
        self.sides = tuple(sides)
        self.run, self.method = self.sides[0].run, self.sides[0].method
        self.adjacency = adjacency

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`."""
        return worst(self.sides[0].epsilons_of([self.sides], delta)[0])

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        return worst([side.delta(epsilon) for side in self.sides])

    def tpr(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tpr`."""
        return worst([side.tpr(fpr) for side in self.sides])

    def reconstruction(self, prior: Number) -> Bound:
        """See `PrivacyProfile.reconstruction`: of the sides, REMOVE alone."""
        for side in self.sides:
            if Direction.REMOVE in side.adjacency.directions:
                return side.reconstruction(prior)
        return super().reconstruction(prior)  # refuses

    def membership(self, prior: Number) -> Bound:
        """See `PrivacyProfile.membership`: of the sides, REMOVE alone."""
        for side in self.sides:
            if Direction.REMOVE in side.adjacency.directions:
                return side.membership(prior)
        return super().membership(prior)  # refuses

    def gdp_mu(self) -> Bound:
        """See `PrivacyProfile.gdp_mu`."""
        return worst([side.gdp_mu() for side in self.sides])
