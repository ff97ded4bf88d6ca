"""The divergence integrand in floats, against the same text at high precision."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from mpmath import mp, mpf
from privacy_loss.oracle import kappa

from dpaccount.privacy_loss.quadrature.kappa import _direct, _series, log_kappa, log_moment_from

UNIT = 2.0**-53


def allowance(v, e, value):
    """Units of rounding that log kappa may have.

    Beyond the seam two terms, each good to about 3 units, cancel to a part in 40: 128. The rest is
    for an exponent's own size, as the evaluators of moments allow for it.
    """
    size = (1 + e) * v if v > 0 else -v
    return UNIT * (128 + 4 * size + 4 * abs(value))


def excess(v, e):
    """The error as a share of that allowance."""
    got, truth = float(log_kappa(np.array([v]), np.array([e]))[0]), kappa(v, e)
    with mp.workdps(40):
        return float(abs(mpf(got) - truth)) / allowance(v, e, float(truth))


def drawn(seed, v_range, e_range, count=150):
    source = random.Random(seed)
    for _ in range(count):
        v = math.exp(source.uniform(*map(math.log, v_range)))
        yield source.choice([-1, 1]) * v, math.exp(source.uniform(*map(math.log, e_range)))


@pytest.mark.parametrize(
    "ranges",
    [
        ((1e-150, 700), (1e-12, 1e12)),
        ((1e-12, 30), (1e-6, 1e6)),
        ((1e-3, 1), (1e-3, 1e3)),
        ((30, 1e4), (1e-12, 1e3)),
    ],
)
def test_kappa_at_small_and_large_losses(ranges):
    assert max(excess(v, e) for v, e in drawn(3, *ranges)) <= 1


@pytest.mark.parametrize("sign", [-1, 1])
def test_kappa_around_the_seam_of_series_and_exponentials(sign):
    # the series is used below |a v| = .05; beyond it the exponentials cancel most
    source = random.Random(5)
    for _ in range(300):
        e = math.exp(source.uniform(-28, 28))
        assert excess(sign * 0.05 * source.uniform(0.9, 1.3) / (1 + e), e) <= 1


def test_both_formulas_agree_at_the_seam():
    for e in (1e-9, 1e-3, 1.0, 1e3, 1e9):
        for sign in (-1, 1):
            v = np.array([sign * 0.05 / (1 + e)])
            series, direct = (formula(v, np.array([e]))[0] for formula in (_series, _direct))
            assert abs(series - direct) <= allowance(v[0], e, series)


def test_mixed_arrays_are_their_parts():
    v = np.array([-3.0, -1e-3, 0.0, 1e-9, 0.02, 4.0, 200.0])
    together = log_kappa(v, np.array(2.5))
    for i, one in enumerate(v):
        assert together[i] == log_kappa(np.array([one]), np.array(2.5))[0]
    assert together[2] == -math.inf


@pytest.mark.parametrize("log_j", [-600.0, -40.0, -1.0, 0.0, 3.0, 1e13])
@pytest.mark.parametrize("e", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_a_moment_from_the_integral(log_j, e):
    with mp.workdps(50):
        a = 1 + mpf(e)
        term = mp.log(a * e) + log_j
        truth = mp.log1p(mp.exp(term)) if term < 100 else term
        got = float(log_moment_from(log_j, e))
        # the exponent's own rounding, magnified by its size
        assert abs(got - truth) <= 4 * UNIT * (2 + abs(float(term))) * truth
