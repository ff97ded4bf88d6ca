"""Moments of sampled Gaussian steps: never below the truth, and within 1e-9 of it.

The truths come from the oracle beside this file.
"""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from privacy_loss.cases import PROMISE, gaussian, gaussian_ends, log_uniform, number
from privacy_loss.oracle import binomial

import dpaccount as dpa
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import GaussianLoss
from dpaccount.privacy_loss.quadrature import gaussian as evaluator
from dpaccount.privacy_loss.quadrature import log_moments, uses_quadrature

DIRECTIONS = ["remove", "add"]
CORNERS = list(
    itertools.product(
        ["0.1", "1", "1e4"],
        ["1e-9", "0.999999999"],
        [1e-6, 1.0, 1e6 - 1],
        DIRECTIONS,
    )
)


def name(case):
    return "-".join(f"{float(x):.4g}" if not isinstance(x, str) else x for x in case)


def drawn(count, seed):
    """Settings from the whole promised domain, half of them where sigma is small."""
    source = random.Random(seed)
    for i in range(count):
        sigma = log_uniform(source, 0.1, 5 if i % 2 else 1e4)
        small = log_uniform(source, 1e-9, 0.5)
        rate = small if source.random() < 0.6 else 1 - small
        yield sigma, rate, float(log_uniform(source, 1e-6, 1e6)), source.choice(DIRECTIONS)


def equal_modes():
    """REMOVE with two modes, order > 4 sigma^2, and rates around those where both weigh the same.

    The far mode is q^z e^(z(z-1)/(2 sigma^2)): its mass is 1 at log q = -(z-1)/(2 sigma^2).
    """
    for sigma, factor, shift in itertools.product(
        ["0.1", "0.5", "1", "2", "5"], [1.01, 1.5, 3, 10], [0.97, 1.0, 1.03]
    ):
        square = float(sigma) ** 2
        z = max(1.05, 4 * square * factor)
        rate = math.exp(-(z - 1) / (2 * square) * shift)
        if 1e-9 < rate < 1:
            yield sigma, Fraction(rate), z - 1, "remove"


@pytest.mark.parametrize("case", CORNERS, ids=name)
def test_corners_of_the_promised_domain(case):
    assert gaussian_ends(*case).within(PROMISE)


@pytest.mark.parametrize("case", list(drawn(12, seed=7)), ids=name)
def test_a_few_drawn_settings(case):
    assert gaussian_ends(*case).within(PROMISE)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(drawn(100, seed=11)), ids=name)
def test_many_drawn_settings(case):
    assert gaussian_ends(*case).within(PROMISE)


@pytest.mark.parametrize("case", list(equal_modes())[::4], ids=name)
def test_two_modes_of_equal_mass(case):
    assert gaussian_ends(*case).within(PROMISE)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(equal_modes()), ids=name)
def test_two_modes_of_nearly_equal_mass(case):
    assert gaussian_ends(*case).within(PROMISE)


FAR_MODES = [("156", 1e6, 0.0), ("156", 1e6, -1.0), ("170", 1e6, 1.0), ("100", 4e5, 0.0)]


def far_mode(sigma, z, log_mass):
    rate = math.exp(log_mass / z - (z - 1) / (2 * float(sigma) ** 2))
    return gaussian_ends(sigma, Fraction(rate), z - 1, "remove")


@pytest.mark.parametrize("case", FAR_MODES, ids=name)
def test_a_far_mode_whose_mass_is_about_one(case):
    # The exponents there are 1e7 and cancel to about 0, so float64 knows the moment to about
    # (x/sigma)^2 units in the last place: x = 1e6, sigma = 156 gives 1.6e-16 * 4.1e7 * a few.
    assert far_mode(*case).within(5e-8)


@pytest.mark.parametrize("rate", ["1e-9", "0.5"])
@pytest.mark.parametrize("sigma", ["0.1", "0.5"])
@pytest.mark.parametrize("z", [1.999999, 2.0, 2 + 1e-9])
def test_exponents_around_two_where_the_majorant_changes(sigma, rate, z):
    assert gaussian_ends(sigma, rate, z - 1, "remove").within(PROMISE)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("rate", ["1e-9", "0.999"])
@pytest.mark.parametrize("e", [1e-6, 1e4])
@pytest.mark.parametrize("sigma", ["0.02"])
def test_noise_just_above_the_seam(sigma, rate, e, direction):
    assert uses_quadrature(gaussian(sigma, rate, direction))
    assert gaussian_ends(sigma, rate, e, direction).within(PROMISE)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("rate", ["1e-9", "0.5"])
@pytest.mark.parametrize("e", [1e-6, 1e4])
@pytest.mark.parametrize("sigma", ["0.019999999", "0.001"])
def test_noise_below_the_seam_is_bounded_from_above(sigma, rate, e, direction):
    assert not uses_quadrature(gaussian(sigma, rate, direction))
    assert gaussian_ends(sigma, rate, e, direction).hold


