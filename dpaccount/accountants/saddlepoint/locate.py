"""Where about an answer lies: the search in float64 that decides where a line is put. Untrusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

from dpaccount.accountants.saddlepoint.effort import Effort, TooCostly
from dpaccount.accountants.saddlepoint.model import Model
from dpaccount.accountants.saddlepoint.plan import plan
from dpaccount.accountants.saddlepoint.rough import Rough
from dpaccount.certificates import Line, Run
from dpaccount.certificates.inversion import Inversion, trivial
from dpaccount.certificates.numbers import log_above, log_below

__all__ = ["Place", "chernoff_epsilon", "estimate_of", "locate_delta", "locate_epsilon"]

#: What a look in balls may cost while searching.
_CLEAR = 10_000.0
#: Distances of c from 1, for least values along the real line.
_DISTANCES = np.geomspace(1e-9, 1e13, 160)


@dataclass(frozen=True)
class Place:
    """About eps, -d log delta / d eps there, and what stood in the way of knowing it better."""

    epsilon: float
    slope: float
    why: str = ""


def chernoff_epsilon(model: Model, log_delta: float) -> float:
    """About the eps that the best exponent gives; above the true one."""
    c = 1.0 + _DISTANCES
    found = (model.log_transform(c) - log_delta - np.log(c)) / _DISTANCES + np.log1p(-1.0 / c)
    return float(np.min(found[np.isfinite(found)], initial=math.inf))


def estimate_of(model: Model, epsilon: float, floor: float) -> float:
    """About log delta(eps): the least of the integrand on the real line, less a spread."""
    c = 1.0 + _DISTANCES
    front = model.log_transform(c) - _DISTANCES * epsilon - np.log(c * _DISTANCES)
    return max(min(float(np.nanmin(front)) - 1.0, -1e-3), floor)


def locate_epsilon(
    run: Run, model: Model, safe: float, log_delta: float, edge: float, effort: Effort
) -> Place:
    """About the eps of a delta.

    A rough line is right at the eps that it was planned for, so each one moves an end of a bracket;
    its curve says where to look next. Where the curve misleads, the bracket is halved.
    """
    low, high, guess, slope, reason, failures = 0.0, safe, safe, 1.0, "", 0
    for turn in range(40):
        if turn == 2:  # by now it would be found, were this an easy case
            low = max(low, _one_part(run, log_delta, high))
            guess = max(guess, low)
        try:
            line = plan(model, guess, log_delta, -5.0, effort, rough=True)
        except TooCostly as error:
            reason, failures = str(error), failures + 1
            if failures > 12 or (failures > 1 and not guess < high):
                break
            # as a rule the eps is too small for this delta
            guess = _between(guess if guess < high else low, high)
            continue
        rough = Rough(run, line)
        value, _ = rough.log_delta(guess)
        rate = max(line.c - 1.0, 1e-300)
        if not rough.blur(guess) < log_delta - 2.0:  # the floats cannot say; where is it clear?
            value = _in_balls(run, line, guess, effort)
            low, high = (guess, high) if value > log_delta else (low, guess)
            ahead = guess + (value - log_delta) / rate
            if abs(value - log_delta) < 0.7 and low <= ahead <= high:
                return Place(ahead, rate, reason)
            if high - low <= 0.05 / rate:
                return Place(guess, rate, reason)
            guess = ahead if turn < 8 and low < ahead < high else _between(low, high)
            continue
        if value > log_delta:
            low = guess
        else:
            high = guess
        found, slope = _newton(rough, guess, log_delta, low, high if value <= log_delta else edge)
        moved = abs(found - guess) * max(rate, slope)
        if math.isfinite(value) and moved < 0.7:
            return Place(found, slope, reason)
        if high - low <= 0.05 / rate and guess < safe:
            return Place(guess, rate, reason)
        near = abs(value - log_delta) < 40.0 - 0.1 * log_delta
        trusted = math.isfinite(value) and near and turn < 8
        guess = found if trusted and found > low else _between(low, high)
    return Place(guess, slope, reason)


def locate_delta(
    run: Run, epsilon: float, floor: float, ceiling: float, effort: Effort
) -> tuple[Model, float]:
    """A model that reaches out far enough, and about log delta(eps).

    Raises:
        TooCostly: If no model can be afforded.
    """
    estimate = max(ceiling, -90.0)
    for _ in range(5):  # the model has to reach as far out as the answer's tail
        model, before = Model(run, estimate - 45.0), estimate
        effort.spend(model.size)
        estimate = min(estimate_of(model, epsilon, floor), ceiling)
        if abs(estimate - before) < 20.0:
            break
    for _ in range(6):
        try:
            line = plan(model, epsilon, estimate, -5.0, effort, rough=True)
        except TooCostly:
            break
        found, _ = Rough(run, line).log_delta(epsilon)
        if not math.isfinite(found):
            estimate -= 5.0
            model = Model(run, estimate - 45.0)
            continue
        moved, estimate = abs(found - estimate), max(found, floor)
        model = Model(run, estimate - 45.0)
        if moved < 3.0:
            break
    return model, estimate


def _one_part(run: Run, log_delta: float, high: float) -> float:
    """About the eps at which one part alone has this delta; below the eps of all of them."""
    low = 0.0
    with ctx.workprec(100):  # the digits of one part do not cancel
        for _ in range(40):
            middle = _between(low, high)
            if (high - low <= 0.01 * high and low > 0.0) or high < 1e-15:
                break
            if log_below(trivial(run, arb(middle))[0]) >= log_delta:
                low = middle
            else:
                high = middle
    return low


def _in_balls(run: Run, line: Line, epsilon: float, effort: Effort) -> float:
    """Log delta by the enclosure, where floats are too coarse; infinite where it is too costly."""
    if not line.work <= min(_CLEAR, effort.left):
        return math.inf
    effort.spend(line.work)
    low, high = Inversion(run, line).delta(arb(epsilon))
    return 0.5 * (max(log_below(low), -1e300) + log_above(high))


def _between(low: float, high: float) -> float:
    """A point between two, in the middle of the exponents if they are far apart."""
    if low <= 0.0:
        return 0.1 * high
    return math.sqrt(low) * math.sqrt(high) if high > 4.0 * low else 0.5 * (low + high)


def _newton(
    rough: Rough, epsilon: float, log_delta: float, low: float, high: float
) -> tuple[float, float]:
    """The eps at which the rough curve meets the target, and -d log delta / d eps there."""
    slope = rough.c - 1.0
    for _ in range(30):
        value, derivative = rough.log_delta(epsilon)
        if not math.isfinite(value) or not derivative < 0.0:
            # to the right of what the line resolves
            high, epsilon = epsilon, 0.5 * (low + epsilon)
            continue
        slope = -derivative
        if value > log_delta:
            low = max(low, epsilon)
        else:
            high = min(high, epsilon)
        step = (value - log_delta) / slope
        following = epsilon + max(min(step, 4.0 / slope + epsilon), -4.0 / slope - 0.5 * epsilon)
        if not low <= following <= high:
            following = 0.5 * (low + high) if math.isfinite(high) else low + 1.0 / slope
        if abs(following - epsilon) <= 1e-13 * epsilon or low == high:
            return following, slope
        epsilon = following
    return epsilon, slope
