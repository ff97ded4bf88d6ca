"""What a test can reach, by the best test itself."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import hockey_gaussian, hockey_poisson, integrate, log_uniform, weight_pairs
from properties.registry import checks

import dpaccount as dpa
from dpaccount.adjacency import Adjacency


def exact_law(weights):
    return [Fraction(w, sum(weights)) for w in weights]


def exact_delta(p, q, factor):
    return sum(max(a - factor * b, Fraction(0)) for a, b in zip(p, q, strict=True))


def best_tpr(p, q, fpr):
    """Neyman and Pearson: outcomes by falling ratio, the last one taken in part."""
    left, reached = fpr, Fraction(0)
    for a, b in sorted(zip(p, q, strict=True), key=lambda ab: ab[0] / ab[1], reverse=True):
        part = min(Fraction(1), left / b)
        reached, left = reached + part * a, left - part * b
    return reached


@checks("risk.tpr", count=150, pair=weight_pairs, fpr=st.fractions(0, 1, max_denominator=1000))
def best_test_meets_the_infimum(theorem, pair, fpr):
    p, q = map(exact_law, pair)
    # the bound is piecewise linear in e^eps: its least value is at a ratio, or in the limit 0
    factors = [a / b for a, b in zip(p, q, strict=True)]
    infimum = min(factor * fpr + exact_delta(p, q, factor) for factor in [*factors, Fraction(0)])
    assert best_tpr(p, q, fpr) == infimum


@checks(
    "risk.tpr",
    count=15,
    sigma=log_uniform(0.3, 5),
    rate=log_uniform(1e-3, 0.9),
    threshold=st.floats(-3, 6),
)
def profile_is_above_the_best_test(theorem, sigma, rate, threshold):
    x = mpf(threshold) * sigma
    fpr = mp.ncdf(-x / sigma)
    reached = (1 - mpf(rate)) * fpr + rate * mp.ncdf((1 - x) / sigma)
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=1)
    for method in ("rdp", "gdp"):
        bound = dpa.profile(run, method=method, adjacency=Adjacency.REMOVE).tpr(float(fpr))
        assert theorem.id in bound.theorems
        assert reached * (1 - mpf("1e-12")) <= bound.upper


@checks("risk.tpr", count=8, sigma=log_uniform(0.3, 5), threshold=st.floats(-3, 6))
def gaussian_profile_is_the_best_test(theorem, sigma, threshold):
    fpr = mp.ncdf(-mpf(threshold))
    reached = mp.ncdf(1 / mpf(sigma) - threshold)
    upper = dpa.profile(dpa.Gaussian(sigma), method="gdp").tpr(float(fpr)).upper
    assert reached * (1 - mpf("1e-9")) <= upper <= reached * (1 + mpf("1e-6"))


@checks("risk.advantage", count=60, pair=weight_pairs)
def largest_difference_is_delta_at_zero(theorem, pair):
    p, q = map(exact_law, pair)
    events = itertools.product((0, 1), repeat=len(p))
    differences = [
        sum(c * (a - b) for c, a, b in zip(event, p, q, strict=True)) for event in events
    ]
    assert max(differences) == exact_delta(p, q, Fraction(1))


@checks("risk.advantage", count=8, sigma=log_uniform(0.3, 5))
def gaussian_advantage_is_the_total_variation(theorem, sigma):
    mu = 1 / mpf(sigma)
    truth = integrate(lambda x: mp.npdf(x - mu) - mp.npdf(x), mu / 2, mu + 16, 1)
    assert abs(truth - hockey_gaussian(mu, 0)) < mpf(10) ** -30
    bound = dpa.profile(dpa.Gaussian(sigma), method="gdp").advantage()
    assert theorem.id in bound.theorems
    assert bound.lower <= truth * (1 + mpf("1e-15"))
    assert truth * (1 - mpf("1e-15")) <= bound.upper <= truth * (1 + mpf("1e-9"))


@checks("risk.advantage", count=10, sigma=log_uniform(0.3, 5), rate=log_uniform(1e-3, 0.9))
def sampled_advantage_is_below_the_bound(theorem, sigma, rate):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=1)
    for method in ("rdp", "gdp", "closed_form"):
        bound = dpa.profile(run, method=method).advantage()
        assert hockey_poisson(sigma, rate, 0, "remove") <= bound.upper
        assert hockey_poisson(sigma, rate, 0, "add") <= bound.upper
