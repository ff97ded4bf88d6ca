"""Noisy gradient descent beside the same descent without noise, whose path can be computed.

y_0 = x_0 and y' = y - eta g(y), where x' = x - eta (g(x) + noise); if x is projected, so is y. The
two stay near each other, whatever the start: what is left of that is no matter of mu and L, but of
where y_T is.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["COUPLED", "COUPLED_DISTANCE", "COUPLED_VALUE", "VALUE_OF_DISTANCE"]


def _sum_of_powers(base: Any, count: int) -> Any:
    """1 + base + ... + base^(count - 1), also where base is 1."""
    total: Any = 0
    for bit in format(count, "b"):
        # twice as many: S + base^n S = S (1 + base^n) = S (2 + (base - 1) S)
        total = total * (2 + (base - 1) * total)
        if bit == "1":
            total = 1 + base * total
    return total


def _coupled(curvature: Any, smoothness: Any, learning_rate: Any, variance: Any, steps: int) -> Any:
    """Expected squared distance from the path without noise."""
    spread = learning_rate * (smoothness - curvature)
    rho = (spread + abs(2 - learning_rate * (smoothness + curvature))) / 2
    return learning_rate * learning_rate * variance * _sum_of_powers(rho * rho, steps)


COUPLED = theorem(
    "sgd.coupled",
    "For f with c |x - y|^2 / 2 <= f(y) - f(x) - g(x).(y - x) <= L |x - y|^2 / 2, where c <= L may "
    "be 0 or below, steps projected to a convex set or not, noise with E|noise|^2 <= V, the path y "
    "without noise and r = max(|1 - eta c|, |1 - eta L|), E|x_T - y_T|^2 <= eta^2 V (1 + r^2 + ... "
    "+ r^(2 (T-1))).",
    "a step brings two points apart by r at most: of f - c |x|^2 / 2, convex and (L - c)-smooth, "
    "the slopes are cocoercive (Nesterov 2004, Introductory Lectures on Convex Optimization, Thm "
    "2.1.5); two runs of one noise are coupled so by Dieuleveut, Durmus and Bach 2020, arXiv "
    "1707.06386",
    formula=_coupled,
    assumptions=[
        Assumption(
            "finite c <= L and L > 0",
            lambda curvature, smoothness, **_: (
                -math.inf < curvature <= smoothness and 0 < smoothness < math.inf
            ),
            "bound the curvature on both sides",
        ),
        given.STEP,
        given.VARIANCE,
        given.STEPS,
    ],
    uses=["sgd.convex"],
    level="P",
    note="item number quoted from memory; an equality for f = c |x|^2 / 2 + b.x and noise of "
    "second moment V",
    latex=r"For $f$ with $\frac{c}{2} |x - y|^2 \le f(y) - f(x) - g(x) \cdot (y - x) \le "
    r"\frac{L}{2} |x - y|^2$, where $c \le L$ may be 0 or below, steps projected to a convex set "
    r"or not, noise with $E|\mathrm{noise}|^2 \le V$, the path $y$ without noise and $r = \max(|1 "
    r"- \eta c|, |1 - \eta L|)$: $E|x_T - y_T|^2 \le \eta^2 V \sum_{t=0}^{T-1} r^{2t}$.",
)


def _coupled_distance(companion_squared: Any, spread: Any, share: Any) -> Any:
    """Expected squared distance to the minimum."""
    return (1 + share) * companion_squared + (1 + 1 / share) * spread


COUPLED_DISTANCE = theorem(
    "sgd.coupled_distance",
    "For any F >= |y_T - x*|^2 and D >= E|x_T - y_T|^2 and any s > 0, E|x_T - x*|^2 <= (1 + s) F + "
    "(1 + 1/s) D; the least of these is (sqrt(F) + sqrt(D))^2.",
    "|a + b|^2 <= (1 + s) |a|^2 + (1 + 1/s) |b|^2",
    formula=_coupled_distance,
    assumptions=[
        Assumption(
            "squared distances that are not negative",
            lambda companion_squared, spread, **_: companion_squared >= 0 and spread >= 0,
            "bound both distances",
        ),
        given.SHARE,
    ],
    uses=["sgd.coupled"],
    level="P",
    latex=r"For any $F \ge |y_T - x^*|^2$ and $D \ge E|x_T - y_T|^2$ and any $s > 0$: $E|x_T - "
    r"x^*|^2 \le (1 + s) F + (1 + 1/s) D$; the least of these is $(\sqrt{F} + \sqrt{D})^2$.",
)


def _coupled_value(
    companion_gap: Any, companion_slope: Any, smoothness: Any, spread: Any, share: Any
) -> Any:
    """Expected value of f above its infimum."""
    return companion_gap + (share * companion_slope + spread / share + smoothness * spread) / 2


COUPLED_VALUE = theorem(
    "sgd.coupled_value",
    "For f L-smooth, any H >= f(y_T) - f*, G >= |g(y_T)|^2 and D >= E|x_T - y_T|^2 and any s > 0, "
    "E f(x_T) - f* <= H + (s G + D / s) / 2 + L D / 2; the least of these is H + sqrt(G D) + L D / "
    "2.",
    "f(x) <= f(y) + g(y).(x - y) + L |x - y|^2 / 2, and 2 a.b <= s |a|^2 + |b|^2 / s",
    formula=_coupled_value,
    assumptions=[
        given.SMOOTH,
        Assumption(
            "a gap, a squared slope and a squared distance that are not negative",
            lambda companion_gap, companion_slope, spread, **_: (
                companion_gap >= 0 and companion_slope >= 0 and spread >= 0
            ),
            "bound all three",
        ),
        given.SHARE,
    ],
    uses=["sgd.coupled"],
    level="P",
    latex=r"For $f$ $L$-smooth, any $H \ge f(y_T) - f^*$, $G \ge |g(y_T)|^2$ and $D \ge E|x_T - "
    r"y_T|^2$ and any $s > 0$: $E f(x_T) - f^* \le H + \frac{s G + D/s + L D}{2}$; the least of "
    r"these is $H + \sqrt{G D} + L D/2$.",
)


def _value_of_distance(distance_squared: Any, smoothness: Any) -> Any:
    """Expected value of f above its minimum."""
    return smoothness * distance_squared / 2


VALUE_OF_DISTANCE = theorem(
    "sgd.value_of_distance",
    "For f L-smooth with minimum x*, and any D >= E|x_T - x*|^2, E f(x_T) - f* <= L D / 2.",
    "f(x) <= f(x*) + g(x*).(x - x*) + L |x - x*|^2 / 2, and g(x*) = 0",
    formula=_value_of_distance,
    assumptions=[
        given.SMOOTH,
        Assumption(
            "a squared distance that is not negative",
            lambda distance_squared, **_: distance_squared >= 0,
            "bound the distance",
        ),
    ],
    level="P",
    latex=r"For $f$ $L$-smooth with minimum $x^*$, and any $D \ge E|x_T - x^*|^2$: $E f(x_T) - f^* "
    r"\le \frac{L D}{2}$.",
)
