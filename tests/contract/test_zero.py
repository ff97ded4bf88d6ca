"""No steps or no sampling: nothing was released, and the answer is exactly 0."""

from __future__ import annotations

import math

import pytest
from contract.cases import ADJACENCIES, ALL, dpsgd

import dpaccount as dpa
from dpaccount.accounting import accountant_of

EMPTY = {
    "identity": dpa.Identity(),
    "no steps": dpsgd(steps=0),
    "rate zero": dpsgd(sampling_rate=0),
    "rate zero, many steps, little noise": dpsgd(
        noise_multiplier="1e-50", sampling_rate="0", steps=10**15
    ),
    "nothing composed": dpa.Composed(()),
    "zero times": dpa.SelfComposed(dpa.Composed((dpa.Gaussian(1), dpa.Laplace(1))), 0),
}


@pytest.mark.parametrize("run", EMPTY.values(), ids=EMPTY.keys())
@pytest.mark.parametrize("method", ALL)
def test_epsilon_and_delta_are_exactly_zero(method, run):
    for adjacency in ADJACENCIES:
        curve = dpa.profile(run, method=method, adjacency=adjacency)
        for bound in (
            *(curve.epsilon(d) for d in (0, "1e-3000", 1e-5, 0.999)),
            curve.delta(0),
            curve.delta(3),
            curve.advantage(),
        ):
            assert (bound.lower, bound.upper) == (0.0, 0.0)
            assert bound.trust is dpa.Trust.CERTIFIED
            assert "dp.identity" in bound.theorems
            assert bound.method == accountant_of(method).name
        mu = curve.gdp_mu()
        assert (mu.lower, mu.upper) == (0.0, 0.0)


@pytest.mark.parametrize("method", ALL)
def test_the_rest_of_the_curve_of_nothing(method):
    curve = dpa.profile(dpsgd(steps=0), method=method)
    # the laws are equal: delta(eps) = 1 - e^eps below 0, and no test beats a coin
    bound = curve.delta(-1)
    truth = -math.expm1(-1.0)
    assert bound.lower <= truth <= bound.upper
    assert bound.upper - bound.lower < 1e-14
    for fpr in (0.001, 0.3, 1):
        upper = curve.tpr(fpr).upper
        assert fpr <= upper <= fpr * (1 + 1e-9)
        assert 1 - fpr - 1e-9 <= curve.tradeoff(fpr).lower <= 1 - fpr


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("delta", [1, 2, -1, "nan", None, "x"])
def test_a_wrong_delta_is_refused_for_an_empty_run_too(method, delta):
    with pytest.raises(dpa.InputError):
        dpa.epsilon(dpa.Identity(), delta, method=method)


@pytest.mark.parametrize("method", ALL)
def test_empty_parts_change_nothing(method):
    run = dpsgd(noise_multiplier=20)
    padded = dpa.Composed((dpa.Identity(), run, dpsgd(steps=0), dpsgd(sampling_rate=0)))
    assert dpa.epsilon(padded, 1e-5, method=method) == dpa.epsilon(run, 1e-5, method=method)
