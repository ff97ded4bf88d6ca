"""The path without noise, and what it says of the one with noise: where a bound may start anew.

Every bound that begins at x_0 holds from any later step on, given the past. At step t the noisy
path is near the one without noise (sgd.coupled), which is run here: how fast the start fades is
then a matter of computing, and not of mu and L.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dpaccount.convergence.enclosures import ends, evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.problem import Array
from dpaccount.convergence.setting import Setting
from dpaccount.theorems.coupled import COUPLED, COUPLED_DISTANCE, COUPLED_VALUE

__all__ = ["MOST_STEPS", "Start", "starts"]

#: Steps without noise that are run for a bound; after them theorems alone go on.
MOST_STEPS = 2000
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Start:
    """What is known of x_t at one step t.

    Args:
        step: The t.
        distance_squared: At least E|x_t - x*|^2.
        gap: At least E f(x_t) - f*.
        theorems: Ids of what that stands on.
    """

    step: int
    distance_squared: float
    gap: float
    theorems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Path:
    """Of y_0, y_1, ...: bounds on |y_t - x*|^2, f(y_t) - f* and |g(y_t)|^2."""

    distances: Array
    gaps: Array
    slopes: Array


def starts(setting: Setting) -> tuple[Start, ...]:
    """Steps of a run with what is known of x_t there: the first, and some later ones.

    Guarantee: upper (sgd.coupled, sgd.coupled_distance, sgd.coupled_value); only the first step
    where the function is not smooth or gradients may be clipped.

    Args:
        setting: With steps of one size.
    """
    found = setting.memo.get("starts")
    if found is None:
        found = setting.memo["starts"] = _starts(setting)
    assert isinstance(found, tuple)
    return found


def _starts(setting: Setting) -> tuple[Start, ...]:
    facts = setting.facts
    first = Start(0, facts.distance_squared, facts.gap)
    last = min(setting.run.steps, MOST_STEPS)
    if not math.isfinite(facts.smoothness):
        return (first,)
    path = _path(setting, last)
    return (first, *(_start(setting, path, step) for step in _times(last)))


def _times(last: int) -> list[int]:
    """The last step, and steps that are each about 1.6 times the one before."""
    found, one, two = {last}, 1, 2
    while one < last:
        found.add(one)
        one, two = two, one + two
    return sorted(found)


def _start(setting: Setting, path: _Path, step: int) -> Start:
    facts = setting.facts
    smoothness = Fraction(facts.smoothness)
    _, spread = ends(
        evaluate(
            COUPLED, curvature=Fraction(facts.least_curvature), smoothness=smoothness,
            learning_rate=Fraction(setting.learning_rate),  # type: ignore[arg-type]
            variance=second_moment(setting), steps=step,
        ),
        COUPLED.id,
    )  # fmt: skip
    near, gap, slope = (float(each[step]) for each in (path.distances, path.gaps, path.slopes))
    distance = value = math.inf
    if math.isfinite(near):
        _, distance = ends(
            evaluate(COUPLED_DISTANCE, companion_squared=near, spread=spread,
                     share=_share(spread, near)),
            COUPLED_DISTANCE.id,
        )  # fmt: skip
    if math.isfinite(gap):
        _, value = ends(
            evaluate(COUPLED_VALUE, companion_gap=gap, companion_slope=slope, spread=spread,
                     smoothness=smoothness, share=_share(spread, slope)),
            COUPLED_VALUE.id,
        )  # fmt: skip
    return Start(step, distance, value, (COUPLED.id, COUPLED_DISTANCE.id, COUPLED_VALUE.id))


def _share(spread: float, other: float) -> float:
    """The best share, kept away from 0 and inf: any above 0 gives a bound."""
    return min(max(math.sqrt(spread / other) if other > 0.0 else 1e9, 1e-9), 1e9)


def _path(setting: Setting, last: int) -> _Path:
    """The path without noise, each number raised by what may have been taken from it.

    That is rounding, and what `facts` add to the distance and the value at the start because the
    minimum is not exactly where the problem has it; inf where they do not know these.
    """
    problem, facts = setting.problem, setting.facts
    rate, point = float(setting.learning_rates[0]), problem.start[None, :]
    kept = max(abs(1.0 - rate * facts.least_curvature), abs(1.0 - rate * facts.smoothness))
    longest = min(facts.largest_gradient, float(setting.clip_norm))
    apart = float(np.linalg.norm(point - problem.optimum))
    aside = max(math.sqrt(facts.distance_squared) - apart, 0.0)
    below = max(facts.gap - float(problem.look(point).excess()[0]), 0.0)
    found, error = np.empty((3, last + 1)), 0.0
    for t in range(last + 1):
        look = problem.look(point)
        slope = look.gradient()
        away = float(np.linalg.norm(point - problem.optimum))
        steep = float(np.linalg.norm(slope))
        size = away + float(np.linalg.norm(problem.optimum)) + rate * (steep + longest)
        rounding = _UNIT * (problem.records + problem.dimension + 16) * size
        error = kept * error + rounding
        found[:, t] = (
            (away + error + aside) ** 2,
            float(look.excess()[0]) + error * (steep + facts.smoothness * error) + below + 1e-14,
            (steep + facts.smoothness * error + rounding) ** 2,
        )
        point = problem.project(point - rate * slope, facts.radius)
    return _Path(*found)
