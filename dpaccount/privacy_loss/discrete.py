"""Privacy losses with atoms only: their unsampled values lie on a lattice.

The k-th value of the unsampled loss is unit * (start + stride k), rising with k; Poisson sampling
bends it to log(1 - q + q e^value). What a loss states besides is the log of each value's
probability without the record, as a text that runs on floats and on balls.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dpaccount._validate import Exact, log_of
from dpaccount.adjacency import Direction
from dpaccount.errors import Unsupported
from dpaccount.privacy_loss.loss import PrivacyLoss
from dpaccount.privacy_loss.pieces import Atoms, Piece
from dpaccount.privacy_loss.ratio import log_ratio
from dpaccount.theorems import pair

__all__ = [
    "DiscreteGaussianLoss",
    "DiscreteLaplaceLoss",
    "DiscreteLoss",
    "GuaranteeLoss",
    "Lattice",
    "ResponseLoss",
]

Array = NDArray[np.float64]

MOST_ATOMS = 2**20


def _log_gauss_sum(variance: float) -> float:
    """Log of the sum of e^(-x^2 / (2 variance)) over the integers, to a few units at the end."""
    if variance < 1.0:
        return math.log1p(
            math.fsum(2.0 * math.exp(-x * x / (2.0 * variance)) for x in range(1, 14))
        )
    # Poisson summation; the next term is below e^-78
    wave = 2.0 * math.exp(-2.0 * math.pi**2 * variance)
    return 0.5 * math.log(2.0 * math.pi * variance) + math.log1p(wave)


#: What `DiscreteLoss.log_weight` asks for, in floats.
FLOATS = SimpleNamespace(
    exp=math.exp,
    expm1=math.expm1,
    log=math.log,
    log1p=math.log1p,
    number=float,
    log_exact=log_of,
    log_gauss_sum=_log_gauss_sum,
)


@dataclass(frozen=True)
class Lattice:
    """The values unit * (start + stride k) of an unsampled loss.

    Args:
        scale: The unit, an exact rational > 0; times log(odds) where there are odds.
        odds: Exact, above 1; None = the unit is `scale` itself.
        start: Value at k = 0, in units.
        stride: Between neighbors, in units; > 0.
        count: How many values, k from 0 on; None = every integer k.
    """

    scale: Fraction
    odds: Fraction | None
    start: int
    stride: int
    count: int | None

    def unit(self, ops: Any) -> Any:
        """The unit, in the number type of `ops`."""
        unit = ops.number(self.scale)
        return unit if self.odds is None else unit * ops.log_exact(self.odds)


class DiscreteLoss(PrivacyLoss):
    """A loss with atoms only, of a release on a Poisson sample of rate q in (0, 1].

    With the record comes the law (1-q) Q + q P, without it the law Q.
    """

    sampling_rate: Exact
    #: The theorem that says which pair dominates.
    pair: ClassVar[str]

    @property
    @abstractmethod
    def lattice(self) -> Lattice:
        """Where the unsampled loss log(P/Q) takes its values."""

    @abstractmethod
    def log_weight(self, ops: Any) -> Callable[[int], Any]:
        """For each k, the log of the probability under Q; those under P are e^value times it."""

    @property
    def one_sided(self) -> Fraction:
        """Probability under P of what Q never produces, and under Q of what P never does."""
        return Fraction(0)

    def window(self, log_mass: float) -> tuple[int, int]:
        """First and last k, such that all others hold at most e^log_mass under P and under Q."""
        count = self.lattice.count
        assert count is not None  # a loss of infinitely many values has its own
        return 0, count - 1

    @property
    def infinity_mass(self) -> float:
        """See `PrivacyLoss.infinity_mass`; rounded upward."""
        removing = self.direction is Direction.REMOVE
        if not self.one_sided or not (removing or self.sampling_rate == 1):
            return 0.0
        mass = self.one_sided * (self.sampling_rate if removing else 1)
        return math.nextafter(float(mass), 1.0)

    @property
    def has_atoms(self) -> bool:
        """Nothing else."""
        return True

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """None."""
        return ()

    def reversed(self) -> DiscreteLoss:
        """The other direction."""
        other = Direction.ADD if self.direction is Direction.REMOVE else Direction.REMOVE
        return replace(self, direction=other)  # type: ignore[type-var]  # each is a dataclass

    def log_ratio(self, x: Any, ops: Any) -> Any:
        """The loss at the x-th value, or its negative for ADD."""
        lattice = self.lattice
        loss = lattice.unit(ops) * (lattice.start + lattice.stride * x)
        if self.sampling_rate != 1:
            q = ops.number(self.sampling_rate)
            loss = ops.log(1 - q + q * ops.exp(loss))
        return loss if self.direction is Direction.REMOVE else -loss

    def ratios(self, first: int, last: int) -> Array:
        """log((1 - q) + q P/Q) at the k from first to last."""
        lattice, q = self.lattice, self.sampling_rate
        steps = lattice.start + lattice.stride * np.arange(first, last + 1, dtype=np.float64)
        losses = lattice.unit(FLOATS) * steps
        if q == 1:
            return np.asarray(losses, dtype=np.float64)
        return log_ratio(losses, np.asarray(float(q)), np.asarray(float(1 - q)))

    def log_weights(self, first: int, last: int) -> Array:
        """Logs of the probabilities under Q at the k from first to last."""
        weight = self.log_weight(FLOATS)
        return np.array([weight(k) for k in range(first, last + 1)], dtype=np.float64)

    @property
    def support(self) -> tuple[float, float]:
        """See `PrivacyLoss.support`; infinite where one law does what the other never does."""
        removing, rate = self.direction is Direction.REMOVE, self.sampling_rate
        count = self.lattice.count
        # below: what only Q produces; above: what only P produces
        edge = -math.inf if rate == 1 else log_of(1 - rate)
        if count is None:
            low, high = edge, math.inf
        else:
            low, high = (float(self.ratios(k, k)[0]) for k in (0, count - 1))
            if self.one_sided:
                low, high = (edge, math.inf) if rate != 1 or not removing else (low, math.inf)
                if not removing:
                    high = float(self.ratios(count - 1, count - 1)[0])
        return (low, high) if removing else (-high, -low)

    def atoms(self, log_mass: float) -> Atoms:
        """See `PrivacyLoss.atoms`."""
        first, last = self.window(log_mass)
        if last - first >= MOST_ATOMS:
            raise Unsupported(
                f"a list of {last - first + 1} values of {type(self).__name__}",
                missing=f"at most {MOST_ATOMS} are listed",
                advice="use rdp",
            )
        ratios, weights = self.ratios(first, last), self.log_weights(first, last)
        rest = 0.0 if self.lattice.count is not None else math.exp(log_mass)
        extra = self.one_sided * (1 - self.sampling_rate)
        if self.direction is Direction.REMOVE:
            losses, masses = ratios, weights + ratios
            if extra:  # what only Q produces
                losses = np.concatenate([[log_of(1 - self.sampling_rate)], losses])
                masses = np.concatenate([[log_of(extra)], masses])
        else:
            losses, masses = -ratios[::-1], weights[::-1]
            if extra:
                losses = np.concatenate([losses, [-log_of(1 - self.sampling_rate)]])
                masses = np.concatenate([masses, [log_of(self.one_sided)]])
        return Atoms(losses, masses, rest)

    def cdf(self, loss: float) -> float:
        """The sum of the atoms."""
        low, high = self.support
        if loss < low:
            return 0.0
        if loss >= high:
            return 1.0
        atoms = self.atoms(-80.0)
        return min(math.fsum(np.exp(atoms.log_masses[atoms.losses <= loss]).tolist()), 1.0)


@dataclass(frozen=True)
class ResponseLoss(DiscreteLoss):
    """Randomized response: the true answer with one probability, each other with another.

    Args:
        truth_probability: Of the true answer, in (1/answers, 1).
        answers: How many answers there are, >= 2.
        sampling_rate: q in (0, 1].
        direction: REMOVE has the mixture as numerator.
    """

    truth_probability: Exact
    answers: int
    sampling_rate: Exact
    direction: Direction
    pair: ClassVar[str] = pair.RANDOMIZED_RESPONSE.id

    @property
    def lattice(self) -> Lattice:
        """The two answers that are asked for, and the others, at which both laws agree."""
        odds = Fraction(pair.RANDOMIZED_RESPONSE(self.truth_probability, self.answers))
        between = self.answers > 2
        return Lattice(Fraction(1), odds, -1, 1 if between else 2, 3 if between else 2)

    def log_weight(self, ops: Any) -> Callable[[int], Any]:
        """Of the answer without the record, the others, and the answer with it."""
        other = (1 - self.truth_probability) / (self.answers - 1)
        shares = [self.truth_probability, (self.answers - 2) * other, other]
        logs = [ops.log_exact(share) for share in shares if share]
        return logs.__getitem__


@dataclass(frozen=True)
class GuaranteeLoss(DiscreteLoss):
    """The worst of all mechanisms with an (epsilon, delta) guarantee.

    Args:
        epsilon: Of the guarantee, >= 0.
        delta: Of the guarantee, in [0, 1).
        sampling_rate: q in (0, 1].
        direction: REMOVE has the mixture as numerator.
    """

    epsilon: Exact
    delta: Exact
    sampling_rate: Exact
    direction: Direction

    @property
    def pair(self) -> str:  # type: ignore[override]  # by delta
        """The theorem that says which pair dominates."""
        return pair.APPROXIMATE_DP.id if self.delta else pair.PURE_DP.id

    @property
    def lattice(self) -> Lattice:
        """-epsilon and epsilon."""
        return Lattice(self.epsilon, None, -1, 2, 2) if self.epsilon else Lattice(
            Fraction(1), None, 0, 1, 1
        )  # fmt: skip

    @property
    def one_sided(self) -> Fraction:
        """Delta."""
        return self.delta

    def log_weight(self, ops: Any) -> Callable[[int], Any]:
        """Of the two values, or of the one at epsilon 0."""
        epsilon, rest = ops.number(self.epsilon), ops.log_exact(1 - self.delta)
        if not self.epsilon:
            return lambda k: rest
        return lambda k: rest + pair.PURE_DP(k, epsilon, ops=ops)


@dataclass(frozen=True)
class DiscreteLaplaceLoss(DiscreteLoss):
    """Integer noise of probabilities proportional to e^(-|x|/b), at a shift of the sensitivity.

    Args:
        noise_multiplier: b over the sensitivity, > 0.
        sensitivity: The shift, an integer >= 1.
        sampling_rate: q in (0, 1].
        direction: REMOVE has the mixture as numerator.
    """

    noise_multiplier: Exact
    sensitivity: int
    sampling_rate: Exact
    direction: Direction
    pair: ClassVar[str] = pair.DISCRETE_LAPLACE.id

    @property
    def lattice(self) -> Lattice:
        """The outputs up to 0, those between, and those from the sensitivity on."""
        scale = 1 / (self.noise_multiplier * self.sensitivity)
        return Lattice(scale, None, -self.sensitivity, 2, self.sensitivity + 1)

    def log_weight(self, ops: Any) -> Callable[[int], Any]:
        """Of each value; the first and the last gather a whole tail."""
        inverse = ops.number(1 / (self.noise_multiplier * self.sensitivity))
        last = self.sensitivity
        return lambda k: pair.DISCRETE_LAPLACE(k, 0 < k < last, inverse, ops=ops)


@dataclass(frozen=True)
class DiscreteGaussianLoss(DiscreteLoss):
    """Integer noise of probabilities proportional to e^(-x^2/(2 sigma^2)), at a shift.

    Args:
        noise_multiplier: sigma over the sensitivity, > 0.
        sensitivity: The shift, an integer >= 1.
        sampling_rate: q in (0, 1].
        direction: REMOVE has the mixture as numerator.
    """

    noise_multiplier: Exact
    sensitivity: int
    sampling_rate: Exact
    direction: Direction
    pair: ClassVar[str] = pair.DISCRETE_GAUSSIAN.id

    @property
    def variance(self) -> Fraction:
        """The parameter sigma^2; the variance of the noise is a little less."""
        return (self.noise_multiplier * self.sensitivity) ** 2

    @property
    def lattice(self) -> Lattice:
        """The k-th value is at output sensitivity + k."""
        scale = 1 / (2 * self.noise_multiplier**2 * self.sensitivity)
        return Lattice(scale, None, self.sensitivity, 2, None)

    def log_weight(self, ops: Any) -> Callable[[int], Any]:
        """Of each output without the record."""
        variance = ops.number(self.variance)
        total = ops.log_gauss_sum(variance)
        return lambda k: pair.DISCRETE_GAUSSIAN(k, self.sensitivity, variance) - total

    def log_weights(self, first: int, last: int) -> Array:
        """All at once."""
        weight: Any = self.log_weight(FLOATS)
        return np.asarray(weight(np.arange(first, last + 1, dtype=np.float64)), dtype=np.float64)

    def window(self, log_mass: float) -> tuple[int, int]:
        """By P(|x| >= t) <= 2 e^(-t^2/(2 sigma^2)) (pair.discrete_gaussian)."""
        away = math.ceil(math.sqrt(-2.0 * (log_mass - math.log(4.0))) * self._sigma) + 1
        return -self.sensitivity - away, away

    @property
    def _sigma(self) -> float:
        return float(self.noise_multiplier) * self.sensitivity * (1.0 + 2.0**-40)
