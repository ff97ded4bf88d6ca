"""Pairs of discrete mechanisms and of guarantees, and sums over their values: by enumeration."""

from __future__ import annotations

import itertools
import math

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    MP,
    close,
    hockey,
    law,
    leaky_response,
    log_uniform,
    mixture,
    moment,
    product,
    response,
    weight_pairs,
)
from properties.registry import checks

_TINY = mpf(10) ** -40
_EPS = [mpf(x) for x in ("-3", "-0.7", "0", "0.2", "0.7", "1.5", "4")]
_RATES = st.floats(0.01, 1)


def worst_ratio(p, q):
    """The least eps for which two laws are eps-close."""
    return max(abs(mp.log(a / b)) for a, b in zip(p, q, strict=True))


def below(p, q, other, eps=_EPS):
    """Whether the hockey stick of (p, q) lies under that of another pair."""
    return all(hockey(p, q, x) <= hockey(*other, x) + _TINY for x in eps)


@checks("pair.pure_dp", eps=log_uniform(1e-3, 50))
def the_two_probabilities_are_those_of_responses(theorem, eps):
    win, lose = response(eps)[0]
    for k, chance in ((0, win), (1, lose)):  # without the record the loss is -eps first
        assert close(mp.exp(theorem.formula(k, mpf(eps), MP)), chance)


@checks("pair.pure_dp", count=60, pair=weight_pairs)
def responses_dominate_what_is_as_close(theorem, pair):
    p, q = map(law, pair)
    eps = worst_ratio(p, q)
    worst = [mp.exp(theorem.formula(k, eps, MP)) for k in (1, 0)]
    assert below(p, q, (worst, worst[::-1]))
    assert below(p, q, (worst[::-1], worst))


@checks("pair.approximate_dp", count=60, pair=weight_pairs, eps=st.floats(0, 3))
def leaky_responses_dominate_what_is_as_close(theorem, pair, eps):
    p, q = map(law, pair)
    delta = max(hockey(p, q, eps), hockey(q, p, eps))
    worst = leaky_response(mpf(eps), delta)
    for one, other in ((p, q), (q, p)):
        assert below(one, other, worst)
    assert abs(hockey(*worst, eps) - delta) <= _TINY


@checks(
    "pair.composition",
    first=weight_pairs,
    second=weight_pairs,
    choices=st.lists(st.floats(0, 1), min_size=5, max_size=5),
)
def adaptive_releases_stay_below_the_product(theorem, first, second, choices):
    (p, q), (p2, q2) = ([law(w) for w in pair] for pair in (first, second))
    one, two = response(worst_ratio(p, q)), response(worst_ratio(p2, q2))
    joint_p, joint_q = [], []
    for a, b, choice in zip(p, q, choices, strict=False):
        # what came out first decides how much of the second release is shown
        joint_p += [a * x for x in mixture(p2, q2, choice)]
        joint_q += [b * x for x in q2]
    pair = product(one[0], two[0]), product(one[1], two[1])
    assert below(joint_p, joint_q, pair)
    assert below(joint_q, joint_p, (pair[1], pair[0]))


@checks(
    "pair.poisson",
    laws=st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=8, max_size=8),
    rate=_RATES,
)
def sampled_releases_stay_below_the_mixture(theorem, laws, rate):
    """Two other records and the secret one; any three answers for each set of records."""
    rate = mpf(rate)
    found = dict(zip(itertools.product((0, 1), repeat=3), map(law, laws), strict=True))
    eps = max(worst_ratio(found[0, a, b], found[1, a, b]) for a in (0, 1) for b in (0, 1))

    def output(present):
        total = [mpf(0)] * 3
        for chosen in itertools.product((0, 1), repeat=3):
            if chosen[0] <= present:
                odds = math.prod(rate if c else 1 - rate for c in chosen[1 - present :])
                total = [t + odds * x for t, x in zip(total, found[chosen], strict=True)]
        return total

    p, q = response(eps)
    with_record, without = output(1), output(0)
    sampled = mixture(p, q, rate)
    assert abs(mp.fsum(with_record) - 1) <= _TINY
    assert below(with_record, without, (sampled, q))
    assert below(without, with_record, (q, sampled))


def answers_law(truth, answers, true):
    other = (1 - truth) / (answers - 1)
    return [truth if k == true else other for k in range(answers)]


