"""The whole privacy curve of a run, and what it says about attackers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from dpaccount import _validate
from dpaccount._search import least
from dpaccount._validate import Number
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import Unsupported
from dpaccount.guarantees.bound import Bound, Trust, down, from_log, up, worst
from dpaccount.mechanisms import Canonical, Laplace
from dpaccount.theorems import gdp, risk

__all__ = ["PrivacyProfile", "WorstOf", "gaussian_mu"]


def gaussian_mu(run: Canonical) -> Bound:
    """Mu of Gaussian differential privacy: an upper end; both ends for unsampled Gaussians.

    Guarantee: upper (gdp.gaussian, gdp.pure, gdp.sampling_never_hurts, gdp.composition).
    """
    if run.is_identity:
        return Bound.zero("gdp")
    total = run.mu_squared
    ids = {"gdp.composition"} | ({"gdp.gaussian"} if total else set())
    inexact = 0.0
    for phase in run.phases:
        if isinstance(phase.mechanism, Laplace):
            _, high = phase.privacy_loss(Direction.REMOVE).support
            inexact += phase.steps * float(gdp.PURE(high)) ** 2
            ids.add("gdp.pure")
        else:
            total += phase.steps / phase.mechanism.noise_multiplier**2
            ids |= {"gdp.gaussian", "gdp.sampling_never_hurts"}
    mu = math.sqrt(total.numerator / total.denominator + inexact)
    slack = 0.0 if not inexact else (1e-13 + len(run.phases) * 2.0**-52) * mu
    lower = down(mu) if run.is_gaussian else None
    return Bound(lower, up(mu + slack), None, "gdp", Trust.PROVED, tuple(sorted(ids)))


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

    def epsilon_of_sides(self, sides: Sequence[PrivacyProfile], delta: Number) -> list[Bound]:
        """Epsilon of several one-sided profiles of this theory; a theory may share work here."""
        return [side.epsilon(delta) for side in sides]

    def advantage(self) -> Bound:
        """The largest TPR - FPR of any membership test: delta(0) (theorem risk.advantage)."""
        bound = self.delta(0)
        return _with_theorem(bound, risk.ADVANTAGE.id)

    def tpr(self, fpr: Number) -> Bound:
        """The largest true positive rate of any test at this false positive rate.

        Guarantee: upper (risk.tpr). Two-sided adjacencies take the worse direction.

        Args:
            fpr: False positive rate in [0, 1].

        Raises:
            InputError: If fpr is outside [0, 1].
        """
        rate = _validate.fpr(fpr)
        log_rate = _validate.log_of(rate) if rate else -math.inf
        advantage = self.delta(0)
        if advantage.log_upper is None or not advantage.trust.is_guarantee:
            raise Unsupported(
                f"tpr by {self.method}",
                missing="an estimate is no ceiling, on either side",
                advice="use rdp or gdp",
            )
        log_upper = self._log_infimum(log_rate)
        # the sum of the two logarithms carries the rounding of each
        size = abs(log_upper) + (abs(log_rate) if rate else 0.0) if log_upper > -math.inf else 0.0
        return from_log(
            None,
            log_upper + 2.0**-48 * (1.0 + size),
            method=self.method,
            trust=advantage.trust,
            theorems=tuple(sorted({*advantage.theorems, risk.TPR.id})),
        )

    def tradeoff(self, fpr: Number) -> Bound:
        """The smallest false negative rate of any test: its guarantee is the lower end."""
        bound = self.tpr(fpr)
        assert bound.upper is not None  # set by tpr
        return Bound(
            max(down(1.0 - bound.upper), 0.0), None, None, bound.method, bound.trust, bound.theorems
        )

    def gdp_mu(self) -> Bound:
        """A mu for which the run is mu-GDP: an upper end."""
        return gaussian_mu(self.run)

    def _log_infimum(self, log_fpr: float) -> float:
        """Least log(e^eps fpr + delta(eps)) over real eps, by a bracketing search.

        Every eps gives a valid upper end, so a search that stops early is loose, not wrong.
        """

        def value(eps: float) -> float:
            log_delta = self.delta(eps).log_upper
            assert log_delta is not None  # every theory with a curve gives one
            high, low = max(log_delta, eps + log_fpr), min(log_delta, eps + log_fpr)
            return high + math.log1p(math.exp(low - high)) if high > -math.inf else high

        # beyond -log fpr the bound exceeds 1
        return _minimize(value, max(-log_fpr, 0.0))


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


#: Below -64, e^eps adds nothing that a float could hold.
_GRID = sorted([0.0] + [s * 2.0**k for k in range(-6, 31) for s in (-1, 1) if s * 2.0**k >= -64])


def _minimize(value: Callable[[float], float], ceiling: float) -> float:
    """A small value of a function of a real number, from a doubling grid and a search around it."""
    top = min(ceiling, _GRID[-1])
    grid = [*(x for x in _GRID if x < top), top]
    values = [value(x) for x in grid]
    i = min(range(len(grid)), key=values.__getitem__)
    low, high = grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]
    return min(values[i], least(value, low, high, 1e-8 * (high - low))[0])


class WorstOf(PrivacyProfile):
    """Several one-sided profiles of one theory that must all hold: the worse at the very end."""

    def __init__(self, sides: Sequence[PrivacyProfile], adjacency: Adjacency) -> None:
        """Join the sides."""
        self.sides = tuple(sides)
        self.run, self.method = self.sides[0].run, self.sides[0].method
        self.adjacency = adjacency

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`."""
        return worst(self.sides[0].epsilon_of_sides(self.sides, delta))

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        return worst([side.delta(epsilon) for side in self.sides])

    def tpr(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tpr`."""
        return worst([side.tpr(fpr) for side in self.sides])

    def tradeoff(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tradeoff`: the smaller of the sides' false negative rates."""
        return min((side.tradeoff(fpr) for side in self.sides), key=lambda b: b.lower or 0.0)

    def gdp_mu(self) -> Bound:
        """See `PrivacyProfile.gdp_mu`."""
        return worst([side.gdp_mu() for side in self.sides])
