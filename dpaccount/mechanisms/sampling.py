"""Poisson sampling before a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.errors import InputError, Unsupported
from dpaccount.mechanisms.base import Mechanism, Release, register, require_mechanism
from dpaccount.privacy_loss import PrivacyLoss

__all__ = ["SAMPLERS", "PoissonSubsampled", "check_sampler"]


@register
@dataclass(frozen=True)
class PoissonSubsampled(Release):
    """A release on a Poisson sample: every record enters on its own with one probability.

    Args:
        mechanism: The release on the sample, such as `Gaussian`, or again `PoissonSubsampled`.
        sampling_rate: The probability, in [0, 1].

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> PoissonSubsampled(Gaussian(1), "256/60000").sampling_rate == 256 / Exact(60000)
        True
    """

    mechanism: Release
    sampling_rate: Exact
    kind: ClassVar[str] = "poisson_subsampled"

    @property
    def parts(self) -> tuple[Mechanism, ...]:
        """See `Mechanism.parts`."""
        return (self.mechanism,)

    def __post_init__(self) -> None:
        """Check the domain."""
        if not isinstance(self.mechanism, Release):
            raise InputError(
                "PoissonSubsampled.mechanism",
                given=type(self.mechanism).__name__,
                allowed="a release, such as Gaussian, Laplace or PoissonSubsampled",
                advice="sample each step, then compose: SelfComposed(PoissonSubsampled(..), n)",
            )
        require_mechanism("PoissonSubsampled.mechanism", self.mechanism)
        object.__setattr__(self, "sampling_rate", _validate.rate(self.sampling_rate))

    @property
    def flat(self) -> tuple[Release, Exact]:
        """The innermost release and the probability of passing every sampling on the way."""
        inner, rate = self.mechanism, self.sampling_rate
        while isinstance(inner, PoissonSubsampled):
            rate = Exact(rate * inner.sampling_rate)
            inner = inner.mechanism
        return inner, rate

    def replaced(self) -> PoissonSubsampled:
        """Its pair is not registered: the canonical form refuses sampling under REPLACE_ONE."""
        return PoissonSubsampled(self.mechanism.replaced(), self.sampling_rate)

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """The loss of the pair that dominates one sampled step (pair.poisson)."""
        base, inner_rate = self.flat
        if inner_rate == 0:
            raise Unsupported(
                "the privacy loss at sampling rate 0",
                missing="nothing is released, so there is no pair of laws",
                advice="account for it: epsilon is exactly 0",
            )
        return base.sampled_loss(Exact(rate * inner_rate), direction)


#: The samplers that people name, and what reporting each as Poisson would hide
#: (reported -> at least true epsilon; Chua et al. 2024, arXiv 2403.17673v2 and 2411.04205v1;
#: Lebeda et al. 2024, arXiv 2405.20769v1).
SAMPLERS = {
    "poisson": "",
    "shuffle": "at sigma 0.5, 10000 steps, one epoch, delta 1e-5, it would report 1.18 where at "
    "least 9.99 is true",
    "without_replacement": "at sigma 1, rate 0.01, 1000 steps, delta 1e-6, it would report 2.13 "
    "where 15.48 is true",
}


def check_sampler(value: object) -> str:
    """Read a sampler's name; anything but "poisson" is refused with what the mistake would cost."""
    name = value.strip().lower().replace("-", "_") if isinstance(value, str) else ""
    if name == "poisson":
        return name
    if not name:
        raise InputError(
            "sampler",
            given=value,
            allowed="poisson",
            advice="name the sampler that ran; only Poisson sampling has a registered theorem",
        )
    cost = SAMPLERS.get(name, SAMPLERS["shuffle"])
    raise Unsupported(
        f"sampler {name[:40]!r}",
        missing="no theorem for it is registered, and accounting it as poisson under-reports: "
        + cost,
        advice="sample by Poisson (in Opacus: poisson_sampling=True), then give --sampler poisson",
    )
