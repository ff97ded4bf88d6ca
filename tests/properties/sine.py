"""Noisy descent over waves, against Gaussian quadrature."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from properties.registry import checks
from properties.sgd import only

_SIZE = st.fractions(Fraction(1, 20), 20, max_denominator=50)
_AMOUNT = st.fractions(0, 20, max_denominator=50)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(120)


@checks(
    "sgd.sine",
    count=25,
    size=st.floats(0.1, 3), rate=st.floats(0.05, 1), noise=st.floats(0, 2.5),
    start=st.floats(-4, 4),
)  # fmt: skip
def two_steps_on_a_wave(theorem, size, rate, noise, start):
    """The squared slope at x_0 and, on average, at x_1; the worst start is the top of a slope."""
    for begun in (start, math.pi / 2):
        still = begun - rate * size * math.sin(begun)
        after = size**2 * np.sin(still - rate * noise * _NODES) ** 2 @ _WEIGHTS / _WEIGHTS.sum()
        mean = (size**2 * math.sin(begun) ** 2 + after) / 2
        assert mean <= theorem(size**2, rate, noise, 2) + 1e-9


@checks("sgd.sine", slopes=_AMOUNT, rate=_SIZE, noise=_AMOUNT, steps=st.integers(1, 30))
def what_is_left_is_half_and_a_part(theorem, slopes, rate, noise, steps):
    width = 2 * (rate * noise) ** 2
    part = Fraction(1) / (1 + width + width**2 / 2)
    first, *others = [slopes] + [slopes * (1 + part) / 2] * (steps - 1)
    assert theorem(slopes, rate, noise, steps) == (first + sum(others)) / steps
    assert slopes / 2 <= theorem(slopes, rate, noise, steps) <= slopes
    assert part >= math.exp(-min(float(width), 700.0)) * (1 - 1e-12)


_KNOWN = {"learning_rate": 0.5, "slopes": 0.3, "noise_std": 0.3, "steps": 9}


@checks("sgd.sine")
def sine_asks_for_its_constants(theorem):
    only(theorem, "learning_rate", [1e-9, 1e9], [0.0, -0.1], _KNOWN)
    only(theorem, "slopes", [0.0, 1e9], [-1e-9], _KNOWN)
    only(theorem, "noise_std", [0.0, 1e9], [-1e-9, math.inf], _KNOWN)
    only(theorem, "steps", [1, 2, 10**9], [0, -1, 1.5, math.inf], _KNOWN)
