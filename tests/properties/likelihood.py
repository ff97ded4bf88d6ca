"""The Bayes rule among few vectors, by densities."""

from __future__ import annotations

import math

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
