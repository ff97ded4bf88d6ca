"""The value at the last step."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from dpaccount.convergence.companion import Start
from dpaccount.convergence.enclosures import ball_of, ends, evaluate
from dpaccount.convergence.noise import matrix_moment, second_moment
from dpaccount.convergence.rules import asking
from dpaccount.convergence.rules.distance import at, growth, starts_of
from dpaccount.convergence.setting import Setting
from dpaccount.theorems import Theorem, descent, matrix, sgd
from dpaccount.theorems.matrix import MATRIX_NOISE

__all__ = ["coupled_value", "last_iterate", "polyak", "value_of_distance"]


def coupled_value(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.coupled_value, if that many steps are run without noise."""
    for start in starts_of(setting):
        if start.step == setting.run.steps:
            yield lambda start=start: asking.Claim(  # type: ignore[misc]
                ball_of(asking.gap(start)), start.theorems
            )


def value_of_distance(setting: Setting, theorem: Theorem) -> asking.Choices:
    """From each bound on the distance."""
    smoothness = asking.smoothness(setting)

    def claim(distance: float, rests: tuple[str, ...]) -> asking.Claim:
        ball = evaluate(theorem, distance_squared=distance, smoothness=smoothness)
        return asking.Claim(ball, rests)

    def grown(made: Callable[[], asking.Claim]) -> asking.Claim:
        return claim(ends(made().ball, descent.GROWTH.id)[1], (descent.GROWTH.id,))

    found = at(setting, setting.run.steps)
    yield lambda: claim(asking.distance(found), found.theorems)
    for made in growth(setting, descent.GROWTH):
        yield partial(grown, made)


def _noise(setting: Setting, theorem: Theorem) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a theorem takes for the noise, and what that rests on."""
    variance = second_moment(setting)
    if theorem is matrix.MATRIX_PL:
        return {"matrix_variance": matrix_moment(setting)}, (MATRIX_NOISE.id,)
    if theorem is matrix.MATRIX_LAST_ITERATE:
        found = {"variance": variance, "matrix_variance": matrix_moment(setting)}
        return found, (MATRIX_NOISE.id,)
    return {"variance": variance}, ()


def _has_matrix(setting: Setting, theorem: Theorem) -> None:
    facts = setting.facts
    asking.needs(
        theorem not in (matrix.MATRIX_PL, matrix.MATRIX_LAST_ITERATE)
        or (math.isfinite(facts.trace) and math.isfinite(facts.matrix_square)),
        "a matrix that f is smooth with",
    )


def polyak(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.pl from the start, by sgd.pl_sharp or sgd.matrix_pl from each."""
    facts, rate = setting.facts, asking.size(setting)
    asking.free(setting)
    smoothness = asking.smoothness(setting)
    asking.needs(facts.polyak > 0, "the Polyak-Lojasiewicz inequality")
    _has_matrix(setting, theorem)
    noise, rests = _noise(setting, theorem)
    every = (asking.first(setting),) if theorem is sgd.PL else starts_of(setting)
    for start in every:
        if start.step < setting.run.steps:
            yield partial(
                _from_gap, theorem, start, rests, convexity=Fraction(facts.polyak),
                smoothness=smoothness, learning_rate=rate, steps=setting.run.steps - start.step,
                **noise,
            )  # fmt: skip


def _from_gap(
    theorem: Theorem, start: Start, rests: tuple[str, ...], **values: Any
) -> asking.Claim:
    ball = evaluate(theorem, gap=asking.gap(start), **values)
    return asking.Claim(ball, (*start.theorems, *rests))


def last_iterate(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.last_iterate or sgd.matrix_last_iterate, for several numbers of last steps."""
    facts, rate = setting.facts, asking.size(setting)
    asking.free(setting)
    smoothness = asking.smoothness(setting)
    asking.needs(facts.is_convex, "a convex function")
    _has_matrix(setting, theorem)
    noise, rests = _noise(setting, theorem)
    for tail in _tails(setting):
        yield partial(
            _from_tail, setting, theorem, rests, smoothness=smoothness, learning_rate=rate,
            tail=tail, **noise,
        )  # fmt: skip


def _tails(setting: Setting) -> list[int]:
    """Numbers of last steps: about as many as the start is forgotten in, and all."""
    facts, steps = setting.facts, setting.run.steps
    bent = math.sqrt(max(facts.convexity, 1e-300) * facts.smoothness) * float(asking.size(setting))
    best = max(1, min(steps, round(1 / bent) if bent * steps > 1 else steps))
    found = {1, best, max(1, best // 2), min(steps, 2 * best), steps}
    # and so that the tail begins at a step whose distance is known
    found |= {steps - start.step for start in starts_of(setting) if start.step < steps}
    return sorted(found)


def _from_tail(
    setting: Setting, theorem: Theorem, rests: tuple[str, ...], *, tail: int, **values: Any
) -> asking.Claim:
    start = at(setting, setting.run.steps - tail)
    ball = evaluate(theorem, tail_distance=asking.distance(start), tail=tail, **values)
    return asking.Claim(ball, (*start.theorems, *rests))
