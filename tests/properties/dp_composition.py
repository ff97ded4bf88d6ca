"""Composition of (epsilon, delta) by brute force over randomized responses."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    MP,
    close,
    hockey,
    hockey_responses,
    law,
    leaky_response,
    log_uniform,
    product,
    response,
    responses,
)
from properties.registry import checks

_TINY = mpf(10) ** -40
_LEAKS = st.tuples(st.floats(0, 3), st.floats(0, 0.3))


@checks(
    "dp.basic",
    cases=[{"epsilons": [0.5, 0.5, 0.25]}],
    epsilons=st.lists(log_uniform(1e-3, 5), min_size=1, max_size=5),
)
def largest_loss_of_responses_is_the_sum(theorem, epsilons):
    largest = max(loss for loss, _ in responses([(eps, 1) for eps in epsilons]))
    assert close(theorem.formula(mpf(eps) for eps in epsilons), largest)


@checks(
    "dp.basic",
    first=_LEAKS,
    second=_LEAKS,
    third=_LEAKS,
    choices=st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def leaky_responses_spend_at_most_the_sum(theorem, first, second, third, choices):
    p, q = leaky_response(*first)
    # the second release is chosen by the first one's output
    p2, q2 = [], []
    for a, b, choice in zip(p, q, choices, strict=True):
        inner_p, inner_q = leaky_response(second[0] * choice, second[1] * choice)
        p2 += [a * c for c in inner_p]
        q2 += [b * c for c in inner_q]
    p3, q3 = leaky_response(*third)
    parts = (first, second, third)
    eps = theorem.formula(mpf(eps) for eps, _ in parts)
    delta = theorem.formula(mpf(delta) for _, delta in parts)
    assert hockey(product(p2, p3), product(q2, q3), eps) <= delta + _TINY


_ADVANCED = [
    {"first": (0.08, 40), "second": (0.01, 1), "log_slack": -23.0},
    {"first": (1.0, 40), "second": (0.1, 3), "log_slack": -2.3},
    {"first": (0.5, 30), "second": (1.5, 10), "log_slack": -0.1},
]
_GROUPS = st.tuples(log_uniform(1e-3, 3), st.integers(1, 40))


@checks(
    "dp.advanced", cases=_ADVANCED, first=_GROUPS, second=_GROUPS, log_slack=st.floats(-30, -0.01)
)
def responses_stay_below_the_slack(theorem, first, second, log_slack):
    if not theorem.applies(log_slack=log_slack):
        return
    pairs = [(mpf(eps), steps) for eps, steps in (first, second)]
    claimed = theorem.formula(pairs, mpf(log_slack), MP)
    assert hockey_responses(pairs, claimed) <= mp.exp(log_slack)


@checks("dp.advanced", first=_GROUPS, second=_GROUPS, log_slack=st.floats(-30, -0.01))
def advanced_epsilon_solves_for_the_slack(theorem, first, second, log_slack):
    pairs = [(mpf(eps), steps) for eps, steps in (first, second)]
    above = theorem.formula(pairs, mpf(log_slack), MP)
    for eps, steps in pairs:
        above -= steps * eps * (mp.exp(eps) - 1)
    # Azuma's inequality for losses within +-eps of the drift
    tail = mp.exp(-(above**2) / (2 * mp.fsum(t * e**2 for e, t in pairs)))
    assert above > 0
    assert close(tail, mp.exp(log_slack), 1e-30)


@checks("dp.advanced")
def slack_is_a_probability_below_one(theorem):
    for log_slack in (-1e300, -1.0, -5e-324):
        assert theorem.applies(log_slack=log_slack)
    for log_slack in (0.0, 1.0, math.inf, math.nan):
        assert not theorem.applies(log_slack=log_slack)


def _all_responses(eps, steps):
    p, q = response(eps)
    all_p, all_q = [mpf(1)], [mpf(1)]
    for _ in range(steps):
        all_p, all_q = product(all_p, p), product(all_q, q)
    return all_p, all_q


@checks(
    "dp.optimal_homogeneous",
    cases=[{"eps": 1.0, "steps": 3, "share": 0.2}, {"eps": 0.5, "steps": 1, "share": -0.5}],
    eps=log_uniform(1e-2, 5),
    steps=st.integers(1, 7),
    share=st.floats(-1.2, 1.2),
)
def formula_is_the_sum_over_all_outcomes(theorem, eps, steps, share):
    target = mpf(share) * eps * steps
    truth = hockey(*_all_responses(eps, steps), target)
    assert abs(theorem.formula(mpf(eps), steps, target, MP) - truth) <= _TINY


@checks(
    "dp.optimal_homogeneous",
    eps=log_uniform(1e-2, 4),
    delta=st.floats(0, 0.5),
    steps=st.integers(1, 4),
    share=st.floats(-1, 1),
)
def leaky_responses_meet_the_statement(theorem, eps, delta, steps, share):
    target = mpf(share) * eps * steps
    p, q = [mpf(1)], [mpf(1)]
    one_p, one_q = leaky_response(eps, delta)
    for _ in range(steps):
        p, q = product(p, one_p), product(q, one_q)
    claimed = 1 - (1 - mpf(delta)) ** steps * (1 - theorem.formula(mpf(eps), steps, target, MP))
    assert abs(hockey(p, q, target) - claimed) <= _TINY


@checks(
    "dp.optimal_homogeneous",
    weights=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    losses=st.lists(st.floats(-1, 1), min_size=4, max_size=4),
    eps=st.floats(0.1, 3),
    share=st.floats(-1, 1),
)
def no_pure_pair_exceeds_the_responses(theorem, weights, losses, eps, share):
    q = law(weights)
    p = [b * mp.exp(eps * loss / 2) for b, loss in zip(q, losses, strict=False)]
    p = [a / mp.fsum(p) for a in p]  # ratios stay within e^-eps and e^eps
    target = mpf(share) * 2 * eps
    claimed = theorem.formula(mpf(eps), 2, target, MP)
    assert hockey(product(p, p), product(q, q), target) <= claimed + _TINY


@checks("dp.optimal_homogeneous")
def optimum_is_for_one_setting_only(theorem):
    assert theorem.applies(settings=1)
    for count in (0, 2, 3, math.nan):
        assert not theorem.applies(settings=count)
    # one response of 0.1 and one of 1.9 exceed what two of their mean allow
    unequal = hockey_responses([(mpf("0.1"), 1), (mpf("1.9"), 1)], mpf(1))
    exceeds = unequal > theorem.formula(mpf(1), 2, mpf(1), MP)
    assert not (theorem.applies(settings=2) and exceeds)
