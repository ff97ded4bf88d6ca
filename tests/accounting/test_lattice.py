"""The sums of the lattice at few bits, where what is trimmed and what is rounded can be seen."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from contract.test_discrete import RUNS, run_of, truth
from flint import arb, ctx
from mpmath import mp, mpf

import dpaccount as dpa
from dpaccount.accountants.lattice import grids, laws
from dpaccount.accountants.lattice.table import table_of
from dpaccount.adjacency import Direction
from dpaccount.mechanisms import canonical

STEPS = {name: parts for name, parts in RUNS.items() if "failing" not in name} | {
    "long": [(dpa.PureDP("0.3"), "1", 60)],
    "long, three values": [(dpa.RandomizedResponse("0.5", 3), "1", 40)],
    "long on a sample": [(dpa.PureDP("0.5"), "0.3", 40)],
}


def exact(value):
    """A ball's end, without rounding."""
    mantissa, exponent = value.man_exp()
    return mpf(int(mantissa)) * mpf(2) ** int(exponent)


def ends(table, eps):
    low, high = table.delta(arb(eps))
    return exact(low.lower()), exact(high.upper())


def table(parts, direction, bits):
    losses = canonical(run_of(parts)).losses(Direction(direction))
    return table_of(tuple(losses), bits)


@pytest.mark.parametrize("parts", STEPS.values(), ids=STEPS.keys())
@pytest.mark.parametrize("direction", ["remove", "add"])
@pytest.mark.parametrize("bits", [34, 37, 42, 50, 70])
def test_few_bits_are_wide_and_still_hold_the_truth(parts, direction, bits):
    with mp.workdps(40):
        widths = []
        for eps in (-0.5, 0.0, 0.25, 0.7, 1.5, 3.0):
            low, high = ends(table(parts, direction, bits), eps)
            value = truth(parts, direction, mpf(eps))
            assert low <= value + mpf(10) ** -28
            assert high >= value - mpf(10) ** -28
            widths.append(high - low)
        # tolerance 2^(32 - bits) for what is trimmed, and the rest is rounding
        assert max(widths) <= mpf(2) ** (36 - bits) + mpf(2) ** (12 - bits) * 60


@pytest.mark.parametrize("name", ["long", "long, three values", "long on a sample"])
def test_what_is_trimmed_is_missing_below_and_counted_above(name):
    found = table(STEPS[name], "remove", 36)
    assert found.lost > 0
    with mp.workdps(40):
        for eps in (-3.0, 0.0, 1.0):
            value = truth(STEPS[name], "remove", mpf(eps))
            low, high = ends(found, eps)
            assert low < value < high
            bare = replace(found, lost=arb(0))
            assert ends(bare, eps)[1] < value  # without the lost mass the upper end is false


def test_above_the_largest_loss_nothing_is_left():
    found = table(STEPS["long"], "remove", 40)
    assert ends(found, 18.0 * (1 + 1e-9)) == (0, 0)
    assert ends(found, 17.99)[1] > 0
    with ctx.workprec(60):
        for base in (dpa.DiscreteLaplace(2, 3), dpa.RandomizedResponse("0.6", 4), dpa.PureDP(2)):
            for direction in Direction:
                for rate in ("1", "0.3"):
                    loss = base.sampled_loss(dpa._validate.exact(rate, "rate"), direction)
                    assert float(laws.largest(loss).mid()) == pytest.approx(loss.support[1])
    for direction, high in ((Direction.ADD, -math.log(0.7)), (Direction.REMOVE, None)):
        loss = dpa.DiscreteGaussian(1).sampled_loss(dpa._validate.exact("0.3", "rate"), direction)
        top = laws.largest(loss)
        assert top is high if high is None else float(top.mid()) == pytest.approx(high)


@pytest.mark.parametrize("steps", [2, 3, 17, 100, 1023])
def test_binomials_are_the_powers_of_a_polynomial(steps):
    with ctx.workprec(128):
        tolerance = arb(2) ** -60
        law = laws.law_of(dpa.PureDP("0.7").privacy_loss(Direction.REMOVE), -50.0)
        assert law is not None
        short = law.power(steps, tolerance)
        # a mass of 0 between makes it three values, which takes the other road
        long = law.spread(2).power(steps, tolerance)
        values = {short.at + k: mass for k, mass in enumerate(short.masses)}
        for k, mass in enumerate(long.masses):
            at = long.at + k
            if at % 2 == 0 and at // 2 in values:
                # what was trimmed on the way is missing near the ends
                assert (values[at // 2] - mass).upper() >= 0
                assert (values[at // 2] - mass).lower() <= long.lost
            elif at % 2:
                assert mass == 0
        for law_of_sum in (short, long):
            total = sum(law_of_sum.masses, arb(0)) + law_of_sum.lost
            assert total.upper() >= 1
            assert total.lower() <= 1 + 2 * tolerance
        assert short.grid.first == Fraction(-7, 10) * steps


def test_the_normalizer_of_the_discrete_gaussian():
    with ctx.workprec(100), mp.workdps(40):
        for variance in (Fraction(1, 50), Fraction(1, 2), Fraction(3), Fraction(400)):
            found = grids._log_gauss_sum(laws.enclose(variance))
            v = mpf(variance.numerator) / variance.denominator
            exact_sum = mp.fsum(mp.exp(-(mpf(x) ** 2) / (2 * v)) for x in range(-400, 401))
            assert abs(exact(found.mid()) - mp.log(exact_sum)) <= mpf(10) ** -25
            assert float(found.rad()) <= 1e-25


def test_grids_meet_at_their_largest_common_step():
    def common(one, other):
        return grids.Grid(None, None, Fraction(0), one).common(
            grids.Grid(None, None, Fraction(0), other)
        )

    assert common(Fraction(1, 5), Fraction(1, 2)) == Fraction(1, 10)
    assert common(Fraction(3, 10), Fraction(1, 2)) == Fraction(1, 10)
    assert common(Fraction(2), Fraction(6)) == 2
