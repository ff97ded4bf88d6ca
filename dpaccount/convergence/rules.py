"""How each theorem on descent is asked: its arguments from a setting, in every way worth a try.

A rule yields choices (how to split the noise, where to start, how many last steps to look at).
Each gives a valid bound, so that the search over them decides tightness and never truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from dpaccount.convergence.companion import Start, starts
from dpaccount.convergence.enclosures import ball_of, ends, evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.setting import Decaying, Setting
from dpaccount.errors import Unsupported
from dpaccount.theorems import Theorem, coupled, descent, excess, sgd

__all__ = ["RULES", "Claim", "Rule"]

_SHARES = tuple(10.0 ** (k / 3) for k in range(-12, 13))


class Claim(NamedTuple):
    """A bound, as a ball, and the ids of what it rests on beside its own theorem."""

    ball: Any
    theorems: tuple[str, ...] = ()


class Rule(NamedTuple):
    """How one theorem bounds one quantity; `exact` where it is an equality."""

    quantity: str
    theorem: Theorem
    choices: Callable[[Setting, Theorem], Iterator[Callable[[], Claim]]]
    exact: bool = False


_Choices = Iterator[Callable[[], Claim]]


def _claim(
    theorem: Theorem,
    rests: tuple[str, ...] = (),
    *,
    also: dict[str, Any] | None = None,
    **values: Any,
) -> Callable[[], Claim]:
    """A claim to be made later, so that one that is refused leaves the others."""
    return lambda: Claim(evaluate(theorem, also=also, **values), rests)


def _needs(holds: bool, missing: str) -> None:
    if not holds:
        raise Unsupported("the rate", missing=f"it needs {missing}", advice="see the other rates")


def _size(setting: Setting) -> Fraction:
    _needs(not isinstance(setting.learning_rate, Decaying), "steps of one size")
    assert not isinstance(setting.learning_rate, Decaying)
    return Fraction(setting.learning_rate)


def _falling(setting: Setting) -> tuple[Fraction, Fraction]:
    """Scale and offset of steps that fall."""
    _needs(isinstance(setting.learning_rate, Decaying), "steps that fall")
    assert isinstance(setting.learning_rate, Decaying)
    return Fraction(setting.learning_rate.scale), Fraction(setting.learning_rate.offset)


def _known(bound: float, what: str) -> float:
    _needs(math.isfinite(bound), f"a bound on {what}")
    return bound


def _distance(start: Start) -> float:
    return _known(start.distance_squared, "|x_0 - x*|^2")


def _gap(start: Start) -> float:
    return _known(start.gap, "f(x_0) - f*")


def _first(setting: Setting) -> Start:
    """The start of the run itself."""
    return Start(0, setting.facts.distance_squared, setting.facts.gap)


def _free(setting: Setting) -> None:
    _needs(math.isinf(setting.facts.radius), "steps that are not projected")


def _smoothness(setting: Setting) -> Fraction:
    _needs(math.isfinite(setting.facts.smoothness), "a smooth function")
    return Fraction(setting.facts.smoothness)


def _sampling(setting: Setting) -> Fraction:
    """What the mean of squares is multiplied by in the second moment."""
    return (1 - Fraction(setting.run.sampling_rate)) / setting.batch


def _by_distance(setting: Setting) -> Iterator[tuple[Fraction, Fraction]]:
    """Pairs V, W with E|noise|^2 <= V + W |x - x*|^2."""
    facts, rate = setting.facts, _sampling(setting)
    yield second_moment(setting), Fraction(0)
    if math.isfinite(facts.slope) and facts.slope + facts.bend > 0:
        for share in _SHARES:
            # 2 b |d| <= b / share + b share |d|^2
            still = facts.optimum_square + facts.slope / share
            moment = second_moment(setting, Fraction(still) * (1 + Fraction(1, 10**15)))
            yield moment, rate * Fraction(facts.bend + facts.slope * share)


def _by_gap(setting: Setting) -> Iterator[tuple[Fraction, Fraction]]:
    """Pairs V, U with E|noise|^2 <= V + U (f(x) - f*)."""
    facts, rate = setting.facts, _sampling(setting)
    yield second_moment(setting), Fraction(0)
    if math.isfinite(facts.record_smoothness) and facts.record_smoothness > 0:
        for share in _SHARES:
            # |a + b|^2 <= (1 + 1 / share) |a|^2 + (1 + share) |b|^2
            still = Fraction(facts.optimum_square) * (1 + 1 / Fraction(share))
            growth = 2 * Fraction(facts.record_smoothness) * (1 + Fraction(share))
            yield second_moment(setting, still), rate * growth


# The exact law of a quadratic


def _exact(setting: Setting, theorem: Theorem, *, by_value: bool) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _needs(bool(facts.coordinates), "a quadratic whose noise is the same everywhere")
    second_moment(setting)  # refuses where clipping may be active
    tau = setting.run.noise_multiplier * setting.clip_norm / setting.batch
    sampling = _sampling(setting)

    def total() -> Claim:
        found: Any = 0
        for axis in facts.coordinates:
            value = evaluate(
                theorem, start=Fraction(axis.start), curvature=Fraction(axis.curvature),
                learning_rate=rate, steps=setting.run.steps,
                noise_std=_root(tau**2 + sampling * Fraction(axis.mean_square)),
            )  # fmt: skip
            found = found + (value * axis.curvature / 2 if by_value else value)
        return Claim(found)

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
) -> Callable[[], Claim]:
    """The distance some steps after a start, by sgd.strongly_convex, sgd.growth or sgd.sector."""
    facts = setting.facts
    convexity = facts.secant if theorem is sgd.SECTOR else facts.convexity
    values: dict[str, Any] = {"variance": second_moment(setting), **growth}
    return _claim(
        theorem, start.theorems, distance_squared=_distance(start), convexity=Fraction(convexity),
        smoothness=_smoothness(setting), learning_rate=_size(setting), steps=steps, **values,
    )  # fmt: skip


def _strongly_convex(setting: Setting, theorem: Theorem) -> _Choices:
    _size(setting)
    if theorem is sgd.STRONGLY_CONVEX:
        _free(setting)
    yield _contracting(setting, theorem, _first(setting), setting.run.steps)


def _growth(setting: Setting, theorem: Theorem) -> _Choices:
    _size(setting)
    for variance, growth in _by_distance(setting):
        yield _contracting(
            setting, theorem, _first(setting), setting.run.steps, variance=variance, growth=growth
        )


def _schedule(setting: Setting, theorem: Theorem) -> _Choices:
    scale, offset = _falling(setting)
    _needs(setting.run.steps <= 100_000, "at most 100000 steps, one by one")
    rates = [scale / (offset + t) for t in range(setting.run.steps)]
    # one share near each end and one between them: each costs a pass over the steps
    pairs = list(_by_distance(setting))
    for variance, growth in [pairs[0], *pairs[1::8]]:
        yield _claim(
            theorem, (descent.GROWTH.id,), distance_squared=_distance(_first(setting)),
            convexity=Fraction(setting.facts.convexity), smoothness=_smoothness(setting),
            variance=variance, growth=growth, learning_rates=rates,
        )  # fmt: skip


def _decaying(setting: Setting, theorem: Theorem) -> _Choices:
    scale, offset = _falling(setting)
    yield _claim(
        theorem, also={"smoothness": _smoothness(setting)},
        distance_squared=_distance(_first(setting)), convexity=Fraction(setting.facts.convexity),
        scale=scale, offset=offset, variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


# Beside the path without noise


def _starts(setting: Setting) -> tuple[Start, ...]:
    """Where a bound may start; without more than smoothness the two paths part too fast."""
    _size(setting)
    _smoothness(setting)
    facts = setting.facts
    second_moment(setting)  # refuses where clipping may be active
    _needs(facts.is_convex or facts.polyak > 0, "a convex function, or the PL inequality")
    return starts(setting)


def _at(setting: Setting, step: int) -> Start:
    """The least that is known of E|x_t - x*|^2 at some step: from a start there, or before it."""
    facts = setting.facts
    theorem = sgd.SECTOR if facts.secant > facts.convexity else descent.GROWTH
    extra = {} if theorem is sgd.SECTOR else {"growth": Fraction(0)}
    found = []
    for start in _starts(setting):
        if start.step == step:
            found.append(start)
        elif start.step < step and max(facts.secant, facts.convexity) > 0:
            later = _contracting(setting, theorem, start, step - start.step, **extra)()
            upper = ends(later.ball, theorem.id)[1]
            found.append(Start(step, upper, math.inf, (*start.theorems, theorem.id)))
    _needs(bool(found), "strong convexity, or fewer steps than are run without noise")
    return min(found, key=lambda one: one.distance_squared)


def _coupled_distance(setting: Setting, theorem: Theorem) -> _Choices:
    found = _at(setting, setting.run.steps)
    yield lambda: Claim(ball_of(_distance(found)), found.theorems)


def _coupled_value(setting: Setting, theorem: Theorem) -> _Choices:
    for start in _starts(setting):
        if start.step == setting.run.steps:
            yield lambda start=start: Claim(ball_of(_gap(start)), start.theorems)  # type: ignore[misc]


def _value_of_distance(setting: Setting, theorem: Theorem) -> _Choices:
    def claim(distance: float, rests: tuple[str, ...]) -> Claim:
        smoothness = _smoothness(setting)
        ball = evaluate(theorem, distance_squared=distance, smoothness=smoothness)
        return Claim(ball, rests)

    def grown(made: Callable[[], Claim]) -> Claim:
        return claim(ends(made().ball, descent.GROWTH.id)[1], (descent.GROWTH.id,))

    found = _at(setting, setting.run.steps)
    yield lambda: claim(_distance(found), found.theorems)
    for made in _growth(setting, descent.GROWTH):
        yield partial(grown, made)


# The value at the last step


def _polyak(setting: Setting, theorem: Theorem) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    smoothness = _smoothness(setting)
    _needs(facts.polyak > 0, "the Polyak-Lojasiewicz inequality")
    every = _starts(setting) if theorem is excess.PL_SHARP else (_first(setting),)
    for start in every:
        if start.step == 0 or start.step < setting.run.steps:
            yield lambda start=start: Claim(  # type: ignore[misc]
                evaluate(
                    theorem, gap=_gap(start), convexity=Fraction(facts.polyak),
                    smoothness=smoothness, learning_rate=rate, variance=second_moment(setting),
                    steps=setting.run.steps - start.step,
                ),
                start.theorems,
            )  # fmt: skip


def _last_iterate(setting: Setting, theorem: Theorem) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    smoothness = _smoothness(setting)
    _needs(facts.is_convex, "a convex function")
    variance, steps = second_moment(setting), setting.run.steps
    bent = math.sqrt(max(facts.convexity, 1e-300) * facts.smoothness) * float(rate)
    best = max(1, min(steps, round(1 / bent) if bent * steps > 1 else steps))
    wanted = {1, best, max(1, best // 2), min(steps, 2 * best), steps}
    # and so that the tail begins at a step whose distance is known
    wanted |= {steps - start.step for start in _starts(setting) if start.step < steps}
    for tail in sorted(wanted):
        yield partial(_from_tail, setting, theorem, smoothness, rate, variance, tail)


def _from_tail(
    setting: Setting, theorem: Theorem, smoothness: Fraction, rate: Fraction, variance: Fraction,
    tail: int,
) -> Claim:  # fmt: skip
    start = _at(setting, setting.run.steps - tail)
    ball = evaluate(
        theorem, tail_distance=_distance(start), smoothness=smoothness, learning_rate=rate,
        variance=variance, tail=tail,
    )  # fmt: skip
    return Claim(ball, start.theorems)


# Means over the steps


def _means(setting: Setting, theorem: Theorem) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    smoothness = _smoothness(setting)
    _needs(facts.is_convex, "a convex function")
    _needs(facts.is_quadratic or theorem is not excess.QUADRATIC_MEAN, "a quadratic")
    for variance, growth in _by_gap(setting):
        yield _claim(
            theorem, distance_squared=_distance(_first(setting)), smoothness=smoothness,
            learning_rate=rate, variance=variance, growth=growth, steps=setting.run.steps,
        )  # fmt: skip


def _lipschitz(setting: Setting, theorem: Theorem) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    _needs(facts.is_convex, "a convex function")
    yield _claim(
        theorem, distance_squared=_distance(_first(setting)),
        gradient_squared=_known(facts.gradient_squared, "the gradient where the iterates are"),
        learning_rate=rate, variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def _nonconvex(setting: Setting, theorem: Theorem) -> _Choices:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    smoothness = _smoothness(setting)

    def bound() -> Claim:
        found = evaluate(
            theorem, gap=_gap(_first(setting)), smoothness=smoothness, learning_rate=rate,
            variance=second_moment(setting), steps=setting.run.steps,
        )  # fmt: skip
        # no mean of squared gradients is above the largest of them
        largest = facts.gradient_squared
        return Claim(min(found, ball_of(largest)) if math.isfinite(largest) else found)

    yield bound


RULES = (
    Rule("distance", sgd.QUADRATIC_EXACT, partial(_exact, by_value=False), exact=True),
    Rule("distance", sgd.STRONGLY_CONVEX, _strongly_convex),
    Rule("distance", descent.GROWTH, _growth),
    Rule("distance", sgd.SECTOR, _strongly_convex),
    Rule("distance", coupled.COUPLED_DISTANCE, _coupled_distance),
    Rule("distance", descent.SCHEDULE, _schedule),
    Rule("distance", descent.DECAYING, _decaying),
    Rule("excess", sgd.QUADRATIC_EXACT, partial(_exact, by_value=True), exact=True),
    Rule("excess", excess.LAST_ITERATE, _last_iterate),
    Rule("excess", excess.PL_SHARP, _polyak),
    Rule("excess", sgd.PL, _polyak),
    Rule("excess", coupled.COUPLED_VALUE, _coupled_value),
    Rule("excess", coupled.VALUE_OF_DISTANCE, _value_of_distance),
    Rule("mean_excess", excess.QUADRATIC_MEAN, _means),
    Rule("mean_excess", excess.CONVEX_SMOOTH, _means),
    Rule("mean_excess", excess.CONVEX_ITERATES, _lipschitz),
    Rule("average_excess", descent.QUADRATIC_AVERAGE, partial(_exact, by_value=True), exact=True),
    # f at the mean iterate is no more than the mean of f
    Rule("average_excess", excess.QUADRATIC_MEAN, _means),
    Rule("average_excess", excess.CONVEX_SMOOTH, _means),
    Rule("average_excess", sgd.CONVEX, _lipschitz),
    Rule("gradient", sgd.NONCONVEX, _nonconvex),
)
