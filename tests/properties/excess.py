"""Values that noisy descent reaches: every path of coin flips, and falls added up."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mpf
from properties.descent import box, kinked, paths
from properties.registry import checks
from properties.sgd import mean_over, only, wave, wave_slope
from properties.sgd import paths as coin_paths

_PART = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_START = st.fractions(-5, 5, max_denominator=10)
_FEW = st.integers(1, 4)


@checks(
    "sgd.pl_sharp",
    convexity=_SIZE, ratio=_PART, relative=_PART, gap=_AMOUNT, variance=_AMOUNT,
    steps=st.integers(0, 30),
)  # fmt: skip
def whole_descent_step_by_step(theorem, convexity, ratio, relative, gap, variance, steps):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    expected = gap
    for _ in range(steps):
        square = 2 * convexity * expected  # |g|^2 at least
        expected -= rate * square - rate**2 * smoothness / 2 * (square + variance)
    assert theorem(gap, convexity, smoothness, rate, variance, steps) == expected


@checks(
    "sgd.pl_sharp",
    count=12,
    relative=_PART, start=st.floats(-6, 6), noise=st.floats(0, 5), steps=st.integers(1, 6),
)  # fmt: skip
def every_path_on_a_wave_with_wide_steps(theorem, relative, start, noise, steps):
    rate = mpf(relative.numerator) / relative.denominator / 4
    every = coin_paths(wave_slope, mpf(start), rate, mpf(noise), steps)
    reached = mean_over(every, lambda path: wave(path[-1]))
    claimed = theorem(wave(mpf(start)), mpf(1) / 32, 8, rate, mpf(noise) ** 2, steps)
    assert reached <= claimed + mpf(10) ** -40


@checks(
    "sgd.pl_sharp",
    count=12,
    curvature=_SIZE, relative=_PART, start=_START, noise=_SIZE, steps=st.integers(0, 6),
)  # fmt: skip
def parabolas_meet_the_sharp_bound(theorem, curvature, relative, start, noise, steps):
    rate = 2 * relative / curvature
    every = coin_paths(lambda x: curvature * x, start, rate, noise, steps)
    reached = mean_over(every, lambda path: curvature * path[-1] ** 2 / 2)
    gap = curvature * start**2 / 2
    assert reached == theorem(gap, curvature, curvature, rate, noise**2, steps)


_KNOWN = {
    "convexity": 0.5,
    "smoothness": 2.0,
    "learning_rate": 0.5,
    "variance": 0.3,
    "growth": 0.25,
    "distance_squared": 0.3,
    "tail_distance": 0.3,
    "gradient_squared": 0.3,
    "gap": 0.3,
    "steps": 5,
    "tail": 5,
}


@checks("sgd.pl_sharp")
def sharp_pl_asks_for_its_constants(theorem):
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1], _KNOWN)
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "gap", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], _KNOWN)


# Means over the steps


def least_fall(smoothness, rate):
    """At least how much of 2 eta (f - f*) a step of a convex function takes off the distance."""
    return rate * min(2, 4 - 2 * rate * smoothness)


def uses_up(theorem, fall, distance, smoothness, rate, variance, growth, steps):
    """With the claimed value at every step the distance would just be used up."""
    gap = theorem(distance, smoothness, rate, variance, growth, steps)
    left = distance
    for _ in range(steps):
        left += rate**2 * (variance + growth * gap) - fall * gap
    assert left == 0


_MEANS = {
    "smoothness": _SIZE, "relative": _PART, "part": _PART, "distance": _AMOUNT,
    "variance": _AMOUNT, "steps": st.integers(1, 20),
}  # fmt: skip


@checks("sgd.convex_smooth", **_MEANS)
def convex_falls_use_up_the_distance(
    theorem, smoothness, relative, part, distance, variance, steps
):
    rate = 2 * relative / smoothness
    fall = least_fall(smoothness, rate)
    growth = part * fall / rate**2
    uses_up(theorem, fall, distance, smoothness, rate, variance, growth, steps)
    known = {
        "smoothness": smoothness, "learning_rate": rate, "variance": variance,
        "distance_squared": distance, "steps": steps,
    }  # fmt: skip
    assert theorem.applies(growth=growth, **known)
    assert not theorem.applies(growth=fall / rate**2, **known)


@checks("sgd.quadratic_mean", **_MEANS)
def quadratic_falls_use_up_the_distance(
    theorem, smoothness, relative, part, distance, variance, steps
):
    rate = 2 * relative / smoothness
    fall = 2 * rate * (2 - rate * smoothness)
    growth = part * fall / rate**2
    uses_up(theorem, fall, distance, smoothness, rate, variance, growth, steps)
    known = {
        "smoothness": smoothness, "learning_rate": rate, "variance": variance,
        "distance_squared": distance, "steps": steps,
    }  # fmt: skip
    assert theorem.applies(growth=growth, **known)
    assert not theorem.applies(growth=fall / rate**2, **known)


_PATHS = {
    "convexity": _SIZE, "ratio": _PART, "relative": _PART, "start": _START, "noise": _SIZE,
    "part": _PART, "wide": st.fractions(5, 9, max_denominator=10), "steps": _FEW,
}  # fmt: skip


@checks("sgd.convex_smooth", count=12, **_PATHS)
def values_of_every_path_on_a_kink(
    theorem, convexity, ratio, relative, start, noise, part, wide, steps
):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    slope = kinked(convexity, smoothness)
    # a square below what is allowed; growing^2 x^2 <= 2 growing^2 / mu f
    growing = part * min(least_fall(smoothness, rate) / rate**2 * convexity / 2, convexity)
    growing = min(growing, growing**2 / max(convexity, 1)) if growing < 1 else Fraction(1, 100)
    growth = 2 * growing**2 / convexity
    if not rate * growth < least_fall(smoothness, rate) / rate:
        return
    every = paths(slope, start, [rate] * steps, noise, growing, box(wide))
    reached = mean_over(every, lambda path: sum(slope(x) * x / 2 for x in path[:-1]) / steps)
    assert reached <= theorem(start**2, smoothness, rate, noise**2, growth, steps)


@checks("sgd.quadratic_mean", count=12, **_PATHS)
def values_of_every_path_on_a_parabola(
    theorem, convexity, ratio, relative, start, noise, part, wide, steps
):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    growing = part * Fraction(1, 10)
    growth = 2 * growing**2 / convexity
    if not rate * growth < 2 * (2 - rate * smoothness):
        return
    every = paths(lambda x: convexity * x, start, [rate] * steps, noise, growing, box(wide))
    reached = mean_over(every, lambda path: sum(convexity * x * x / 2 for x in path[:-1]) / steps)
    assert reached <= theorem(start**2, smoothness, rate, noise**2, growth, steps)


@checks("sgd.convex_smooth")
def convex_smooth_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [0.5, 3.8], [4.0, 0.0, -1.0, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.9], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -2.0, "learning_rate": -0.5})
    only(theorem, "learning_rate", [0.99], [1.0], _KNOWN | {"growth": 0.0})
    only(theorem, "growth", [0.0, 3.9], [-1e-9, 4.0, 5.0], _KNOWN)
    only(theorem, "growth", [0.0, 3.9], [4.0, 5.0], _KNOWN | {"smoothness": 1.0})
    only(theorem, "growth", [0.0, 0.44], [0.45, 2.0], _KNOWN | {"learning_rate": 0.9})
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -0.1, "growth": 0.0})


@checks("sgd.quadratic_mean")
def quadratic_mean_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [0.5, 3.8], [4.0, 0.0, -1.0, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.9], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -2.0, "learning_rate": -0.5})
    only(theorem, "learning_rate", [0.99], [1.0], _KNOWN | {"growth": 0.0})
    only(theorem, "growth", [0.0, 3.9], [-1e-9, 4.0, 5.0], _KNOWN)
    only(theorem, "growth", [0.0, 5.9], [6.0, 7.0], _KNOWN | {"smoothness": 1.0})
    only(theorem, "growth", [0.0, 0.44], [0.45, 2.0], _KNOWN | {"learning_rate": 0.9})
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -0.1, "growth": 0.0})


@checks(
    "sgd.last_iterate",
    smoothness=_SIZE, relative=_PART, distance=_AMOUNT, variance=_AMOUNT, tail=st.integers(1, 20),
)  # fmt: skip
def rises_from_the_mean(theorem, smoothness, relative, distance, variance, tail):
    """The distance is used up by values that each rise by as much as a step may raise them."""
    rate = 2 * relative / smoothness
    rise = rate**2 * smoothness * variance / 2
    last = theorem(distance, smoothness, rate, variance, tail)
    left = distance
    for back in range(tail, 0, -1):
        left += rate**2 * variance - least_fall(smoothness, rate) * (last - back * rise)
    assert left == 0


@checks(
    "sgd.last_iterate",
    count=15,
    convexity=_SIZE, ratio=_PART, relative=_PART, start=_START, noise=_SIZE,
    before=st.integers(0, 3), tail=st.integers(1, 4),
)  # fmt: skip
def last_value_of_every_path(theorem, convexity, ratio, relative, start, noise, before, tail):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    slope = kinked(convexity, smoothness)
    every = list(coin_paths(slope, start, rate, noise, before + tail))
    far = mean_over(every, lambda path: path[before] ** 2)
    reached = mean_over(every, lambda path: slope(path[-1]) * path[-1] / 2)
    assert reached <= theorem(far, smoothness, rate, noise**2, tail)


@checks("sgd.last_iterate")
def last_iterate_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.0, -1.0, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -2.0, "learning_rate": -0.5})
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "tail_distance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "tail", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)


# Convex and Lipschitz


@checks(
    "sgd.convex_iterates",
    distance=_AMOUNT, square=_AMOUNT, rate=_SIZE, variance=_AMOUNT, steps=st.integers(1, 30),
)  # fmt: skip
def lipschitz_falls_use_up_the_distance(theorem, distance, square, rate, variance, steps):
    gap = theorem(distance, square, rate, variance, steps)
    left = distance
    for _ in range(steps):
        left += rate**2 * (square + variance) - 2 * rate * gap
    assert left == 0


@checks(
    "sgd.convex_iterates",
    count=15,
    slope=_SIZE, rate=_SIZE, start=_START, wide=st.fractions(5, 9, max_denominator=10), noise=_SIZE,
    steps=st.integers(1, 7),
)  # fmt: skip
def values_of_every_path_on_a_cone(theorem, slope, rate, start, wide, noise, steps):
    every = coin_paths(
        lambda x: slope if x > 0 else -slope, start, rate, noise, steps, project=box(wide)
    )
    reached = mean_over(every, lambda path: sum(slope * abs(x) for x in path[:-1]) / steps)
    assert reached <= theorem(start**2, slope**2, rate, noise**2, steps)


@checks("sgd.convex_iterates")
def convex_iterates_asks_for_its_constants(theorem):
    only(theorem, "learning_rate", [1e-9, 9.0], [0.0, -0.1], _KNOWN)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "gradient_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
