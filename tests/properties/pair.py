"""Dominating pairs: hockey sticks of real instances stay below that of the pair."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    hockey,
    hockey_poisson,
    integrate,
    law,
    log_uniform,
    weight_pairs,
)
from properties.registry import checks
from scipy.special import ndtr

_EPS = np.array([-3.0, -1.0, -0.3, 0.0, 0.2, 0.7, 1.5, 3.0, 6.0])
_UNIT_FLOATS = st.floats(-1, 1)
_RATES = st.floats(0.01, 1)
_SIGMAS = st.floats(0.4, 4)


def _gaussian(mu, eps):
    """Hockey stick of N(mu, 1) against N(0, 1), in floats, for arrays; mu may be 0."""
    eps = np.asarray(eps, dtype=float)
    mu = np.maximum(np.abs(mu), 1e-9)
    # e^eps Phi overflows only where the tail is 0
    with np.errstate(over="ignore", invalid="ignore"):
        tail = ndtr(-mu / 2 - eps / mu)
        second = np.where(tail > 0, np.exp(np.minimum(eps, 700)) * tail, 0.0)
    return ndtr(mu / 2 - eps / mu) - second


def _scaled(weight, other, mu):
    """The integral of (weight * N(mu, 1) - other * N(0, 1))_+ for any real weights."""
    weight, other = np.broadcast_arrays(np.asarray(weight, float), np.asarray(other, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        eps = np.log(other / weight)
        both = weight * _gaussian(mu, np.where(np.isfinite(eps), eps, 0.0))
    return np.where(
        weight <= 0, np.maximum(-other, 0) + 0 * both, np.where(other <= 0, weight - other, both)
    )


def _poisson(shift, sigma, rate, eps, direction, ratio=1.0):
    """Hockey stick of one sampled step whose likelihood ratio is multiplied by `ratio`.

    With M = (1-q) N0 + q ratio N_shift: remove is (M - e^eps N0)_+, add is (N0 - e^eps M)_+.
    """
    mu, grown = np.abs(shift) / sigma, np.exp(eps)
    if direction == "remove":
        return _scaled(rate * ratio, grown - (1 - rate), mu)
    # mirrored: (a N0 - b N_mu)_+ has the integral of (a N_mu - b N0)_+
    return _scaled(1 - grown * (1 - rate), grown * rate * ratio, mu)


@checks(
    "pair.dimension",
    cases=[
        {"vector": (0.6, 0.8), "sigma": 1.0, "rate": 1.0},
        {"vector": (0.6, 0.8), "sigma": 0.7, "rate": 0.3},
        {"vector": (0.0, 0.0), "sigma": 0.7, "rate": 0.3},
    ],
    # along the second axis the summand has a kink where the first component is 0
    vector=st.tuples(_UNIT_FLOATS, _UNIT_FLOATS).filter(
        lambda v: math.hypot(*v) <= 1 and abs(v[0]) >= 0.1
    ),
    sigma=_SIGMAS,
    rate=_RATES,
)
def two_dimensions_stay_below_one(theorem, vector, sigma, rate):
    first, second = vector
    y = np.linspace(-12 * sigma, 12 * sigma, 4001)
    weight = np.exp(-0.5 * (y / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) * (y[1] - y[0])
    ratio = np.exp((2 * y * second - second**2) / (2 * sigma**2))
    for eps in _EPS:
        for direction in ("remove", "add"):
            inner = _poisson(first, sigma, rate, eps, direction, ratio)
            found = float((weight * inner).sum())
            limit = float(_poisson(1.0, sigma, rate, eps, direction))
            assert found <= limit + 1e-10
            if vector == (0.6, 0.8):  # of length 1: rotation makes it equal
                assert found == pytest_approx(limit)


def pytest_approx(value):
    import pytest

    return pytest.approx(value, abs=1e-9)


@checks("pair.dimension")
def two_dimensions_by_plain_summation(theorem):
    sigma, rate, vector = 0.9, 0.4, (0.6, -0.8)
    axis = np.linspace(-7, 7, 1601)
    cell = (axis[1] - axis[0]) ** 2

    def density(x, y):
        return np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * math.pi * sigma**2)

    x, y = np.meshgrid(axis, axis)
    without = density(x, y)
    with_record = (1 - rate) * without + rate * density(x - vector[0], y - vector[1])
    for eps in (-0.2, 0.0, 0.4, 1.0):
        for p, q, direction in ((with_record, without, "remove"), (without, with_record, "add")):
            found = np.maximum(p - np.exp(eps) * q, 0).sum() * cell
            assert abs(found - _poisson(1.0, sigma, rate, eps, direction)) < 1e-6


@checks(
    "pair.poisson_gaussian",
    cases=[{"others": [], "record": 1.0, "sigma": 1.0, "rate": 0.3}],
    count=15,
    others=st.lists(_UNIT_FLOATS, max_size=3),
    record=_UNIT_FLOATS,
    sigma=st.floats(0.5, 3),
    rate=st.floats(0.01, 0.99),
)
def sampled_sums_stay_below_the_pair(theorem, others, record, sigma, rate):
    x = np.linspace(-4 - 9 * sigma, 4 + 9 * sigma, 40_001)
    step = x[1] - x[0]

    def density(center):
        return np.exp(-0.5 * ((x - center) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))

    def run(shift):
        total = np.zeros_like(x)
        for chosen in itertools.product((0, 1), repeat=len(others)):
            odds = math.prod(rate if c else 1 - rate for c in chosen)
            total += odds * density(shift + sum(c * g for c, g in zip(chosen, others, strict=True)))
        return total

    without = run(0.0)
    with_record = (1 - rate) * without + rate * run(record)
    for eps in _EPS:
        for p, q, direction in ((with_record, without, "remove"), (without, with_record, "add")):
            found = float(np.maximum(p - np.exp(eps) * q, 0).sum() * step)
            limit = float(_poisson(1.0, sigma, rate, eps, direction))
            closed = float(hockey_poisson(sigma, rate, float(eps), direction))
            assert abs(limit - closed) < 1e-13
            assert found <= limit + 1e-6
            if not others and record == 1.0:
                assert abs(found - limit) < 1e-6


@checks(
    "pair.poisson_gaussian",
    count=15,
    first=_UNIT_FLOATS,
    slope=st.floats(-3, 3),
    offset=_UNIT_FLOATS,
    sigma=_SIGMAS,
    rate=st.floats(0.01, 0.99),
)
def adaptive_steps_stay_below_two_of_the_pair(theorem, first, slope, offset, sigma, rate):
    """The second record's contribution is chosen by the first output; directions stay apart."""
    x = np.linspace(-2 - 9 * sigma, 2 + 9 * sigma, 8001)
    step = x[1] - x[0]
    plain = np.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))

    def total(shift, second, eps, direction):
        ratio = 1 - rate + rate * np.exp((2 * x * shift - shift**2) / (2 * sigma**2))
        loss = np.log(ratio) if direction == "remove" else -np.log(ratio)
        numerator = plain * ratio if direction == "remove" else plain
        inner = _poisson(second, sigma, rate, eps - loss, direction)
        return float((numerator * inner).sum() * step)

    chosen = np.clip(offset + slope * x, -1, 1)
    for eps in _EPS:
        for direction in ("remove", "add"):
            limit = total(1.0, np.ones_like(x), eps, direction)
            assert total(first, chosen, eps, direction) <= limit + 1e-7


