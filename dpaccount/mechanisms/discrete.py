"""Releases whose privacy loss takes single values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.errors import InputError
from dpaccount.mechanisms.base import Release, register
from dpaccount.privacy_loss import (
    DiscreteGaussianLoss,
    DiscreteLaplaceLoss,
    PrivacyLoss,
    ResponseLoss,
)

__all__ = ["DiscreteGaussian", "DiscreteLaplace", "RandomizedResponse"]

#: Beyond it a sensitivity is a mistake of unit.
MOST_SENSITIVITY = 10**6


@register
@dataclass(frozen=True)
class RandomizedResponse(Release):
    """A record's answer, reported truly with one probability and else as any other answer.

    Its loss is that of one answer against another, log(p (k-1) / (1-p)) at most. That is also the
    loss when the record is exchanged for another, and when it is left out if an absent record
    answers like a fixed one. So every adjacency has the same pair, REPLACE_ONE included.

    Args:
        truth_probability: Chance p that the true answer is reported, in (1/k, 1). Other
            libraries give the chance r that an answer is drawn uniformly instead:
            p = 1 - r + r/k.
        answers: How many answers k there are, an integer >= 2.

    Example:
        >>> from dpaccount import epsilon
        >>> print(epsilon(RandomizedResponse("0.75"), 0))  # ln 3
        in [1.098612, 1.098613]

    Source: Warner 1965, JASA 60 (309), for two answers; Kairouz, Oh and Viswanath 2016, JMLR 17,
    for k.
    """

    truth_probability: Exact
    answers: int = 2
    kind: ClassVar[str] = "randomized_response"

    def __post_init__(self) -> None:
        """Check the domain."""
        answers = _validate.count(self.answers, "answers", least=2)
        allowed = f"a number in (1/{answers}, 1)"
        truth = _validate.exact(self.truth_probability, "truth_probability", allowed=allowed)
        if not Exact(1, answers) < truth < 1:
            raise InputError(
                "truth_probability",
                given=truth.text,
                allowed=allowed,
                advice="report another answer now and then: at 1 there is no privacy, and at "
                f"1/{answers} no answer",
            )
        object.__setattr__(self, "truth_probability", truth)
        object.__setattr__(self, "answers", answers)

    def replaced(self) -> RandomizedResponse:
        """Itself: it is about one answer against another anyway."""
        return self

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """See `Release.sampled_loss` (pair.randomized_response)."""
        return ResponseLoss(self.truth_probability, self.answers, rate, direction)


def _sensitivity(value: object) -> int:
    return _validate.count(value, "sensitivity", least=1, most=MOST_SENSITIVITY)


@register
@dataclass(frozen=True)
class DiscreteGaussian(Release):
    """One release of an integer with discrete Gaussian noise, on the whole dataset.

    The noise x has probability proportional to e^(-x^2/(2 sigma^2)) on the integers, with
    sigma = noise_multiplier * sensitivity. One number at a time: the pair of a vector is another
    (release its coordinates one after another, each with its own sensitivity).

    Args:
        noise_multiplier: sigma over the sensitivity, in (0, inf).
        sensitivity: The most by which the integer can change, an integer from 1 to 1e6. For one
            noise_multiplier a coarser lattice costs a little more or less than a finer one.

    Example:
        >>> DiscreteGaussian(3).to_json()
        {'kind': 'discrete_gaussian', 'noise_multiplier': '3', 'sensitivity': 1}

    Source: Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6.
    """

    noise_multiplier: Exact
    sensitivity: int = 1
    kind: ClassVar[str] = "discrete_gaussian"

    def __post_init__(self) -> None:
        """Check the domain."""
        noise = _validate.noise_multiplier(self.noise_multiplier)
        object.__setattr__(self, "noise_multiplier", noise)
        object.__setattr__(self, "sensitivity", _sensitivity(self.sensitivity))

    def replaced(self) -> DiscreteGaussian:
        """Twice the sensitivity, with the same noise."""
        return DiscreteGaussian(Exact(self.noise_multiplier / 2), 2 * self.sensitivity)

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """See `Release.sampled_loss` (pair.discrete_gaussian)."""
        return DiscreteGaussianLoss(self.noise_multiplier, self.sensitivity, rate, direction)


@register
@dataclass(frozen=True)
class DiscreteLaplace(Release):
    """One release of an integer with discrete Laplace (two-sided geometric) noise.

    The noise x has probability proportional to e^(-|x|/b) on the integers, with
    b = noise_multiplier * sensitivity: 1/noise_multiplier pure DP, as `Laplace`.

    Args:
        noise_multiplier: b over the sensitivity, in (0, inf).
        sensitivity: The most by which the integer can change, an integer from 1 to 1e6.

    Example:
        >>> DiscreteLaplace(2).to_json()
        {'kind': 'discrete_laplace', 'noise_multiplier': '2', 'sensitivity': 1}

    Source: Ghosh, Roughgarden and Sundararajan 2012, arXiv 0811.2841v3 (the geometric mechanism).
    """

    noise_multiplier: Exact
    sensitivity: int = 1
    kind: ClassVar[str] = "discrete_laplace"

    def __post_init__(self) -> None:
        """Check the domain."""
        noise = _validate.noise_multiplier(self.noise_multiplier)
        object.__setattr__(self, "noise_multiplier", noise)
        object.__setattr__(self, "sensitivity", _sensitivity(self.sensitivity))

    def replaced(self) -> DiscreteLaplace:
        """Twice the sensitivity, with the same noise."""
        return DiscreteLaplace(Exact(self.noise_multiplier / 2), 2 * self.sensitivity)

    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """See `Release.sampled_loss` (pair.discrete_laplace)."""
        return DiscreteLaplaceLoss(self.noise_multiplier, self.sensitivity, rate, direction)
