"""What theorems say of a setting: a prediction from each, or which of its assumptions fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from dpaccount.convergence.enclosures import ends, evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.setting import Decaying, Setting
from dpaccount.errors import Unsupported
from dpaccount.guarantees import Bound, Trust
from dpaccount.theorems import Theorem, descent, excess, sgd
from dpaccount.theorems.sgd_noise import NOISE, POISSON_VARIANCE

__all__ = ["QUANTITIES", "Prediction", "predictions"]

#: What is predicted, in words.
QUANTITIES = {
    "distance": "E |x_T - x*|^2",
    "excess": "E f(x_T) - f*",
    "mean_excess": "mean over the steps of E f(x_t) - f*",
    "average_excess": "E f(mean of x_t) - f*",
    "gradient": "mean over the steps of E |grad f(x_t)|^2",
}
#: A bound for each of these is valid; the search over them decides tightness, never truth.
_SHARES = tuple(10.0 ** (k / 3) for k in range(-12, 13))
#: For these constants a float's own error is far below what is added.
_SLACK = 1e-12


@dataclass(frozen=True)
class Prediction:
    """What one theorem says.

    Args:
        quantity: One of `QUANTITIES`.
        theorem: Its id.
        bound: An upper end; both ends where the theorem is an equality; None: it does not apply.
        missing: Which assumption fails.
    """

    quantity: str
    theorem: str
    bound: Bound | None
    missing: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether the theorem is an equality."""
        return self.bound is not None and self.bound.lower is not None


class _Rule(NamedTuple):
    quantity: str
    theorem: Theorem
    call: Callable[[Setting, Theorem], Iterator[Any]]
    exact: bool = False


def predictions(setting: Setting) -> tuple[Prediction, ...]:
    """What every theorem on descent says of a setting, or why it says nothing.

    Guarantee: upper, each by the theorem that it names and by sgd.noise; both ends where that is
    an equality.

    Args:
        setting: As `setting_of` makes it.
    """
    return tuple(_prediction(rule, setting) for rule in _RULES)


def _prediction(rule: _Rule, setting: Setting) -> Prediction:
    name = rule.theorem.id
    try:
        found = [ends(ball, name) for ball in _candidates(rule, setting)]
    except Unsupported as error:
        return Prediction(rule.quantity, name, None, error.missing)
    if not found:
        return Prediction(rule.quantity, name, None, "it needs what is not known of this problem")
    low, high = min(found, key=lambda pair: pair[1])
    # the problem's constants are floats
    upper = high * (1.0 + _SLACK)
    lower = low * (1.0 - _SLACK) if rule.exact else None
    ids = {name, NOISE.id, POISSON_VARIANCE.id, *setting.facts.theorems}
    if name in (descent.SCHEDULE.id, excess.LAST_ITERATE.id):  # the latter starts from a distance
        ids.add(descent.GROWTH.id)
    bound = Bound(lower, upper, None, "sgd", Trust.PROVED, tuple(sorted(ids)))
    return Prediction(rule.quantity, name, bound)


def _candidates(rule: _Rule, setting: Setting) -> list[Any]:
    """What the theorem gives for each share; a share that its assumptions refuse is left out."""
    found: list[Any] = []
    refused: Unsupported | None = None
    calls = rule.call(setting, rule.theorem)
    while True:
        try:
            made = next(calls)
        except StopIteration:
            break
        try:
            found.append(made())
        except Unsupported as error:
            refused = refused or error
    if not found and refused is not None:
        raise refused
    return found


def _needs(holds: bool, missing: str) -> None:
    if not holds:
        raise Unsupported("the rate", missing=f"it needs {missing}", advice="see the other rates")


def _size(setting: Setting) -> Fraction:
    _needs(not isinstance(setting.learning_rate, Decaying), "steps of one size")
    assert not isinstance(setting.learning_rate, Decaying)
    return Fraction(setting.learning_rate)


def _distance(setting: Setting) -> float:
    known = setting.facts.distance_squared
    _needs(math.isfinite(known), "a bound on |x_0 - x*|^2")
    return known


