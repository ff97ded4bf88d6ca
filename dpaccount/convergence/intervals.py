"""What a measured mean shows, with a chance of error that holds for every number of trajectories.

There is no exact confidence interval for the mean of an unbounded variable, but for one that is
never negative there is a lower end. Where the law is known to be that of a Gaussian quadratic
form, Chernoff's bound gives both sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dpaccount._search import least
from dpaccount.convergence.problem import Array

__all__ = ["GaussianForm", "lower_mean"]

#: Shares of the capital that are bet against the mean; each gives a valid test, and so does their
#: average.
_BETS = tuple(0.95 * 1.6**-k for k in range(16))
#: What a difference of values of f may be wrong by.
_ROUNDING = 1e-14


def lower_mean(values: Array, log_error: float) -> float:
    """A number that is at most the mean of X, but for a small chance, whatever the law of X >= 0.

    It is found by betting: where E X <= m, the product of 1 + b (X_i / m - 1) is at most 1 in
    expectation for every b in (0, 1), and so is the average of several such products, so that it
    is above 1/error with no more than that chance (Markov). No draw is cut off: large ones count
    for little, as the logarithm of a product is what decides. Every number of draws is fine.

    Args:
        values: Independent draws, each >= 0 but for rounding.
        log_error: Logarithm of the chance that the answer is above the mean, < 0.

    Source: Waudby-Smith and Ramdas 2021, arXiv 2010.09686, for the idea; the bets here are fixed.
    """
    draws = np.maximum(np.asarray(values, dtype=float), 0.0)

    def seen_at(mean: float) -> bool:
        """Whether a mean of `mean` or less is refuted."""
        over = draws / mean - 1.0
        logs = [float(np.log1p(bet * over).sum()) for bet in _BETS]
        top = max(logs)
        capital = top + math.log(sum(math.exp(log - top) for log in logs) / len(logs))
        # rounding of a sum of this many logarithms
        return capital - 1e-12 * len(draws) > -log_error

    # at the mean of the draws no product is above 1 (Jensen)
    low, high = 0.0, float(draws.mean()) * 1.000001 + 1e-300
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if middle > 0.0 and seen_at(middle) else (low, middle)
    return max(low * (1.0 - 1e-12) - _ROUNDING, 0.0)


@dataclass(frozen=True)
class GaussianForm:
    """The law of sum w_i (m_i + s_i Z_i)^2, Z standard Gaussian.

    Args:
        weights: The w_i >= 0.
        means: The m_i.
        deviations: The s_i >= 0.
    """

    weights: Array
    means: Array
    deviations: Array

    @property
    def mean(self) -> float:
        """Its mean."""
        return float((self.weights * (self.means**2 + self.deviations**2)).sum())

    def log_moment(self, theta: float) -> float:
        """Log E e^(theta X); inf where there is none."""
        spread = 2.0 * theta * self.weights * self.deviations**2
        if not (spread < 1.0).all():
            return math.inf
        shifted = theta * self.weights * self.means**2 / (1.0 - spread)
        return float((shifted - np.log1p(-spread) / 2).sum())

    def _centered(self, theta: float) -> float:
        """Log E e^(theta (X - E X)), without the cancellation where the means are large."""
        spread = 2.0 * theta * self.weights * self.deviations**2
        if not (spread < 1.0).all():
            return math.inf
        shifted = theta * self.weights * self.means**2 * spread / (1.0 - spread)
        # -log1p(-s) - s is s^2 / 2 + s^3 / 3 + ..., which rounding would lose
        small = np.abs(spread) < 1e-4
        curved = np.where(
            small, spread**2 * (0.5 + spread / 3 + spread**2 / 3), -np.log1p(-spread) - spread
        )
        return float((shifted + curved / 2).sum())

    def log_tail(self, mean: float, count: int, *, above: bool) -> float:
        """At least the log of the chance that the mean of some draws is as far off, on that side.

        Args:
            mean: What was found.
            count: Of how many draws.
            above: Whether the chance is that of a mean >= `mean`, and not <= `mean`.
        """
        top = float((self.weights * self.deviations**2).max(initial=0.0))
        if top == 0.0:
            # nothing is random: only rounding can separate the two
            near = abs(mean - self.mean) <= 1e-9 * (abs(self.mean) + 1e-300)
            return 0.0 if near else -math.inf
        sign = 1.0 if above else -1.0

        def exponent(log_theta: float) -> float:
            # every theta gives a valid bound, the search decides tightness only
            theta = sign * math.exp(log_theta) / (2.0 * top)
            return self._centered(theta) - theta * (mean - self.mean)

        high = -1e-9 if above else 40.0
        found, _ = least(exponent, -120.0, high, 1e-7)
        return min(0.0, count * found)

    def interval(self, count: int, log_error: float) -> tuple[float, float]:
        """Where the mean of some draws lies, but for a chance of exp(log_error) on each side."""
        return (
            self._edge(count, log_error, above=False),
            self._edge(count, log_error, above=True),
        )

    def _edge(self, count: int, log_error: float, *, above: bool) -> float:
        inside = self.mean
        outside = 0.0 if not above else 2.0 * inside + 1e-300
        while above and self.log_tail(outside, count, above=True) > log_error:
            outside *= 2.0
        if not above and self.log_tail(0.0, count, above=False) > log_error:
            return 0.0
        for _ in range(60):
            middle = (inside + outside) / 2
            if self.log_tail(middle, count, above=above) > log_error:
                inside = middle
            else:
                outside = middle
        return outside


def joined(parts: Sequence[tuple[float, float, float]]) -> GaussianForm:
    """A form from triples of weight, mean and deviation."""
    weights, means, deviations = (np.array(column) for column in zip(*parts, strict=True))
    return GaussianForm(weights, means, deviations)
