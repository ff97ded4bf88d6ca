"""The least of a convex function from a few of its values: never above it, however chosen."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.gdp import quantile

from dpaccount._validate import log_of
from dpaccount.guarantees import from_log
from dpaccount.guarantees.infimum import Point, guess, infimum, lower_end
from dpaccount.privacy_loss.hockey_stick import gaussian_log_delta


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(50):
        yield


def gaussian(mu, noise=0.0, share=0.5):
    """Log delta of a Gaussian, `noise` wide, with the truth a `share` of it above the lower end."""

    def delta(eps):
        low, high = gaussian_log_delta(mu, float(eps))
        return from_log(low - noise * share, min(high + noise * (1 - share), 0.0), method="m")

    return delta


def truth_of(mu, fpr):
    """Log TPR and the eps of the best test."""
    x = -quantile(mpf(fpr))
    return mp.log(mp.ncdf(mu - x)), float(mu * x - mpf(mu) ** 2 / 2)


mus = st.floats(-6, 4).map(math.exp)
fprs = st.one_of(st.floats(-300, -1).map(lambda e: 10.0**e), st.floats(0.01, 0.99))


@given(
    mus,
    fprs,
    st.sampled_from([0.0, 1e-14, 1e-12, 1e-9, 1e-6, 1e-3]),
    st.floats(0, 1),
    st.sampled_from([0.0, 1e-8, 1e-5, 1e-3, 0.1, 1.0, 5.0]),
    st.sampled_from([-1, 1]),
)
@settings(max_examples=150, deadline=None)
def test_the_truth_lies_between_whatever_the_guess_and_the_noise(mu, fpr, noise, share, off, sign):
    truth, best = truth_of(mu, fpr)
    calls = []

    def delta(eps):
        assert isinstance(eps, Fraction)
        calls.append(eps)
        return gaussian(mu, noise, share)(eps)

    points = infimum(delta, math.log(fpr), max(best, -64.0) + sign * off * max(mu, 1e-3))
    assert len(calls) == len(points) <= 15
    low, high = lower_end(points, math.log(fpr)), min(p.log_upper for p in points)
    # the logarithm of the rate that was handed over is itself rounded
    assert low <= truth + abs(truth) * 1e-15
    assert high >= truth - abs(truth) * 1e-15
    assert low >= math.log(fpr) * (1 + 1e-14) - 1e-14


@pytest.mark.parametrize("mu", [1e-6, 0.01, 0.3, 1, 4, 10, 100])
@pytest.mark.parametrize("fpr", [1e-300, 1e-100, 1e-12, 1e-6, 0.01, 0.5, 0.99])
def test_a_good_guess_gives_nine_digits_in_few_values(mu, fpr):
    truth, best = truth_of(mu, fpr)
    points = infimum(gaussian(mu), math.log(fpr), max(best, -64.0))
    low, high = lower_end(points, math.log(fpr)), min(p.log_upper for p in points)
    assert low <= truth <= high
    assert high - low <= 1e-9
    assert len(points) <= (3 if truth < -1e-3 else 5)


@pytest.mark.parametrize("noise", [1e-12, 1e-10, 1e-8, 1e-6])
@pytest.mark.parametrize("fpr", [1e-12, 1e-6, 0.01, 0.5])
def test_the_width_follows_the_noise(noise, fpr):
    _, best = truth_of(1.0, fpr)
    points = infimum(gaussian(1.0, noise), math.log(fpr), best)
    assert min(p.log_upper for p in points) - lower_end(points, math.log(fpr)) <= 100 * noise + 1e-9


@pytest.mark.parametrize("off", [1e-4, -1e-4, 1e-3, -1e-3, 1e-2, -1e-2, 0.1, -0.1])
def test_a_guess_that_is_off_is_made_good(off):
    for fpr in (1e-6, 0.01):
        _, best = truth_of(1.0, fpr)
        points = infimum(gaussian(1.0), math.log(fpr), best + off)
        low, high = lower_end(points, math.log(fpr)), min(p.log_upper for p in points)
        assert high - low <= 1e-7
        assert 5 <= len(points) <= 15


# A law on three outcomes: g is a broken line in k, and everything can be computed exactly.
THREE = [Fraction(7, 10), Fraction(2, 10), Fraction(1, 10)]
OTHER = [Fraction(1, 10), Fraction(3, 10), Fraction(6, 10)]


def broken(eps):
    k = mp.exp(mpf(eps.numerator) / eps.denominator)
    value = sum(max(a - k * b, 0) for a, b in zip(map(_mpf, THREE), map(_mpf, OTHER), strict=True))
    log = float(mp.log(value)) if value > 0 else -math.inf
    slack = 1e-13
    return from_log(log - slack, min(log + slack, 0.0), method="m")


def _mpf(number):
    return mpf(number.numerator) / number.denominator


def reached(fpr):
    left, total = fpr, Fraction(0)
    for a, b in zip(THREE, OTHER, strict=True):  # by falling ratio
        part = min(Fraction(1), left / b)
        total, left = total + part * a, left - part * b
    return total


@given(
    st.fractions("1/1000", "999/1000", max_denominator=1000),
    st.lists(st.floats(-4, 4), min_size=1, max_size=6, unique=True),
)
@settings(max_examples=200, deadline=None)
def test_any_points_of_a_broken_line_give_a_lower_end(fpr, places):
    log_rate = math.log(fpr)
    points = [Point.at(eps, broken(Fraction(eps)), log_rate) for eps in places]
    truth = mp.log(_mpf(reached(fpr)))
    assert lower_end(points, log_rate) <= truth + mpf("1e-15")
    assert all(p.log_upper >= truth - mpf("1e-15") for p in points)


@pytest.mark.parametrize("fpr", [Fraction(1, 20), Fraction(1, 10), Fraction(1, 4), Fraction(7, 10)])
def test_a_corner_is_met_from_both_sides(fpr):
    log_rate = math.log(fpr)
    start = guess(lambda eps: broken(Fraction(eps)).log_upper, log_rate)
    points = infimum(broken, log_rate, start)
    high = min(p.log_upper for p in points)
    assert high - lower_end(points, log_rate) <= 1e-5
    assert abs(high - float(mp.log(_mpf(reached(fpr))))) <= 1e-7


def test_one_point_alone_still_says_something():
    point = Point.at(0.0, gaussian(1.0)(0.0), math.log(0.3))
    # right of it g is at least the rate, left of it at least delta
    assert lower_end([point], math.log(0.3)) == pytest.approx(math.log(0.3), abs=1e-12)
    far = Point.at(1.0, gaussian(1.0)(1.0), math.log(0.3))
    floor = min(0.3 * math.e, math.exp(far.delta.log_lower))
    assert lower_end([far], math.log(0.3)) == pytest.approx(math.log(max(floor, 0.3)), abs=1e-12)


def test_no_lower_end_of_delta_is_no_lower_end_here():
    calls = []

    def delta(eps):
        calls.append(eps)
        return from_log(None, gaussian_log_delta(1.0, float(eps))[1], method="m")

    (point,) = infimum(delta, math.log(0.01), 1.0)
    assert point.log_lower is None
    assert calls == [1]
    assert lower_end([point], math.log(0.01)) <= math.log(0.01)


@given(mus, fprs)
@example(math.exp(3.6875), 1e-265)  # flat from -64 to 580
@settings(max_examples=30, deadline=None)
def test_the_guess_is_good(mu, fpr):
    truth, _ = truth_of(mu, fpr)
    log_delta = gaussian(mu)
    eps = guess(lambda e: log_delta(e).log_upper, math.log(fpr))
    assert Point.at(eps, log_delta(eps), math.log(fpr)).log_upper <= truth + 1e-7


def test_points_that_coincide_are_one():
    points = [Point.at(eps, gaussian(1.0)(eps), math.log(0.01)) for eps in (1.0, 1.5, 2.0)]
    assert lower_end([*points, *points], math.log(0.01)) == lower_end(points, math.log(0.01))
    places = (0.0, 5e-324, 1e-300, 2.0)
    points = [Point.at(eps, gaussian(1.0)(eps), math.log(0.01)) for eps in places]
    assert lower_end(points, math.log(0.01)) == lower_end(points[::3], math.log(0.01))


@given(
    st.fractions("1/100000", 1, max_denominator=10**5),
    st.integers(-300, 0),
    st.floats(-60, 700),
    st.floats(-700, 0),
)
@settings(max_examples=300, deadline=None)
def test_rounding_stays_within_the_ends_of_a_point(digits, exponent, eps, log_delta):
    rate = digits * Fraction(10) ** exponent
    truth = mp.log(_mpf(rate) * mp.exp(mpf(eps)) + mp.exp(mpf(log_delta)))
    point = Point.at(eps, from_log(log_delta, log_delta, method="m"), log_of(rate))
    assert point.log_lower <= truth <= point.log_upper
    assert point.log_upper - point.log_lower <= 2.0**-46 * (1 + abs(log_of(rate)) + abs(eps))
