"""Noise that grows and steps that change: every path of coin flips, exactly."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import strategies as st
from properties.registry import checks
from properties.sgd import mean_over, only

_PART = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_SMALL = st.fractions(0, 1, max_denominator=20)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_START = st.fractions(-5, 5, max_denominator=10)
_FEW = st.integers(1, 4)

_COINS = list(itertools.product((1, -1), repeat=2))


def paths(gradient, start, rates, noise, growing=0, project=lambda x: x):
    """The iterates on every path of two coins a step: noise +-noise +-growing x."""
    for flips in itertools.product(_COINS, repeat=len(rates)):
        visited = [start]
        for (one, two), rate in zip(flips, rates, strict=True):
            x = visited[-1]
            visited.append(project(x - rate * (gradient(x) + one * noise + two * growing * x)))
        yield visited


def kinked(convexity, smoothness):
    """The slope of a strongly convex function that is no quadratic, with its least point at 0."""
    return lambda x: (convexity if x < 0 else smoothness) * x


def box(wide):
    return lambda x: min(max(x, -wide), wide)


def kappa(convexity, smoothness, rate, growth):
    return max(abs(1 - rate * convexity), abs(1 - rate * smoothness)) ** 2 + rate**2 * growth


# Growing noise


@checks(
    "sgd.growth",
    convexity=_SIZE, ratio=_PART, relative=_PART, part=_PART, distance=_AMOUNT, variance=_AMOUNT,
    steps=st.integers(0, 20),
)  # fmt: skip
def growth_step_by_step(theorem, convexity, ratio, relative, part, distance, variance, steps):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    room = 1 - kappa(convexity, smoothness, rate, 0)
    growth = part * room / rate**2
    expected = distance
    for _ in range(steps):
        expected = kappa(convexity, smoothness, rate, growth) * expected + rate**2 * variance
    found = theorem(distance, convexity, smoothness, rate, variance, growth, steps)
    assert found == expected
    known = {
        "convexity": convexity, "smoothness": smoothness, "learning_rate": rate,
        "variance": variance, "distance_squared": distance, "steps": steps,
    }  # fmt: skip
    assert theorem.applies(growth=growth, **known)
    assert not theorem.applies(growth=room / rate**2, **known)


@checks(
    "sgd.growth",
    count=12,
    convexity=_SIZE, ratio=_PART, relative=_PART, start=_START, noise=_SIZE, part=_PART,
    wide=st.fractions(5, 9, max_denominator=10), steps=_FEW,
)  # fmt: skip
def every_path_of_growing_noise(
    theorem, convexity, ratio, relative, start, noise, part, wide, steps
):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    # a square below what is allowed
    growing = part * (1 - kappa(convexity, smoothness, rate, 0)) / rate
    every = paths(kinked(convexity, smoothness), start, [rate] * steps, noise, growing, box(wide))
    reached = mean_over(every, lambda path: path[-1] ** 2)
    assert reached <= theorem(start**2, convexity, smoothness, rate, noise**2, growing**2, steps)


@checks(
    "sgd.growth",
    count=12,
    curvature=_SIZE, relative=_PART, start=_START, noise=_SIZE, growing=_SMALL, steps=_FEW,
)  # fmt: skip
def parabolas_meet_the_growing_bound(theorem, curvature, relative, start, noise, growing, steps):
    rate = 2 * relative / curvature
    if kappa(curvature, curvature, rate, growing**2) == 1:
        return
    every = paths(lambda x: curvature * x, start, [rate] * steps, noise, growing)
    reached = mean_over(every, lambda path: path[-1] ** 2)
    found = theorem(start**2, curvature, curvature, rate, noise**2, growing**2, steps)
    assert reached == found


_KNOWN = {
    "convexity": 0.5,
    "smoothness": 2.0,
    "learning_rate": 0.5,
    "variance": 0.3,
    "growth": 0.25,
    "distance_squared": 0.3,
    "steps": 5,
}


@checks("sgd.growth")
def growth_asks_for_its_constants(theorem):
    only(theorem, "convexity", [0.1, 2.0], [0.0, -1.0, 2.1], _KNOWN)
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.9], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    only(theorem, "learning_rate", [0.9], [0.0, -0.1, 1.0], _KNOWN | {"growth": 0.0})
    only(theorem, "growth", [0.0, 1.74], [-1e-9, 1.75, math.inf], _KNOWN)
    only(theorem, "growth", [0.0, 0.44], [-1e-9, 0.45], _KNOWN | {"learning_rate": 0.9})
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], _KNOWN)
    free = _KNOWN | {"growth": 0.0}
    assert not theorem.applies(**free | {"convexity": -0.1})
    assert not theorem.applies(**free | {"convexity": 0.0, "growth": -1.0})
    assert not theorem.applies(**free | {"learning_rate": -0.1, "growth": 0.0})


# Step sizes that change

_RATES = st.lists(_PART, min_size=0, max_size=3)


@checks(
    "sgd.schedule",
    convexity=_SIZE, ratio=_PART, relatives=st.lists(_PART, max_size=8), growth=_AMOUNT,
    distance=_AMOUNT, variance=_AMOUNT,
)  # fmt: skip
def schedule_step_by_step(theorem, convexity, ratio, relatives, growth, distance, variance):
    smoothness = convexity / ratio
    rates = [2 * relative / smoothness for relative in relatives]
    expected = distance
    for rate in rates:
        expected = kappa(convexity, smoothness, rate, growth) * expected + rate**2 * variance
    assert theorem(distance, convexity, smoothness, variance, growth, rates) == expected


@checks(
    "sgd.schedule",
    count=12,
    convexity=_SIZE, ratio=_PART, relatives=_RATES, start=_START, noise=_SIZE, growing=_SMALL,
    wide=st.fractions(5, 9, max_denominator=10),
)  # fmt: skip
def every_path_of_changing_steps(theorem, convexity, ratio, relatives, start, noise, growing, wide):
    smoothness = convexity / ratio
    rates = [2 * relative / smoothness for relative in relatives]
    every = paths(kinked(convexity, smoothness), start, rates, noise, growing, box(wide))
    reached = mean_over(every, lambda path: path[-1] ** 2)
    assert reached <= theorem(start**2, convexity, smoothness, noise**2, growing**2, rates)


@checks("sgd.schedule")
def schedule_asks_for_its_constants(theorem):
    known = {k: v for k, v in _KNOWN.items() if k not in ("steps", "learning_rate")}
    known["learning_rates"] = [0.5, 0.25]
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1], known)
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf], known)
    for rates in ([], [0.99], [0.5, 1e-9]):
        assert theorem.applies(**known | {"learning_rates": rates})
    for rates in ([1.0], [0.5, 0.0], [0.5, -0.1], [0.5, math.nan], [math.inf]):
        assert not theorem.applies(**known | {"learning_rates": rates})
    only(theorem, "growth", [0.0, 1e9], [-1e-9], known)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], known)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], known)


@checks(
    "sgd.decaying",
    convexity=_SIZE, ratio=_PART, above=st.fractions(1, 4, max_denominator=8),
    more=st.fractions(1, 3, max_denominator=8), distance=_AMOUNT, variance=_AMOUNT,
    steps=st.integers(0, 40),
)  # fmt: skip
def falling_steps_stay_below(theorem, convexity, ratio, above, more, distance, variance, steps):
    smoothness = convexity / ratio
    scale = above / convexity
    pull = scale * convexity
    offset = more * max(scale * (convexity + smoothness) / 2, pull**2 / (2 * pull - 1)) + Fraction(
        1, 7
    )
    known = {
        "convexity": convexity, "smoothness": smoothness, "scale": scale, "offset": offset,
        "variance": variance, "distance_squared": distance, "steps": steps,
    }  # fmt: skip
    assert theorem.applies(**known)
    expected = distance
    for t in range(steps):
        rate = scale / (offset + t)
        expected = kappa(convexity, smoothness, rate, 0) * expected + rate**2 * variance
    assert expected <= theorem(distance, convexity, scale, offset, variance, steps)


@checks(
    "sgd.decaying",
    convexity=_SIZE, above=st.fractions(1, 4, max_denominator=8),
    more=st.fractions(Fraction(9, 8), 3, max_denominator=8), distance=_SIZE, variance=_SIZE,
    steps=st.integers(0, 40),
)  # fmt: skip
def falling_steps_balance(theorem, convexity, above, more, distance, variance, steps):
    """What is left over s steps, over s, falls by the noise of one step, at the first of them."""
    scale, pull = above / convexity, above
    offset = more * pull**2 / (2 * pull - 1)
    ends = [
        theorem(d, convexity, scale, offset, v, steps) * (offset + steps)
        for d, v in ((distance, 0), (0, variance), (distance, variance))
    ]
    assert ends[0] == offset * distance
    # (1 - pull / c)^2 v / c + scale^2 V / c^2 = v / c - v / c^2
    left = (1 - pull / offset) ** 2 * ends[1] / offset + (scale / offset) ** 2 * variance
    assert left == ends[1] / offset - ends[1] / offset**2
    assert ends[2] == (ends[0] if ends[0] > ends[1] else ends[1])


@checks("sgd.decaying")
def decaying_asks_for_its_constants(theorem):
    known = {k: v for k, v in _KNOWN.items() if k not in ("growth", "learning_rate")}
    known |= {"scale": 2.0, "offset": 4.0}
    only(theorem, "offset", [2.5, 100.0], [2.49, 0.0, -1.0], known)
    only(theorem, "offset", [1.01, 9.0], [1.0, 0.99], known | {"smoothness": 0.5})
    only(theorem, "offset", [1.57], [1.56, 1.2], known | {"smoothness": 0.5, "scale": 1.25})
    assert not theorem.applies(**known | {"offset": -4.0, "scale": -2.0})
    assert not theorem.applies(**known | {"offset": -1.0, "scale": -2.0})
    steep = known | {"convexity": 2.0, "offset": 2.0}
    only(theorem, "scale", [0.5, 0.9], [0.0, -0.5, 1.1], steep)
    only(theorem, "scale", [1.2, 3.2], [1.0, 1.05, 3.21, 0.0, -1.0, math.inf], known)
    only(theorem, "convexity", [0.3, 1.2], [0.0, -1.0, 2.1], known)
    only(theorem, "convexity", [1.0, 1.2], [2.1, 3.0], known | {"offset": 100.0})
    only(theorem, "smoothness", [0.5, 3.5], [3.51, 0.4, math.inf], known)
    only(theorem, "variance", [0.0, 1e9], [-1e-9], known)
    only(theorem, "distance_squared", [0.0, 1e9], [-1e-9], known)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], known)


# Quadratics

_QUADRATIC = {"start": -3.0, "curvature": 2.0, "learning_rate": 0.5, "noise_std": 0.1, "steps": 5}


@checks(
    "sgd.quadratic_law",
    count=15,
    cases=[{"curvature": Fraction(2), "relative": Fraction(1, 4), "start": Fraction(-3),
            "noise": Fraction(1, 2), "steps": 0}],
    curvature=_SIZE, relative=_PART, start=_START, noise=_SIZE, steps=st.integers(0, 7),
)  # fmt: skip
def variance_of_every_path(theorem, curvature, relative, start, noise, steps):
    """Coins have the variance of the Gaussian, and means and variances add for both."""
    rate = 2 * relative / curvature
    ends = []
    for coins in itertools.product((noise, -noise), repeat=steps):
        x = start
        for coin in coins:
            x -= rate * (curvature * x + coin)
        ends.append(x)
    mean = sum(ends) / len(ends)
    assert mean == (1 - rate * curvature) ** steps * start
    spread = sum((x - mean) ** 2 for x in ends) / len(ends)
    assert spread == theorem(curvature, rate, noise, steps)


@checks("sgd.quadratic_law", curvature=_SIZE, relative=_PART, noise=_SIZE)
def stationary_law_is_kept(theorem, curvature, relative, noise):
    rate = 2 * relative / curvature
    still = rate * noise**2 / (curvature * (2 - rate * curvature))
    factor = (1 - rate * curvature) ** 2
    # what starts with that variance keeps it, and after T steps factor^T of it is missing
    assert factor * still + rate**2 * noise**2 == still
    for steps in (0, 1, 5):
        assert theorem(curvature, rate, noise, steps) == still * (1 - factor**steps)


@checks("sgd.quadratic_law")
def law_asks_for_its_constants(theorem):
    only(theorem, "curvature", [1e-9, 3.9], [0.0, -1.0, 4.0, math.inf], _QUADRATIC)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _QUADRATIC)
    only(theorem, "noise_std", [0.0, 1e9], [math.inf], _QUADRATIC)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], _QUADRATIC)


@checks(
    "sgd.quadratic_average",
    count=20,
    curvature=_SIZE, relative=_PART, start=_START, noise=_SIZE, steps=st.integers(1, 7),
)  # fmt: skip
def mean_of_every_path(theorem, curvature, relative, start, noise, steps):
    rate = 2 * relative / curvature
    squares = []
    for coins in itertools.product((noise, -noise), repeat=steps):
        x, total = start, Fraction(0)
        for coin in coins:
            total += x
            x -= rate * (curvature * x + coin)
        squares.append((total / steps) ** 2)
    assert sum(squares) / len(squares) == theorem(start, curvature, rate, noise, steps)


@checks("sgd.quadratic_average")
def average_asks_for_its_constants(theorem):
    only(theorem, "curvature", [1e-9, 3.9], [0.0, -1.0, 4.0, math.inf], _QUADRATIC)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _QUADRATIC)
    only(theorem, "start", [0.0, -1e9, 1e9], [math.inf, -math.inf], _QUADRATIC)
    only(theorem, "noise_std", [0.0, 1e9], [math.inf], _QUADRATIC)
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf], _QUADRATIC)
