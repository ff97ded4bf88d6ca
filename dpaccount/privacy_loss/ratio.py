"""The log of the sampled likelihood ratio, accurate relative to itself on the whole line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_ratio"]

Array = NDArray[np.float64]


def log_ratio(u: Array, rate: Array, rest: Array) -> Array:
    """log(1 - q + q e^u).

    Args:
        u: Log ratios of the unsampled step, any real.
        rate: q in (0, 1], broadcast against u.
        rest: 1 - q, rounded from the exact value: 1 - rate would lose it near rate 1.
    """
    # near 0 and for a ratio near 1; the clips only keep away from what is replaced below
    result = np.log1p(rate * np.expm1(np.clip(u, -36.0, 700.0)))
    grown = u + np.log(rate)
    if grown.max(initial=0.0) > 0.0:
        # e^u dominates; taken only where q e^u > 1, or the two logarithms would cancel
        far = grown + np.log1p(rest * np.exp(-np.maximum(grown, 0.0)))
        result = np.where((u > 30.0) & (grown > 0.0), far, result)
    if rate.max(initial=0.0) > 0.5:
        left = np.log(rest + rate * np.exp(np.clip(u, -700.0, 0.0)))
        result = np.where((u < -1.0) & (rate > 0.5), left, result)
    return np.asarray(result, dtype=np.float64)
