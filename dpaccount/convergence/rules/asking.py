"""What every rule needs to ask a theorem: claims, and what a setting must have for one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from dpaccount.convergence.companion import Start
from dpaccount.convergence.enclosures import evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.setting import Decaying, Setting
from dpaccount.errors import Unsupported
from dpaccount.theorems import Theorem

__all__ = [
    "Choices", "Claim", "Rule", "by_distance", "by_gap", "claim", "distance", "falling", "first",
    "free", "gap", "known", "needs", "sampling", "size", "smoothness",
]  # fmt: skip

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


Choices = Iterator[Callable[[], Claim]]


def claim(
    theorem: Theorem,
    rests: tuple[str, ...] = (),
    *,
    also: dict[str, Any] | None = None,
    **values: Any,
) -> Callable[[], Claim]:
    """A claim to be made later, so that one that is refused leaves the others."""
    return lambda: Claim(evaluate(theorem, also=also, **values), rests)


def needs(holds: bool, missing: str) -> None:
    """Say what a theorem needs and does not find."""
    if not holds:
        raise Unsupported("the rate", missing=f"it needs {missing}", advice="see the other rates")


def size(setting: Setting) -> Fraction:
    """The one step size."""
    needs(not isinstance(setting.learning_rate, Decaying), "steps of one size")
    assert not isinstance(setting.learning_rate, Decaying)
    return Fraction(setting.learning_rate)


def falling(setting: Setting) -> tuple[Fraction, Fraction]:
    """Scale and offset of steps that fall."""
    needs(isinstance(setting.learning_rate, Decaying), "steps that fall")
    assert isinstance(setting.learning_rate, Decaying)
    return Fraction(setting.learning_rate.scale), Fraction(setting.learning_rate.offset)


def known(bound: float, what: str) -> float:
    """A bound that is finite."""
    needs(math.isfinite(bound), f"a bound on {what}")
    return bound


def distance(start: Start) -> float:
    """The squared distance to the minimum at a start."""
    return known(start.distance_squared, "|x_0 - x*|^2")


def gap(start: Start) -> float:
    """The value above the infimum at a start."""
    return known(start.gap, "f(x_0) - f*")


def first(setting: Setting) -> Start:
    """The start of the run itself."""
    return Start(0, setting.facts.distance_squared, setting.facts.gap)


def free(setting: Setting) -> None:
    """Refuse steps that are projected."""
    needs(math.isinf(setting.facts.radius), "steps that are not projected")


def smoothness(setting: Setting) -> Fraction:
    """L, if f is smooth."""
    needs(math.isfinite(setting.facts.smoothness), "a smooth function")
    return Fraction(setting.facts.smoothness)


def sampling(setting: Setting) -> Fraction:
    """What the mean of squares is multiplied by in the second moment."""
    return (1 - Fraction(setting.run.sampling_rate)) / setting.batch


def by_distance(setting: Setting) -> Iterator[tuple[Fraction, Fraction]]:
    """Pairs V, W with E|noise|^2 <= V + W |x - x*|^2."""
    facts, rate = setting.facts, sampling(setting)
    yield second_moment(setting), Fraction(0)
    if math.isfinite(facts.slope) and facts.slope + facts.bend > 0:
        for share in _SHARES:
            # 2 b |d| <= b / share + b share |d|^2
            still = facts.optimum_square + facts.slope / share
            moment = second_moment(setting, Fraction(still) * (1 + Fraction(1, 10**15)))
            yield moment, rate * Fraction(facts.bend + facts.slope * share)


def by_gap(setting: Setting) -> Iterator[tuple[Fraction, Fraction]]:
    """Pairs V, U with E|noise|^2 <= V + U (f(x) - f*)."""
    facts, rate = setting.facts, sampling(setting)
    yield second_moment(setting), Fraction(0)
    if math.isfinite(facts.record_smoothness) and facts.record_smoothness > 0:
        for share in _SHARES:
            # |a + b|^2 <= (1 + 1 / share) |a|^2 + (1 + share) |b|^2
            still = Fraction(facts.optimum_square) * (1 + 1 / Fraction(share))
            growth = 2 * Fraction(facts.record_smoothness) * (1 + Fraction(share))
            yield second_moment(setting, still), rate * growth
