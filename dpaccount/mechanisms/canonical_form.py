"""The canonical form, the only form that accountants see.

No steps, rate 0 and guarantees of epsilon 0 are dropped, rate 1 is no sampling, equal settings are
merged, and all unsampled Gaussian releases are one Gaussian whose mu^2 = sum of steps /
noise_multiplier^2 is an exact rational (theorem gdp.composition).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from dpaccount._validate import MAX_STEPS, Exact
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.mechanisms.base import Mechanism, Release
from dpaccount.mechanisms.composition import Composed, Identity, SelfComposed
from dpaccount.mechanisms.gaussian import Gaussian
from dpaccount.mechanisms.promised import ApproximateDP, PureDP
from dpaccount.mechanisms.sampling import PoissonSubsampled
from dpaccount.mechanisms.training import DPSGD
from dpaccount.privacy_loss import DiscreteLoss, GaussianLoss, PrivacyLoss
from dpaccount.theorems import dp

__all__ = ["Canonical", "Phase", "canonical", "phases"]


@dataclass(frozen=True)
class Phase:
    """`steps` releases with one setting; `sampling_rate` 1 means unsampled."""

    mechanism: Release
    sampling_rate: Exact
    steps: int

    def privacy_loss(self, direction: Direction) -> PrivacyLoss:
        """The privacy loss of one of the steps."""
        return self.mechanism.sampled_loss(self.sampling_rate, direction)

    @property
    def is_sampled(self) -> bool:
        """Whether each step sees a sample only."""
        return self.sampling_rate != 1

    @property
    def largest_loss(self) -> float:
        """The largest loss of one of the steps; removing a record can lose the more."""
        return self.privacy_loss(Direction.REMOVE).support[1]

    @property
    def is_bounded(self) -> bool:
        """Whether each step is pure DP."""
        return math.isfinite(self.largest_loss)

    @property
    def bounded_by(self) -> tuple[str, ...]:
        """The theorems that say that no step's loss is above the largest, where it is bounded."""
        loss = self.privacy_loss(Direction.REMOVE)
        release = loss.pair if isinstance(loss, DiscreteLoss) else dp.LAPLACE.id
        return (release, dp.AMPLIFICATION_POISSON.id) if self.is_sampled else (release,)


@dataclass(frozen=True)
class Canonical:
    """A run in canonical form.

    Args:
        mu_squared: Squared mu of the one Gaussian that all unsampled Gaussian releases make; >= 0.
        phases: Everything else, each setting once, in a fixed order.
    """

    mu_squared: Fraction
    phases: tuple[Phase, ...]

    @property
    def is_identity(self) -> bool:
        """Whether nothing is left: epsilon is exactly 0."""
        return not self.phases and not self.mu_squared

    @property
    def is_gaussian(self) -> bool:
        """Whether the whole run is one Gaussian release."""
        return not self.phases and bool(self.mu_squared)

    @property
    def is_bounded(self) -> bool:
        """Whether the privacy loss is bounded, so that delta = 0 has an answer."""
        return not self.mu_squared and all(phase.is_bounded for phase in self.phases)

    @property
    def failures(self) -> tuple[tuple[Exact, int], ...]:
        """The deltas of unsampled (epsilon, delta) guarantees, and how often each may fail."""
        found = ((p.mechanism, p.sampling_rate, p.steps) for p in self.phases)
        return tuple(
            (m.delta, steps)
            for m, rate, steps in found
            if isinstance(m, ApproximateDP) and rate == 1
        )

    def without_failures(self) -> Canonical:
        """The run given that no unsampled guarantee fails (theorem dp.failure)."""
        kept = (
            dataclasses.replace(p, mechanism=PureDP(p.mechanism.epsilon))
            if isinstance(p.mechanism, ApproximateDP) and p.sampling_rate == 1
            else p
            for p in self.phases
        )
        return Canonical(self.mu_squared, _sorted(_merged(kept)))

    def losses(self, direction: Direction) -> list[tuple[PrivacyLoss, int]]:
        """The distinct privacy losses of one direction and how often each is added."""
        parts = [(phase.privacy_loss(direction), phase.steps) for phase in self.phases]
        if self.mu_squared:
            parts.insert(0, (GaussianLoss(self.mu_squared, direction), 1))
        return parts