def _gap(setting: Setting) -> float:
    known = setting.facts.gap
    _needs(math.isfinite(known), "a bound on f(x_0) - f*")
    return known


def _free(setting: Setting) -> None:
    _needs(math.isinf(setting.facts.radius), "steps that are not projected")


def _smooth(setting: Setting) -> None:
    _needs(math.isfinite(setting.facts.smoothness), "a smooth function")


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


_Later = Callable[[], Any]


def _exact(setting: Setting, theorem: Theorem, weight: bool) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _needs(bool(facts.coordinates), "a quadratic whose noise is the same everywhere")
    second_moment(setting)  # refuses where clipping may be active
    tau = setting.run.noise_multiplier * setting.clip_norm / setting.batch
    sampling = _sampling(setting)

    def total() -> Any:
        found: Any = 0
        for axis in facts.coordinates:
            value = evaluate(
                theorem,
                start=Fraction(axis.start),
                curvature=Fraction(axis.curvature),
                learning_rate=rate,
                noise_std=_root(tau**2 + sampling * Fraction(axis.mean_square)),
                steps=setting.run.steps,
            )
            found = found + (value * axis.curvature / 2 if weight else value)
        return found

    yield total


def _root(square: Fraction) -> Fraction:
    """A square root to some 60 digits, of which floats keep 16."""
    scale = 10**60
    return Fraction(
        math.isqrt(square.numerator * square.denominator * scale**2), square.denominator * scale
    )


