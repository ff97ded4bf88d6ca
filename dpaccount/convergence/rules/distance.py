"""The exact law of a quadratic, and the distance to the minimum after some steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dpaccount.convergence.companion import Start, starts
from dpaccount.convergence.enclosures import ball_of, ends, evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.rules import asking
from dpaccount.convergence.setting import Setting
from dpaccount.theorems import Theorem, descent, sgd

__all__ = [
    "at",
    "contraction",
    "coupled_distance",
    "decaying",
    "exact",
    "growth",
    "schedule",
    "starts_of",
]

# The exact law of a quadratic


def exact(setting: Setting, theorem: Theorem, *, by_value: bool) -> asking.Choices:
    """The sum over the axes of what a theorem says of each."""
    facts, rate = setting.facts, asking.size(setting)
    asking.free(setting)
    asking.needs(bool(facts.coordinates), "a quadratic whose noise is the same everywhere")
    second_moment(setting)  # refuses where clipping may be active
    tau = setting.exact_std
    sampling = asking.sampling(setting)

    def total() -> asking.Claim:
        found: Any = 0
        for axis in facts.coordinates:
            value = evaluate(
                theorem, start=Fraction(axis.start), curvature=Fraction(axis.curvature),
                learning_rate=rate, steps=setting.run.steps,
                noise_std=_root(tau**2 + sampling * Fraction(axis.mean_square)),
            )  # fmt: skip
            found = found + (value * axis.curvature / 2 if by_value else value)
        return asking.Claim(found)

    yield total


def _root(square: Fraction) -> Fraction:
    """A square root to some 60 digits, of which floats keep 16."""
    scale = 10**60
    return Fraction(
        math.isqrt(square.numerator * square.denominator * scale**2), square.denominator * scale
    )


# The distance to the minimum


def _contracting(
    setting: Setting, theorem: Theorem, start: Start, steps: int, **growth: Fraction
) -> Callable[[], asking.Claim]:
    """The distance some steps after a start, by sgd.strongly_convex, sgd.growth or sgd.sector."""
    facts = setting.facts
    convexity = facts.secant if theorem is sgd.SECTOR else facts.convexity
    values: dict[str, Any] = {"variance": second_moment(setting), **growth}
    return asking.claim(
        theorem, start.theorems, distance_squared=asking.distance(start),
        convexity=Fraction(convexity), smoothness=asking.smoothness(setting),
        learning_rate=asking.size(setting), steps=steps, **values,
    )  # fmt: skip


def contraction(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.strongly_convex or sgd.sector, from the start."""
    asking.size(setting)
    if theorem is sgd.STRONGLY_CONVEX:
        asking.free(setting)
    yield _contracting(setting, theorem, asking.first(setting), setting.run.steps)


def growth(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.growth, for each split of the noise."""
    asking.size(setting)
    for variance, growth in asking.by_distance(setting):
        yield _contracting(
            setting,
            theorem,
            asking.first(setting),
            setting.run.steps,
            variance=variance,
            growth=growth,
        )


def schedule(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.schedule, step by step."""
    scale, offset = asking.falling(setting)
    asking.needs(setting.run.steps <= 100_000, "at most 100000 steps, one by one")
    rates = [scale / (offset + t) for t in range(setting.run.steps)]
    # one share near each end and one between them: each costs a pass over the steps
    pairs = list(asking.by_distance(setting))
    for variance, growth in [pairs[0], *pairs[1::8]]:
        yield asking.claim(
            theorem, (descent.GROWTH.id,), distance_squared=asking.distance(asking.first(setting)),
            convexity=Fraction(setting.facts.convexity), smoothness=asking.smoothness(setting),
            variance=variance, growth=growth, learning_rates=rates,
        )  # fmt: skip


def decaying(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.decaying."""
    scale, offset = asking.falling(setting)
    yield asking.claim(
        theorem, also={"smoothness": asking.smoothness(setting)},
        distance_squared=asking.distance(asking.first(setting)),
        convexity=Fraction(setting.facts.convexity), scale=scale, offset=offset,
        variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


# Beside the path without noise


def starts_of(setting: Setting) -> tuple[Start, ...]:
    """Where a bound may start; without more than smoothness the two paths part too fast."""
    asking.size(setting)
    asking.smoothness(setting)
    facts = setting.facts
    second_moment(setting)  # refuses where clipping may be active
    asking.needs(facts.is_convex or facts.polyak > 0, "a convex function, or the PL inequality")
    return starts(setting)


def at(setting: Setting, step: int) -> Start:
    """The least that is known of E|x_t - x*|^2 at some step: from a start there, or before it."""
    facts = setting.facts
    theorem = sgd.SECTOR if facts.secant > facts.convexity else descent.GROWTH
    extra = {} if theorem is sgd.SECTOR else {"growth": Fraction(0)}
    found = []
    for start in starts_of(setting):
        if start.step == step:
            found.append(start)
        elif start.step < step and max(facts.secant, facts.convexity) > 0:
            later = _contracting(setting, theorem, start, step - start.step, **extra)()
            upper = ends(later.ball, theorem.id)[1]
            found.append(Start(step, upper, math.inf, (*start.theorems, theorem.id)))
    asking.needs(bool(found), "strong convexity, or fewer steps than are run without noise")
    return min(found, key=lambda one: one.distance_squared)


def coupled_distance(setting: Setting, theorem: Theorem) -> asking.Choices:
    """From the best start beside the path without noise."""
    found = at(setting, setting.run.steps)
    yield lambda: asking.Claim(ball_of(asking.distance(found)), found.theorems)