def _flatten(mechanism: Mechanism, steps: int) -> Iterator[Phase]:
    if isinstance(mechanism, DPSGD):
        yield from _flatten(mechanism.mechanism, steps)
    elif isinstance(mechanism, SelfComposed):
        yield from _flatten(mechanism.mechanism, steps * mechanism.steps)
    elif isinstance(mechanism, Composed):
        for part in mechanism.mechanisms:
            yield from _flatten(part, steps)
    elif isinstance(mechanism, PoissonSubsampled):
        base, rate = mechanism.flat
        yield Phase(base, rate, steps)
    elif isinstance(mechanism, Release):
        yield Phase(mechanism, Exact(1), steps)
    elif not isinstance(mechanism, Identity):
        raise InputError(
            "mechanism",
            given=shown(mechanism),
            allowed="a dpaccount mechanism",
            advice="give for example dpaccount.DPSGD(...)",
        )


def phases(mechanism: Mechanism) -> tuple[Phase, ...]:
    """The settings of a run and their steps: empty ones dropped, equal ones merged."""
    return _merged(_flatten(mechanism, 1))


def _merged(parts: Iterable[Phase]) -> tuple[Phase, ...]:
    total: dict[tuple[Release, Exact], int] = {}
    for phase in parts:
        simplest = phase.mechanism.simplest
        if phase.steps and phase.sampling_rate and isinstance(simplest, Release):
            key = (simplest, phase.sampling_rate)
            total[key] = total.get(key, 0) + phase.steps
    for steps in total.values():
        if steps > MAX_STEPS:
            raise InputError(
                "steps", given=steps, allowed=f"at most {MAX_STEPS} in all", advice="check the unit"
            )
    return tuple(Phase(base, rate, steps) for (base, rate), steps in total.items())


def canonical(mechanism: Mechanism, adjacency: Adjacency = Adjacency.ADD_REMOVE) -> Canonical:
    """Bring a run into canonical form for an adjacency.

    For REPLACE_ONE the sensitivity of added noise doubles, so its multiplier is halved; guarantees
    and randomized response speak of it already; sampled steps have no registered theorem there.

    Raises:
        Unsupported: For a sampled phase under REPLACE_ONE.
    """
    mu_squared = Fraction(0)
    rest: list[Phase] = []
    replacing = adjacency is Adjacency.REPLACE_ONE
    for phase in phases(mechanism):
        if replacing and phase.sampling_rate != 1:
            raise Unsupported(
                "adjacency replace_one with sampling",
                missing="its dominating pair is not a registered theorem here",
                advice="use add_remove, or dp_accounting's PLD accountant, which has that pair",
            )
        base = phase.mechanism.replaced() if replacing else phase.mechanism
        if isinstance(base, Gaussian) and phase.sampling_rate == 1:
            mu_squared += Fraction(phase.steps) / base.noise_multiplier**2
        else:
            rest.append(dataclasses.replace(phase, mechanism=base))
    return Canonical(mu_squared, _sorted(rest))


def _sorted(parts: Iterable[Phase]) -> tuple[Phase, ...]:
    """In a fixed order: by kind, by its numbers, by rate."""

    def key(phase: Phase) -> tuple[str, tuple[Fraction | int, ...], Exact]:
        base = phase.mechanism
        fields = dataclasses.fields(base)  # type: ignore[arg-type]  # every subclass is a dataclass
        numbers = tuple(getattr(base, field.name) for field in fields)
        return type(base).__name__, numbers, phase.sampling_rate

    return tuple(sorted(parts, key=key))
