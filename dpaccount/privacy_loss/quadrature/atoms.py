"""Renyi moments of losses that take single values: sums of non-negative terms.

A discrete Gaussian takes infinitely many. Its moment lies around the outputs of the law without the
record, and around those that the order shifts it to: by convexity r^a <= 1 - q + q L^a, and L^a
times the law without the record is e^K times that law shifted by a d (d the sensitivity), with
K = a (a-1) d^2 / (2 sigma^2). What lies outside two windows is bounded by the two tails and added.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dpaccount.adjacency import Direction
from dpaccount.privacy_loss.discrete import DiscreteGaussianLoss, DiscreteLoss
from dpaccount.privacy_loss.quadrature.kappa import log_kappa, log_moment_from
from dpaccount.theorems import rdp

__all__ = ["log_moment_bracket"]

Array = NDArray[np.float64]

_MOST_TERMS = 2**18  # in one window; beyond, theorem rdp.mixture
_LOG_OUTSIDE = -230.0  # log of the mass that a window leaves out
_LEAST_LOSS = 1e-120  # its square is still far from underflow


def log_moment_bracket(loss: DiscreteLoss, order_minus_one: Array) -> tuple[Array, Array]:
    """Lower and upper ends of the log moment at each order; infinite with an infinite loss."""
    lower, upper = np.zeros_like(order_minus_one), np.empty_like(order_minus_one)
    if loss.infinity_mass:
        upper[:] = math.inf
        return lower, upper
    for i, e in enumerate(order_minus_one):
        if isinstance(loss, DiscreteGaussianLoss):
            lower[i], upper[i] = _gaussian(loss, float(e))
        else:
            lower[i], upper[i] = _finite(loss, float(e))
    return lower, upper


def _sum(loss: DiscreteLoss, ratios: Array, weights: Array, e: float) -> tuple[float, float, float]:
    """The sum of (r^a - 1 - a (r - 1)) / (a e) under the denominator: scale, ends over it."""
    if loss.direction is Direction.ADD:
        ratios, weights = -ratios, weights + ratios
    terms = weights + log_kappa(ratios, np.asarray(e))
    top = float(terms.max())
    if top == -math.inf:
        return 0.0, 0.0, 0.0
    total = float(np.exp(terms - top).sum())
    size = float(np.abs(ratios).max()) * (1.0 + e) + float(np.abs(weights).max())
    error = min(2.0**-53 * (64.0 + 16.0 * size + len(terms) ** 0.5), 1.0)
    return top, total * (1.0 - error), total * (1.0 + error)


def _finite(loss: DiscreteLoss, e: float) -> tuple[float, float]:
    """All values; 0 <= log moment <= e sup L where rounding would show, or the laws differ."""
    first, last = loss.window(0.0)
    ratios, weights = loss.ratios(first, last), loss.log_weights(first, last)
    most = e * loss.support[1] * (1.0 + 1e-14)
    too_small = not float(np.abs(ratios).max()) >= _LEAST_LOSS
    if too_small or loss.one_sided or last - first >= _MOST_TERMS:
        return 0.0, most
    top, *ends = _sum(loss, ratios, weights, e)
    low, high = (float(log_moment_from(top + math.log(x), e)) if x > 0 else 0.0 for x in ends)
    return min(low, most), min(high, most)


def _gaussian(loss: DiscreteGaussianLoss, e: float) -> tuple[float, float]:
    """Two windows; the mixture of the unsampled moment (zcdp.discrete_gaussian) is above too."""
    rate, removing = float(loss.sampling_rate), loss.direction is Direction.REMOVE
    shifted = e * (1.0 + e) / (2.0 * float(loss.noise_multiplier) ** 2)
    most = float(rdp.MIXTURE(shifted * (1.0 + 2.0**-50), rate))
    first, last = loss.window(_LOG_OUTSIDE)
    d, order = loss.sensitivity, 1.0 + e
    # the output without the record is k + d; with P = Q L^1 the law shifts by d for each power
    center = math.floor((order if removing else -e) * d)
    small = rate / float(loss.noise_multiplier) >= _LEAST_LOSS and rate >= _LEAST_LOSS
    if not small or last - first >= _MOST_TERMS or not abs(center) < 2**40:
        return 0.0, most
    half = last + d
    near, far = (-d - half, -d + half), (center - d - half, center - d + half)
    if far[0] <= near[1] + 1 and near[0] <= far[1] + 1:
        windows = [(min(near[0], far[0]), max(near[1], far[1]))]
    else:
        windows = [near, far]
    parts = [_sum(loss, loss.ratios(*w), loss.log_weights(*w), e) for w in windows]
    top = max(part[0] for part in parts)
    low, high = (math.fsum(p[end] * math.exp(p[0] - top) for p in parts) for end in (1, 2))
    # outside both: at most (1 - q) 1 + q e^K times the mass, and a for r - 1 below 0
    outside = np.logaddexp(math.log(order + 1.0), math.log(rate) + shifted) + _LOG_OUTSIDE
    outside -= math.log(e) + math.log1p(e)
    upper = float(log_moment_from(np.logaddexp(top + math.log(high), outside), e))
    lower = float(log_moment_from(top + math.log(low), e)) if low > 0.0 else 0.0
    return min(lower, most), min(upper, most)
