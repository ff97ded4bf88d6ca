"""Moments of Laplace steps, sampled or not: the truth lies between the two ends."""

from __future__ import annotations

import itertools

import pytest
from mpmath import mpf
from privacy_loss.cases import PROMISE, against, laplace
from privacy_loss.oracle import laplace_log_moment

from dpaccount.privacy_loss.quadrature import log_moments

DIRECTIONS = ["remove", "add"]
RATES = ["1e-9", "0.999999999", "1"]


def ends(scale, rate, e, direction):
    loss = laplace(scale, rate, direction)
    truth = laplace_log_moment(loss.noise_multiplier, loss.sampling_rate, e, direction)
    return against(log_moments([loss], [0], [e]), truth)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("scale", "rate", "e"),
    list(itertools.product(["0.05", "1000"], RATES, [1e-6, 1.0, 9999.0])),
)
def test_both_ends_hold(scale, rate, e, direction):
    assert ends(scale, rate, e, direction).hold


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("scale", "rate", "e"),
    list(itertools.product(["0.3", "1000"], ["1e-9", "0.3", "1"], [1e-6, 30.0])),
)
def test_moderate_noise_is_known_to_nine_digits(scale, rate, e, direction):
    assert ends(scale, rate, e, direction).within(PROMISE)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("rate", ["0.01", "0.99", "1"])
def test_little_noise_is_known_to_six_digits(rate, direction):
    # panels of width 1 leave a Gauss-Legendre bound of about 1e-7 there
    assert ends("0.05", rate, 1.0, direction).within(1e-6)


@pytest.mark.parametrize("scale", ["0.02", "0.001", "0.0001"])
@pytest.mark.parametrize("e", [1e-3, 1.0, 1e4, 1e12])
def test_tiny_noise_stays_below_the_bounded_loss(scale, e):
    for direction, rate in itertools.product(DIRECTIONS, ["0.5", "1"]):
        loss = laplace(scale, rate, direction)
        moments = log_moments([loss], [0], [e])
        assert 0 <= moments.lower[0] <= moments.upper[0]
        assert moments.upper[0] <= e * loss.support[1] * (1 + 1e-14)


def test_a_rate_near_one_keeps_its_rest():
    # 1 - q is 1e-16 in the text and 1.1e-16 as a float: the ADD loss ends at log(1e16)
    assert ends("0.02", "0.9999999999999999", 10.0, "add").hold


@pytest.mark.parametrize("e", [0.5, 3.0])
def test_the_two_directions_are_one_without_sampling(e):
    remove, add = (log_moments([laplace("0.7", "1", way)], [0], [e]).upper[0] for way in DIRECTIONS)
    assert remove == pytest.approx(add, rel=1e-9)
    assert mpf(remove) >= laplace_log_moment("0.7", 1, e, "remove")
