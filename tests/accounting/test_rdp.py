"""RDP's own vocabulary: chosen orders, and many runs in one call."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount.adjacency import Adjacency
from dpaccount.testing.strategies import mechanisms

GRID = [
    dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)
    for sigma, rate, steps in itertools.product(
        ["0.7", "1.1", "3"], ["0.001", "256/60000", "0.1"], [1, 500, 20_000]
    )
]


@pytest.mark.parametrize("adjacency", [Adjacency.ADD_REMOVE, Adjacency.ADD, Adjacency.REMOVE])
def test_a_batch_is_one_by_one(adjacency):
    batch = dpa.RDP().epsilons(GRID, "1e-5", adjacency)
    alone = [dpa.RDP().profile(run, adjacency).epsilon("1e-5") for run in GRID]
    for one, other in zip(batch, alone, strict=True):
        # the order of a sum may differ, nothing else
        assert one.upper == pytest.approx(other.upper, rel=1e-12)
        assert one.theorems == other.theorems
        assert one.trust is other.trust


def test_a_batch_in_any_order():
    forward = dpa.RDP().epsilons(GRID, "1e-6")
    backward = dpa.RDP().epsilons(GRID[::-1], "1e-6")[::-1]
    for one, other in zip(forward, backward, strict=True):
        assert one.upper == pytest.approx(other.upper, rel=1e-12)


def test_a_batch_of_more_settings_than_are_kept():
    sigmas = [f"{1 + i / 1000:.3f}" for i in range(1300)]
    runs = [dpa.DPSGD(noise_multiplier=s, sampling_rate="0.01", steps=100) for s in sigmas]
    uppers = [bound.upper for bound in dpa.RDP().epsilons(runs, "1e-5", Adjacency.REMOVE)]
    assert all(a > b for a, b in itertools.pairwise(uppers))


def test_a_batch_with_nothing_in_it():
    assert dpa.RDP().epsilons([], 1e-5) == []
    empty, full = dpa.RDP().epsilons([dpa.Identity(), dpa.Gaussian(1)], 1e-5)
    assert (empty.lower, empty.upper) == (0.0, 0.0)
    assert full.upper > 4.37


@given(st.lists(mechanisms(), max_size=4))
@settings(max_examples=10, deadline=None)
def test_a_batch_of_anything(runs):
    try:
        alone = [dpa.epsilon(run, "1e-6", method="rdp") for run in runs]
    except dpa.Unsupported as refusal:  # an infinite loss has no moments
        why = re.escape(str(refusal))
        with pytest.raises(dpa.Unsupported, match=why):
            dpa.RDP().epsilons(runs, "1e-6")
        return
    for one, other in zip(alone, dpa.RDP().epsilons(runs, "1e-6"), strict=True):
        assert other.upper == pytest.approx(one.upper, rel=1e-9)


def test_a_batch_checks_delta():
    for bad in (0, 1, -1, "nan", None):
        with pytest.raises(dpa.InputError):
            dpa.RDP().epsilons([dpa.Gaussian(1)], bad)


def test_chosen_orders_are_never_tighter_than_all_orders():
    run = GRID[4]
    free = dpa.RDP().profile(run).epsilon("1e-5")
    for orders in ([2], [1.5, 3, 7.25], [free.details["order"]], range(2, 64), ["1000000"]):
        some = dpa.RDP(orders=list(orders)).profile(run).epsilon("1e-5")
        assert some.upper >= free.upper * (1 - 1e-12)
        assert any(float(order) == pytest.approx(some.details["order"]) for order in orders)


def test_the_order_that_was_found_is_the_best_one():
    run = GRID[4]
    free = dpa.RDP().profile(run).epsilon("1e-5")
    order = free.details["order"]
    here, below, above = (
        dpa.RDP(orders=[x]).profile(run).epsilon("1e-5").upper
        for x in (order, 1 + (order - 1) * 0.99, 1 + (order - 1) * 1.01)
    )
    assert here == pytest.approx(free.upper, rel=1e-9)
    assert here < below
    assert here < above


def test_orders_of_a_gaussian_by_hand():
    # R(a) = a / 2, then the improved conversion
    for order in (1.5, 2, 8.25):
        expected = (
            order / 2 + math.log1p(-1 / order) - (math.log(1e-5) + math.log(order)) / (order - 1)
        )
        upper = dpa.RDP(orders=[order]).profile(dpa.Gaussian(1)).epsilon(1e-5).upper
        assert expected <= upper <= expected * (1 + 1e-12)


@pytest.mark.parametrize(
    "orders",
    [
        [],
        [1],
        [0.5],
        [0],
        [-3],
        ["nan"],
        [float("inf")],
        [None],
        [2, 1],
        ["x"],
        [1e13],
        [True],
        [[2]],
    ],
)
def test_orders_outside_their_domain(orders):
    with pytest.raises(dpa.InputError) as error:
        dpa.RDP(orders=orders)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("orders", [3, 2.5, object(), True])
def test_orders_that_are_no_list(orders):
    with pytest.raises(dpa.InputError):
        dpa.RDP(orders=orders)
