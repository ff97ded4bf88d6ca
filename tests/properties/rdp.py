"""Renyi divergences: curves, mixtures, composition and conversion."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    MP,
    close,
    hockey,
    hockey_gaussian,
    integrate,
    law,
    log_moment,
    log_uniform,
    mixture,
    moment,
    product,
    response,
    weight_pairs,
)
from properties.registry import checks
from properties.zcdp import gaussian_divergence

from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import PoissonGaussianLoss
from dpaccount.privacy_loss.quadrature import log_moments

_TINY = mpf(10) ** -40
_ORDERS = log_uniform(1.001, 100)


@checks(
    "rdp.gaussian",
    cases=[{"order": 2.0, "mu": 1.5}],
    order=st.floats(1.05, 60),
    mu=log_uniform(0.05, 5),
)
def divergence_is_the_integral(theorem, order, mu):
    truth = gaussian_divergence(order, mu)
    assert close(theorem.formula(mpf(order), mpf(mu) ** 2), truth, 1e-25)


def _add_divergence(sigma, rate, order):
    """Renyi divergence of Q from P by its definition: the integral of q^order p^(1-order)."""

    def integrand(x):
        log_ratio = mp.log1p(rate * mp.expm1((2 * x - 1) / (2 * sigma**2)))
        return mp.exp(-(x**2) / (2 * sigma**2) + (1 - order) * log_ratio)

    low = -(16 + order / sigma) * sigma
    total = integrate(integrand, low, 16 * sigma, min(sigma, 2 * sigma**2) / 2)
    return mp.log(total / (sigma * mp.sqrt(2 * mp.pi))) / (order - 1)


@checks(
    "rdp.poisson",
    count=10,
    sigma=st.fractions(Fraction(1, 2), 20, max_denominator=100),
    rate=st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100),
    order=st.floats(1.1, 20),
)
def curves_of_both_directions_are_bracketed(theorem, sigma, rate, order):
    losses = [PoissonGaussianLoss(Exact(sigma), Exact(rate), d) for d in Direction]
    found = log_moments(losses, [0, 1], [order - 1.0] * 2)
    s, q, a = MP.number(sigma), MP.number(rate), 1 + mpf(order - 1.0)
    both = [log_moment(s, q, a), log_moment(s, q, 1 - a)]
    # the moment of 1/r under the mixture is that of r to the power 1 - order
    assert close(_add_divergence(s, q, a), both[1] / (a - 1), 1e-12)
    for loss, lower, upper in zip(losses, found.lower, found.upper, strict=True):
        truth = both[0] if loss.direction is Direction.REMOVE else both[1]
        assert lower <= truth <= upper


@checks(
    "rdp.pure",
    cases=[{"eps": 3.0, "order": 1.1}],
    eps=log_uniform(1e-3, 20),
    order=_ORDERS,
)
def responses_stay_below_epsilon(theorem, eps, order):
    p, q = response(eps)
    claimed = theorem.formula(mpf(eps))
    assert moment(p, q, mpf(order)) / (mpf(order) - 1) <= claimed
    # met in the limit of large orders
    large = mpf(10) ** 30
    assert close(moment(p, q, large) / (large - 1), claimed, 1e-20)


@checks(
    "rdp.mixture",
    cases=[
        {"pair": ([1, 999], [1, 10**9]), "rate": 0.01, "order": order} for order in (1.1, 2.0, 30.0)
    ],
    pair=weight_pairs,
    rate=log_uniform(1e-6, 1),
    order=_ORDERS,
)
def sampled_moment_is_at_most_the_mixture(theorem, pair, rate, order):
    p, q = map(law, pair)
    rate, order = min(mpf(rate), mpf(1)), mpf(order)
    for first, second in ((p, q), (q, p)):  # the law without the record comes second
        both = mixture(first, second, rate)
        remove = theorem.formula(moment(first, second, order), rate, MP)
        add = theorem.formula(moment(second, first, order), rate, MP)
        assert moment(both, second, order) <= remove + _TINY
        assert moment(second, both, order) <= add + _TINY


@checks(
    "rdp.mixture",
    cases=[
        {"known": 700.0, "rate": 1e-9},
        {"known": 690.0, "rate": 1e-300},  # the sampled part and the rest are of one size
        {"known": 692.0, "rate": 1e-300},
    ],
    known=st.just(0.0) | st.floats(1e-290, 3000),  # below, rate times it leaves the floats
    rate=log_uniform(1e-9, 1),
)
def mixture_meets_its_definition(theorem, known, rate):
    rate = min(rate, 1.0)
    with mp.workdps(1500):
        truth = mp.log(1 - mpf(rate) + mpf(rate) * mp.exp(known))
    claimed = theorem.formula(mpf(known), mpf(rate), MP)
    assert claimed >= truth * (1 - mpf(10) ** -45)
    assert close(claimed, truth, 1e-40)
    assert close(theorem.formula(known, rate), truth, 1e-13)


@checks(
    "rdp.add_below_remove",
    count=10,
    cases=[
        {"sigma": 0.8, "rate": 0.01, "order": 64.5},
        {"sigma": 2.0, "rate": 0.5, "order": 1.0001},
    ],
    sigma=log_uniform(0.3, 100),
    rate=log_uniform(1e-9, 0.999),
    order=log_uniform(1.0001, 300),
)
def adding_is_below_removing(theorem, sigma, rate, order):
    order = mpf(order)
    assert log_moment(sigma, rate, 1 - order) <= log_moment(sigma, rate, order)


@checks(
    "rdp.add_below_remove",
    count=100,
    weights=st.lists(st.integers(1, 1000), min_size=2, max_size=6),
    rate=st.floats(1e-3, 0.999),
    order=_ORDERS,
)
def adding_is_below_removing_for_mirror_images(theorem, weights, rate, order):
    with_record = law(weights)
    without = with_record[::-1]
    both = mixture(with_record, without, rate)
    assert moment(without, both, mpf(order)) <= moment(both, without, mpf(order)) + _TINY


@checks(
    "rdp.composition",
    first=weight_pairs,
    second=weight_pairs,
    steps=st.integers(1, 3),
    order=_ORDERS,
)
def moments_of_products_add(theorem, first, second, steps, order):
    order = mpf(order)
    (p1, q1), (p2, q2) = ([law(w) for w in pair] for pair in (first, second))
    p, q = p2, q2
    for _ in range(steps):
        p, q = product(p, p1), product(q, q1)
    each = [moment(a, b, order) / (order - 1) for a, b in ((p1, q1), (p2, q2))]
    claimed = theorem.formula([(each[0], steps), (each[1], 1)])
    assert abs(claimed - moment(p, q, order) / (order - 1)) <= _TINY * (1 + abs(claimed))


@checks(
    "rdp.composition",
    first=weight_pairs,
    branches=st.lists(weight_pairs, min_size=5, max_size=5),
    order=_ORDERS,
)
def adaptive_moments_add_at_most(theorem, first, branches, order):
    order = mpf(order)
    p1, q1 = map(law, first)
    p, q, worst = [], [], mpf(0)
    for a, b, branch in zip(p1, q1, branches, strict=False):
        p2, q2 = map(law, branch)
        worst = max(worst, moment(p2, q2, order) / (order - 1))
        p += [a * c for c in p2]
        q += [b * c for c in q2]
    claimed = theorem.formula([(moment(p1, q1, order) / (order - 1), 1), (worst, 1)])
    assert moment(p, q, order) / (order - 1) <= claimed + _TINY * (1 + claimed)


_CONVERSIONS = ("rdp.to_dp_mironov", "rdp.to_dp_improved")


def _formula(theorem, *args):
    """Only the improved conversion takes functions."""
    return (
        theorem.formula(*args, MP) if theorem.id == "rdp.to_dp_improved" else theorem.formula(*args)
    )


def gaussian_delta_is_met(theorem, mu, excess, log_delta):
    divergence = (1 + mpf(excess)) * mpf(mu) ** 2 / 2
    eps = _formula(theorem, divergence, mpf(excess), mpf(log_delta))
    assert hockey_gaussian(mu, eps) <= mp.exp(log_delta)


def discrete_delta_is_met(theorem, pair, excess, log_delta):
    p, q = map(law, pair)
    divergence = moment(p, q, 1 + mpf(excess)) / excess
    eps = _formula(theorem, divergence, mpf(excess), mpf(log_delta))
    assert hockey(p, q, eps) <= mp.exp(log_delta) + _TINY


def conversion_has_its_range(theorem):
    inside = {"order_minus_one": 1.0, "log_delta": -1.0}
    for name, values in {
        "order_minus_one": (5e-324, 1e-9, 1e12),
        "log_delta": (-1e300, -1e-9, -5e-324),
    }.items():
        assert all(theorem.applies(**{**inside, name: value}) for value in values)
    for name, values in {
        "order_minus_one": (0.0, -0.5, -2.0, math.nan),
        "log_delta": (0.0, 1.0, math.inf, math.nan),
    }.items():
        assert not any(theorem.applies(**{**inside, name: value}) for value in values)


for _id in _CONVERSIONS:
    checks(
        _id,
        count=40,
        cases=[{"mu": 1.0, "excess": 4.0, "log_delta": math.log(1e-5)}],
        mu=log_uniform(1e-2, 10),
        excess=log_uniform(1e-3, 1e4),
        log_delta=st.floats(-700, -1e-3),
    )(gaussian_delta_is_met)
    checks(
        _id,
        count=100,
        pair=weight_pairs,
        excess=log_uniform(1e-3, 1e3),
        log_delta=st.floats(-30, -1e-3),
    )(discrete_delta_is_met)
    checks(_id)(conversion_has_its_range)

_CLAIM = {
    "divergence": log_uniform(1e-6, 1e3),
    "excess": log_uniform(1e-4, 1e4),
    "log_delta": st.floats(-700, -1e-3),
}


@checks(
    "rdp.to_dp_mironov", cases=[{"divergence": 0.5, "excess": 3.0, "log_delta": -9.0}], **_CLAIM
)
def markov_at_epsilon_is_delta(theorem, divergence, excess, log_delta):
    # P(L > eps) <= E_P[e^(e L)] e^(-e eps), and E_P[e^(e L)] = e^(e R)
    eps = theorem.formula(mpf(divergence), mpf(excess), mpf(log_delta))
    assert close(mp.exp(excess * (mpf(divergence) - eps)), mp.exp(log_delta), 1e-30)


@checks(
    "rdp.to_dp_improved", cases=[{"divergence": 0.5, "excess": 3.0, "log_delta": -9.0}], **_CLAIM
)
def least_multiple_at_epsilon_is_delta(theorem, divergence, excess, log_delta):
    # (1 - e^-u)_+ <= c e^(e u) with the least such c, found where the slope of the log is 0
    e = mpf(excess)
    near = mp.log1p(1 / e)
    ends = (near * mpf("0.9"), near * mpf("1.1"))
    place = mp.findroot(lambda u: 1 / mp.expm1(u) - e, ends, solver="anderson")
    least = -mp.expm1(-place) * mp.exp(-e * place)
    eps = theorem.formula(mpf(divergence), e, mpf(log_delta), MP)
    assert close(least * mp.exp(e * (mpf(divergence) - eps)), mp.exp(log_delta), 1e-25)


@checks("rdp.to_dp_improved", excess=log_uniform(1e-3, 1e3))
def one_pair_meets_the_improved_conversion(theorem, excess):
    # a single loss L* = eps + ln(a / (a-1)): its delta at eps is 1/a
    e = mpf(excess)
    top = mpf(3) + mp.log1p(1 / e)
    p, q = [mpf(1), mpf(0)], [mp.exp(-top), -mp.expm1(-top)]
    eps = theorem.formula(top, e, -mp.log1p(e), MP)
    assert close(eps, 3, 1e-35)
    assert close(hockey(p, q, eps), 1 / (1 + e), 1e-35)


@checks(
    "rdp.to_log_delta",
    cases=[{"divergence": 0.5, "excess": 3.0, "eps": 2.0}],
    divergence=st.floats(0, 50),
    excess=log_uniform(1e-3, 1e3),
    eps=st.floats(-5, 60),
)
def least_multiple_at_epsilon_is_log_delta(theorem, divergence, excess, eps):
    # (1 - e^-u)_+ <= c e^(e u) with the least such c, at the u where the slope of the log is 0
    e = mpf(excess)
    place = mp.log1p(1 / e)
    least = mp.log(-mp.expm1(-place)) - e * place
    claimed = theorem.formula(e * mpf(divergence), e, mpf(eps), MP)
    assert close(claimed, least + e * (mpf(divergence) - mpf(eps)), 1e-35)
    here = theorem.formula(excess * divergence, excess, eps)
    assert abs(here - claimed) <= 1e-12 * (1 + abs(claimed) + excess * (divergence + abs(eps)))


@checks("rdp.to_log_delta", pair=weight_pairs, excess=log_uniform(1e-2, 50), eps=st.floats(-3, 9))
def discrete_log_delta_is_an_upper_end(theorem, pair, excess, eps):
    p, q = map(law, pair)
    total = moment(p, q, 1 + mpf(excess))
    claimed = theorem.formula(total, mpf(excess), mpf(eps), MP)
    assert hockey(p, q, eps) <= mp.exp(claimed) + _TINY


@checks("rdp.to_log_delta")
def log_delta_needs_an_order_above_one(theorem):
    assert all(theorem.applies(order_minus_one=e) for e in (5e-324, 1e-9, 1e12))
    assert not any(theorem.applies(order_minus_one=e) for e in (0.0, -0.5, math.nan))
