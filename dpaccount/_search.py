"""The least value of a bound over a free parameter: any point is valid, a miss is only loose.

scipy has such a search, but importing scipy.optimize takes longer than the whole account of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["least"]

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def least(
    score: Callable[[float], float], low: float, high: float, tolerance: float
) -> tuple[float, float]:
    """The least score found in [low, high] by golden section, and where; scores may be infinite."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = score(left), score(right)
    best = min((at_left, left), (at_right, right))
    while high - low > tolerance and low < left < right < high:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = score(left)
            best = min(best, (at_left, left))
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = score(right)
            best = min(best, (at_right, right))
    return best