@checks("pair.reflection", count=100, pair=weight_pairs, eps=st.floats(-8, 8))
def reversed_delta_is_the_reflection(theorem, pair, eps):
    p, q = map(law, pair)
    reflected = 1 - mp.exp(eps) + mp.exp(eps) * hockey(p, q, -mpf(eps))
    assert abs(hockey(q, p, eps) - reflected) <= mpf(10) ** -40


@checks(
    "pair.reflection", sigma=st.floats(0.3, 5), rate=st.floats(0.001, 0.999), eps=st.floats(-5, 5)
)
def adding_is_the_reflection_of_removing(theorem, sigma, rate, eps):
    remove = hockey_poisson(sigma, rate, -mpf(eps), "remove")
    reflected = 1 - mp.exp(eps) + mp.exp(eps) * remove
    assert abs(hockey_poisson(sigma, rate, eps, "add") - reflected) <= mpf(10) ** -40


def _laplace_losses(shift, scale):
    """Losses of one coordinate and their masses without the record: two atoms, cells between."""
    shift = abs(shift)
    edges = np.linspace(0, shift, 401)
    middle = (edges[1:] + edges[:-1]) / 2
    masses = 0.5 * (np.exp(-edges[:-1] / scale) - np.exp(-edges[1:] / scale))
    losses = (2 * middle - shift) / scale
    ends = np.array([-shift, shift]) / scale
    beyond = np.array([0.5, 0.5 * math.exp(-shift / scale)])
    return np.concatenate([ends, losses]), np.concatenate([beyond, masses])


