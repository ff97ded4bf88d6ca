"""Where an attacker's best test draws its line, from the lines of the float64 tier: a guess."""

from __future__ import annotations

import math

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import NotKnown
from dpaccount.accountants.saddlepoint.fast.chart import Shelf
from dpaccount.accountants.saddlepoint.fast.inversion import Inversion
from dpaccount.accountants.saddlepoint.fast.plan import Outlook
from dpaccount.certificates import Run

__all__ = ["fast_threshold"]

_TOLERANCE = -7.0
_CLOSE = 1e-6


def fast_threshold(run: Run, log_fpr: float) -> float | None:
    """About the eps >= 0 that a loss exceeds with chance e^log_fpr under the denominator.

    As `saddlepoint.threshold`, which knows every run and takes ten times as long; no guarantee
    rests on either.

    Args:
        run: One direction of a run that has a line.
        log_fpr: Finite.

    Returns:
        None where eps is negative, or where float64 has no line.
    """
    with np.errstate(all="ignore"):
        try:
            return _solve(run, log_fpr, Shelf())
        except (ArithmeticError, NotKnown, ValueError):
            return None


def _solve(run: Run, log_fpr: float, shelf: Shelf) -> float | None:
    epsilon, log_delta = _start(Outlook(run, shelf, log_fpr - 3.0), log_fpr)
    for _ in range(4):
        if not epsilon > 0.0:
            return None
        line = Outlook(run, shelf, log_delta, epsilon).line(epsilon, log_delta, _TOLERANCE)
        if line is None:
            return None
        inversion = Inversion(run, line, shelf, upper_only=True)
        found, value = _secant(inversion, epsilon, log_fpr)
        if not (math.isfinite(found) and math.isfinite(value)):
            return None
        moved, epsilon, log_delta = abs(found - epsilon) * inversion.y, found, min(value, -1e-3)
        if moved < 0.7:  # the line was made for a delta near this one
            return epsilon if epsilon > 0.0 else None
    return None


def _start(outlook: Outlook, log_fpr: float) -> tuple[float, float]:
    """About eps and log delta there, by the saddle point: Q(L > eps) is about y delta / e^eps."""
    logs = outlook.logs + np.log(outlook.y) - outlook.epsilons
    # far to the left the approximation turns back
    k = int(np.argmin(np.where(outlook.epsilons > 0.0, np.abs(logs - log_fpr), np.inf)))
    return float(outlook.epsilons[k]), min(float(outlook.logs[k]), -1e-3)


def _secant(inversion: Inversion, epsilon: float, log_fpr: float) -> tuple[float, float]:
    """About the eps of that rate on one line, and log delta there; NaN where it is not found."""
    fall, last = inversion.c, (math.nan, math.nan)
    for _ in range(30):
        value, slope = inversion.rough(epsilon)
        if not (math.isfinite(value) and slope < 0.0):
            epsilon, last = epsilon - 0.5 / inversion.y, (math.nan, math.nan)
            continue  # it was to the right of what the line resolves
        miss = value + math.log(-slope) - epsilon - log_fpr
        between = (last[1] - miss) / (epsilon - last[0]) if epsilon != last[0] else math.nan
        if 0.1 * inversion.c < between < 10.0 * inversion.c:
            fall = between
        last = epsilon, miss
        step = min(max(miss / fall, -3.0 / inversion.c), 3.0 / inversion.c)
        epsilon += step
        if abs(step) * inversion.c < _CLOSE:
            return epsilon, value
    return math.nan, math.nan
