"""Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.mechanisms.base import Release, register
from dpaccount.privacy_loss import GaussianLoss, PoissonGaussianLoss, PrivacyLoss

__all__ = ["Gaussian"]


@register
@dataclass(frozen=True)
class Gaussian(Release):
    """One release of a vector with Gaussian noise, on the whole dataset.

    Args:
        noise_multiplier: Standard deviation of the noise in each coordinate divided by the
            L2 sensitivity; in (0, inf).

    Example:
        >>> Gaussian("1.1")
        Gaussian(noise_multiplier=1.1)
    """

    noise_multiplier: Exact
    kind: ClassVar[str] = "gaussian"

    def __post_init__(self) -> None:
        """Check the domain."""
        object.__setattr__(
            self, "noise_multiplier", _validate.noise_multiplier(self.noise_multiplier)
        )

    def replaced(self) -> Gaussian:
        """Twice the sensitivity, with the same noise."""
        return Gaussian(Exact(self.noise_multiplier / 2))

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """The loss of N(0, sigma^2) against N(1, sigma^2) (pair.dimension), or of their mixture."""
        if rate == 1:
            return GaussianLoss(1 / self.noise_multiplier**2, direction)
        return PoissonGaussianLoss(self.noise_multiplier, rate, direction)
