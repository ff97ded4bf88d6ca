"""Noisy descent beside the same descent without noise: every path of coin flips, exactly."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import strategies as st
from properties.descent import box, kinked
from properties.registry import checks
from properties.sgd import mean_over, only, paths

_PART = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_START = st.fractions(-5, 5, max_denominator=10)
_FEW = st.integers(0, 6)
#: The lower curvature in units of the upper one, in size: convex, flat, and not convex.
_LEAST = st.one_of(st.just(Fraction(0)), st.fractions(-1, 1, max_denominator=50))
#: Steps of up to three times 1/L: nothing is said of their being short.
_STEP = st.fractions(Fraction(1, 50), 3, max_denominator=50)


def beside(slope, start, rate, noise, steps, project=lambda x: x):
    """E (x_T - y_T)^2, and the least and largest of the two ends' numbers that are needed."""
    (alone, *_) = paths(slope, start, rate, Fraction(0), steps, project)
    every = list(paths(slope, start, rate, noise, steps, project))
    return mean_over(every, lambda path: (path[-1] - alone[-1]) ** 2), alone[-1], every


@checks(
    "sgd.coupled",
    smoothness=_SIZE, least=_LEAST, relative=_STEP, variance=_AMOUNT, steps=st.integers(0, 30),
)  # fmt: skip
def apart_step_by_step(theorem, smoothness, least, relative, variance, steps):
    curvature, rate = least * smoothness, relative / smoothness
    factor = max(abs(1 - rate * curvature), abs(1 - rate * smoothness))
    expected = Fraction(0)
    for _ in range(steps):
        expected = factor**2 * expected + rate**2 * variance
    assert theorem(curvature, smoothness, rate, variance, steps) == expected


@checks(
    "sgd.coupled",
    count=15,
    smoothness=_SIZE, least=_LEAST, relative=_STEP, start=_START, noise=_SIZE, steps=_FEW,
    wide=st.fractions(1, 9, max_denominator=10),
)  # fmt: skip
def every_path_beside_the_one_without_noise(
    theorem, smoothness, least, relative, start, noise, steps, wide
):
    curvature, rate = least * smoothness, relative / smoothness
    slope = kinked(curvature, smoothness)
    claimed = theorem(curvature, smoothness, rate, noise**2, steps)
    for project in (lambda x: x, box(wide)):
        begun = project(start)
        assert beside(slope, begun, rate, noise, steps, project)[0] <= claimed


@checks("sgd.coupled", count=15, curvature=_START, relative=_STEP, noise=_SIZE, steps=_FEW)
def lines_meet_the_bound(theorem, curvature, relative, noise, steps):
    smoothness = abs(curvature) + Fraction(1, 7)
    rate = relative / smoothness
    if abs(1 - rate * curvature) < abs(1 - rate * smoothness):
        curvature = smoothness
    reached, *_ = beside(lambda x: curvature * x + 1, Fraction(2), rate, noise, steps)
    assert reached == theorem(curvature, smoothness, rate, noise**2, steps)


_KNOWN = {
    "curvature": -0.5, "smoothness": 2.0, "learning_rate": 3.0, "variance": 0.3, "steps": 9,
    "companion_squared": 0.3, "companion_gap": 0.3, "companion_slope": 0.3, "spread": 0.3,
    "share": 0.5, "distance_squared": 0.3,
}  # fmt: skip


@checks("sgd.coupled")
def coupled_asks_for_its_constants(theorem):
    only(theorem, "curvature", [-1e9, 0.0, 2.0], [2.1, -math.inf, math.inf], _KNOWN)
    only(theorem, "smoothness", [1e-9, 1e9], [0.0, -0.1, math.inf], _KNOWN)
    only(theorem, "smoothness", [0.5], [0.4], _KNOWN | {"curvature": 0.5})
    only(theorem, "learning_rate", [1e-9, 1e9], [0.0, -0.1], _KNOWN)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], _KNOWN)


@checks("sgd.coupled_distance", near=_AMOUNT, apart=_AMOUNT, share=_SIZE)
def the_best_share_adds_the_roots(theorem, near, apart, share):
    """(a + b)^2 where the share is b / a, and no less at any other."""
    squares = near**2, apart**2
    assert theorem(*squares, share) >= (near + apart) ** 2
    assert theorem(*squares, share) == squares[0] + squares[1] + share * squares[0] + (
        squares[1] / share
    )
    if near and apart:
        assert theorem(*squares, apart / near) == (near + apart) ** 2


