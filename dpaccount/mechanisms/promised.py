"""Releases of which nothing is known but their guarantee, so that a whole pipeline composes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.mechanisms.base import Mechanism, Release, register
from dpaccount.mechanisms.composition import Identity
from dpaccount.privacy_loss import GuaranteeLoss, PrivacyLoss

__all__ = ["ApproximateDP", "PureDP"]


@register
@dataclass(frozen=True)
class PureDP(Release):
    """Any release that is epsilon-DP, for the adjacency that the run is accounted under.

    Lower ends are for the worst such release, randomized response: yours may cost less.

    Args:
        epsilon: In [0, 1e150].

    Example:
        >>> from dpaccount import SelfComposed, epsilon
        >>> print(epsilon(SelfComposed(PureDP("0.1"), 100), 1e-6))  # basic composition: 10
        in [4.774567, 4.774568]

    Source: Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4.
    """

    epsilon: Exact
    kind: ClassVar[str] = "pure_dp"

    def __post_init__(self) -> None:
        """Check the domain."""
        object.__setattr__(self, "epsilon", _validate.epsilon(self.epsilon, target=True))

    @property
    def simplest(self) -> Mechanism:
        """At epsilon 0 nothing is released."""
        return self if self.epsilon else Identity()

    def replaced(self) -> PureDP:
        """Itself: the guarantee speaks of the adjacency that is asked for."""
        return self

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """See `Release.sampled_loss` (pair.pure_dp)."""
        return GuaranteeLoss(self.epsilon, Exact(0), rate, direction)


@register
@dataclass(frozen=True)
class ApproximateDP(Release):
    """Any release that is (epsilon, delta)-DP, for the adjacency that the run is accounted under.

    Lower ends are for the worst such release: yours may cost less. T of them are never better than
    delta = 1 - (1 - delta)^T, at any epsilon.

    Args:
        epsilon: In [0, 1e150].
        delta: In [0, 1).

    Example:
        >>> from dpaccount import epsilon
        >>> print(epsilon(ApproximateDP("0.5", "1e-6"), "1e-6"))
        = 0.5

    Source: Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4.
    """

    epsilon: Exact
    delta: Exact
    kind: ClassVar[str] = "approximate_dp"

    def __post_init__(self) -> None:
        """Check the domain."""
        object.__setattr__(self, "epsilon", _validate.epsilon(self.epsilon, target=True))
        object.__setattr__(self, "delta", _validate.delta(self.delta, zero=True))

    @property
    def simplest(self) -> Mechanism:
        """At delta 0 it is pure."""
        return self if self.delta else PureDP(self.epsilon).simplest

    def replaced(self) -> ApproximateDP:
        """Itself: the guarantee speaks of the adjacency that is asked for."""
        return self

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """See `Release.sampled_loss` (pair.approximate_dp)."""
        return GuaranteeLoss(self.epsilon, self.delta, rate, direction)
