"""Pen-and-paper moments of the sampled Gaussian, against quadrature."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import MP, close, log_moment, log_uniform
from properties.registry import checks


@checks(
    "dp.moments_integer",
    count=12,
    cases=[
        {"order": 2, "rate": 0.01, "sigma": 1.1},
        {"order": 8, "rate": 256 / 60000, "sigma": 1.1},
        {"order": 33, "rate": 0.7, "sigma": 4.0},
    ],
    order=st.integers(2, 64),
    rate=log_uniform(1e-9, 0.999),
    sigma=log_uniform(0.3, 100),
)
def finite_sum_is_the_integral(theorem, order, rate, sigma):
    truth = log_moment(sigma, rate, order)
    assert close(theorem.formula(order, mpf(rate), mpf(sigma), MP), truth, 1e-14)
    # lgamma of about 300 carries 1e-13 in floats
    assert close(theorem.formula(order, rate, sigma), truth, 1e-11)
    assert log_moment(sigma, rate, 1 - order) <= truth


@checks("dp.moments_integer")
def orders_are_integers_from_two(theorem):
    for order in (2, 2.0, 3, 4096):
        assert theorem.applies(order=order)
    for order in (-3, 0, 1, 1.5, 2.5, math.nextafter(3, 4)):
        assert not theorem.applies(order=order)


_CLOSED = [
    {"sigma": 4.0, "rate": 0.2, "excess": 1e-3},
    {"sigma": 4.0, "rate": 0.01, "excess": 25.0},
    {"sigma": 4.0, "rate": 1e-4, "excess": 40.0},
    {"sigma": 30.0, "rate": 1e-3, "excess": 1000.0},
    {"sigma": 5.0, "rate": 0.05, "excess": 2000.0},
]


@checks(
    "dp.moments_closed_form",
    cases=_CLOSED,
    sigma=log_uniform(4, 50) | log_uniform(0.5, 50),
    rate=log_uniform(1e-5, 0.2) | st.floats(0.01, 0.9),
    excess=log_uniform(1e-3, 3000),
)
def closed_form_is_above_quadrature(theorem, sigma, rate, excess):
    order = 1 + mpf(excess)
    if theorem.applies(order=1 + excess, sampling_rate=rate, noise_multiplier=sigma):
        claimed = theorem.formula(order, mpf(rate), mpf(sigma)) * mpf(excess)
        assert log_moment(sigma, rate, order) <= claimed
        assert log_moment(sigma, rate, 1 - order) <= claimed


@checks(
    "dp.moments_closed_form",
    sigma=log_uniform(4, 50),
    rate=log_uniform(1e-5, 0.2),
    order=log_uniform(1.01, 1e4),
)
def closed_form_is_four_times_the_leading_term(theorem, sigma, rate, order):
    # as sigma grows the divergence is q^2 order / (2 sigma^2)
    leading = log_moment(1000 * sigma, rate, mpf("1.5")) / mpf("0.5") / mpf("1.5")
    claimed = theorem.formula(mpf(order), mpf(rate), mpf(sigma))
    assert close(claimed, 4 * leading * 10**6 * order, 1e-5)


def _stated_range(order, rate, sigma):
    """The four conditions, as margins that are >= 0 where they hold."""
    order, rate, sigma = mpf(order), mpf(rate), mpf(sigma)
    big_l = mp.log(1 + 1 / (rate * (order - 1)))
    first = sigma**2 * big_l / 2 - 2 * mp.log(sigma)
    second = (sigma**2 * big_l**2 / 2 - mp.log(5) - 2 * mp.log(sigma)) / (
        big_l + mp.log(rate * order) + 1 / (2 * sigma**2)
    )
    return [mpf(1) / 5 - rate, sigma - 4, first - order, second - order]


@checks(
    "dp.moments_closed_form",
    count=150,
    cases=[{"sigma": 4.0, "rate": 0.1, "order": 3.0}, {"sigma": 9.0, "rate": 0.2, "order": 1.5}],
    sigma=log_uniform(1, 50) | log_uniform(3.9, 4.1),
    rate=log_uniform(1e-5, 0.9) | st.floats(0.19, 0.21),
    order=log_uniform(1.001, 1e4),
)
def closed_form_range_is_the_stated_one(theorem, sigma, rate, order):
    margins = _stated_range(order, rate, sigma)
    if min(abs(margin) for margin in margins[2:]) > 1e-9 * order:
        claimed = theorem.applies(order=order, sampling_rate=rate, noise_multiplier=sigma)
        # 0.2 as a float is a hair above 1/5 and is meant to count as 1/5
        truth = rate <= 0.2 and all(margin >= 0 for margin in margins[1:])
        assert claimed == truth


@checks(
    "dp.moments_closed_form",
    count=60,
    cases=[{"sigma": 20.0, "rate": 0.015, "limit": 1}, {"sigma": 4.0, "rate": 1e-6, "limit": 0}],
    sigma=log_uniform(4, 50),
    rate=log_uniform(1e-6, 0.2),
    limit=st.sampled_from([0, 1]),
)
def closed_form_range_ends_at_the_stated_orders(theorem, sigma, rate, limit):
    def margin(order):
        return _stated_range(order, rate, sigma)[2 + limit]

    low, high = mpf("1.0001"), mpf(10) ** 7
    if not margin(low) > 0 > margin(high):
        return
    for _ in range(60):
        middle = mp.sqrt(low * high)
        low, high = (middle, high) if margin(middle) >= 0 else (low, middle)
    for order in (float(low) * (1 - 1e-4), float(high) * (1 + 1e-4)):
        truth = all(value >= 0 for value in _stated_range(order, rate, sigma)[2:])
        claimed = theorem.applies(order=order, sampling_rate=rate, noise_multiplier=sigma)
        assert claimed == truth


@checks("dp.moments_closed_form")
def closed_form_range_has_its_edges(theorem):
    inside = {"order": 3.0, "sampling_rate": 0.1, "noise_multiplier": 5.0}
    assert theorem.applies(**inside)
    assert theorem.applies(**{**inside, "sampling_rate": 0.2})
    assert theorem.applies(**{**inside, "noise_multiplier": 4.0})
    for name, value in [
        ("sampling_rate", math.nextafter(0.2, 1)),
        ("sampling_rate", 0.0),
        ("noise_multiplier", math.nextafter(4.0, 0)),
        ("order", 1.0),
        ("order", 0.5),
        ("order", 1e9),
        ("sampling_rate", math.nan),
        ("noise_multiplier", math.nan),
        ("order", math.nan),
    ]:
        assert not theorem.applies(**{**inside, name: value}), (name, value)
