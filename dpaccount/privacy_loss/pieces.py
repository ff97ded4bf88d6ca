"""The law of a privacy loss as outputs: intervals on which it rises smoothly, and atoms."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dpaccount.privacy_loss.ratio import log_ratio

__all__ = ["Atoms", "GaussianPiece", "LaplacePiece", "Piece"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Atoms:
    """Values of the loss that have positive probability, under the numerator.

    Args:
        losses: The values, rising; each within a few units in the last place.
        log_masses: Natural logarithms of their probabilities, relative to each as accurate.
        rest: Probability of atoms that are not listed, at most; their losses are above the last.
    """

    losses: Array
    log_masses: Array
    rest: float = 0.0

    @staticmethod
    def none() -> Atoms:
        """No atom."""
        return Atoms(np.zeros(0), np.zeros(0))


class Piece(ABC):
    """An interval of outputs on which the loss rises, and it and the density are analytic.

    Outputs are laid so that the loss rises with them: for ADD they are mirrored.
    """

    @property
    @abstractmethod
    def panel(self) -> float:
        """A width on which Gauss-Legendre sums with few nodes hold full accuracy."""

    @abstractmethod
    def reach(self, log_mass: float) -> tuple[float, float]:
        """Ends such that on each side at most e^log_mass of the numerator's law lies beyond."""

    @abstractmethod
    def loss(self, x: Array) -> Array:
        """The loss at outputs."""

    @abstractmethod
    def inverse(self, loss: Array) -> Array:
        """The output at which the loss takes a value; the end of the piece if it never does."""

    @abstractmethod
    def log_density(self, x: Array) -> Array:
        """Log of the numerator's density at outputs."""


def _ratio_exponent(loss: Array, rate: float) -> Array:
    """The u with log(1 - q + q e^u) = loss; -inf below the support."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        grown = np.expm1(loss) / rate
        u = np.where(grown > -1.0, np.log1p(np.maximum(grown, -1.0)), -np.inf)
    return np.where(loss > 30.0, loss - math.log(rate), u)


@dataclass(frozen=True)
class GaussianPiece(Piece):
    """Poisson-sampled Gaussian noise of standard deviation sigma, or unsampled at rate 1.

    Args:
        sigma: Standard deviation over sensitivity.
        rate: q in (0, 1].
        rest: 1 - q, rounded from the exact value.
        mirrored: Whether the mixture is the denominator (ADD).
    """

    sigma: float
    rate: float
    rest: float
    mirrored: bool

    @property
    def panel(self) -> float:
        """Within it exponents vary by at most about 1, and the ratio stays far from its zeros."""
        return min(self.sigma / 32.0, self.sigma**2 / 8.0)

    def reach(self, log_mass: float) -> tuple[float, float]:
        """By P(|Z| > z) <= e^(-z^2/2) for normal Z."""
        away = self.sigma * math.sqrt(-2.0 * log_mass)
        return (-away, away) if self.mirrored else (-away, 1.0 + away)

    def loss(self, x: Array) -> Array:
        """See `Piece.loss`."""
        z = -x if self.mirrored else x
        u = (2.0 * z - 1.0) / (2.0 * self.sigma**2)
        ratio = log_ratio(u, np.asarray(self.rate), np.asarray(self.rest))
        return -ratio if self.mirrored else ratio

    def inverse(self, loss: Array) -> Array:
        """See `Piece.inverse`."""
        u = _ratio_exponent(-loss if self.mirrored else loss, self.rate)
        z = self.sigma**2 * u + 0.5
        return -z if self.mirrored else z

    def log_density(self, x: Array) -> Array:
        """See `Piece.log_density`."""
        base = -0.5 * (x / self.sigma) ** 2 - math.log(self.sigma * math.sqrt(2.0 * math.pi))
        return base if self.mirrored else base + self.loss(x)


@dataclass(frozen=True)
class LaplacePiece(Piece):
    """Poisson-sampled Laplace noise of scale b, or unsampled at rate 1, between its two atoms.

    Args:
        scale: b over sensitivity.
        rate: q in (0, 1].
        rest: 1 - q, rounded from the exact value.
        mirrored: Whether the mixture is the denominator (ADD).
    """

    scale: float
    rate: float
    rest: float
    mirrored: bool

    @property
    def panel(self) -> float:
        """Within it exponents vary by at most 1/4."""
        return self.scale / 8.0

    def reach(self, log_mass: float) -> tuple[float, float]:
        """All of (0, 1)."""
        return (-1.0, 0.0) if self.mirrored else (0.0, 1.0)

    def loss(self, x: Array) -> Array:
        """See `Piece.loss`."""
        z = -x if self.mirrored else x
        ratio = log_ratio(
            (2.0 * z - 1.0) / self.scale, np.asarray(self.rate), np.asarray(self.rest)
        )
        return -ratio if self.mirrored else ratio

    def inverse(self, loss: Array) -> Array:
        """See `Piece.inverse`."""
        u = _ratio_exponent(-loss if self.mirrored else loss, self.rate)
        z = np.clip(0.5 * (self.scale * u + 1.0), 0.0, 1.0)
        return -z if self.mirrored else z

    def log_density(self, x: Array) -> Array:
        """See `Piece.log_density`."""
        z = -x if self.mirrored else x
        base = -z / self.scale - math.log(2.0 * self.scale)
        return base if self.mirrored else base + self.loss(x)
