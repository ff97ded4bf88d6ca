"""The hockey stick of one Gaussian and its inverse: both ends, from delta .5 to 1e-3000."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp, mpf

from dpaccount import _validate
from dpaccount.privacy_loss.hockey_stick import (
    gaussian_epsilon,
    gaussian_epsilon_upper,
    gaussian_log_delta,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "gaussian_epsilon.json"
ROWS = json.loads(REFERENCE.read_text())["rows"]
UNIT = 2.0**-53
MUS = [1e-6, 1e-3, 0.1, 1.0, 10.0, 100.0, 1e4]
#: Where the argument mu/2 - eps/mu of the first tail lies.
PLACES = [1e3, 30.0, 3.0, 1.0, 0.01, 0.0, -0.01, -1.0, -3.0, -30.0, -117.0]
LOG_DELTAS = [math.log(0.5), math.log(0.01), math.log(1e-5), -690.0, -3000 * math.log(10)]


def delta(mu, eps):
    """The textbook form: 80 digits make up for its cancellation."""
    mu, eps = mpf(mu), mpf(eps)
    return mp.ncdf(mu / 2 - eps / mu) - mp.exp(eps) * mp.ncdf(-mu / 2 - eps / mu)


def epsilons(mu):
    """Epsilons of every sign around mu^2/2, where the first tail's argument changes its sign."""
    return [mu * mu / 2 - mu * place for place in PLACES] + [-3.0 * mu, -1e-9, 0.0, 1e-9]


@pytest.mark.parametrize("mu", MUS)
def test_log_delta_lies_between_its_ends(mu):
    with mp.workdps(80):
        for eps in epsilons(mu):
            low, high = gaussian_log_delta(mu, eps)
            assert low <= mp.log(delta(mu, eps)) <= high
            assert high <= 0


@pytest.mark.parametrize("mu", MUS)
def test_the_ends_of_log_delta_are_narrow(mu):
    # What float64 inputs allow, 64 units each: the exponent a^2/2, of which a is known to
    # (mu + |eps|/mu) units; one difference of two Mills ratios that agree to a part in mu; and
    # for eps < mu^2/2 an absolute error of eps units.
    for eps in epsilons(mu):
        low, high = gaussian_log_delta(mu, eps)
        a = mu / 2 - eps / mu
        exponent = (1 + abs(a)) * (1 + mu + abs(eps) / mu)
        cancelled = (1 + abs(a)) * (1 + 1 / mu)
        absolute = (1 + abs(eps)) / math.exp(low) if a > 0 else 0
        assert high - low <= 64 * UNIT * (exponent + cancelled + absolute)


@pytest.mark.parametrize("log_delta", LOG_DELTAS)
@pytest.mark.parametrize("mu", MUS)
def test_epsilon_lies_between_its_ends(mu, log_delta):
    low, high = gaussian_epsilon(mu, log_delta)
    assert 0 <= low <= high
    assert gaussian_epsilon_upper(mu, log_delta) == high
    # each end by its own side of the bracket: the last float above delta, or the first below
    assert low == 0 or gaussian_log_delta(mu, low)[0] > log_delta
    assert gaussian_log_delta(mu, high)[1] <= log_delta
    with mp.workdps(80):
        target = mp.exp(mpf(log_delta))
        assert low == 0 or delta(mu, low) >= target
        assert delta(mu, high) <= target
    # the width of log delta over its slope, at worst where delta is .5 and mu is far from 1
    assert high - low <= 1e-10 * high
    if 0.1 <= mu <= 100 and log_delta < -4:
        assert high - low <= 1e-13 * high


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"mu{row['mu']}-{row['delta']}")
def test_epsilon_of_the_reference_file(row):
    target = _validate.log_of(Fraction(row["delta"]))
    low, high = gaussian_epsilon(float(row["mu"]), target)
    with mp.workdps(60):
        truth, radius = mpf(row["epsilon"]), mpf(row["radius"])
        if row["mu"] in ("1", "5", "50"):  # no rounding of mu
            # log delta is rounded by at most 2 units: eps moves by that over the slope
            slack = 2 * UNIT * abs(target) * float(row["mu"]) + radius
            assert low - slack <= truth <= high + slack
        assert abs(high - truth) <= mpf("1e-12") * truth


def test_epsilon_is_zero_where_delta_is_reached_at_once():
    for mu in (1e-6, 0.3, 1.0):
        at_zero = gaussian_log_delta(mu, 0.0)[1]
        assert gaussian_epsilon(mu, at_zero * (1 - 1e-9) if at_zero < 0 else 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("mu", [0.01, 1.0, 30.0])
def test_epsilon_falls_as_delta_grows(mu):
    values = [gaussian_epsilon_upper(mu, x) for x in (-7000.0, -690.0, -30.0, -3.0, -0.5)]
    assert values == sorted(values, reverse=True)