def _strongly_convex(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _smooth(setting)
    yield lambda: evaluate(
        theorem, distance_squared=_distance(setting), convexity=Fraction(facts.convexity),
        smoothness=Fraction(facts.smoothness), learning_rate=rate,
        variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def _growth(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _smooth(setting)
    for variance, growth in _by_distance(setting):
        yield lambda variance=variance, growth=growth: evaluate(  # type: ignore[misc]
            theorem, distance_squared=_distance(setting), convexity=Fraction(facts.convexity),
            smoothness=Fraction(facts.smoothness), learning_rate=rate, variance=variance,
            growth=growth, steps=setting.run.steps,
        )  # fmt: skip


def _schedule(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts = setting.facts
    _smooth(setting)
    _needs(
        isinstance(setting.learning_rate, Decaying), "steps that fall; sgd.growth has the others"
    )
    _needs(setting.run.steps <= 100_000, "at most 100000 steps, one by one")
    assert isinstance(setting.learning_rate, Decaying)
    scale, offset = Fraction(setting.learning_rate.scale), Fraction(setting.learning_rate.offset)
    rates = [scale / (offset + t) for t in range(setting.run.steps)]
    # one share near each end and one between them: each costs a pass over the steps
    pairs = list(_by_distance(setting))
    for variance, growth in [pairs[0], *pairs[1::8]]:
        yield lambda variance=variance, growth=growth: evaluate(  # type: ignore[misc]
            theorem, distance_squared=_distance(setting), convexity=Fraction(facts.convexity),
            smoothness=Fraction(facts.smoothness), variance=variance, growth=growth,
            learning_rates=rates,
        )  # fmt: skip


def _decaying(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts = setting.facts
    _smooth(setting)
    _needs(isinstance(setting.learning_rate, Decaying), "steps that fall")
    assert isinstance(setting.learning_rate, Decaying)
    scale, offset = Fraction(setting.learning_rate.scale), Fraction(setting.learning_rate.offset)
    yield lambda: evaluate(
        theorem, also={"smoothness": Fraction(facts.smoothness)},
        distance_squared=_distance(setting), convexity=Fraction(facts.convexity), scale=scale,
        offset=offset, variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def _polyak(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _smooth(setting)
    yield lambda: evaluate(
        theorem, gap=_gap(setting), convexity=Fraction(facts.polyak),
        smoothness=Fraction(facts.smoothness), learning_rate=rate,
        variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def _last_iterate(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _smooth(setting)
    _needs(facts.is_convex, "a convex function")
    variance, steps = second_moment(setting), setting.run.steps
    bent = math.sqrt(max(facts.convexity, 1e-300) * facts.smoothness) * float(rate)
    best = max(1, min(steps, round(1 / bent) if bent * steps > 1 else steps))
    for tail in sorted({1, best, max(1, best // 2), min(steps, 2 * best), steps}):
        yield lambda tail=tail: evaluate(  # type: ignore[misc]
            theorem, tail_distance=_distance_before(setting, rate, variance, steps - tail),
            smoothness=Fraction(facts.smoothness), learning_rate=rate, variance=variance, tail=tail,
        )  # fmt: skip


def _distance_before(setting: Setting, rate: Fraction, variance: Fraction, steps: int) -> float:
    """At least E |x - x*|^2 after some steps; without strong convexity only at the start."""
    facts = setting.facts
    if steps == 0:
        return _distance(setting)
    ball = evaluate(
        descent.GROWTH, distance_squared=_distance(setting),
        convexity=Fraction(facts.convexity), smoothness=Fraction(facts.smoothness),
        learning_rate=rate, variance=variance, growth=Fraction(0), steps=steps,
    )  # fmt: skip
    return ends(ball, descent.GROWTH.id)[1]


def _means(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _smooth(setting)
    _needs(facts.is_convex, "a convex function")
    _needs(facts.is_quadratic or theorem is not excess.QUADRATIC_MEAN, "a quadratic")
    for variance, growth in _by_gap(setting):
        yield lambda variance=variance, growth=growth: evaluate(  # type: ignore[misc]
            theorem, distance_squared=_distance(setting),
            smoothness=Fraction(facts.smoothness), learning_rate=rate, variance=variance,
            growth=growth, steps=setting.run.steps,
        )  # fmt: skip


def _lipschitz(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _needs(facts.is_convex, "a convex function")
    _needs(math.isfinite(facts.gradient_squared), "a bound on the gradient where the iterates are")
    yield lambda: evaluate(
        theorem, distance_squared=_distance(setting), gradient_squared=facts.gradient_squared,
        learning_rate=rate, variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def _nonconvex(setting: Setting, theorem: Theorem) -> Iterator[_Later]:
    facts, rate = setting.facts, _size(setting)
    _free(setting)
    _smooth(setting)

    def bound() -> Any:
        found = evaluate(
            theorem, gap=_gap(setting), smoothness=Fraction(facts.smoothness), learning_rate=rate,
            variance=second_moment(setting), steps=setting.run.steps,
        )  # fmt: skip
        # no mean of squared gradients is above the largest of them
        return min(found, found * 0 + facts.gradient_squared) if math.isfinite(
            facts.gradient_squared) else found  # fmt: skip

    yield bound


_RULES = (
    _Rule("distance", sgd.QUADRATIC_EXACT, lambda s, t: _exact(s, t, False), exact=True),
    _Rule("distance", sgd.STRONGLY_CONVEX, _strongly_convex),
    _Rule("distance", descent.GROWTH, _growth),
    _Rule("distance", descent.SCHEDULE, _schedule),
    _Rule("distance", descent.DECAYING, _decaying),
    _Rule("excess", sgd.QUADRATIC_EXACT, lambda s, t: _exact(s, t, True), exact=True),
    _Rule("excess", excess.LAST_ITERATE, _last_iterate),
    _Rule("excess", excess.PL_SHARP, _polyak),
    _Rule("excess", sgd.PL, _polyak),
    _Rule("mean_excess", excess.QUADRATIC_MEAN, _means),
    _Rule("mean_excess", excess.CONVEX_SMOOTH, _means),
    _Rule("mean_excess", excess.CONVEX_ITERATES, _lipschitz),
    _Rule("average_excess", descent.QUADRATIC_AVERAGE, lambda s, t: _exact(s, t, True), exact=True),
    # f at the mean iterate is no more than the mean of f
    _Rule("average_excess", excess.QUADRATIC_MEAN, _means),
    _Rule("average_excess", excess.CONVEX_SMOOTH, _means),
    _Rule("average_excess", sgd.CONVEX, _lipschitz),
    _Rule("gradient", sgd.NONCONVEX, _nonconvex),
)
