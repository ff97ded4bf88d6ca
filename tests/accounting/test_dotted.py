"""Laplace noise between two laws on a grid: by quadrature, by the grid in floats, by themselves."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from flint import arb, ctx
from mpmath import mp, mpf
from properties.dots import laplace_delta

import dpaccount as dpa
from dpaccount.accountants.lattice import dotted
from dpaccount.accountants.lattice.grids import ends_of
from dpaccount.accountants.lattice.laws import values_of
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import LaplaceLoss

SETTINGS = [("1", "1"), ("0.2", "1"), ("1", "0.1"), ("0.3", "0.01"), ("5", "0.5"), ("2", "1e-6")]
DIRECTIONS = [Direction.REMOVE, Direction.ADD]


def loss_of(b, q, direction):
    mechanism = dpa.Laplace(b)
    number = Fraction(q)
    return LaplaceLoss(
        mechanism.noise_multiplier, type(mechanism.noise_multiplier)(number), direction
    )


def truth(loss, eps):
    """Delta of one release by quadrature."""
    b, q = (mpf(x.numerator) / x.denominator for x in (loss.noise_multiplier, loss.sampling_rate))
    if loss.direction is Direction.REMOVE:
        return laplace_delta(eps, b, q)
    return 1 - mp.exp(eps) + mp.exp(eps) * laplace_delta(-eps, b, q)


def bend(loss):
    """The most of the curve's second derivative in e^eps, times the square of that."""
    b, q = float(loss.noise_multiplier), float(loss.sampling_rate)
    power = 2 if loss.direction is Direction.REMOVE else 1
    ratios = [math.exp((k / 50 - 1) / b) for k in range(101)]
    return max((1 - q + q * y) ** power * math.exp(-1 / (2 * b)) / (4 * q * y**1.5) for y in ratios)


def exact(value):
    mantissa, exponent = value.man_exp()
    return mpf(int(mantissa)) * mpf(2) ** int(exponent)


