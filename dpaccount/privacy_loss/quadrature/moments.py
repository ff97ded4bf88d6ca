"""log E[ratio^order] of any privacy loss, from both sides."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dpaccount.adjacency import Direction
from dpaccount.errors import NotConverged
from dpaccount.privacy_loss.discrete import DiscreteLoss
from dpaccount.privacy_loss.loss import GaussianLoss, LaplaceLoss, PoissonGaussianLoss, PrivacyLoss
from dpaccount.privacy_loss.quadrature import atoms, gaussian, laplace
from dpaccount.privacy_loss.quadrature.kappa import log_moment_from
from dpaccount.theorems import rdp

__all__ = ["LogMoments", "log_moments", "uses_quadrature"]

Array = NDArray[np.float64]

_LEAST_NOISE = Fraction(1, 50)
_LEAST_LOSS = Fraction(1, 10**120)  # its square is still far from underflow


class LogMoments(NamedTuple):
    """Log moments, each bracketed, in the order asked for."""

    lower: Array
    upper: Array


def log_moments(
    losses: Sequence[PrivacyLoss], which: ArrayLike, order_minus_one: ArrayLike
) -> LogMoments:
    """(order - 1) times the Renyi divergence, for many pairs of a loss and an order at once.

    Guarantee: both sides (rdp.gaussian, rdp.poisson, rdp.atoms); rounding is allowed for, not
    proved.

    Args:
        losses: Distinct losses.
        which: For each pair, the index of its loss.
        order_minus_one: For each pair, the order minus one, in (0, 1e12]; taken apart from 1 so
            that orders near 1 keep their digits.

    Raises:
        NotConverged: If no error bound could be reached; never a guess instead.
    """
    index = np.atleast_1d(np.asarray(which, dtype=np.intp))
    e = np.atleast_1d(np.asarray(order_minus_one, dtype=np.float64))
    lower, upper = np.empty(e.size), np.empty(e.size)
    sampled = np.array(
        [isinstance(loss, PoissonGaussianLoss) and uses_quadrature(loss) for loss in losses]
    )[index]
    if sampled.any():
        rows = _rows(losses, index[sampled], e[sampled])
        value, error = gaussian.log_j(rows)
        for ends, sign in ((lower, -1.0), (upper, 1.0)):
            shifted = value + np.log1p(np.maximum(sign * error, -1.0 + 1e-16))
            ends[sampled] = log_moment_from(shifted, e[sampled])
    for i, loss in enumerate(losses):
        here = index == i
        if isinstance(loss, GaussianLoss):
            lower[here] = upper[here] = e[here] * (1.0 + e[here]) * (loss.mu**2 / 2.0)
        elif isinstance(loss, LaplaceLoss):
            lower[here], upper[here] = laplace.log_moment_bracket(loss, e[here])
        elif isinstance(loss, DiscreteLoss):
            lower[here], upper[here] = atoms.log_moment_bracket(loss, e[here])
        elif isinstance(loss, PoissonGaussianLoss) and not uses_quadrature(loss):
            unsampled = e[here] * (1.0 + e[here]) * (0.5 / float(loss.noise_multiplier) ** 2)
            rate = float(loss.sampling_rate)
            lower[here] = 0.0
            # e^moment carries the rounding of the moment itself
            unsampled *= 1.0 + 2.0**-50
            upper[here] = [rdp.MIXTURE(float(moment), rate) for moment in unsampled]
    lower *= 1.0 - 2.0**-50
    upper = np.maximum(upper * (1.0 + 2.0**-50), 5e-324)
    if np.isnan(upper).any() or np.isnan(lower).any():
        raise NotConverged("quadrature: a moment came out as NaN")
    return LogMoments(lower, upper)


@lru_cache(maxsize=4096)
def uses_quadrature(loss: PoissonGaussianLoss) -> bool:
    """Whether a moment of this loss is integrated, or bounded by theorem rdp.mixture.

    The strip of analyticity is pi sigma^2 wide: tiny noise needs too many nodes, and there the
    mixture bound is nearly exact. A loss of size q/sigma near the end of the floats underflows.
    """
    sigma, rate = loss.noise_multiplier, loss.sampling_rate
    return sigma >= _LEAST_NOISE and rate >= _LEAST_LOSS and rate >= _LEAST_LOSS * sigma


def _rows(losses: Sequence[PrivacyLoss], index: NDArray[np.intp], e: Array) -> gaussian.Rows:
    facts = [
        (
            float(loss.noise_multiplier),
            float(loss.sampling_rate),
            float(1 - loss.sampling_rate),
            loss.direction is Direction.ADD,
        )
        if isinstance(loss, PoissonGaussianLoss)
        else (1.0, 0.5, 0.5, False)
        for loss in losses
    ]
    table = np.array(facts, dtype=np.float64)[index]
    return gaussian.Rows(table[:, 0], table[:, 1], table[:, 2], table[:, 3] > 0.0, e)
