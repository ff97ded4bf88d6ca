"""Noisy descent where f is curved in few directions: two axes, every path of coin flips."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import strategies as st
from properties.excess import least_fall
from properties.registry import checks
from properties.sgd import mean_over, only, paths
from properties.sgd_noise import means, samples

_PART = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_START = st.fractions(-5, 5, max_denominator=10)
_RATE = st.fractions(Fraction(1, 20), 1, max_denominator=20)
_VECTORS = st.lists(
    st.tuples(*[st.fractions(-3, 3, max_denominator=7)] * 2), min_size=1, max_size=5
)


def two_axes(curvatures, starts, rate, noises, steps):
    """Means of the squares of x_(T-k) and of x_T along both axes of a quadratic, k by k."""
    found = []
    for curvature, start, noise in zip(curvatures, starts, noises, strict=True):
        every = list(paths(lambda x, c=curvature: c * x, start, rate, noise, steps))
        found.append([mean_over(every, lambda path, t=t: path[t] ** 2) for t in range(steps + 1)])
    return found


@checks(
    "sgd.matrix_noise",
    rate=_RATE, vectors=_VECTORS, noise=_SIZE, low=_AMOUNT, high=_AMOUNT,
    clip=st.fractions(5, 9, max_denominator=10),
)  # fmt: skip
def every_sample_in_the_matrix(theorem, rate, vectors, noise, low, high, clip):
    """A coin of the noise's variance along each axis of the matrix stands for the Gaussian."""
    n, mean, axes = len(vectors), means(vectors), (low, high)
    size = noise * clip / (rate * n)
    off = Fraction(0)
    for chance, estimate in samples(vectors, rate):
        for coins in itertools.product((size, -size), repeat=2):
            parts = zip(axes, estimate, coins, mean, strict=True)
            off += chance / 4 * sum(w * (e + c - m) ** 2 for w, e, c, m in parts)
    square = sum(low * x**2 + high * y**2 for x, y in vectors) / Fraction(n)
    assert off == theorem(rate, n, square, low + high, noise, clip)
    assert theorem.applies(
        sampling_rate=rate, dataset_size=n, trace=low + high, matrix_square=square,
        largest_gradient=max(math.hypot(*v) for v in vectors), clip_norm=clip,
        noise_multiplier=noise,
    )  # fmt: skip


_KNOWN = {
    "sampling_rate": 0.5, "dataset_size": 4, "noise_multiplier": 1.0, "matrix_square": 0.3,
    "trace": 0.3, "largest_gradient": 0.5, "clip_norm": 1.0, "convexity": 0.5, "smoothness": 2.0,
    "learning_rate": 0.5, "gap": 0.3, "matrix_variance": 0.3, "variance": 0.3, "steps": 9,
    "tail_distance": 0.3, "tail": 3,
}  # fmt: skip


@checks("sgd.matrix_noise")
def matrix_noise_asks_for_its_constants(theorem):
    only(theorem, "sampling_rate", [1e-9, 1], [0, -0.1, 1.1], _KNOWN)
    only(theorem, "dataset_size", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    only(theorem, "largest_gradient", [0.0, 1.0], [-0.1, 1.1], _KNOWN)
    only(theorem, "clip_norm", [0.5, 9.0], [0.4, 0.0, math.inf], _KNOWN)
    only(theorem, "noise_multiplier", [0.0, 1e9], [-1e-9, math.inf], _KNOWN)
    only(theorem, "trace", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "matrix_square", [0.0, 1e9], [-1e-9], _KNOWN)


@checks(
    "sgd.matrix_pl",
    convexity=_SIZE, ratio=_PART, relative=_PART, gap=_AMOUNT, variance=_AMOUNT,
    steps=st.integers(0, 30),
)  # fmt: skip
def matrix_descent_step_by_step(theorem, convexity, ratio, relative, gap, variance, steps):
    smoothness = convexity / ratio
    rate = 2 * relative / smoothness
    expected = gap
    for _ in range(steps):
        square = 2 * convexity * expected  # |g|^2 at least
        expected -= rate * square - rate**2 / 2 * (smoothness * square + variance)
    assert theorem(gap, convexity, smoothness, rate, variance, steps) == expected


@checks(
    "sgd.matrix_pl",
    count=12,
    convexity=_SIZE, ratio=_PART, relative=_PART, starts=st.tuples(_START, _START),
    noises=st.tuples(_SIZE, _SIZE), steps=st.integers(0, 5),
)  # fmt: skip
def values_of_two_axes(theorem, convexity, ratio, relative, starts, noises, steps):
    axes = (convexity, convexity / ratio)
    rate = 2 * relative / axes[1]
    squares = two_axes(axes, starts, rate, noises, steps)
    reached = sum(c * s[-1] for c, s in zip(axes, squares, strict=True)) / 2
    gap = sum(c * x**2 for c, x in zip(axes, starts, strict=True)) / 2
    variance = sum(c * n**2 for c, n in zip(axes, noises, strict=True))
    assert reached <= theorem(gap, *axes, rate, variance, steps)


@checks("sgd.matrix_pl")
def matrix_pl_asks_for_its_constants(theorem):
    only(theorem, "convexity", [1e-9, 2.0], [0.0, -1.0, 2.1], _KNOWN)
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.4, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    only(theorem, "gap", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "matrix_variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "steps", [0, 1, 10**9], [-1, 0.5, math.inf], _KNOWN)


@checks(
    "sgd.matrix_last_iterate",
    smoothness=_SIZE, relative=_PART, distance=_AMOUNT, variance=_AMOUNT, matrix=_AMOUNT,
    tail=st.integers(1, 20),
)  # fmt: skip
def rises_in_the_matrix(theorem, smoothness, relative, distance, variance, matrix, tail):
    """The distance is used up by values that each rise by as much as a step may raise them."""
    rate = 2 * relative / smoothness
    last = theorem(distance, smoothness, rate, variance, matrix, tail)
    left = distance
    for back in range(tail, 0, -1):
        value = last - back * rate**2 * matrix / 2
        left += rate**2 * variance - least_fall(smoothness, rate) * value
    assert left == 0


@checks(
    "sgd.matrix_last_iterate",
    count=12,
    convexity=_SIZE, ratio=_PART, relative=_PART, starts=st.tuples(_START, _START),
    noises=st.tuples(_SIZE, _SIZE), before=st.integers(0, 2), tail=st.integers(1, 3),
)  # fmt: skip
def last_value_of_two_axes(theorem, convexity, ratio, relative, starts, noises, before, tail):
    axes = (convexity, convexity / ratio)
    rate = 2 * relative / axes[1]
    squares = two_axes(axes, starts, rate, noises, before + tail)
    reached = sum(c * s[-1] for c, s in zip(axes, squares, strict=True)) / 2
    far = sum(s[before] for s in squares)
    variance = sum(n**2 for n in noises)
    matrix = sum(c * n**2 for c, n in zip(axes, noises, strict=True))
    assert reached <= theorem(far, axes[1], rate, variance, matrix, tail)


@checks("sgd.matrix_last_iterate")
def matrix_last_iterate_asks_for_its_constants(theorem):
    only(theorem, "smoothness", [0.5, 3.9], [4.0, 0.0, -1.0, math.inf], _KNOWN)
    only(theorem, "learning_rate", [1e-9, 0.99], [0.0, -0.1, 1.0, math.inf], _KNOWN)
    assert not theorem.applies(**_KNOWN | {"smoothness": -2.0, "learning_rate": -0.5})
    only(theorem, "variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "matrix_variance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "tail_distance", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "tail", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
