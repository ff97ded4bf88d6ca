"""Intervals err no more often than they say, and are not idle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dpaccount.convergence.intervals import GaussianForm, lower_mean


@pytest.mark.parametrize("law", ["exponential", "lognormal", "rare", "constant"])
def test_a_lower_mean_is_rarely_above(law):
    rng = np.random.default_rng(7)
    shape = (150, 100)
    draws, mean = {
        "exponential": (rng.exponential(size=shape), 1.0),
        "lognormal": (rng.lognormal(sigma=1.5, size=shape), math.exp(1.125)),
        "rare": ((rng.random(shape) < 0.01) * 100.0, 1.0),
        "constant": (np.ones(shape), 1.0),
    }[law]
    above = sum(lower_mean(row, math.log(0.05)) > mean for row in draws)
    # more than this many have a chance below 1e-4 where each has 0.05
    assert above <= stats.binom.ppf(1 - 1e-4, 150, 0.05)


def test_a_lower_mean_comes_near():
    draws = np.random.default_rng(8).exponential(size=20_000)
    assert 0.95 < lower_mean(draws, math.log(1e-6)) < draws.mean()
    assert lower_mean(np.zeros(50), math.log(1e-6)) == 0.0
    assert lower_mean(np.full(5000, 3.0), math.log(1e-6)) > 2.9


def test_chernoff_bounds_the_tail_of_chi_square():
    form = GaussianForm(np.ones(3), np.zeros(3), np.ones(3))
    assert form.mean == 3.0
    for mean, above in ((4.5, True), (7.0, True), (1.5, False), (0.5, False)):
        for count in (1, 20):
            law = stats.chi2(3 * count)
            true = law.logsf(mean * count) if above else law.logcdf(mean * count)
            found = form.log_tail(mean, count, above=above)
            assert true <= found <= 0
            assert count == 1 or found < true / 2
    low, high = form.interval(100, math.log(1e-6))
    law = stats.chi2(300)
    assert 1e-9 < law.sf(100 * high) < 1e-6
    assert 1e-9 < law.cdf(100 * low) < 1e-6


def test_the_log_moment_of_shifted_squares():
    form = GaussianForm(np.array([0.5]), np.array([2.0]), np.array([0.3]))
    law = stats.ncx2(1, (2.0 / 0.3) ** 2, scale=0.5 * 0.09)
    theta = 3.0
    x = np.linspace(law.ppf(1e-15), law.ppf(1 - 1e-15), 400_001)
    total = np.trapezoid(np.exp(theta * x) * law.pdf(x), x)
    assert form.log_moment(theta) == pytest.approx(math.log(total), abs=1e-5)
    assert form.log_moment(1.001 / (2 * 0.5 * 0.09)) == math.inf
