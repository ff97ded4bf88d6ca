"""The least value of a bound over a free parameter: any point is valid, a miss is only loose."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["least"]

_CEILING = 1e30  # stands for infinity inside scipy's search, which subtracts values


def least(
    score: Callable[[float], float], low: float, high: float, tolerance: float
) -> tuple[float, float]:
    """The least score found in [low, high], and where; a score may be infinite."""
    from scipy.optimize import minimize_scalar

    def finite(x: float) -> float:
        return min(score(float(x)), _CEILING)

    found = minimize_scalar(
        finite, bounds=(low, high), method="bounded", options={"xatol": tolerance}
    )
    at = float(found.x)
    return score(at), at
