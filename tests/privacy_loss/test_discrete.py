"""Losses of single values: their law, and their moments, against enumeration at high precision."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from mpmath import mp, mpf
from privacy_loss.cases import against, number

import dpaccount as dpa
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss.discrete import FLOATS
from dpaccount.privacy_loss.quadrature import log_moments

BASES = {
    "response": dpa.RandomizedResponse("0.75"),
    "near a coin": dpa.RandomizedResponse("0.500000000001"),
    "five answers": dpa.RandomizedResponse("0.3", 5),
    "pure": dpa.PureDP("0.5"),
    "large": dpa.PureDP("40"),
    "promised": dpa.ApproximateDP("0.5", "1e-3"),
    "only failing": dpa.ApproximateDP("0", "0.1"),
    "geometric": dpa.DiscreteLaplace("0.7"),
    "wide geometric": dpa.DiscreteLaplace("2", 5),
    "gaussian": dpa.DiscreteGaussian("1.5"),
    "fine gaussian": dpa.DiscreteGaussian("0.8", 6),
    "narrow gaussian": dpa.DiscreteGaussian("0.3"),
}
RATES = ["1", "0.3", "0.95", "1e-6"]


def exact(value):
    value = Fraction(value)
    return mpf(value.numerator) / value.denominator


def laws(base):
    """Probabilities without and with the record, output by output, unsampled."""
    if isinstance(base, dpa.RandomizedResponse):
        truth, k = exact(base.truth_probability), base.answers
        other = (1 - truth) / (k - 1)
        return [truth, *[other] * (k - 1)], [other, truth, *[other] * (k - 2)]
    if isinstance(base, (dpa.PureDP, dpa.ApproximateDP)):
        eps = exact(base.epsilon)
        delta = exact(base.delta) if isinstance(base, dpa.ApproximateDP) else mpf(0)
        win = (1 - delta) / (1 + mp.exp(-eps))
        lose = 1 - delta - win
        return [delta, win, lose, mpf(0)], [mpf(0), lose, win, delta]
    scale, d = exact(base.noise_multiplier) * base.sensitivity, base.sensitivity

    def weight(x):
        if isinstance(base, dpa.DiscreteLaplace):
            return mp.exp(-abs(x) / scale)
        return mp.exp(-(mpf(x) ** 2) / (2 * scale**2))

    reach = math.ceil(60 * scale) + 40
    xs = range(-reach, reach + d + 1)
    total = mp.fsum(weight(x) for x in range(-reach - d, reach + d + 1))
    return [weight(x) / total for x in xs], [weight(x - d) / total for x in xs]


def pair(base, rate, direction):
    """Numerator and denominator on the sample."""
    without, with_record = laws(base)
    q = exact(number(rate))
    mixed = [(1 - q) * b + q * a for a, b in zip(with_record, without, strict=True)]
    return (mixed, without) if direction is Direction.REMOVE else (without, mixed)


CASES = [
    pytest.param(base, rate, direction, id=f"{name}-{rate}-{direction.value}")
    for (name, base), rate, direction in itertools.product(BASES.items(), RATES, Direction)
]
each = pytest.mark.parametrize(("base", "rate", "direction"), CASES)


def loss_of(base, rate, direction):
    return base.sampled_loss(number(rate), direction)


@each
def test_atoms_are_the_law_of_the_log_ratio(base, rate, direction):
    loss = loss_of(base, rate, direction)
    atoms = loss.atoms(-70.0)
    assert loss.pieces == ()
    assert loss.has_atoms
    assert (np.diff(atoms.losses) >= 0).all()
    with mp.workdps(40):
        numerator, denominator = pair(base, rate, direction)
        infinite = mp.fsum(a for a, b in zip(numerator, denominator, strict=True) if b == 0)
        assert infinite <= loss.infinity_mass <= infinite * (1 + mpf(2) ** -50)
        total = np.exp(atoms.log_masses).sum() + loss.infinity_mass
        assert abs(total - 1) <= 1e-12 + atoms.rest
        # hockey sticks tell the two laws apart
        for eps in (-1, -0.1, 0, 0.05, 0.3, 1):
            truth = mp.fsum(
                max(a - mp.exp(eps) * b, mpf(0))
                for a, b in zip(numerator, denominator, strict=True)
            )
            inside = np.exp(atoms.log_masses) * -np.expm1(np.minimum(eps - atoms.losses, 0.0))
            assert abs(float(inside.sum()) + loss.infinity_mass - truth) <= 2e-15 + 1e-13 * truth


@each
def test_support_cdf_and_reverse(base, rate, direction):
    loss = loss_of(base, rate, direction)
    low, high = loss.support
    atoms = loss.atoms(-70.0)
    assert low * (1 + 1e-14 * (low < 0)) - 1e-300 <= atoms.losses[0]
    assert atoms.losses[-1] <= high * (1 + 1e-14) + 1e-300
    if loss.infinity_mass:
        assert high == math.inf
    assert loss.cdf(-math.inf) == 0.0
    middle = atoms.losses[len(atoms.losses) // 2]
    inside = np.exp(atoms.log_masses[atoms.losses <= middle]).sum()
    assert loss.cdf(middle) == pytest.approx(inside, abs=1e-12) or math.isinf(high)
    other = loss.reversed()
    assert other.reversed() == loss
    assert other.direction is not direction
    for k in (0, 1):
        assert other.log_ratio(k, FLOATS) == -loss.log_ratio(k, FLOATS)


MOMENTS = [
    case for case in CASES if "promised" not in str(case.id) and "only failing" not in str(case.id)
]


@pytest.mark.parametrize(("base", "rate", "direction"), MOMENTS)
@pytest.mark.parametrize("e", [1e-6, 0.01, 0.7, 3.0, 31.0])
def test_moments_hold_the_truth_and_are_narrow(base, rate, direction, e):
    loss = loss_of(base, rate, direction)
    found = log_moments([loss], [0], [e])
    with mp.workdps(80):
        order = 1 + mpf(e)
        # without the term of order r - 1, which sums to 0, nothing cancels
        total = mp.fsum(
            b * ((a / b) ** order - 1 - order * (a / b - 1))
            for a, b in zip(*pair(base, rate, direction), strict=True)
            if b
        )
        truth = mp.log1p(total)
    assert against(found, truth).within(1e-9), (found, truth)


@pytest.mark.parametrize("e", [1e3, 1e6, 1e12])
@pytest.mark.parametrize(("base", "rate", "direction"), MOMENTS[::5])
def test_moments_of_large_order_hold_the_truth(base, rate, direction, e):
    loss = loss_of(base, rate, direction)
    found = log_moments([loss], [0], [e])
    with mp.workdps(60):
        rows = [(a, b) for a, b in zip(*pair(base, rate, direction), strict=True) if b]
        # what the sum holds is below the truth, which may lie outside of it
        logs = [mp.log(b) + (1 + mpf(e)) * mp.log(a / b) for a, b in rows]
        top = max(logs)
        inside = top + mp.log(mp.fsum(mp.exp(x - top) for x in logs))
        assert found.upper[0] >= inside * (1 - mpf(10) ** -15)


def test_a_loss_that_may_be_infinite_has_infinite_moments():
    loss = dpa.PoissonSubsampled(BASES["promised"], "0.3").privacy_loss(Direction.REMOVE)
    assert log_moments([loss], [0], [1.0]).upper[0] == math.inf
    with pytest.raises(dpa.Unsupported, match="no moments"):
        dpa.epsilon(dpa.PoissonSubsampled(BASES["promised"], "0.3"), "1e-2", method="rdp")


@pytest.mark.parametrize("noise", ["1e-100", "1e-3", "1e3", "1e100"])
@pytest.mark.parametrize("rate", ["1e-300", "0.5", "1"])
def test_extreme_noise_gives_moments_that_are_numbers(noise, rate):
    for base in (dpa.DiscreteGaussian(noise), dpa.DiscreteLaplace(noise, 3)):
        for direction in Direction:
            found = log_moments([loss_of(base, rate, direction)] * 2, [0, 1], [1e-9, 100.0])
            assert (found.lower <= found.upper).all()
            assert (found.upper > 0).all()


def test_too_many_values_are_not_listed():
    with pytest.raises(dpa.Unsupported, match="values"):
        dpa.DiscreteGaussian("1e6").privacy_loss(Direction.ADD).atoms(-70.0)
