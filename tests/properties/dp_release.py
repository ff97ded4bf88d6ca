"""One release, and its amplification by sampling."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    MP,
    close,
    hockey,
    hockey_gaussian,
    hockey_poisson,
    integrate,
    law,
    log_uniform,
    mixture,
    response,
    weight_pairs,
)
from properties.registry import checks

import dpaccount as dpa


@checks("dp.identity", weights=st.lists(st.integers(1, 99), min_size=1), eps=st.floats(0, 9))
def equal_laws_are_never_told_apart(theorem, weights, eps):
    same = law(weights)
    assert hockey(same, same, eps) == 0
    bound = dpa.epsilon(dpa.Identity(), "1e-5")
    assert bound.lower == bound.upper == 0.0
    assert bound.theorems == (theorem.id,)


@checks("dp.laplace", scale=log_uniform(1e-2, 1e2))
def laplace_epsilon_is_the_largest_loss(theorem, scale):
    def log_density(x, center):
        return -abs(x - center) / mpf(scale)

    outputs = [mpf(k) / 16 for k in range(-80, 97)]
    largest = max(log_density(x, 1) - log_density(x, 0) for x in outputs)
    assert close(theorem.formula(mpf(scale)), largest)


_CLASSICAL = [
    {"eps": eps, "log_delta": log_delta}
    for eps in (1e-3, 0.5, 0.999999, 1.000001, 5.0, 10.0)
    for log_delta in (-700.0, math.log(1e-5), math.log(0.1), math.log(0.99), -1e-6)
]


@checks(
    "dp.gaussian_classical",
    cases=_CLASSICAL,
    eps=st.floats(1e-3, 1) | st.floats(1e-3, 20),
    log_delta=st.floats(-700, -1) | st.floats(-1, -1e-9),
)
def classical_noise_suffices(theorem, eps, log_delta):
    noise = mp.sqrt(2 * (mp.log(mpf(5) / 4) - log_delta)) / eps
    claimed = theorem.formula(noise, mpf(log_delta), MP)
    if theorem.applies(eps=claimed):
        assert hockey_gaussian(1 / noise, claimed) <= mp.exp(log_delta)


@checks("dp.gaussian_classical", noise=log_uniform(1e-2, 1e3), log_delta=st.floats(-7000, -1e-9))
def classical_epsilon_solves_for_delta(theorem, noise, log_delta):
    product = theorem.formula(mpf(noise), mpf(log_delta), MP) * mpf(noise)
    assert close(mpf(5) / 4 * mp.exp(-(product**2) / 2), mp.exp(log_delta))


@checks("dp.gaussian_classical")
def classical_range_is_half_open(theorem):
    for eps in (5e-324, 1e-3, 1.0):
        assert theorem.applies(eps=eps)
    for eps in (-1.0, 0.0, math.nextafter(1, 2), 1.5, math.inf, math.nan):
        assert not theorem.applies(eps=eps)


@checks(
    "dp.gaussian_exact",
    cases=[{"mu": 1.0, "eps": 0.0}, {"mu": 3.0, "eps": -2.0}, {"mu": 0.3, "eps": 4.0}],
    mu=log_uniform(0.02, 20),
    eps=st.floats(-30, 40),
)
def exact_delta_is_the_integral(theorem, mu, eps):
    mu, eps = mpf(mu), mpf(eps)
    # the integrand is positive exactly beyond the point where the loss is eps
    start = eps / mu + mu / 2
    low = max(start, mpf(-16))
    high = max(start, mu) + 16
    truth = integrate(lambda x: mp.npdf(x - mu) - mp.exp(eps) * mp.npdf(x), low, high, 1)
    assert abs(theorem.formula(mu, eps, MP) - truth) <= mpf(10) ** -40 + mpf(10) ** -25 * truth


_AMPLIFIED = [
    {"sigma": 1.1, "rate": 0.3, "eps": -0.5},
    {"sigma": 1.0, "rate": 0.01, "eps": 0.0},
    {"sigma": 1.0, "rate": 0.01, "eps": 2.0},
    {"sigma": 0.5, "rate": 0.9, "eps": 5.0},
]


@checks(
    "dp.amplification_poisson",
    cases=_AMPLIFIED,
    sigma=log_uniform(0.2, 20),
    rate=log_uniform(1e-6, 0.999),
    eps=st.floats(0, 10) | st.floats(-3, 3),
)
def sampled_gaussians_stay_below_rate_times_delta(theorem, sigma, rate, eps):
    if not theorem.applies(eps=eps):
        return
    after = theorem.formula(mpf(eps), mpf(rate), MP)
    claimed = rate * hockey_gaussian(1 / mpf(sigma), eps)
    # removing a record meets the claim, adding one stays below
    assert close(hockey_poisson(sigma, rate, after, "remove"), claimed, 1e-20)
    assert hockey_poisson(sigma, rate, after, "add") <= claimed * (1 + mpf(10) ** -20)


@checks(
    "dp.amplification_poisson",
    pair=weight_pairs,
    rate=st.floats(1e-6, 0.999),
    eps=st.floats(0, 5) | st.floats(-3, 3),
)
def sampled_laws_stay_below_rate_times_delta(theorem, pair, rate, eps):
    if not theorem.applies(eps=eps):
        return
    p, q = map(law, pair)
    both = mixture(p, q, rate)
    after = theorem.formula(mpf(eps), mpf(rate), MP)
    claimed = rate * max(hockey(p, q, eps), hockey(q, p, eps)) + mpf(10) ** -40
    assert hockey(both, q, after) <= claimed
    assert hockey(q, both, after) <= claimed


@checks("dp.amplification_poisson", rate=log_uniform(1e-9, 0.999), eps=log_uniform(1e-6, 30))
def sampled_responses_meet_the_claim(theorem, rate, eps):
    p, q = response(eps)
    largest = max(mp.log(a / b) for a, b in zip(mixture(p, q, rate), q, strict=True))
    assert close(theorem.formula(mpf(eps), mpf(rate), MP), largest, 1e-30)
    assert close(theorem.formula(eps, rate), largest, 1e-13)


@checks("dp.amplification_poisson")
def amplification_needs_a_nonnegative_epsilon(theorem):
    for eps in (0.0, 1e-300, 3.0, 1e300):
        assert theorem.applies(eps=eps)
    for eps in (-5e-324, -1.0, math.nan):
        assert not theorem.applies(eps=eps)
