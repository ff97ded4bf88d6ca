"""The divergence integrand without cancellation.

With ratio r = numerator / denominator and v = log r, the moment of order a = 1 + e is

    E_den[r^a] = 1 + a e J,    J = E_den[kappa(v)],
    kappa(v) = (r^a - 1 - a (r - 1)) / (a (a - 1)) >= 0,

because E_den[r] = 1. Summing kappa >= 0 instead of r^a - 1 keeps the relative accuracy of a moment
that is 1 + 1e-25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_kappa", "log_moment_from"]

Array = NDArray[np.float64]

_SERIES_TERMS = 9
_POWERS = np.arange(_SERIES_TERMS, dtype=np.float64)
_FACTORS = np.array([2.0 / math.factorial(m + 2) for m in range(_SERIES_TERMS)])
_SERIES_EDGE = 0.05  # below |a v| = 0.05 the tenth term is under 1e-18 of the first


def _series(v: Array, order_minus_one: Array) -> Array:
    """Log kappa for small |a v|: v^2/2 (1 + (1+a) v/3 + (1+a+a^2) v^2/12 + ...)."""
    inverse = 1.0 / (1.0 + order_minus_one)
    scaled = v * (1.0 + order_minus_one)
    # the m-th coefficient has (1 + a + ... + a^m) / a^m, a sum of powers of 1/a
    sums = np.cumsum(inverse[..., None] ** _POWERS, axis=-1)
    coefficients = np.moveaxis(sums * _FACTORS, -1, 0)
    total = np.zeros_like(v)
    for coefficient in coefficients[::-1]:
        total *= scaled
        total += coefficient
    # |v| can be 0 at a node: log(0) = -inf is the truth there
    with np.errstate(divide="ignore"):
        return 2.0 * np.log(np.abs(v)) - math.log(2.0) + np.log(total)


def log_kappa(v: Array, order_minus_one: Array) -> Array:
    """Natural logarithm of kappa, to a few units in the last place of its exponent.

    Args:
        v: Log ratios, any real.
        order_minus_one: e > 0, broadcast against v.
    """
    e = np.asarray(order_minus_one)  # as given: what depends on the order alone costs a row
    small = (1.0 + e) * np.abs(v) < _SERIES_EDGE
    if small.all():
        return _series(v, e)
    if not small.any():
        return _direct(v, e)
    # each is asked where it holds, and anywhere harmless elsewhere
    series = _series(np.where(small, v, 0.0), e)
    return np.where(small, series, _direct(np.where(small, 1.0 / (1.0 + e), v), e))


def _direct(v: Array, e: Array) -> Array:
    """Log kappa by exponentials; for v >= 0 the factor r^a is taken out: nothing overflows."""
    size, above = np.abs(v), v >= 0.0
    first, second = np.expm1(-e * size), np.expm1(-size)
    rest = np.where(above, (1.0 + first) * second - first / e, (1.0 + second) * first / e - second)
    return np.where(above, (1.0 + e) * v, 0.0) + np.log(rest) - np.log1p(e)


def log_moment_from(log_j: Any, order_minus_one: Any) -> Array:
    """log(1 + a e J) from log J, without overflow."""
    log_term = np.log(order_minus_one) + np.log1p(order_minus_one) + log_j
    return np.asarray(np.logaddexp(0.0, log_term), dtype=np.float64)
