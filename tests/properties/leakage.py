"""What candidates' gradients allow, by the best attacker on small ones."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.gdp import quantile
from properties.oracles import close, log_uniform, weight_pairs
from properties.registry import checks
from properties.risk import exact_delta, exact_law

import dpaccount as dpa
from dpaccount.ceilings import (
    Context,
    identification,
    local_reconstruction,
    pairwise_identification,
    reconstruction_error,
    token_recovery,
    told_reconstruction,
)


@checks(
    "risk.membership",
    count=150,
    pair=weight_pairs,
    prior=st.fractions("1/1000", "999/1000", max_denominator=1000),
)
def likelier_answer_meets_it(theorem, pair, prior):
    present, absent = map(exact_law, pair)
    theorem.require(prior=prior, direction="remove")
    best = sum(max(prior * a, (1 - prior) * b) for a, b in zip(present, absent, strict=True))
    assert theorem(prior, exact_delta(present, absent, (1 - prior) / prior)) == best


@checks(
    "risk.membership",
    count=8,
    cases=[{"sigma": 1.0, "prior": Fraction(1, 10)}, {"sigma": 1.0, "prior": Fraction(1, 100)}],
    sigma=log_uniform(0.3, 5),
    prior=st.fractions("1/1000", "999/1000", max_denominator=10**6).filter(lambda p: p != 1),
)
def gaussian_membership_is_a_threshold(theorem, sigma, prior):
    mu, chance = 1 / mpf(sigma), mpf(prior.numerator) / prior.denominator
    place = mu / 2 + mp.log((1 - chance) / chance) / mu  # where both answers are as likely
    truth = chance * mp.ncdf(mu - place) + (1 - chance) * mp.ncdf(place)
    bound = dpa.profile(dpa.Gaussian(sigma), method="gdp").membership(prior)
    assert theorem.id in bound.theorems
    assert truth * (1 - mpf("1e-9")) <= bound.lower <= truth
    assert truth <= bound.upper <= truth * (1 + mpf("1e-9"))


@checks(
    "risk.membership",
    cases=[
        {"prior": prior, "direction": direction, "holds": holds}
        for prior, direction, holds in (
            (Fraction(1, 2), "remove", True),
            (Fraction(1, 10**400), "remove", True),
            (Fraction(10**20 - 1, 10**20), "remove", True),
            (Fraction(1, 2), "add", False),
            (0, "remove", False),
            (1, "remove", False),
            (-1, "remove", False),
            (2, "remove", False),
        )
    ],
)
def membership_is_cited_for_chances_and_presence(theorem, prior, direction, holds):
    assert theorem.applies(prior=prior, direction=direction) is holds


def best_on_a_line(places, noise):
    """The chance of who names the nearest of equally likely numbers, seen with Gaussian noise."""
    places = sorted(places)
    middles = [-mp.inf, *((a + b) / 2 for a, b in itertools.pairwise(places)), mp.inf]
    cells = zip(places, middles[:-1], middles[1:], strict=True)
    chances = [mp.ncdf((high - x) / noise) - mp.ncdf((low - x) / noise) for x, low, high in cells]
    return sum(chances) / len(places)


_places = st.lists(st.floats(-1, 1).map(mpf), min_size=2, max_size=6, unique=True)


@checks(
    "risk.reconstruction_local",
    count=60,
    places=_places,
    radius=log_uniform(0.01, 1),
    sigma=log_uniform(0.2, 5),
)
def no_attacker_on_a_line_passes_the_local_ceiling(theorem, places, radius, sigma):
    theorem.require(radius=radius, is_centered=True, sampling_rate=1)
    reached = best_on_a_line([x * mpf(radius) for x in places], mpf(sigma))
    ceiling = mp.ncdf(quantile(mpf(1) / len(places)) + 1 / mpf(theorem(sigma, radius)))
    assert reached <= ceiling * (1 + mpf("1e-12"))
    if len(places) == 2:  # ends of the ball meet it
        reached = best_on_a_line([-mpf(radius), mpf(radius)], mpf(sigma))
        assert close(reached, ceiling, 1e-12)


@checks(
    "risk.reconstruction_local",
    count=5,
    radius=st.fractions("1/20", 1, max_denominator=100),
    sigma=log_uniform(0.4, 3),
    rate=st.sampled_from(["1", "0.1", "0.5"]),
)
def it_is_the_ceiling_of_the_run_with_more_noise(theorem, radius, sigma, rate):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=1)
    found = local_reconstruction(run, prior="1/16", radius=radius)
    assert theorem.id in found.theorems
    # a gradient of that norm: what a threshold that is passed by 1/16 of the rest lets through
    noise = mpf(run.noise_multiplier.numerator) / run.noise_multiplier.denominator
    shift = mpf(radius.numerator) / radius.denominator / noise
    share = mpf(run.sampling_rate.numerator) / run.sampling_rate.denominator
    # the likelihood ratio rises with the output, so the best region is a half line
    truth = share * mp.ncdf(quantile(mpf(1) / 16) + shift) + (1 - share) / 16
    assert truth * (1 - mpf("1e-12")) <= found.upper <= truth * (1 + mpf("1e-6"))
    assert found.lower is None or found.lower <= truth * (1 + mpf("1e-12"))


@checks(
    "risk.reconstruction_local",
    cases=[
        {"radius": radius, "is_centered": centered, "rate": rate, "holds": holds}
        for radius, centered, rate, holds in (
            (1, False, Fraction(1, 2), True),
            (1, True, 1, True),
            (1, True, Fraction(1, 2), False),
            (Fraction(1, 10**30), False, 1, True),
            (0, False, 1, False),
            (-1, False, 1, False),
            (Fraction(10**20 + 1, 10**20), False, 1, False),
        )
    ],
)
def a_center_is_for_runs_without_sampling(theorem, radius, is_centered, rate, holds):
    assert theorem.applies(radius=radius, is_centered=is_centered, sampling_rate=rate) is holds


@checks(
    "risk.reconstruction_told",
    count=25,
    cases=[{"places": [mpf(-1), mpf(1)], "noise": 0.5, "rate": Fraction(1, 4), "steps": 2}],
    places=_places,
    noise=log_uniform(0.2, 5),
    rate=st.fractions(0, 1, max_denominator=12),
    steps=st.integers(0, 4),
)
def who_is_told_the_steps_is_the_mean_of_who_has_them(theorem, places, noise, rate, steps):
    count, far = len(places), (max(places) - min(places)) / 2
    theorem.require(
        prior=Fraction(1, count), shift=float(far) / noise, sampling_rate=rate, steps=steps
    )
    ceiling = theorem(1 / count, float(far) / noise, float(rate), steps)
    # every way in which the secret can be in the steps; the mean of those that have it tells all
    reached = mpf(0)
    for drawn in itertools.product([0, 1], repeat=steps):
        chance = mpf(1)
        for b in drawn:
            share = rate if b else 1 - rate
            chance *= mpf(share.numerator) / share.denominator
        inside = sum(drawn)
        if inside:
            chance *= best_on_a_line(places, mpf(noise) / mp.sqrt(inside))
        else:
            chance /= count
        reached += chance
    assert reached <= ceiling * (1 + 1e-12)
    if count == 2:
        assert close(reached, ceiling, 1e-10)
    found = told_reconstruction(
        prior=Fraction(1, count), radius=float(far), noise_multiplier=noise,
        sampling_rate=rate, steps=steps,
    )  # fmt: skip
    assert theorem.id in found.theorems
    assert ceiling <= found.upper <= ceiling * (1 + 1e-9)


@checks(
    "risk.reconstruction_told",
    cases=[
        {"prior": prior, "shift": shift, "rate": rate, "steps": steps, "holds": holds}
        for prior, shift, rate, steps, holds in (
            (1, 0, 0, 0, True),
            (Fraction(1, 10**9), 1e9, 1, 10**6, True),
            (0, 1, 0.5, 1, False),
            (1.0000001, 1, 0.5, 1, False),
            (0.5, -1e-300, 0.5, 1, False),
            (0.5, math.inf, 0.5, 1, False),
            (0.5, 1, -1e-300, 1, False),
            (0.5, 1, 1.0000001, 1, False),
            (0.5, 1, 0.5, -1, False),
            (0.5, 1, 0.5, 1.5, False),
            (0.5, 1, 0.5, 10**6 + 1, False),
        )
    ],
)
def told_is_cited_for_chances_and_counts(theorem, prior, shift, rate, steps, holds):
    given = {"prior": prior, "shift": shift, "sampling_rate": rate, "steps": steps}
    assert theorem.applies(**given) is holds


@checks(
    "risk.token_genie",
    count=40,
    words=st.lists(_places, min_size=1, max_size=4),
    noise=log_uniform(0.1, 5),
)
def no_attacker_who_knows_the_rest_passes_the_genie(theorem, words, noise):
    ceilings, reached = [], []
    for places in words:
        prior, shift = 1 / len(places), 1 / noise
        theorem.require(prior=prior, shift=shift)
        ceilings.append(float(theorem(prior, shift)))
        reached.append(best_on_a_line(places, mpf(noise)))
        assert reached[-1] <= ceilings[-1] * (1 + 1e-12)
        if len(places) == 2:
            assert close(best_on_a_line([-1, 1], mpf(noise)), ceilings[-1], 1e-12)
    contexts = [Context(Fraction(1, len(places)), 1) for places in words]
    found = token_recovery(contexts, noise_std=noise, are_sampled=False)
    assert theorem.id in found.theorems
    assert found.upper >= sum(reached) / len(reached)
    assert math.isclose(found.upper, sum(ceilings) / len(ceilings), rel_tol=1e-11)


@checks(
    "risk.token_genie",
    cases=[
        {"prior": prior, "shift": shift, "holds": holds}
        for prior, shift, holds in (
            (1, 0, True),
            (1e-300, 40.0, True),
            (0, 1, False),
            (1.0000001, 1, False),
            (0.5, -1e-300, False),
            (0.5, math.inf, False),
        )
    ],
)
def the_genie_is_cited_for_chances_and_distances(theorem, prior, shift, holds):
    assert theorem.applies(prior=prior, shift=shift) is holds


@checks(
    "risk.identification_exact",
    count=6,
    cases=[{"candidates": 2, "mu": 1.0}, {"candidates": 1024, "mu": 4.0}],
    candidates=st.integers(2, 40),
    mu=st.floats(0, 6),
)
def the_chance_is_one_less_that_of_a_larger_score(theorem, candidates, mu):
    theorem.require(candidates=candidates, mu=mu)
    # by parts: the right score lies below the largest of the others with the density of that one
    others, middle = candidates - 1, mpf(repr(mu))

    def missed(t):
        return mp.ncdf(t - middle) * others * mp.npdf(t) * mp.ncdf(t) ** (others - 1)

    with mp.workdps(20):
        wrong = mp.quad(missed, [-10, -3, 0, 3, 10])
        right = mp.quad(
            lambda t: theorem(t, candidates, middle, mp), [middle - 10, middle, middle + 10]
        )
    assert close(right, 1 - wrong, 1e-15)
    found = identification(candidates, mu=mu)
    assert theorem.id in found.theorems
    assert found.lower <= 1 - wrong + mpf("1e-15")
    assert 1 - wrong - mpf("1e-15") <= found.upper <= 1 - wrong + mpf("1e-12")


@checks("risk.identification_exact", count=20, mu=st.floats(0, 20))
def two_of_them_have_a_closed_form(theorem, mu):
    truth = mp.ncdf(mpf(mu) / mp.sqrt(2))
    assert abs(identification(2, mu=mu).upper - truth) <= mpf("1e-14")
    # the ends of a simplex meet the ceiling
    ends = identification(2, mu=mu, geometry="simplex")
    assert ends.lower <= mp.ncdf(mpf(mu)) <= ends.upper


@checks(
    "risk.identification_exact",
    cases=[
        {"candidates": candidates, "mu": mu, "holds": holds}
        for candidates, mu, holds in (
            (2, 0, True),
            (10**9, 1e6, True),
            (1, 1, False),
            (2.5, 1, False),
            (2, -1e-300, False),
            (2, math.inf, False),
        )
    ],
)
def it_is_cited_for_counts_and_lengths(theorem, candidates, mu, holds):
    assert theorem.applies(candidates=candidates, mu=mu) is holds


_many_places = st.lists(st.floats(-1, 1).map(mpf), min_size=2, max_size=5)


@checks(
    "risk.identification_pairs",
    count=25,
    cases=[{"places": [mpf(-1), mpf(1)], "noise": 0.7}, {"places": [mpf(1), mpf(1)], "noise": 1.0}],
    places=_many_places,
    noise=log_uniform(0.2, 5),
)
def none_on_a_line_passes_the_ceiling_of_equal_distances(theorem, places, noise):
    count, distance = len(places), max(places) - min(places)
    theorem.require(candidates=count, distance=distance, noise_std=noise)
    reached = best_on_a_line(sorted(places), mpf(noise))
    ceiling = identification(count, mu=theorem(float(distance), noise)).upper
    assert reached <= ceiling * (1 + mpf("1e-12"))
    if count == 2:  # two are as far apart as they are
        assert close(reached, ceiling, 1e-9)


@checks(
    "risk.identification_pairs",
    count=10,
    count_of=st.integers(2, 12),
    mu=st.floats(0, 4),
    noise=log_uniform(0.2, 5),
)
def a_simplex_meets_it(theorem, count_of, mu, noise):
    # corners mu s from their center are mu s sqrt(2K/(K-1)) apart
    apart = mu * noise * math.sqrt(2 * count_of / (count_of - 1))
    found = identification(count_of, mu=theorem(apart, noise))
    truth = identification(count_of, mu=mu, geometry="simplex")
    assert math.isclose(found.upper, truth.upper, rel_tol=1e-9)
    given = pairwise_identification(count_of, distance=apart, noise_std=noise)
    assert theorem.id in given.theorems
    assert truth.lower <= given.upper <= truth.upper * (1 + 1e-9)


@checks(
    "risk.identification_pairs",
    cases=[
        {"candidates": candidates, "distance": distance, "noise": noise, "holds": holds}
        for candidates, distance, noise, holds in (
            (2, 0, 1e-300, True),
            (10**9, 1e6, 1, True),
            (1, 1, 1, False),
            (2.5, 1, 1, False),
            (2, -1e-300, 1, False),
            (2, math.inf, 1, False),
            (2, 1, 0, False),
            (2, 1, math.inf, False),
        )
    ],
)
def pairs_are_cited_for_distances_and_noise(theorem, candidates, distance, noise, holds):
    given = {"candidates": candidates, "distance": distance, "noise_std": noise}
    assert theorem.applies(**given) is holds


@checks(
    "risk.van_trees",
    count=30,
    slope=st.floats(-5, 5),
    spread=log_uniform(0.1, 5),
    noise=log_uniform(0.1, 5),
)
def a_gaussian_secret_meets_it(theorem, slope, spread, noise):
    theorem.require(noise_std=noise)
    # the conditional variance, of two joint normals
    slope, spread, noise = mpf(slope), mpf(spread), mpf(noise)
    least = spread**2 - (slope * spread**2) ** 2 / (slope**2 * spread**2 + noise**2)
    assert close(1 / theorem(slope**2, 1 / spread**2, noise), least, 1e-20)


@checks("risk.van_trees", count=12, bend=st.floats(0.2, 2), noise=log_uniform(0.3, 2))
def a_bent_release_is_never_better(theorem, bend, noise):
    # g(x) = sin(b x), x normal: E[J^2] = b^2 (1 + e^(-2 b^2)) / 2; sums over lattices stand for the
    # integrals of these smooth bells to far more digits than are asked for
    x, y = np.linspace(-9, 9, 1201), np.linspace(-1 - 9 * noise, 1 + 9 * noise, 1201)
    joint = np.exp(-0.5 * x**2 - 0.5 * ((y[:, None] - np.sin(bend * x)) / noise) ** 2)
    joint /= joint.sum()
    explained = float(((joint @ x) ** 2 / joint.sum(axis=1)).sum())
    information = bend**2 * (1 + math.exp(-2 * bend**2)) / 2
    assert 1 - explained >= 1 / theorem(information, 1, noise) - 1e-9
    found = reconstruction_error(information, prior_information=1, noise_std=noise)
    assert theorem.id in found.theorems
    assert found.lower <= 1 - explained + 1e-9


@checks(
    "risk.van_trees",
    cases=[
        {"noise": noise, "holds": holds}
        for noise, holds in ((1e-300, True), (1, True), (0, False), (-1, False), (math.inf, False))
    ],
)
def without_noise_there_is_no_such_bound(theorem, noise, holds):
    assert theorem.applies(noise_std=noise) is holds


@checks("risk.van_trees", cases=[{}])
def coordinates_add_up(theorem):
    found = reconstruction_error(
        [[4.0, 0.0], [0.0, 12.0]], prior_information=[[1.0, 0.0], [0.0, 1.0]], noise_std=2
    )
    assert math.isclose(found.lower, 1 / 2 + 1 / 4, rel_tol=1e-12)
