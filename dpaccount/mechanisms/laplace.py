"""Laplace noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.mechanisms.base import Release, register
from dpaccount.privacy_loss import LaplaceLoss, PrivacyLoss

__all__ = ["Laplace"]


@register
@dataclass(frozen=True)
class Laplace(Release):
    """One release of a number with Laplace noise, on the whole dataset: 1/noise_multiplier pure DP.

    Args:
        noise_multiplier: Scale b of the noise (its density is exp(-|x|/b)/(2b)) divided by the
            sensitivity; in (0, inf).

    Example:
        >>> Laplace(2).to_json()
        {'kind': 'laplace', 'noise_multiplier': '2'}
    """

    noise_multiplier: Exact
    kind: ClassVar[str] = "laplace"

    def __post_init__(self) -> None:
        """Check the domain."""
        object.__setattr__(
            self, "noise_multiplier", _validate.noise_multiplier(self.noise_multiplier)
        )

    def replaced(self) -> Laplace:
        """Twice the sensitivity, with the same noise."""
        return Laplace(Exact(self.noise_multiplier / 2))

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """The loss of Lap(0, b) against Lap(1, b), or of their mixture (pair.laplace)."""
        return LaplaceLoss(self.noise_multiplier, rate, direction)
