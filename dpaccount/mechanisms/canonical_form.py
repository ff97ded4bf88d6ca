"""The canonical form, the only form that accountants see.

No steps and rate 0 are dropped, rate 1 is no sampling, equal settings are merged, and all
unsampled Gaussian releases are one Gaussian whose mu^2 = sum of steps / noise_multiplier^2 is an
exact rational (theorem gdp.composition).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from dpaccount._validate import MAX_STEPS, Exact
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.mechanisms.base import Mechanism
from dpaccount.mechanisms.composition import Composed, Identity, SelfComposed
from dpaccount.mechanisms.gaussian import Gaussian
from dpaccount.mechanisms.laplace import Laplace
from dpaccount.mechanisms.sampling import PoissonSubsampled
from dpaccount.mechanisms.training import DPSGD
from dpaccount.privacy_loss import GaussianLoss, LaplaceLoss, PoissonGaussianLoss, PrivacyLoss

__all__ = ["Canonical", "Phase", "canonical", "phases"]


@dataclass(frozen=True)
class Phase:
    """`steps` releases with one setting; `sampling_rate` 1 means unsampled."""

    mechanism: Gaussian | Laplace
    sampling_rate: Exact
    steps: int

    def privacy_loss(self, direction: Direction) -> PrivacyLoss:
        """The privacy loss of one of the steps."""
        if isinstance(self.mechanism, Laplace):
            return LaplaceLoss(self.mechanism.noise_multiplier, self.sampling_rate, direction)
        if self.sampling_rate == 1:
            return self.mechanism.privacy_loss(direction)
        return PoissonGaussianLoss(self.mechanism.noise_multiplier, self.sampling_rate, direction)


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
        return not self.mu_squared and all(isinstance(p.mechanism, Laplace) for p in self.phases)

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
    elif isinstance(mechanism, (Gaussian, Laplace)):
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
    total: dict[tuple[Gaussian | Laplace, Exact], int] = {}
    for phase in _flatten(mechanism, 1):
        if phase.steps and phase.sampling_rate:
            key = (phase.mechanism, phase.sampling_rate)
            total[key] = total.get(key, 0) + phase.steps
    for steps in total.values():
        if steps > MAX_STEPS:
            raise InputError(
                "steps", given=steps, allowed=f"at most {MAX_STEPS} in all", advice="check the unit"
            )
    return tuple(Phase(base, rate, steps) for (base, rate), steps in total.items())


def canonical(mechanism: Mechanism, adjacency: Adjacency = Adjacency.ADD_REMOVE) -> Canonical:
    """Bring a run into canonical form for an adjacency.

    For REPLACE_ONE the sensitivity doubles, so every noise multiplier is halved; sampled steps
    have no registered theorem there.

    Raises:
        Unsupported: For a sampled phase under REPLACE_ONE.
    """
    mu_squared = Fraction(0)
    rest: list[Phase] = []
    scale = 2 if adjacency is Adjacency.REPLACE_ONE else 1
    for phase in phases(mechanism):
        if scale != 1 and phase.sampling_rate != 1:
            raise Unsupported(
                "adjacency replace_one with sampling",
                missing="its dominating pair is not a registered theorem here",
                advice="use add_remove, or dp_accounting's PLD accountant, which has that pair",
            )
        sigma = phase.mechanism.noise_multiplier
        if isinstance(phase.mechanism, Gaussian) and phase.sampling_rate == 1:
            mu_squared += Fraction(phase.steps) * scale * scale / sigma**2
        elif isinstance(phase.mechanism, Laplace):
            base = Laplace(Exact(sigma / scale))
            rest.append(Phase(base, phase.sampling_rate, phase.steps))
        else:
            rest.append(phase)
    rest.sort(
        key=lambda p: (type(p.mechanism).__name__, p.mechanism.noise_multiplier, p.sampling_rate)
    )
    return Canonical(mu_squared, tuple(rest))
