"""Where an attacker's best test draws its line, from the lines of the float64 tier: a guess."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import NotKnown
from dpaccount.accountants.saddlepoint.fast.chart import Shelf
from dpaccount.accountants.saddlepoint.fast.inversion import Inversion
from dpaccount.accountants.saddlepoint.fast.plan import Outlook
from dpaccount.certificates import Run

__all__ = ["fast_threshold"]

_TOLERANCE = -7.0
_CLOSE = 1e-6
#: log(P(L > eps) / delta) or log(Q(L > eps) / delta), from eps and -d log delta / d eps there.
_Tail = Callable[[Any, Any], Any]


def fast_threshold(run: Run, log_fpr: float) -> float | None:
    """About the eps that a loss exceeds with chance e^log_fpr under the denominator.

    As `saddlepoint.threshold`, which knows every run and takes ten times as long; no guarantee
    rests on either.

    Args:
        run: One direction of a run that has a line.
        log_fpr: Negative.

    Returns:
        None where float64 has no line.
    """
    found = _found(run, log_fpr, lambda eps, slope: np.log(slope) - eps)
    if found is not None or not -3.0 < log_fpr < 0.0:
        return found
    # below 0: where the other direction's loss exceeds -eps under its numerator
    other = replace(run, add=not run.add)
    found = _found(other, math.log(-math.expm1(log_fpr)), lambda _, slope: np.log1p(slope))
    return None if found is None else -found


def _found(run: Run, log_rate: float, tail: _Tail) -> float | None:
    """About the eps > 0 where the tail has that logarithm; None where it is not found."""
    with np.errstate(all="ignore"):
        try:
            return _solve(run, log_rate, tail, Shelf())
        except (ArithmeticError, NotKnown, ValueError):
            return None


def _solve(run: Run, log_rate: float, tail: _Tail, shelf: Shelf) -> float | None:
    outlook = Outlook(run, shelf, log_rate - 3.0)
    logs = outlook.logs + tail(outlook.epsilons, outlook.y)  # the saddle point approximation
    # far to the left it turns back
    k = int(np.argmin(np.where(outlook.epsilons > 0.0, np.abs(logs - log_rate), np.inf)))
    epsilon, log_delta = float(outlook.epsilons[k]), min(float(outlook.logs[k]), -1e-3)
    for _ in range(4):
        if not epsilon > 0.0:
            return None
        line = Outlook(run, shelf, log_delta, epsilon).line(epsilon, log_delta, _TOLERANCE)
        if line is None:
            return None
        inversion = Inversion(run, line, shelf, upper_only=True)
        found, value = _secant(inversion, epsilon, log_rate, tail)
        if not (math.isfinite(found) and math.isfinite(value)):
            return None
        moved, epsilon, log_delta = abs(found - epsilon) * inversion.y, found, min(value, -1e-3)
        if moved < 0.7:  # the line was made for a delta near this one
            return epsilon if epsilon > 0.0 else None
    return None


def _secant(
    inversion: Inversion, epsilon: float, log_rate: float, tail: _Tail
) -> tuple[float, float]:
    """About the eps of that rate on one line, and log delta there; NaN where it is not found."""
    fall, last = inversion.c, (math.nan, math.nan)
    for _ in range(30):
        value, slope = inversion.rough(epsilon)
        if not (math.isfinite(value) and slope < 0.0):
            epsilon, last = epsilon - 0.5 / inversion.y, (math.nan, math.nan)
            continue  # it was to the right of what the line resolves
        miss = value + float(tail(epsilon, -slope)) - log_rate
        between = (last[1] - miss) / (epsilon - last[0]) if epsilon != last[0] else math.nan
        if 0.1 * inversion.c < between < 10.0 * inversion.c:
            fall = between
        last = epsilon, miss
        step = min(max(miss / fall, -3.0 / inversion.c), 3.0 / inversion.c)
        epsilon += step
        if abs(step) * inversion.c < _CLOSE:
            return epsilon, value
    return math.nan, math.nan
