"""The search for a tilt: nothing rests on it but tightness."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["least_tilt"]

_STEEPEST = 50.0  # tilt times width: steeper, a tilted law is one grid point


def least_tilt(objective: Callable[[float], float], width: float, digits: int = 3) -> float:
    """Where a function of the tilt that falls and then rises is least, to a few digits."""
    from scipy.optimize import minimize_scalar

    def of_log(log_tilt: float) -> float:
        return objective(math.exp(log_tilt))

    found = minimize_scalar(
        of_log,
        bounds=(math.log(1e-6), math.log(_STEEPEST / width)),
        method="bounded",
        options={"xatol": 10.0**-digits},
    )
    return math.exp(float(found.x))