@checks(
    "pair.randomized_response",
    cases=[{"truth": 0.75, "answers": 2}, {"truth": 0.5, "answers": 5}],
    truth=st.floats(0.51, 0.999),
    answers=st.integers(2, 7),
)
def odds_are_the_ratio_of_two_answers(theorem, truth, answers):
    truth = mpf(truth)
    p, q = (answers_law(truth, answers, true) for true in (0, 1))
    odds = theorem.formula(truth, answers)
    assert close(odds, p[0] / q[0])
    assert all(
        close(a / b, r) for a, b, r in zip(p, q, [odds, 1 / odds, *[1] * answers], strict=False)
    )
    # the same for any two answers
    other = [answers_law(truth, answers, true) for true in (answers - 1, 0)]
    assert all(abs(hockey(p, q, x) - hockey(*other, x)) <= _TINY for x in _EPS)


@checks("pair.randomized_response")
def the_answer_has_to_be_truer_than_chance(theorem):
    for truth, answers in ((0.51, 2), (0.26, 4), (0.999999, 2)):
        assert theorem.applies(truth=truth, answers=answers)
    for truth, answers in ((0.5, 2), (0.25, 4), (1.0, 2), (0.1, 4), (math.nan, 2)):
        assert not theorem.applies(truth=truth, answers=answers)


@checks(
    "pair.integer_shift",
    falls=st.lists(st.integers(0, 8), min_size=8, max_size=8),
    start=st.integers(-12, 12),
)
def larger_shifts_dominate(theorem, falls, start):
    logs, slope = [0], start
    for fall in falls:  # slopes fall: log-concave
        slope -= fall
        logs.append(logs[-1] + slope)
    noise = [mp.exp(mpf(value) / 4) for value in logs]
    total = mp.fsum(noise)

    def shifted(d):
        return [mpf(0)] * d + [x / total for x in noise] + [mpf(0)] * (5 - d)

    still = shifted(0)
    pairs = [(shifted(d), still) for d in range(6)]
    for small, large in itertools.pairwise(pairs):
        assert below(*small, large)
        assert below(small[1], small[0], (large[1], large[0]))


def laplace_law(scale, reach):
    weights = [mp.exp(-abs(mpf(x)) / scale) for x in range(-reach, reach + 1)]
    return [w / mp.fsum(weights) for w in weights]


@checks(
    "pair.discrete_laplace",
    cases=[{"scale": 0.7, "shift": 1}, {"scale": 2.0, "shift": 4}],
    count=8,
    scale=st.floats(0.3, 3),
    shift=st.integers(1, 5),
)
def values_gather_the_tails(theorem, scale, shift):
    scale, reach = mpf(scale), 400
    noise = laplace_law(scale, reach)
    for k in range(shift + 1):
        between = 0 < k < shift
        chance = noise[reach + k] if between else mp.fsum(noise[reach + k :])
        assert close(mp.exp(theorem.formula(k, between, 1 / scale, MP)), chance)
    assert close(mp.fsum(noise[: reach + 1]), mp.fsum(noise[reach:]))  # all below 0 is as 0 above
    # and the loss is constant there
    for x in (-9, -1, 0, 1, shift, shift + 7):
        loss = (abs(x) - abs(x - shift)) / scale
        assert close(loss, (2 * min(max(x, 0), shift) - shift) / scale) or loss == 0


@checks(
    "pair.discrete_gaussian",
    count=20,
    sigma=st.floats(0.3, 6),
    shift=st.integers(1, 6),
    k=st.integers(-9, 9),
)
def probabilities_loss_and_tails(theorem, sigma, shift, k):
    variance = mpf(sigma) ** 2
    weights = {x: mp.exp(-(mpf(x) ** 2) / (2 * variance)) for x in range(-90, 91)}
    total = mp.fsum(weights.values())
    chance = theorem.formula(k, shift, variance)
    assert close(mp.exp(chance), weights[shift + k])
    loss = mp.log(weights[k] / weights[shift + k])
    assert abs(loss - mpf((2 * k + shift) * shift) / (2 * variance)) <= _TINY
    for t in range(12):
        tail = mp.fsum(w for x, w in weights.items() if x >= t) / total
        assert tail <= mp.exp(-(mpf(t) ** 2) / (2 * variance))


