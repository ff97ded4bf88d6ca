"""Zero-concentrated differential privacy."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    MP,
    close,
    hockey_gaussian,
    integrate,
    law,
    log_moment,
    log_uniform,
    moment,
    product,
    response,
    weight_pairs,
)
from properties.registry import checks

ORDERS = [mpf(x) for x in ("1.001", "1.1", "1.5", "2", "3", "5", "10", "50")]


def gaussian_divergence(order, mu):
    """Renyi divergence of N(mu, 1) from N(0, 1), by quadrature."""
    order, mu = mpf(order), mpf(mu)
    center, spread = order * mu, 16

    def integrand(x):
        # the power of the ratio and the density, in one exponent
        return mp.exp(order * (mu * x - mu**2 / 2) - x**2 / 2)

    total = integrate(integrand, center - spread, center + spread, 1) / mp.sqrt(2 * mp.pi)
    return mp.log(total) / (order - 1)


@checks(
    "zcdp.gaussian",
    cases=[{"mu": 1.0, "order": 3.0}],
    mu=log_uniform(0.05, 5),
    order=st.floats(1.05, 50),
)
def rho_is_divergence_over_order(theorem, mu, order):
    assert close(theorem.formula(mpf(mu) ** 2), gaussian_divergence(order, mu) / mpf(order), 1e-25)


@checks(
    "zcdp.pure",
    cases=[{"eps": 3.0, "order": 1.001}, {"eps": 0.01, "order": 1.5}],
    eps=log_uniform(1e-3, 20),
    order=log_uniform(1.0001, 1e4),
)
def responses_stay_below_rho(theorem, eps, order):
    divergence = moment(*response(eps), mpf(order)) / (mpf(order) - 1)
    assert divergence <= theorem.formula(mpf(eps)) * order


@checks("zcdp.pure", eps=log_uniform(1e-9, 1e-4))
def rho_is_tight_for_small_epsilon(theorem, eps):
    order = 1 + mpf(10) ** -9
    divergence = moment(*response(eps), order) / (order - 1)
    assert close(theorem.formula(mpf(eps)), divergence, 1e-7)


@checks(
    "zcdp.sampling_never_hurts",
    count=10,
    sigma=log_uniform(0.3, 30),
    rate=log_uniform(1e-6, 0.999),
    order=log_uniform(1.001, 500),
)
def sampled_divergence_stays_below_the_line(theorem, sigma, rate, order):
    line = mpf(order) / (2 * mpf(sigma) ** 2)
    assert log_moment(sigma, rate, mpf(order)) / (mpf(order) - 1) <= line
    assert log_moment(sigma, rate, 1 - mpf(order)) / (mpf(order) - 1) <= line


@checks(
    "zcdp.sampling_never_hurts", count=5, sigma=log_uniform(0.3, 3), rate=log_uniform(1e-3, 0.9)
)
def sampling_amplifies_nothing_at_large_orders(theorem, sigma, rate):
    # r >= q L, so that the order times rho is lost only by q^order
    order = 1 + 2 * mpf(sigma) ** 2 * 200 * -mp.log(rate) + 100
    rho = log_moment(sigma, rate, order) / (order - 1) / order
    assert rho >= mpf("0.99") / (2 * mpf(sigma) ** 2)


@checks("zcdp.composition", first=weight_pairs, second=weight_pairs)
def rho_of_a_product_is_at_most_the_sum(theorem, first, second):
    (p1, q1), (p2, q2) = ([law(w) for w in pair] for pair in (first, second))
    both = product(p1, p2), product(q1, q2)

    def rho(p, q):
        return max(moment(p, q, order) / (order * (order - 1)) for order in ORDERS)

    claimed = theorem.formula([rho(p1, q1), rho(p2, q2)])
    assert rho(*both) <= claimed + mpf(10) ** -40
    # from equal pairs the sum is met
    twice = rho(product(p1, p1), product(q1, q1))
    assert abs(theorem.formula([rho(p1, q1)] * 2) - twice) <= mpf(10) ** -40


@checks("zcdp.composition", mus=st.lists(log_uniform(0.1, 2), min_size=1, max_size=4))
def rho_of_gaussians_is_the_sum(theorem, mus):
    root = mp.sqrt(mp.fsum(mpf(mu) ** 2 for mu in mus))  # the norm of the difference
    claimed = theorem.formula([mpf(mu) ** 2 / 2 for mu in mus])
    assert close(claimed, gaussian_divergence(2, root) / 2, 1e-25)


_TO_DP = [{"mu": 1.0, "log_delta": math.log(1e-5)}, {"mu": 0.05, "log_delta": -60.0}]


@checks("zcdp.to_dp", cases=_TO_DP, mu=log_uniform(1e-3, 30), log_delta=st.floats(-700, -1e-3))
def gaussians_stay_below_delta(theorem, mu, log_delta):
    eps = theorem.formula(mpf(mu) ** 2 / 2, mpf(log_delta), MP)
    assert hockey_gaussian(mu, eps) <= mp.exp(log_delta)


@checks("zcdp.to_dp", rho=log_uniform(1e-6, 1e3), log_delta=st.floats(-700, -1e-3))
def conversion_is_the_best_of_all_orders(theorem, rho, log_delta):
    def chernoff(excess):
        return rho * (1 + excess) - log_delta / excess

    best = mp.sqrt(-mpf(log_delta) / rho)
    assert close(theorem.formula(mpf(rho), mpf(log_delta), MP), chernoff(best))
    assert chernoff(best) < min(chernoff(best * mpf("1.01")), chernoff(best * mpf("0.99")))


@checks("zcdp.to_dp")
def conversion_needs_a_probability(theorem):
    for log_delta in (-1e300, -1.0, -5e-324):
        assert theorem.applies(log_delta=log_delta)
    for log_delta in (0.0, 1.0, math.inf, math.nan):
        assert not theorem.applies(log_delta=log_delta)