def _laplace_sticks(shifts, scale, rate):
    losses, masses = np.zeros(1), np.ones(1)
    for shift in shifts:
        more, weights = _laplace_losses(shift, scale)
        losses = (losses[:, None] + more).ravel()
        masses = (masses[:, None] * weights).ravel()
    ratio = 1 - rate + rate * np.exp(losses)
    assert abs((masses * ratio).sum() - 1) < 1e-4
    return {
        "remove": [float((masses * np.maximum(ratio - np.exp(e), 0)).sum()) for e in _EPS],
        "add": [float((masses * np.maximum(1 - np.exp(e) * ratio, 0)).sum()) for e in _EPS],
    }


@checks(
    "pair.laplace",
    count=15,
    cases=[
        {"shifts": (0.5, -0.5), "scale": 0.5, "rate": 1.0},
        {"shifts": (0.9, 0.1), "scale": 1.0, "rate": 0.3},
    ],
    shifts=st.tuples(_UNIT_FLOATS, _UNIT_FLOATS).filter(lambda v: abs(v[0]) + abs(v[1]) <= 1),
    scale=st.floats(0.3, 4),
    rate=_RATES,
)
def laplace_vectors_stay_below_one_coordinate(theorem, shifts, scale, rate):
    limit = _laplace_sticks((1.0,), scale, rate)
    for instance in (shifts, shifts[:1]):
        found = _laplace_sticks(instance, scale, rate)
        for direction, values in found.items():
            assert (np.array(values) <= np.array(limit[direction]) + 1e-5).all(), direction


@checks("pair.laplace", count=15, scale=st.floats(0.3, 4), rate=_RATES)
def laplace_losses_are_those_of_the_two_laws(theorem, scale, rate):
    """The same sticks from the two densities themselves."""
    x = np.linspace(-20 * scale, 1 + 20 * scale, 200_001)
    without = np.exp(-np.abs(x) / scale) / (2 * scale)
    both = (1 - rate) * without + rate * np.exp(-np.abs(x - 1) / scale) / (2 * scale)
    sticks = _laplace_sticks((1.0,), scale, rate)
    for p, q, direction in ((both, without, "remove"), (without, both, "add")):
        for eps, value in zip(_EPS, sticks[direction], strict=True):
            found = np.maximum(p - np.exp(eps) * q, 0).sum() * (x[1] - x[0])
            assert abs(found - value) < 1e-4


@checks(
    "pair.monotone",
    count=100,
    sigma=log_uniform(0.3, 10),
    noisier=log_uniform(1.001, 5),
    rate=log_uniform(1e-6, 0.9),
    share=st.floats(0.01, 0.999),
    eps=st.floats(-3, 8),
)
def one_step_costs_less_with_more_noise_and_a_smaller_rate(
    theorem, sigma, noisier, rate, share, eps
):
    for direction in ("remove", "add"):
        whole = hockey_poisson(sigma, rate, eps, direction) + mpf(10) ** -40
        assert hockey_poisson(mpf(sigma) * noisier, rate, eps, direction) <= whole
        assert hockey_poisson(sigma, mpf(rate) * share, eps, direction) <= whole


@checks(
    "pair.monotone",
    count=12,
    sigma=st.floats(0.8, 4),
    noisier=st.floats(1.01, 2),
    rate=st.floats(0.05, 0.6),
    share=st.floats(0.3, 0.95),
    eps=st.floats(0, 2),
)
def two_steps_cost_more_than_one_and_than_two_of_less(theorem, sigma, noisier, rate, share, eps):
    whole = _two_steps(sigma, rate, eps)
    assert whole >= hockey_poisson(sigma, rate, eps, "remove") - mpf(10) ** -12
    assert _two_steps(sigma * noisier, rate, eps) <= whole + mpf(10) ** -12
    assert _two_steps(sigma, rate * share, eps) <= whole + mpf(10) ** -12


def _two_steps(sigma, rate, eps):
    """Hockey stick of two sampled steps, to remove: over the first one's output."""
    with mp.workdps(20):
        sigma, rate = mpf(sigma), mpf(rate)

        def integrand(x):
            ratio = 1 - rate + rate * mp.exp((2 * x - 1) / (2 * sigma**2))
            rest = hockey_poisson(sigma, rate, eps - mp.log(ratio), "remove")
            return mp.npdf(x / sigma) / sigma * ratio * rest

        return integrate(integrand, -9 * sigma, 1 + 9 * sigma, sigma)
