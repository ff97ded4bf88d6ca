"""How the Gaussian's delta moves with mu, and its best order."""

from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import MP, close, hockey_gaussian, log_uniform
from properties.registry import checks

_OPS = SimpleNamespace(**vars(MP), pi=mp.pi)


@checks(
    "dp.gaussian_monotone",
    cases=[{"mu": 1.0, "eps": 2.0}, {"mu": 2.0, "eps": 0.0}],
    mu=log_uniform(0.05, 20),
    eps=st.floats(-5, 20),
)
def slope_is_that_of_the_two_tails(theorem, mu, eps):
    with mp.workdps(80):
        mu, h = mpf(mu), mpf(10) ** -25 * mpf(mu)
        rise = (hockey_gaussian(mu + h, eps) - hockey_gaussian(mu - h, eps)) / (2 * h)
    claimed = theorem(mu, mpf(eps), _OPS)
    assert claimed > 0
    # the third derivative is at most a few times (1 + (eps / mu)^2 ...)^2 of the slope
    scale = (1 + mu + abs(mpf(eps)) / mu) ** 4
    assert abs(rise - claimed) <= mpf(10) ** -35 * claimed * scale + mpf(10) ** -50


@checks(
    "dp.gaussian_monotone",
    mu=log_uniform(0.05, 20),
    more=log_uniform(1e-6, 1),
    eps=st.floats(-5, 20),
)
def delta_rises_by_the_sum_of_slopes(theorem, mu, more, eps):
    low, high = mpf(mu), mpf(mu) + mpf(more)
    risen = mp.quad(lambda m: theorem(m, mpf(eps), _OPS), mp.linspace(low, high, 9))
    with mp.workdps(120):
        truth = hockey_gaussian(high, eps) - hockey_gaussian(low, eps)
    assert truth > 0
    assert abs(risen - truth) <= mpf(10) ** -8 * truth + mpf(10) ** -40


@checks("dp.gaussian_monotone")
def a_slope_needs_some_mu(theorem):
    assert all(theorem.applies(mu=mu) for mu in (5e-324, 0.5, 1e300))
    assert not any(theorem.applies(mu=mu) for mu in (0.0, -1.0, math.nan))


@checks(
    "rdp.gaussian_optimal_order",
    cases=[{"mu": 1.0, "log_delta": math.log(1e-5)}],
    mu=log_uniform(1e-3, 30),
    log_delta=st.floats(-700, -1e-3),
)
def no_other_order_is_better(theorem, mu, log_delta):
    square, left = mpf(mu) ** 2, -mpf(log_delta)
    best = theorem(square, mpf(log_delta), MP)

    def epsilon(order):
        return order * square / 2 + left / (order - 1)

    assert best > 1
    for part in ("0.001", "0.999", "0.999999", "1.000001", "1.001", "1000"):
        assert epsilon(best) < epsilon(1 + (best - 1) * mpf(part))
    assert close(epsilon(best), square / 2 + mp.sqrt(2 * square * left))


@checks("rdp.gaussian_optimal_order")
def an_order_needs_a_mu_and_a_probability(theorem):
    for mu_squared in (5e-324, 0.5, 1e300):
        assert theorem.applies(mu_squared=mu_squared, log_delta=-1.0)
    for mu_squared in (0.0, -1.0, math.nan):
        assert not theorem.applies(mu_squared=mu_squared, log_delta=-1.0)
    for log_delta in (-1e300, -5e-324):
        assert theorem.applies(mu_squared=1.0, log_delta=log_delta)
    for log_delta in (0.0, 1.0, math.inf, math.nan):
        assert not theorem.applies(mu_squared=1.0, log_delta=log_delta)
