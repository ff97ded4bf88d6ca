"""Noisy gradient descent: every path of coin-flip noise, and recursions run step by step."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import close
from properties.registry import checks

_PART = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_STEPS = st.integers(0, 30)
_FEW = st.integers(1, 7)


def paths(gradient, start, rate, noise, steps, project=lambda x: x):
    """The iterates x_0, ..., x_steps on every path of noise that is +noise or -noise."""
    for coins in itertools.product((noise, -noise), repeat=steps):
        visited = [start]
        for coin in coins:
            x = visited[-1]
            visited.append(project(x - rate * (gradient(x) + coin)))
        yield visited


def mean_over(paths, value):
    values = [value(path) for path in paths]
    return sum(values) / len(values)


# Strongly convex


@checks(
    "sgd.strongly_convex",
    convexity=_SIZE,
    ratio=_PART,
    relative=_PART,
    distance=_AMOUNT,
    variance=_AMOUNT,
    steps=_STEPS,
)
def contraction_step_by_step(theorem, convexity, ratio, relative, distance, variance, steps):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    factor = max(abs(1 - rate * convexity), abs(1 - rate * smoothness))
    expected = distance
    for _ in range(steps):
        expected = factor**2 * expected + rate**2 * variance
    assert theorem(distance, convexity, smoothness, rate, variance, steps) == expected


@checks(
    "sgd.strongly_convex",
    count=15,
    convexity=_SIZE,
    ratio=_PART,
    relative=_PART,
    start=st.fractions(-5, 5, max_denominator=10),
    noise=_SIZE,
    steps=_FEW,
)
def every_path_on_a_kinked_gradient(theorem, convexity, ratio, relative, start, noise, steps):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness

    def gradient(x):  # strongly convex, and no quadratic
        return (convexity if x < 0 else smoothness) * x

    reached = mean_over(paths(gradient, start, rate, noise, steps), lambda path: path[-1] ** 2)
    assert reached <= theorem(start**2, convexity, smoothness, rate, noise**2, steps)


@checks(
    "sgd.strongly_convex",
    count=15,
    curvature=_SIZE,
    relative=_PART,
    start=st.fractions(-5, 5, max_denominator=10),
    noise=_SIZE,
    steps=_FEW,
)
def parabolas_meet_the_bound(theorem, curvature, relative, start, noise, steps):
    rate = 2 * relative / curvature
    every = paths(lambda x: curvature * x, start, rate, noise, steps)
    reached = mean_over(every, lambda path: path[-1] ** 2)
    assert reached == theorem(start**2, curvature, curvature, rate, noise**2, steps)


_LARGE = {
    "convexity": 0.5,
    "smoothness": 2.0,
    "learning_rate": 0.5,
    "variance": 0.3,
    "distance_squared": 0.3,
    "gap": 0.3,
    "gradient_squared": 0.3,
    "steps": 5,
}


def only(theorem, name, good, bad, known=_LARGE):
    """Hold one quantity to its range, all others being in theirs."""
    for value in good:
        assert theorem.applies(**known | {name: value}), (name, value)
    for value in [*bad, math.nan]:
        assert not theorem.applies(**known | {name: value}), (name, value)


@checks("sgd.strongly_convex")
def strongly_convex_asks_for_its_constants(theorem):
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1])
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf])
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf])
    only(theorem, "variance", [0.0, 1e9], [-1e-9])
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9])
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf])


# Polyak-Lojasiewicz and non-convex


@checks(
    "sgd.pl",
    convexity=_SIZE,
    ratio=_PART,
    relative=_PART | st.just(Fraction(1)),
    gap=_AMOUNT,
    variance=_AMOUNT,
    steps=_STEPS,
)
def descent_step_by_step(theorem, convexity, ratio, relative, gap, variance, steps):
    smoothness = convexity / ratio
    rate = relative / smoothness
    expected = gap
    for _ in range(steps):
        expected -= rate * convexity * expected  # half of eta |g|^2 at the least gradient
        expected += rate**2 * smoothness * variance / 2
    assert theorem(gap, convexity, smoothness, rate, variance, steps) == expected


def wave(x):
    """Not convex; |wave'|^2 >= wave / 16 and |wave''| <= 8 (Karimi, Nutini, Schmidt 2016)."""
    return x * x + 3 * mp.sin(x) ** 2


def wave_slope(x):
    return 2 * x + 3 * mp.sin(2 * x)


@checks(
    "sgd.pl",
    count=15,
    relative=_PART | st.just(Fraction(1)),
    start=st.floats(-6, 6),
    noise=st.floats(0, 5),
    steps=st.integers(1, 6),
)
def every_path_on_a_wave(theorem, relative, start, noise, steps):
    rate = mpf(relative.numerator) / relative.denominator / 8
    every = paths(wave_slope, mpf(start), rate, mpf(noise), steps)
    reached = mean_over(every, lambda path: wave(path[-1]))
    claimed = theorem(wave(mpf(start)), mpf(1) / 32, 8, rate, mpf(noise) ** 2, steps)
    assert reached <= claimed + mpf(10) ** -40


@checks("sgd.pl")
def pl_asks_for_its_constants(theorem):
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1])
    only(theorem, "smoothness", [0.5, 2.0], [2.1, 0.4, math.inf])
    only(theorem, "learning_rate", [1e-9, 0.5], [0.0, -0.1, 0.51, math.inf])
    only(theorem, "variance", [0.0, 1e9], [-1e-9])
    only(theorem, "gap", [0.0, 1e9], [-1e-9])
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf])