@checks(
    "sgd.coupled_distance",
    count=12,
    smoothness=_SIZE, least=_LEAST, relative=_STEP, start=_START, noise=_SIZE, steps=_FEW,
    share=_SIZE,
)  # fmt: skip
def distance_on_every_path(theorem, smoothness, least, relative, start, noise, steps, share):
    slope, rate = kinked(least * smoothness, smoothness), relative / smoothness
    apart, alone, every = beside(slope, start, rate, noise, steps)
    reached = mean_over(every, lambda path: path[-1] ** 2)
    assert reached <= theorem(alone**2, apart, share)


@checks("sgd.coupled_distance")
def coupled_distance_asks_for_its_constants(theorem):
    only(theorem, "companion_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "spread", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "share", [1e-9, 1e9], [0.0, -1.0], _KNOWN)


@checks(
    "sgd.coupled_value", gap=_AMOUNT, slope=_AMOUNT, apart=_AMOUNT, smoothness=_SIZE, share=_SIZE
)
def the_best_share_multiplies_the_roots(theorem, gap, slope, apart, smoothness, share):
    least = gap + slope * apart + smoothness * apart**2 / 2
    assert theorem(gap, slope**2, smoothness, apart**2, share) >= least
    known = theorem(gap, slope**2, smoothness, apart**2, share) - gap - smoothness * apart**2 / 2
    assert 2 * share * known == share**2 * slope**2 + apart**2
    if slope and apart:
        assert theorem(gap, slope**2, smoothness, apart**2, apart / slope) == least


@checks(
    "sgd.coupled_value",
    count=12,
    smoothness=_SIZE, least=_PART, relative=_STEP, start=_START, noise=_SIZE, steps=_FEW,
    share=_SIZE,
)  # fmt: skip
def value_on_every_path(theorem, smoothness, least, relative, start, noise, steps, share):
    slope, rate = kinked(least * smoothness, smoothness), relative / smoothness
    apart, alone, every = beside(slope, start, rate, noise, steps)
    reached = mean_over(every, lambda path: slope(path[-1]) * path[-1] / 2)
    gap = slope(alone) * alone / 2
    assert reached <= theorem(gap, slope(alone) ** 2, smoothness, apart, share)


@checks("sgd.coupled_value")
def coupled_value_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [1e-9, 1e9], [0.0, -0.1], _KNOWN)
    only(theorem, "companion_gap", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "companion_slope", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "spread", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "share", [1e-9, 1e9], [0.0, -1.0], _KNOWN)


@checks("sgd.value_of_distance", smoothness=_SIZE, least=_PART, start=_START)
def parabolas_lie_over_the_value(theorem, smoothness, least, start):
    slope = kinked(least * smoothness, smoothness)
    assert slope(start) * start / 2 <= theorem(start**2, smoothness)
    assert smoothness * start**2 / 2 == theorem(start**2, smoothness)


@checks("sgd.value_of_distance")
def value_of_distance_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [1e-9, 1e9], [0.0, -0.1], _KNOWN)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], _KNOWN)


# The sector


def zigzag(least, smoothness):
    """A slope between least x and L x that jumps from one to the other: of no convex function."""
    return lambda x: (least if math.floor(abs(x)) % 2 else smoothness) * x


@checks(
    "sgd.sector",
    count=15,
    least=_SIZE, ratio=_PART, relative=_PART, start=_START, noise=_SIZE, steps=_FEW,
    wide=st.fractions(1, 9, max_denominator=10),
)  # fmt: skip
def every_path_on_a_zigzag(theorem, least, ratio, relative, start, noise, steps, wide):
    smoothness = least / ratio
    rate = 2 * relative / smoothness
    for project in (lambda x: x, box(wide)):
        begun = project(start)
        every = list(paths(zigzag(least, smoothness), begun, rate, noise, steps, project))
        reached = mean_over(every, lambda path: path[-1] ** 2)
        assert reached <= theorem(begun**2, least, smoothness, rate, noise**2, steps)


@checks(
    "sgd.sector",
    least=_SIZE, ratio=_PART, relative=_PART, distance=_AMOUNT, variance=_AMOUNT,
    steps=st.integers(0, 20),
)  # fmt: skip
def sector_step_by_step(theorem, least, ratio, relative, distance, variance, steps):
    smoothness = least / ratio
    rate = 2 * relative / smoothness
    rho = max(abs(1 - rate * least), abs(1 - rate * smoothness))
    expected = distance
    for _ in range(steps):
        expected = rho**2 * expected + rate**2 * variance
    assert theorem(distance, least, smoothness, rate, variance, steps) == expected


@checks("sgd.sector")
def sector_asks_for_its_constants(theorem):
    known = {**_KNOWN, "convexity": 0.5, "learning_rate": 0.5}
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1], known)
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf], known)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], known)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], known)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], known)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], known)
