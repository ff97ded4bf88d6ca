"""Renyi moments of losses that take single values: sums of non-negative terms.

A discrete Gaussian takes infinitely many. Removing a record, its moment lies around the outputs of
the law without the record, and around those that the order shifts it to: by convexity
r^a <= 1 - q + q L^a, and L^a times the law without the record is e^K times that law shifted by a d
(d the sensitivity), K = a (a-1) d^2 / (2 sigma^2). Adding one to a sample, r^(1-a) <= (1-q)^(1-a).
What lies outside of the windows is bounded by the tails and added.
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
_LOG_OUTSIDE = -120.0  # log of the share of the moment that the windows leave out, about
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
    # every logarithm that goes into a term, or into the moment, is rounded relative to its size
    size = float(np.abs(ratios).max()) * (1.0 + e) + float(np.abs(weights).max())
    size += abs(top) + abs(math.log(e))
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
    """Windows; the mixture of the unsampled moment (zcdp.discrete_gaussian) is above it as well."""
    rate, order, d = float(loss.sampling_rate), 1.0 + e, loss.sensitivity
    shifted = e * order / (2.0 * float(loss.noise_multiplier) ** 2)
    most = float(rdp.MIXTURE(shifted * (1.0 + 2.0**-50), rate))
    if not (rate >= _LEAST_LOSS and rate / float(loss.noise_multiplier) >= _LEAST_LOSS):
        return 0.0, most
    removing, sampled = loss.direction is Direction.REMOVE, loss.sampling_rate != 1
    log_rate = math.log(rate)
    # log of the largest r^(1-a) on a sample; a bit more than the float of 1 - q may hide
    edge = -math.log(float(1 - loss.sampling_rate)) * (1.0 + 2.0**-40) if sampled else math.inf
    log_mass = _LOG_OUTSIDE + 2.0 * log_rate + (order * log_rate if removing else 0.0)
    if sampled and not removing:
        log_mass -= e * edge
    if not log_mass > -1e12:
        return 0.0, most
    half = loss.window(log_mass)[1] + d
    centers = {0} if sampled else set()
    if removing or not sampled:  # with P = Q L the law shifts by d for each power of L
        centers.add(math.floor((order if removing else -e) * d) if order * d < 2**40 else 2**60)
    if half >= _MOST_TERMS or max(map(abs, centers)) > 2**41:
        return 0.0, most
    parts = [
        _sum(loss, loss.ratios(*w), loss.log_weights(*w), e) for w in _windows(centers, half, d)
    ]
    top = max(part[0] for part in parts)
    low, high = (math.fsum(p[end] * math.exp(p[0] - top) for p in parts) for end in (1, 2))
    largest = log_rate + shifted if removing or not sampled else e * edge
    # r^a outside, and a for r - 1 below 0
    outside = np.logaddexp(math.log(order + 1.0), largest) + log_mass - math.log(e * order)
    upper = float(log_moment_from(np.logaddexp(top + math.log(high), outside), e))
    lower = float(log_moment_from(top + math.log(low), e)) if low > 0.0 else 0.0
    return min(lower, most), min(upper, most)


def _windows(centers: set[int], half: int, d: int) -> list[tuple[int, int]]:
    """Disjoint ranges of k around outputs; the output without the record is k + d."""
    found: list[tuple[int, int]] = []
    for center in sorted(centers):
        first, last = center - d - half, center - d + half
        if found and first <= found[-1][1] + 1:
            first = found.pop()[0]
        found.append((first, last))
    return found