@checks(
    "zcdp.discrete_gaussian",
    cases=[{"sigma": 0.4, "shift": 1, "order": 1.5}, {"sigma": 2.0, "shift": 3, "order": 3.0}],
    count=15,
    sigma=st.floats(0.3, 4),
    shift=st.integers(1, 4),
    order=st.floats(1.1, 6) | st.sampled_from([2.0, 3.0, 4.0]),
)
def discrete_divergence_stays_below_the_line(theorem, sigma, shift, order):
    variance, order = mpf(sigma) ** 2, mpf(order)
    xs = range(-70, 100)
    q = [mp.exp(-(mpf(x) ** 2) / (2 * variance)) for x in xs]
    p = [mp.exp(-(mpf(x - shift) ** 2) / (2 * variance)) for x in xs]
    total = mp.fsum(q)
    divergence = moment([x / total for x in p], [x / total for x in q], order) / (order - 1)
    line = order * theorem.formula(shift**2 / variance)
    assert divergence <= line * (1 + mpf(10) ** -30)
    if order % 1 == 0:  # shifted by whole numbers the sums are the same
        assert close(divergence, line, 1e-30)


@checks("rdp.atoms", pair=weight_pairs, order=st.floats(1.01, 20))
def divergence_is_a_sum_over_the_values_of_the_loss(theorem, pair, order):
    p, q = map(law, pair)
    gathered = {}
    for a, b in zip(p, q, strict=True):
        gathered[mp.log(a / b)] = gathered.get(mp.log(a / b), 0) + b
    total = mp.fsum(w * mp.exp(mpf(order) * loss) for loss, w in gathered.items())
    assert close(mp.log(total), moment(p, q, mpf(order)), 1e-35) or p == q


@checks(
    "dp.failure",
    cases=[{"parts": [(0.5, 0.1), (1.0, 0.02)]}],
    parts=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 0.4)), min_size=1, max_size=3),
)
def failures_add_to_what_is_left(theorem, parts):
    p, q, p_kept, q_kept, kept = [1], [1], [1], [1], mpf(1)
    for eps, delta in parts:
        leaky, sound = leaky_response(eps, delta), response(eps)
        p, q = product(p, leaky[0]), product(q, leaky[1])
        p_kept, q_kept = product(p_kept, sound[0]), product(q_kept, sound[1])
        kept *= 1 - mpf(delta)
    for x in _EPS:
        assert abs(theorem.formula(kept, hockey(p_kept, q_kept, x)) - hockey(p, q, x)) <= _TINY


@checks(
    "lattice.sum",
    cases=[{"first": ([3, 1], [1, 3]), "second": ([5, 2, 3], [1, 1, 1]), "eps": 0.3}],
    first=weight_pairs,
    second=weight_pairs,
    eps=st.floats(-4, 4),
)
def the_best_threshold_is_epsilon(theorem, first, second, eps):
    (p1, q1), (p2, q2) = ([law(w) for w in pair] for pair in (first, second))
    p, q, eps = product(p1, p2), product(q1, q2), mpf(eps)
    losses = [mp.log(a / b) for a, b in zip(p, q, strict=True)]

    def tail(masses, threshold):
        chosen = zip(masses, losses, strict=True)
        return mp.fsum(mass for mass, loss in chosen if loss > threshold)

    truth = hockey(p, q, eps)
    assert abs(theorem.formula(tail(p, eps), tail(q, eps), eps, MP) - truth) <= _TINY
    for threshold in _EPS:
        other = theorem.formula(tail(p, threshold), tail(q, threshold), eps, MP)
        assert other <= truth + _TINY


@checks(
    "lattice.lost",
    cases=[{"pair": ([3, 1], [1, 3]), "eps": 0.0, "out": [True] * 5}],
    pair=weight_pairs,
    eps=st.floats(-4, 4),
    out=st.lists(st.booleans(), min_size=5, max_size=5),
)
def what_is_left_out_adds_at_most_its_mass(theorem, pair, eps, out):
    p, q = map(law, pair)
    rows = list(zip(p, q, out, strict=False))
    found = hockey(
        [a for a, _, gone in rows if not gone], [b for _, b, gone in rows if not gone], eps
    )
    lost = mp.fsum(a for a, _, gone in rows if gone)
    assert found <= hockey(p, q, eps) + _TINY
    assert hockey(p, q, eps) <= theorem.formula(found, lost) + _TINY
    if all(out):
        assert close(theorem.formula(found, lost), mpf(1))