@checks(
    "sgd.nonconvex",
    smoothness=_SIZE,
    relative=_PART,
    gap=_AMOUNT,
    variance=_AMOUNT,
    steps=st.integers(1, 30),
)
def descents_use_up_the_gap(theorem, smoothness, relative, gap, variance, steps):
    rate = 2 * relative / smoothness
    square = theorem(gap, smoothness, rate, variance, steps)
    left = gap
    for _ in range(steps):
        left -= rate * square
        left += rate**2 * smoothness * (square + variance) / 2
    assert left == 0


@checks(
    "sgd.nonconvex",
    count=15,
    relative=_PART,
    start=st.floats(-6, 6),
    noise=st.floats(0, 5),
    steps=st.integers(1, 6),
)
def slopes_of_every_path_on_a_wave(theorem, relative, start, noise, steps):
    rate = mpf(relative.numerator) / relative.denominator / 4
    every = paths(wave_slope, mpf(start), rate, mpf(noise), steps)
    reached = mean_over(every, lambda path: mp.fsum(wave_slope(x) ** 2 for x in path[:-1]) / steps)
    assert reached <= theorem(wave(mpf(start)), 8, rate, mpf(noise) ** 2, steps) + mpf(10) ** -40


@checks("sgd.nonconvex")
def nonconvex_asks_for_its_constants(theorem):
    assert not theorem.applies(**_LARGE | {"smoothness": -2.0, "learning_rate": -0.5})
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.0, -1.0, math.inf])
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf])
    only(theorem, "variance", [0.0, 1e9], [-1e-9])
    only(theorem, "gap", [0.0, 1e9], [-1e-9])
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf])


# Convex


@checks(
    "sgd.convex",
    distance=_AMOUNT,
    square=_AMOUNT,
    rate=_SIZE,
    variance=_AMOUNT,
    steps=st.integers(1, 30),
)
def falls_use_up_the_distance(theorem, distance, square, rate, variance, steps):
    gap = theorem(distance, square, rate, variance, steps)
    left = distance
    for _ in range(steps):
        left += rate**2 * (square + variance) - 2 * rate * gap
    assert left == 0


@checks(
    "sgd.convex",
    count=15,
    slope=_SIZE,
    rate=_SIZE,
    start=st.fractions(-5, 5, max_denominator=10),
    wide=st.fractions(5, 9, max_denominator=10),
    noise=_SIZE,
    steps=_FEW,
)
def every_path_on_a_cone_in_an_interval(theorem, slope, rate, start, wide, noise, steps):
    every = paths(
        lambda x: slope if x > 0 else -slope,
        start,
        rate,
        noise,
        steps,
        project=lambda x: min(max(x, -wide), wide),
    )
    reached = mean_over(every, lambda path: slope * abs(sum(path[:-1]) / steps))
    assert reached <= theorem(start**2, slope**2, rate, noise**2, steps)


@checks("sgd.convex")
def convex_asks_for_its_constants(theorem):
    only(theorem, "learning_rate", [1e-9, 9.0], [0.0, -0.1])
    only(theorem, "variance", [0.0, 1e9], [-1e-9])
    only(theorem, "gradient_squared", [0.0, 1e9], [-1e-9])
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9])
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf])


# Quadratic


@checks(
    "sgd.quadratic_exact",
    count=20,
    cases=[
        {
            "curvature": Fraction(2),
            "relative": Fraction(1, 4),
            "start": Fraction(-3),
            "noise": Fraction(1, 2),
            "steps": 0,
        }
    ],
    curvature=_SIZE,
    relative=_PART,
    start=st.fractions(-5, 5, max_denominator=10),
    noise=_SIZE,
    steps=st.integers(0, 8),
)
def every_path_on_a_parabola(theorem, curvature, relative, start, noise, steps):
    rate = 2 * relative / curvature
    every = paths(lambda x: curvature * x, start, rate, noise, steps)
    reached = mean_over(every, lambda path: path[-1] ** 2)
    assert reached == theorem(start, curvature, rate, noise, steps)


@checks(
    "sgd.quadratic_exact",
    cases=[
        {"rate": 0.1, "noise": 0.05, "steps": 50},
        {"rate": 0.5, "noise": 0.05, "steps": 200},
        {"rate": 1.5, "noise": 0.1, "steps": 100},
    ],
)
def sum_over_coordinates_is_the_moment_matrix(theorem, rate, noise, steps):
    """E x x^T of a rotated quadratic: its trace after `steps` products of matrices."""
    curvatures = [mpf(1 + i) / 5 for i in range(5)]
    mirror = mp.eye(5) - 2 * mp.ones(5) / 5  # a reflection, so that no axis is an eigenvector
    hessian = mirror * mp.diag(curvatures) * mirror
    step = mp.eye(5) - mpf(rate) * hessian
    start = mp.matrix([1, 2, -1, 0, 3])
    moment = start * start.T
    for _ in range(steps):
        moment = step * moment * step.T + mpf(rate) ** 2 * mpf(noise) ** 2 * mp.eye(5)
    trace = mp.fsum(moment[i, i] for i in range(5))
    rotated = mirror * start
    each = zip(rotated, curvatures, strict=True)
    assert close(mp.fsum(theorem(x, c, mpf(rate), mpf(noise), steps) for x, c in each), trace)


@checks("sgd.quadratic_exact")
def quadratic_asks_for_its_constants(theorem):
    known = {"start": -3.0, "curvature": 2.0, "learning_rate": 0.5, "noise_std": 0.1, "steps": 5}
    only(theorem, "curvature", [1e-9, 3.9], [0.0, -1.0, 4.0, math.inf], known)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], known)
    only(theorem, "start", [0.0, -1e9, 1e9], [math.inf, -math.inf], known)
    only(theorem, "noise_std", [0.0, 1e9], [math.inf], known)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], known)