def places(loss, count=9):
    low, high = (float(end.mid()) for end in ends_of(loss))
    return [low + (high - low) * (k + 0.37) / count for k in range(-1, count + 1)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_one_step_is_the_hockey_stick(setting, direction):
    loss = loss_of(*setting, direction)
    with ctx.workprec(128), mp.workdps(50):
        for eps in places(loss):
            found = dotted.one_step(loss, arb(eps))
            assert abs(exact(found.mid()) - truth(loss, mpf(eps))) <= mpf(10) ** -18
            assert float(found.rad()) <= 1e-30


@pytest.mark.parametrize("is_upper", [True, False])
@pytest.mark.parametrize("cells", [8, 64])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_laws_lie_on_their_side_of_the_curve(setting, direction, cells, is_upper):
    loss = loss_of(*setting, direction)
    with ctx.workprec(128):
        values = values_of(dotted.dotted(loss, loss, cells, is_upper=is_upper))
        assert all(mass > 0 for mass in values.numerator)
        # their mass is that of a law: it is on the line 1 - e^eps left of all losses
        assert abs(float(sum(values.numerator, arb(0)).mid()) - 1.0) <= 1e-12
        widest = 0.0
        for eps in places(loss, 31):
            above = [
                p - arb(eps).exp() * q
                for value, p, q in zip(
                    values.values, values.numerator, values.denominator, strict=True
                )
                if value > eps
            ]
            gap = sum(above, arb(0)) - dotted.one_step(loss, arb(eps))
            assert gap > -1e-30 if is_upper else gap < 1e-30
            widest = max(widest, abs(float(gap.mid())))
        width = float(((ends_of(loss)[1] - ends_of(loss)[0]) / cells).mid())
        assert widest <= (0.25 if is_upper else 1.2) * width**2 * bend(loss)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_losses_on_a_foreign_grid(direction):
    loss, ruler = loss_of("0.7", "0.3", direction), loss_of("1", "0.2", direction)
    with ctx.workprec(128):
        for is_upper in (True, False):
            law = dotted.dotted(loss, ruler, 100, is_upper=is_upper)
            values = values_of(law)
            for eps in places(loss, 17):
                found = sum(
                    (
                        p - arb(eps).exp() * q
                        for value, p, q in zip(
                            values.values, values.numerator, values.denominator, strict=True
                        )
                        if value > eps
                    ),
                    arb(0),
                )
                gap = found - dotted.one_step(loss, arb(eps))
                assert gap > -1e-30 if is_upper else gap < 1e-30


def test_other_ranges_are_whole_numbers_of_widths_where_that_can_be():
    losses = [(loss_of(b, "1", Direction.REMOVE), steps) for b, steps in (("2.5", 5), ("0.8", 1))]
    ruler, cells = dotted.cells_for(losses, 128)
    assert ruler == losses[0][0]
    assert (cells * Fraction(5, 2) / Fraction(4, 5)).denominator == 1


@pytest.mark.parametrize("is_upper", [True, False])
def test_sums_in_integers_err_to_their_side(is_upper):
    loss = loss_of("1", "0.3", Direction.REMOVE)
    with ctx.workprec(192):
        one = dotted.dotted(loss, loss, 16, is_upper=is_upper)
        tolerance = arb(2) ** -100
        found = dotted.summed(one, 11, 128, tolerance, is_upper=is_upper)
        exactly = one.power(11, arb(2) ** -180)
        shift = found.at - exactly.at
        for k, mass in enumerate(found.masses):
            gap = mass - exactly.masses[k + shift]
            assert gap > -1e-50 if is_upper else gap < 1e-50
            assert abs(float(gap.mid())) <= 2.0**-128
        total = sum(found.masses, arb(0)) + (found.lost if is_upper else 0)
        assert total > 1 - 2.0**-120 if is_upper else total < 1


def random_run(rng):
    parts = []
    for _ in range(rng.choice([1, 1, 2])):
        release = dpa.Laplace(f"{10 ** rng.uniform(-0.7, 1.0):.3g}")
        if rng.random() < 0.6:
            release = dpa.PoissonSubsampled(release, f"{10 ** rng.uniform(-2.0, -0.1):.3g}")
        parts.append(dpa.SelfComposed(release, rng.choice([1, 2, 3, 7, 20, 60])))
    if rng.random() < 0.3:
        parts.append(dpa.SelfComposed(dpa.PureDP(f"{rng.uniform(0.01, 0.5):.2f}"), 3))
    return dpa.Composed(tuple(parts))


@pytest.mark.parametrize("seed", range(25))
def test_both_roads_overlap(seed):
    rng = random.Random(seed)
    run, delta = random_run(rng), f"{10 ** rng.uniform(-12, -1):.2e}"
    try:
        balls = dpa.epsilon(run, delta, method="lattice")
    except dpa.Unsupported:
        pytest.skip("more sums than are looked through")
    grid = dpa.epsilon(run, delta, method="pld")
    assert balls.trust is dpa.Trust.CERTIFIED
    assert max(balls.lower, grid.lower) <= min(balls.upper, grid.upper)
    assert balls.is_narrow(2e-2) or balls.upper < 1e-3
    at = balls.upper or 0.1
    one, other = (dpa.delta(run, at, method=method) for method in ("lattice", "pld"))
    assert max(one.log_lower, other.log_lower) <= min(one.log_upper, other.log_upper) + 1e-12


def test_what_is_certified_is_the_default():
    run = dpa.SelfComposed(dpa.PoissonSubsampled(dpa.Laplace("0.5"), "0.02"), 300)
    bound = dpa.epsilon(run, "1e-6")
    assert (bound.method, bound.trust) == ("lattice", dpa.Trust.CERTIFIED)
    assert bound.is_narrow(1e-3)
    assert {"pair.laplace_curve", "pld.dominated", "lattice.kink"} <= set(bound.theorems)


def test_deltas_that_no_float_holds():
    run = dpa.SelfComposed(dpa.Laplace(1), 4)
    bound = dpa.epsilon(run, "1e-400")
    assert bound.is_narrow(1e-6)
    assert bound.upper <= 4.0
    assert dpa.delta(run, 3.5, method="lattice").is_narrow(1e-4)


def test_all_that_can_be_lost():
    run = dpa.SelfComposed(dpa.Laplace("0.5"), 6)
    bound = dpa.delta(run, 12)
    assert (bound.lower, bound.upper) == (0.0, 0.0)
    assert dpa.epsilon(run, 0).upper == pytest.approx(12.0)
    assert math.isfinite(dpa.epsilon(run, "1e-12", method="lattice").upper)
