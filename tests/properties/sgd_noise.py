"""The noise of a DP-SGD step: every Poisson sample, exactly."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import strategies as st
from properties.registry import checks
from properties.sgd import only

_RATE = st.fractions(Fraction(1, 20), 1, max_denominator=20)
_VECTORS = st.lists(
    st.tuples(*[st.fractions(-3, 3, max_denominator=7)] * 2), min_size=1, max_size=5
)
_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)


def samples(vectors, rate):
    """Every Poisson sample: its chance, and the sum of its vectors over the expected size."""
    n = len(vectors)
    for taken in itertools.product((0, 1), repeat=n):
        chance = math.prod(rate if t else 1 - rate for t in taken)
        total = [sum(t * v[j] for t, v in zip(taken, vectors, strict=True)) for j in (0, 1)]
        yield chance, [part / (rate * n) for part in total]


def means(vectors):
    return [sum(v[j] for v in vectors) / Fraction(len(vectors)) for j in (0, 1)]


@checks("sgd.poisson_variance", rate=_RATE, vectors=_VECTORS)
def every_sample(theorem, rate, vectors):
    mean = means(vectors)
    every = list(samples(vectors, rate))
    for j in (0, 1):
        assert sum(chance * estimate[j] for chance, estimate in every) == mean[j]
    off = sum(c * sum((e - m) ** 2 for e, m in zip(found, mean, strict=True)) for c, found in every)
    squares = sum(x**2 + y**2 for x, y in vectors)
    assert off == theorem(rate, len(vectors), squares)


_KNOWN = {
    "sampling_rate": 0.5, "dataset_size": 4, "squares": 0.3, "dimension": 3,
    "noise_multiplier": 1.0, "mean_square": 0.3, "largest_gradient": 0.5, "clip_norm": 1.0,
    "zeros": 9, "outlier": 10.0,
}  # fmt: skip


@checks("sgd.poisson_variance")
def poisson_asks_for_its_constants(theorem):
    only(theorem, "sampling_rate", [1e-9, 1], [0, -0.1, 1.1], _KNOWN)
    only(theorem, "dataset_size", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    only(theorem, "squares", [0.0, 1e9], [-1e-9], _KNOWN)


@checks(
    "sgd.noise",
    rate=_RATE, vectors=_VECTORS, noise=_SIZE, clip=st.fractions(5, 9, max_denominator=10),
)  # fmt: skip
def every_sample_and_every_coin(theorem, rate, vectors, noise, clip):
    """A coin of the noise's variance in each of two dimensions stands for the Gaussian."""
    n, mean = len(vectors), means(vectors)
    size = noise * clip / (rate * n)
    off = Fraction(0)
    for chance, estimate in samples(vectors, rate):
        for coins in itertools.product((size, -size), repeat=2):
            parts = zip(estimate, coins, mean, strict=True)
            off += chance / 4 * sum((e + c - m) ** 2 for e, c, m in parts)
    square = sum(x**2 + y**2 for x, y in vectors) / Fraction(n)
    assert off == theorem(rate, n, square, 2, noise, clip)
    largest = max(math.hypot(*v) for v in vectors)
    assert theorem.applies(
        sampling_rate=rate, dataset_size=n, dimension=2, largest_gradient=largest, clip_norm=clip,
        noise_multiplier=noise, mean_square=square,
    )  # fmt: skip


@checks("sgd.noise")
def noise_asks_for_its_constants(theorem):
    only(theorem, "sampling_rate", [1e-9, 1], [0, -0.1, 1.1], _KNOWN)
    only(theorem, "dataset_size", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    only(theorem, "dimension", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
    only(theorem, "largest_gradient", [0.0, 1.0], [-1e-9, 1.01, math.inf], _KNOWN)
    only(theorem, "clip_norm", [0.5, 1e9], [0.49, -1.0, math.inf], _KNOWN)
    only(theorem, "noise_multiplier", [0.0, 1e9], [-1e-9, math.inf], _KNOWN)
    only(theorem, "mean_square", [0.0, 1e9], [-1e-9], _KNOWN)


# Clipping on a line


def clipped(slope, clip):
    return min(max(slope, -clip), clip)


@checks(
    "sgd.clipped_line",
    slopes=st.lists(_SIZE, min_size=3, max_size=3),
    points=st.lists(st.fractions(-9, 9, max_denominator=9), min_size=2, max_size=6, unique=True),
    center=st.fractions(-3, 3, max_denominator=9),
    clip=_SIZE,
)
def clipped_slopes_rise_and_are_no_steeper(theorem, slopes, points, center, clip):
    def slope(x):  # of a convex function with two kinks
        near, far, other = slopes
        y = x - center
        return near * min(max(y, -1), 1) + far * max(y - 1, 0) + other * min(y + 1, 0)

    assert theorem.applies(dimension=1, clip_norm=clip)
    for low, high in itertools.pairwise(sorted(points)):
        rise = clipped(slope(high), clip) - clipped(slope(low), clip)
        assert 0 <= rise <= slope(high) - slope(low)


@checks("sgd.clipped_line")
def clipped_line_asks_for_a_line(theorem):
    only(theorem, "dimension", [1], [0, 2, -1, 1.5], _KNOWN | {"dimension": 1})
    only(theorem, "clip_norm", [1e-9, 1e9], [0.0, -1.0], _KNOWN | {"dimension": 1})


@checks(
    "sgd.clipping_bias",
    zeros=st.integers(2, 12), part=st.fractions(Fraction(1, 20), 1, max_denominator=20),
    outlier=_SIZE, off=st.fractions(Fraction(1, 100), 3, max_denominator=100),
)  # fmt: skip
def clipped_slopes_cancel_at_one_point(theorem, zeros, part, outlier, off):
    clip = part * outlier * zeros / Fraction(zeros + 1)

    def total(x, bound):
        far = clipped(x - outlier, bound)
        return (zeros * clipped(x, bound) + far) / Fraction(zeros + 1)

    rest = clip / zeros
    assert total(rest, clip) == 0
    assert total(rest - off, clip) < 0 < total(rest + off, clip)
    true = total(rest, 10**6)
    assert true == -theorem(zeros, outlier, clip)
    known = {"zeros": zeros, "outlier": outlier, "clip_norm": clip}
    assert theorem.applies(**known)
    assert not theorem.applies(**known | {"clip_norm": outlier})


@checks("sgd.clipping_bias")
def clipping_bias_asks_for_its_constants(theorem):
    only(theorem, "zeros", [2, 9], [1, 0, -1, 2.5, math.inf], _KNOWN)
    only(theorem, "clip_norm", [1e-9, 8.9, 9.0], [0.0, -1.0, 9.01, math.inf], _KNOWN)
    only(theorem, "outlier", [1.2, 1e9], [1.1, 0.0, -1.0, math.inf], _KNOWN)
