"""The one curve: the privacy loss of one release, as facts.

In direction d the loss is L = log(numerator / denominator) of the dominating pair: with the record
over without it for REMOVE, the reverse for ADD. Evaluators over these facts live beside this file.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from dpaccount._validate import Exact, log_of
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss.pieces import Atoms, GaussianPiece, LaplacePiece, Piece

__all__ = ["GaussianLoss", "LaplaceLoss", "PoissonGaussianLoss", "PrivacyLoss"]


def _flip(direction: Direction) -> Direction:
    return Direction.ADD if direction is Direction.REMOVE else Direction.REMOVE


class PrivacyLoss(ABC):
    """Facts about the privacy loss of one release in one direction."""

    direction: Direction

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Infimum and supremum of the loss."""

    @property
    def infinity_mass(self) -> float:
        """Probability, under the numerator, of what the denominator never produces."""
        return 0.0

    @property
    @abstractmethod
    def has_atoms(self) -> bool:
        """Whether single values of the loss have positive probability."""

    @abstractmethod
    def reversed(self) -> PrivacyLoss:
        """The loss of the other direction."""

    @abstractmethod
    def log_ratio(self, x: Any, ops: Any) -> Any:
        """The loss at output x, in the number type of `ops` (exp, log, number)."""

    @abstractmethod
    def cdf(self, loss: float) -> float:
        """P(L <= loss) under the numerator, in float64."""

    @property
    @abstractmethod
    def pieces(self) -> tuple[Piece, ...]:
        """Where the law under the numerator is smooth; together with `atoms` all that is finite."""

    def atoms(self, log_mass: float) -> Atoms:
        """Single values of positive probability, all but e^log_mass of it."""
        return Atoms.none()

    @property
    def amplified(self) -> float:
        """By how much the exponents that a loss is computed from may be larger than itself."""
        rate: Fraction = getattr(self, "sampling_rate", Fraction(1))
        return -log_of(rate) if rate != 1 else 0.0

    @property
    def crowded(self) -> float:
        """A loss such that much of the law may lie between it and a near end of the support."""
        return next((end for end in self.support if math.isfinite(end)), 0.0)


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _unsampled(value: float, rate: float) -> float:
    """The unsampled log ratio log((e^v - 1 + q) / q), written so that neither end cancels."""
    return math.log1p(math.expm1(value) / rate) if value < 30 else value - math.log(rate)


@dataclass(frozen=True)
class GaussianLoss(PrivacyLoss):
    """N(0, 1) against N(mu, 1): the loss is N(mu^2/2, mu^2) in both directions.

    Args:
        mu_squared: Squared sensitivity over variance, an exact rational > 0.
        direction: Which of the two is the numerator.
    """

    mu_squared: Fraction
    direction: Direction

    @property
    def mu(self) -> float:
        """mu, to about one unit in the last place."""
        ratio = self.mu_squared
        return math.sqrt(ratio.numerator / ratio.denominator)

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def has_atoms(self) -> bool:
        """None."""
        return False

    def reversed(self) -> GaussianLoss:
        """The mirror image, which has the same law."""
        return replace(self, direction=_flip(self.direction))

    def log_ratio(self, x: Any, ops: Any) -> Any:
        """The loss where the law without the record is N(0, 1) and with it N(mu, 1)."""
        square = ops.number(self.mu_squared)
        loss = ops.sqrt(square) * x - square / 2
        return loss if self.direction is Direction.REMOVE else -loss

    def cdf(self, loss: float) -> float:
        """Normal distribution function."""
        return _normal_cdf(loss / self.mu - self.mu / 2)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """One, in units of the sensitivity."""
        mirrored = self.direction is Direction.ADD
        return (GaussianPiece(1.0 / self.mu, 1.0, 0.0, mirrored),)


@dataclass(frozen=True)
class PoissonGaussianLoss(PrivacyLoss):
    """(1-q) N(0, sigma^2) + q N(1, sigma^2) against N(0, sigma^2) (pair.poisson_gaussian).

    Args:
        noise_multiplier: sigma > 0.
        sampling_rate: q in (0, 1).
        direction: REMOVE has the mixture as numerator.
    """

    noise_multiplier: Exact
    sampling_rate: Exact
    direction: Direction

    @property
    def support(self) -> tuple[float, float]:
        """(log(1-q), inf) for REMOVE, its mirror image for ADD."""
        edge = log_of(1 - self.sampling_rate)
        return (edge, math.inf) if self.direction is Direction.REMOVE else (-math.inf, -edge)

    @property
    def has_atoms(self) -> bool:
        """None."""
        return False

    @property
    def strip(self) -> float:
        """Half-width of the strip in x where the ratio has no zero: pi sigma^2."""
        return math.pi * float(self.noise_multiplier) ** 2

    def reversed(self) -> PoissonGaussianLoss:
        """The other direction."""
        return replace(self, direction=_flip(self.direction))

    def log_ratio(self, x: Any, ops: Any) -> Any:
        """log(1 - q + q e^((2x-1)/(2 sigma^2))), or its negative."""
        q, sigma = ops.number(self.sampling_rate), ops.number(self.noise_multiplier)
        loss = ops.log(1 - q + q * ops.exp((2 * x - 1) / (2 * sigma**2)))
        return loss if self.direction is Direction.REMOVE else -loss

    def cdf(self, loss: float) -> float:
        """By the x at which the ratio takes that value."""
        sigma, q = float(self.noise_multiplier), float(self.sampling_rate)
        low, high = self.support
        if not loss > low:
            return 0.0
        if loss >= high:
            return 1.0
        value = loss if self.direction is Direction.REMOVE else -loss
        u = _unsampled(value, q)
        x = sigma**2 * u + 0.5
        without, with_record = _normal_cdf(x / sigma), _normal_cdf((x - 1) / sigma)
        if self.direction is Direction.REMOVE:
            return (1 - q) * without + q * with_record
        return _normal_cdf(-x / sigma)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """One."""
        sigma, q = float(self.noise_multiplier), float(self.sampling_rate)
        mirrored = self.direction is Direction.ADD
        return (GaussianPiece(sigma, q, float(1 - self.sampling_rate), mirrored),)

    @property
    def crowded(self) -> float:
        """At small noise nearly all outputs up to 2 sigma give away the same."""
        away = 2.0 * float(self.noise_multiplier)
        x = -away if self.direction is Direction.ADD else away
        return float(self.pieces[0].loss(np.array([x]))[0])


