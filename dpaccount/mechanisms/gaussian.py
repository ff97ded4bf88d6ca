"""Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.mechanisms.base import Release, register
from dpaccount.privacy_loss import GaussianLoss, PrivacyLoss

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

    def privacy_loss(self, direction: Direction) -> PrivacyLoss:
        """The loss of N(0, sigma^2) against N(1, sigma^2) (theorem pair.dimension)."""
        return GaussianLoss(1 / self.noise_multiplier**2, direction)
