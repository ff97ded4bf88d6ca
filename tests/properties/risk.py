"""What a test can reach, by the best test itself."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.gdp import quantile
from properties.oracles import (
    MP,
    close,
    hockey_gaussian,
    hockey_poisson,
    integrate,
    log_uniform,
    weight_pairs,
)
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


def exact_log(number):
    return mp.log(mpf(number.numerator) / number.denominator) if number else -mp.inf


def point(theorem, rate, factor, delta):
    """The bound at e^eps = factor, by the theorem's formula, without its logarithm."""
    return mp.exp(theorem(exact_log(rate), exact_log(factor), exact_log(delta), MP))


@checks(
    "risk.tpr",
    count=60,
    cases=[{"pair": ([1, 3], [3, 1]), "fpr": Fraction(1, 10**300)}],
    pair=weight_pairs,
    fpr=st.fractions("1/1000", 1, max_denominator=1000),
)
def formula_at_the_best_factor_is_the_best_test(theorem, pair, fpr):
    p, q = map(exact_law, pair)
    factors = [a / b for a, b in zip(p, q, strict=True)]
    values = [point(theorem, fpr, factor, exact_delta(p, q, factor)) for factor in factors]
    reached = best_tpr(p, q, fpr)
    reached = mpf(reached.numerator) / reached.denominator
    assert all(reached <= value * (1 + mpf(10) ** -40) for value in values)
    # near k = 0 the bound is 1
    assert close(min(*values, mpf(1)), reached)


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
    bound = dpa.profile(dpa.Gaussian(sigma), method="gdp").tpr(float(fpr))
    # the rate is rounded to a float
    assert reached * (1 - mpf("1e-13")) <= bound.upper <= reached * (1 + mpf("1e-9"))
    assert reached * (1 - mpf("1e-9")) <= bound.lower <= reached * (1 + mpf("1e-13"))


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


secrets = st.integers(2, 4).flatmap(
    lambda outputs: st.lists(
        st.lists(st.integers(1, 50) | st.integers(1, 10**4), min_size=outputs, max_size=outputs),
        min_size=3,
        max_size=5,
    )
)


@checks(
    "risk.reconstruction",
    count=60,
    laws=secrets,
    weights=st.lists(st.integers(1, 20), min_size=4, max_size=4),
)
def no_guesser_passes_the_ceiling(theorem, laws, weights):
    absent, *present = map(exact_law, laws)
    prior = exact_law(weights[: len(present)])
    # whoever answers with the likeliest record is right most often
    success = sum(
        max(chance * law[i] for chance, law in zip(prior, present, strict=True))
        for i in range(len(absent))
    )
    chance = max(prior)
    theorem.require(prior=chance, direction="remove")
    for factor in {a / b for law in present for a, b in zip(law, absent, strict=True)}:
        delta = max(exact_delta(law, absent, factor) for law in present)
        ceiling = point(theorem, chance, factor, delta)
        assert mpf(success.numerator) / success.denominator <= ceiling * (1 + mpf(10) ** -40)


@checks("risk.reconstruction", count=60, pair=weight_pairs, k=st.integers(2, 300))
def some_guesser_meets_the_ceiling(theorem, pair, k):
    # an output in the best region of chance 1/k is answered with the record; a secret that is as
    # rare as that is guessed right as often as the bound allows, so nothing smaller holds
    p, q = map(exact_law, pair)
    factors = [a / b for a, b in zip(p, q, strict=True)]
    values = [point(theorem, Fraction(1, k), f, exact_delta(p, q, f)) for f in factors]
    reached = best_tpr(p, q, Fraction(1, k))
    assert close(min(*values, mpf(1)), mpf(reached.numerator) / reached.denominator)


@checks(
    "risk.reconstruction",
    cases=[
        {"prior": prior, "direction": direction, "holds": holds}
        for prior, direction, holds in (
            (1, "remove", True),
            (Fraction(1, 10**400), "remove", True),
            (Fraction(1, 2), "remove", True),
            (0, "remove", False),
            (Fraction(-1, 2), "remove", False),
            (Fraction(10**20 + 1, 10**20), "remove", False),
            (2, "remove", False),
            (Fraction(1, 2), "add", False),
        )
    ],
)
def it_is_cited_for_chances_and_for_presence_only(theorem, prior, direction, holds):
    assert theorem.applies(prior=prior, direction=direction) is holds


def enclosed(bound, truth):
    """Whether both ends are right to nine digits, and on their sides."""
    below = truth * (1 - mpf("1e-9")) <= bound.lower <= truth * (1 + mpf("1e-13"))
    return below and truth * (1 - mpf("1e-13")) <= bound.upper <= truth * (1 + mpf("1e-9"))


@checks(
    "risk.reconstruction",
    count=6,
    cases=[{"sigma": 1.0, "prior": Fraction(1, 2)}, {"sigma": 0.7, "prior": Fraction(1, 10**6)}],
    sigma=log_uniform(0.3, 5),
    prior=st.integers(2, 10**9).map(lambda k: Fraction(1, k)),
)
def gaussian_ceiling_is_its_trade_off(theorem, sigma, prior):
    truth = mp.ncdf(quantile(mpf(1) / prior.denominator) + 1 / mpf(sigma))
    bound = dpa.profile(dpa.Gaussian(sigma), method="gdp").reconstruction(prior)
    assert {theorem.id, *theorem.uses} <= set(bound.theorems)
    assert enclosed(bound, truth)


@checks("risk.reconstruction", cases=[{}])
def two_candidates_at_noise_one(theorem):
    # records that move the output by 1 in opposite directions: the likelier one meets the ceiling
    truth = integrate(lambda x: max(mp.npdf(x - 1), mp.npdf(x + 1)) / 2, -20, 0, 1) * 2
    assert close(truth, mp.ncdf(1), 1e-30)
    bound = dpa.profile(dpa.Gaussian(1), method="gdp").reconstruction("1/2")
    assert enclosed(bound, truth)
    assert round(bound.upper, 4) == 0.8413


@checks(
    "risk.reconstruction",
    count=8,
    sigma=log_uniform(0.4, 4),
    rate=log_uniform(1e-2, 0.9),
    threshold=st.floats(-1, 4),
)
def sampled_ceiling_is_above_the_best_region(theorem, sigma, rate, threshold):
    x = mpf(threshold) * sigma
    prior = mp.ncdf(-x / sigma)
    reached = (1 - mpf(rate)) * prior + rate * mp.ncdf((1 - x) / sigma)
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=1)
    for method in ("rdp", "gdp"):
        bound = dpa.profile(run, method=method).reconstruction(float(prior))
        assert theorem.id in bound.theorems
        assert reached * (1 - mpf("1e-12")) <= bound.upper