def test_the_naive_quadrature_trap():
    # order 1 + 1e-6, q 1e-9, sigma 1: r^a - 1 summed in floats is -1.3e-7, or .24 % below the truth
    # with expm1 alone; the divergence is 8.59e-19
    e = 1e-6
    for direction in DIRECTIONS:
        moments = log_moments([gaussian("1", "1e-9", direction)], [0], [e])
        assert moments.upper[0] / e == pytest.approx(8.59e-19, rel=1e-3)
        assert gaussian_ends("1", "1e-9", e, direction).within(PROMISE)


@pytest.mark.parametrize("case", [("1e4", "1e-9", 1e-6), ("0.1", "1e-9", 1e-6)])
def test_a_log_moment_far_below_the_unit_of_floats(case):
    for direction in DIRECTIONS:
        assert gaussian_ends(*case, direction).within(PROMISE)


@pytest.mark.parametrize("order", [2, 3, 10, 64, 1000])
def test_integer_orders_against_the_closed_sum(order):
    for sigma, rate in (("1.1", "256/60000"), ("0.5", "0.9"), ("20", "1e-6")):
        moments = log_moments([gaussian(sigma, rate, "remove")], [0], [order - 1])
        truth = binomial(sigma, rate, order)
        assert moments.lower[0] <= truth <= moments.upper[0] <= truth * (1 + PROMISE)


@pytest.mark.parametrize("e", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("sigma", ["0.1", "300"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_huge_orders_do_not_overflow(sigma, e, direction):
    try:
        ends = gaussian_ends(sigma, "0.5", e, direction)
    except dpa.NotConverged:
        # floats near x = order lie too far apart for a sigma of 0.1
        assert (sigma, e, direction) == ("0.1", 1e12, "remove")
        return
    assert ends.within(1e-12)


OUTSIDE = [
    ("0.05", "1e-9", 1e5),
    ("0.03", "0.3", 1e-9),
    ("0.02", "1e-12", 0.5),
    ("1", "1e-30", 0.5),
    ("1", "0.999999999999999", 30.0),
    ("1e7", "0.3", 1e-9),
    ("1e20", "1e-15", 1e-12),
    ("1e14", "0.5", 1e6),
    ("1e-5", "0.5", 1e9),
    ("0.05", "0.3", 1e10),
]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("case", OUTSIDE, ids=name)
def test_outside_the_promised_domain_an_upper_end_holds_or_is_refused(case, direction):
    try:
        ends = gaussian_ends(*case, direction)
    except dpa.NotConverged:
        return
    assert ends.hold


def test_a_rate_too_small_for_the_digits_of_the_far_ratio():
    # u = 37.5 at the mode: u + log q + log1p(e^-u / q) cancels to 2e-9 and smaller
    assert gaussian_ends("0.2", "1e-22", 1.0, "remove").hold
    assert gaussian_ends("0.2", "1e-25", 1.0, "remove").hold
    assert gaussian_ends("0.21", "1e-28", 3.0, "remove").hold


def test_the_mixture_bound_allows_for_its_rounding():
    for sigma, size in (("1e-11", 300.0), ("1e-9", 50.0), ("1e-14", 300.0)):
        e = size * 2 * float(Fraction(sigma)) ** 2
        rate = Fraction(math.exp(-size))
        assert gaussian_ends(sigma, rate, e, "remove").hold


def test_an_unsampled_gaussian_is_its_closed_form():
    for sigma in ("0.01", "0.3", "7", "1e4"):
        square = number(1 / number(sigma) ** 2)
        loss = GaussianLoss(square, Direction.REMOVE)
        for e in (1e-12, 1e-6, 0.7, 1e12):
            truth = Fraction(e) * (1 + Fraction(e)) * square / 2
            moments = log_moments([loss], [0], [e])
            assert (
                moments.lower[0] <= truth <= moments.upper[0] <= truth * (1 + Fraction(1, 10**14))
            )


def test_one_call_for_many_losses_gives_the_same_numbers():
    losses = [
        gaussian("1.1", "0.01", "remove"),
        gaussian("1.1", "0.01", "add"),
        gaussian("0.01", "0.3", "remove"),
        GaussianLoss(number("0.25"), Direction.ADD),
    ]
    which, e = zip(*itertools.product(range(4), [0.01, 1.0, 17.0]), strict=True)
    together = log_moments(losses, which, e)
    for i, (index, at) in enumerate(zip(which, e, strict=True)):
        alone = log_moments([losses[index]], [0], [at])
        assert together.upper[i] == pytest.approx(alone.upper[0], rel=1e-12)
        assert together.lower[i] == pytest.approx(alone.lower[0], rel=1e-12)


def test_a_number_of_nodes_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(evaluator, "_MAX_NODES", 10)
    with pytest.raises(dpa.NotConverged):
        log_moments([gaussian("1", "0.01", "remove")], [0], [1.0])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_rate_is_not_rounded_on_its_way_to_one(direction):
    # 1 - q is 1e-20: as a float the rate alone would say 0
    assert gaussian_ends("1", "0.99999999999999999999", 30.0, direction).within(PROMISE)