@dataclass(frozen=True)
class LaplaceLoss(PrivacyLoss):
    """(1-q) Lap(0, b) + q Lap(1, b) against Lap(0, b) (pair.laplace); q = 1 is unsampled.

    Args:
        noise_multiplier: b > 0.
        sampling_rate: q in (0, 1].
        direction: REMOVE has the mixture as numerator.
    """

    noise_multiplier: Exact
    sampling_rate: Exact
    direction: Direction

    @property
    def support(self) -> tuple[float, float]:
        """Bounded by log(1 + q (e^(1/b) - 1)) above and by log(1 - q (1 - e^(-1/b))) below."""
        inverse, q = 1 / float(self.noise_multiplier), float(self.sampling_rate)
        rest, grown = float(1 - self.sampling_rate), inverse + math.log(q)
        # from 30 on the first form could overflow; where q e^inverse < 1 the second would cancel
        if inverse > 30 and grown > 0:
            high = grown + math.log1p(rest * math.exp(-grown))
        else:
            high = math.log1p(q * math.expm1(inverse))
        if not rest:
            low = -inverse
        elif q > 0.5:
            low = math.log(rest + q * math.exp(-inverse))
        else:
            low = math.log1p(q * math.expm1(-inverse))
        if rest:  # outward: e^(1/b) has lost as many units as 1/b has
            slack = 2.0**-51 * (2.0 + inverse)
            low -= slack if q > 0.5 else slack * abs(low)
            high += slack - 2.0**-51 * math.log(q) if inverse > 30 and grown > 0 else slack * high
        return (low, high) if self.direction is Direction.REMOVE else (-high, -low)

    @property
    def has_atoms(self) -> bool:
        """Both ends of the support are atoms."""
        return True

    def reversed(self) -> LaplaceLoss:
        """The other direction."""
        return replace(self, direction=_flip(self.direction))

    def log_ratio(self, x: Any, ops: Any) -> Any:
        """log(1 - q + q e^((|x| - |x-1|)/b)), or its negative."""
        q, b = ops.number(self.sampling_rate), ops.number(self.noise_multiplier)
        loss = ops.log(1 - q + q * ops.exp((abs(x) - abs(x - 1)) / b))
        return loss if self.direction is Direction.REMOVE else -loss

    def cdf(self, loss: float) -> float:
        """By the x at which the ratio takes that value; atoms belong to their own value."""
        b, q = float(self.noise_multiplier), float(self.sampling_rate)
        low, high = self.support
        if loss < low:
            return 0.0
        if loss >= high:
            return 1.0
        value = loss if self.direction is Direction.REMOVE else -loss
        u = value if q == 1 else _unsampled(value, q)
        x = min(1.0, max(0.0, (u * b + 1) / 2))
        # distribution functions on [0, 1] of the two laws
        without, with_record = 1 - 0.5 * math.exp(-x / b), 0.5 * math.exp((x - 1) / b)
        if self.direction is Direction.REMOVE:
            return (1 - q) * without + q * with_record
        return 1 - without if x > 0 else 0.5

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The outputs between the two records' values."""
        b, q = float(self.noise_multiplier), float(self.sampling_rate)
        mirrored = self.direction is Direction.ADD
        return (LaplacePiece(b, q, float(1 - self.sampling_rate), mirrored),)

    def atoms(self, log_mass: float) -> Atoms:
        """Outputs below 0 and above 1."""
        b, rest = float(self.noise_multiplier), float(1 - self.sampling_rate)
        q = float(self.sampling_rate)
        half = math.log(0.5)
        if self.direction is Direction.REMOVE:
            low = half + (math.log(rest + q * math.exp(-1 / b)) if rest else -1 / b)
            high = half + math.log(rest * math.exp(-1 / b) + q)
        else:
            low, high = half - 1 / b, half
        return Atoms(np.array(self.support), np.array([low, high]))
