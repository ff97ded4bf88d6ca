"""The Bayes rule among few vectors, by densities."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import close, log_uniform
from properties.registry import checks

_numbers = st.floats(-2, 2).map(mpf)
_plane = st.tuples(_numbers, _numbers)


def inner(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def scores_of(theorem, release, vectors, noise, weights):
    return [
        theorem(inner(release, c), inner(c, c), noise, mp.log(mpf(w) / sum(weights)))
        for c, w in zip(vectors, weights, strict=True)
    ]


@checks(
    "leak.likelihood",
    count=80,
    vectors=st.lists(_plane, min_size=2, max_size=5),
    weights=st.lists(st.integers(1, 9), min_size=5, max_size=5),
    release=_plane,
    noise=log_uniform(0.1, 3),
)
def it_is_the_posterior(theorem, vectors, weights, release, noise):
    weights = weights[: len(vectors)]
    theorem.require(noise_std=noise, log_prior=mp.log(mpf(weights[0]) / sum(weights)))
    scores = scores_of(theorem, release, vectors, mpf(noise), weights)
    joint = [
        mpf(w) / sum(weights)
        * mp.npdf(release[0], c[0], mpf(noise))
        * mp.npdf(release[1], c[1], mpf(noise))
        for c, w in zip(vectors, weights, strict=True)
    ]  # fmt: skip
    for score, chance in zip(scores, joint, strict=True):
        assert close(mp.exp((score - scores[0]) / (2 * mpf(noise) ** 2)), chance / joint[0], 1e-25)


@checks(
    "leak.likelihood",
    count=8,
    places=st.lists(st.integers(-6, 6), min_size=3, max_size=3, unique=True),
    weights=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    cuts=st.lists(st.integers(-8, 8), min_size=2, max_size=2),
    answers=st.permutations([0, 1, 2]),
)
def no_other_rule_is_right_more_often(theorem, places, weights, cuts, answers):
    # the release is cut into 160 cells; each rule is right with the mass of its answer's law there
    noise, edges = mpf(1), [mpf(i) / 5 for i in range(-80, 81)]
    right, other = mpf(0), mpf(0)
    for low, high in zip([-mp.inf, *edges], [*edges, mp.inf], strict=True):
        middle = min(max((low + high) / 2, edges[0]), edges[-1])
        mass = [
            mpf(w) / sum(weights) * (mp.ncdf(high - c) - mp.ncdf(low - c))
            for c, w in zip(places, weights, strict=True)
        ]
        scores = scores_of(theorem, [middle], [[mpf(c)] for c in places], noise, weights)
        right += mass[scores.index(max(scores))]
        other += mass[answers[sum(middle > cut for cut in cuts)]]
    # a rule is judged at the middle of a cell, which its edge may cross: a third power of 1/5
    assert right >= other - mpf("1e-3")


@checks(
    "leak.likelihood",
    cases=[
        {"noise": noise, "log_prior": log_prior, "holds": holds}
        for noise, log_prior, holds in (
            (1e-300, 0, True),
            (1, -1e300, True),
            (1, -math.inf, True),
            (0, 0, False),
            (-1, 0, False),
            (math.inf, 0, False),
            (1, 1e-300, False),
        )
    ],
)
def it_needs_noise_and_a_chance(theorem, noise, log_prior, holds):
    assert theorem.applies(noise_std=noise, log_prior=log_prior) is holds


class _Logs:
    """The functions that a sampled step takes, in mpmath."""

    log, log1p = staticmethod(mp.log), staticmethod(mp.log1p)

    @staticmethod
    def logaddexp(x, y):
        return mp.log(mp.exp(x) + mp.exp(y))


_rates = st.floats(0.01, 0.99).map(mpf)


@checks(
    "leak.likelihood_sampled",
    count=60,
    vectors=st.lists(_plane, min_size=2, max_size=4),
    releases=st.lists(_plane, min_size=1, max_size=3),
    noise=log_uniform(0.2, 3),
    rate=_rates,
)
def it_is_the_posterior_over_both_cases_of_each_step(theorem, vectors, releases, noise, rate):
    noise = mpf(noise)
    theorem.require(noise_std=noise, sampling_rate=rate)
    found, joint = [], []
    for c in vectors:
        scores = [2 * inner(g, c) - inner(c, c) for g in releases]
        found.append(sum(theorem(score, noise, rate, _Logs) for score in scores))
        # every way in which the record can have been in the steps
        chance = mpf(0)
        for drawn in itertools.product([0, 1], repeat=len(releases)):
            term = mpf(1)
            for b, g in zip(drawn, releases, strict=True):
                term *= rate if b else 1 - rate
                term *= mp.npdf(g[0], b * c[0], noise) * mp.npdf(g[1], b * c[1], noise)
            chance += term
        joint.append(chance)
    for value, chance in zip(found, joint, strict=True):
        assert close(mp.exp(value - found[0]), chance / joint[0], 1e-25)


@checks(
    "leak.likelihood_sampled",
    cases=[
        {"score": score, "rate": rate} for score, rate in ((3e5, 0.25), (-3e5, 0.25), (0.0, 0.5))
    ],
)
def floats_neither_overflow_nor_vanish(theorem, score, rate):
    found = float(theorem(np.float64(score), 1.0, rate, np))
    truth = theorem(mpf(score), mpf(1), mpf(rate), _Logs)
    assert math.isclose(found, truth, rel_tol=1e-14, abs_tol=1e-16)


@checks(
    "leak.likelihood_sampled",
    cases=[
        {"noise": noise, "rate": rate, "holds": holds}
        for noise, rate, holds in (
            (1e-300, 0.5, True),
            (1, 1e-300, True),
            (1, 0, False),
            (1, 1, False),
            (1, -1, False),
            (0, 0.5, False),
            (math.inf, 0.5, False),
        )
    ],
)
def it_needs_noise_and_steps_that_may_miss(theorem, noise, rate, holds):
    assert theorem.applies(noise_std=noise, sampling_rate=rate) is holds
