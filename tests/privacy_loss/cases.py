"""What the tests of moments share: losses by name, and a bracket against its truth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mpmath import mp, mpf
from privacy_loss.oracle import log_moment

from dpaccount import _validate
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import LaplaceLoss, PoissonGaussianLoss
from dpaccount.privacy_loss.quadrature import log_moments

#: The promise: never below the truth, and relative accuracy of the log moment.
PROMISE = 1e-9


def number(value):
    """What a mechanism would hold for this input."""
    return _validate.exact(value, "number")


def gaussian(sigma, rate, direction):
    return PoissonGaussianLoss(number(sigma), number(rate), Direction(direction))


def laplace(scale, rate, direction):
    return LaplaceLoss(number(scale), number(rate), Direction(direction))


@dataclass(frozen=True)
class Ends:
    """How far the two ends lie above the truth, relative to it."""

    lower: float
    upper: float

    @property
    def hold(self):
        """Written so that NaN fails."""
        return self.lower <= 0 <= self.upper

    def within(self, relative):
        return self.hold and self.upper <= relative and self.lower >= -relative


def against(moments, truth, position=0):
    """Both ends of one moment against its truth."""
    with mp.workdps(60):
        lower, upper = (
            float(mpf(float(end[position])) / truth - 1) for end in (moments.lower, moments.upper)
        )
    return Ends(lower, upper)


def gaussian_ends(sigma, rate, e, direction):
    """The library's ends for one sampled Gaussian moment against the oracle."""
    loss = gaussian(sigma, rate, direction)
    truth = log_moment(loss.noise_multiplier, loss.sampling_rate, float(e), direction)
    return against(log_moments([loss], [0], [float(e)]), truth)


def log_uniform(source, low, high):
    """A random number, as a float taken exactly."""
    from math import exp, log

    return Fraction(exp(source.uniform(log(low), log(high))))
