"""Google's privacy loss distributions of discrete mechanisms beside the certified sums."""

from __future__ import annotations

import math

import pytest

import dpaccount as dpa

pld = pytest.importorskip("dp_accounting.pld.privacy_loss_distribution")
common = pytest.importorskip("dp_accounting.pld.common")

GRID = 1e-4
#: Ours, and theirs of one step; the steps.
CASES = {
    "discrete laplace": (
        dpa.DiscreteLaplace(2),
        lambda: pld.from_discrete_laplace_mechanism(0.5, value_discretization_interval=GRID),
        10,
    ),
    "discrete laplace, sensitivity 3": (
        dpa.DiscreteLaplace("0.5", 3),
        lambda: pld.from_discrete_laplace_mechanism(
            1 / 1.5, sensitivity=3, value_discretization_interval=GRID
        ),
        4,
    ),
    "discrete gaussian": (
        dpa.DiscreteGaussian(3),
        lambda: pld.from_discrete_gaussian_mechanism(3.0, value_discretization_interval=GRID),
        10,
    ),
    "discrete gaussian, sensitivity 4": (
        dpa.DiscreteGaussian("1.5", 4),
        lambda: pld.from_discrete_gaussian_mechanism(
            6.0, sensitivity=4, value_discretization_interval=GRID
        ),
        3,
    ),
    "randomized response": (
        dpa.RandomizedResponse("0.75"),
        lambda: pld.from_randomized_response(0.5, 2, value_discretization_interval=GRID),
        12,
    ),
    "five answers": (
        dpa.RandomizedResponse("0.6", 5),
        lambda: pld.from_randomized_response(0.5, 5, value_discretization_interval=GRID),
        5,
    ),
    "pure": (
        dpa.PureDP("0.1"),
        lambda: pld.from_privacy_parameters(
            common.DifferentialPrivacyParameters(0.1, 0.0), value_discretization_interval=GRID
        ),
        50,
    ),
    "approximate": (
        dpa.ApproximateDP("0.1", "1e-6"),
        lambda: pld.from_privacy_parameters(
            common.DifferentialPrivacyParameters(0.1, 1e-6), value_discretization_interval=GRID
        ),
        50,
    ),
}


@pytest.mark.parametrize(("base", "theirs", "steps"), CASES.values(), ids=CASES.keys())
def test_their_grid_lies_just_above_the_certified_sum(base, theirs, steps):
    run, curve = dpa.SelfComposed(base, steps), theirs().self_compose(steps)
    for delta in (1e-2, 1e-4):
        ours = dpa.epsilon(run, delta, method="lattice")
        found = curve.get_epsilon_for_delta(delta)
        if math.isinf(found):
            assert steps * 1e-6 < delta
            pytest.fail("theirs is infinite")
        # pessimistic, but for what their rounding and truncation lose
        assert found >= ours.lower * (1 - 1e-6) - 1e-9
        assert found <= ours.upper + steps * GRID + 1e-3
    for eps in (0.0, 0.5):
        ours = dpa.delta(run, eps, method="lattice")
        assert curve.get_delta_for_epsilon(eps) == pytest.approx(ours.upper, rel=1e-2, abs=1e-9)


def test_below_what_may_fail_both_are_infinite():
    run = dpa.SelfComposed(dpa.ApproximateDP("0.1", "1e-6"), 50)
    curve = CASES["approximate"][1]().self_compose(50)
    assert dpa.epsilon(run, 4e-5, method="lattice").lower == math.inf
    assert math.isinf(curve.get_epsilon_for_delta(4e-5))
