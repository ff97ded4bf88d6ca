"""PrivacyProfile and WorstOf, on curves that are known in closed form."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import dpaccount as dpa
from dpaccount import Adjacency, Bound
from dpaccount.guarantees import PrivacyProfile, WorstOf, from_log, gaussian_mu
from dpaccount.mechanisms import canonical


class Exact(PrivacyProfile):
    """An (eps, delta)-DP curve that is nothing but its one point."""

    def __init__(self, eps, delta, method="point"):
        self.run, self.adjacency, self.method = canonical(dpa.Gaussian(1)), Adjacency.ADD, method
        self.eps, self.mass = eps, delta

    def epsilon(self, delta):
        return Bound(
            None,
            self.eps if float(delta) >= self.mass else math.inf,
            None,
            self.method,
            theorems=("dp.basic",),
        )

    def delta(self, epsilon):
        value = self.mass if float(epsilon) >= self.eps else 1.0
        if float(epsilon) < self.eps:
            # the trade-off curve of an (eps, delta) pair, seen at a smaller slope
            total = (1 - self.mass) * math.tanh(self.eps / 2)
            value = max(1 - math.exp(float(epsilon)), min(1.0, self.mass + total))
            value = min(1.0, value if float(epsilon) >= 0 else 1.0)
        return from_log(None, math.log(value), method=self.method, theorems=("dp.basic",))


@given(st.floats(1e-9, 0.999))
@settings(max_examples=40, deadline=None)
def test_tpr_and_tradeoff_of_one_gaussian_are_its_curve(fpr):
    curve = dpa.profile(dpa.Gaussian(1), method="gdp")
    truth = float(ndtr(ndtri(fpr) + 1.0))
    bound = curve.tpr(fpr)
    assert truth * (1 - 1e-12) <= bound.upper <= truth * (1 + 1e-6)
    assert "risk.tpr" in bound.theorems
    below = curve.tradeoff(fpr)
    assert below.lower <= 1.0 - truth * (1 - 1e-12)
    assert below.lower >= 1.0 - truth - 1e-6
    assert below.lower <= 1.0 - bound.upper
    assert 1.0 - truth - 1e-12 <= below.upper <= 1.0 - truth + 1e-9


def test_tpr_at_the_ends_of_its_range():
    curve = dpa.profile(dpa.Gaussian(1), method="gdp")
    assert curve.tpr(1).upper == 1.0
    assert curve.tradeoff(1).lower == 0.0
    assert 0.0 < curve.tpr(0).upper < 1e-100  # the true value is 0; an upper end stays above it
    assert curve.tradeoff(0).lower <= 1.0


def test_a_point_gives_its_broken_line():
    curve = Exact(1.0, 0.01)
    for fpr in (0.0, 0.001, 0.01, 0.1):
        line = 0.01 + math.e * fpr
        assert line * (1 - 1e-12) <= curve.tpr(fpr).upper <= min(line * (1 + 1e-6) + 1e-12, 1.0)


def test_worst_of_takes_the_worse_side_at_the_very_end():
    sides = [Exact(1.0, 0.01, "a"), Exact(2.0, 0.001, "b")]
    both = WorstOf(sides, Adjacency.ADD_REMOVE)
    assert both.adjacency is Adjacency.ADD_REMOVE
    assert both.epsilon(0.1).upper == 2.0
    assert both.epsilon(0.005).upper == math.inf
    assert both.delta(3).upper == pytest.approx(0.01, rel=1e-12)
    assert both.delta(1.5).upper == max(side.delta(1.5).upper for side in sides)
    for fpr in (0.0, 0.001, 0.2):
        assert both.tpr(fpr).upper == max(side.tpr(fpr).upper for side in sides)
        assert both.tradeoff(fpr).lower == min(side.tradeoff(fpr).lower for side in sides)
    assert both.advantage().upper == max(side.advantage().upper for side in sides)


def test_worst_of_one_side_is_that_side():
    side = Exact(1.0, 0.01)
    assert WorstOf([side], Adjacency.ADD).epsilon(0.5) == side.epsilon(0.5)


def test_advantage_is_delta_at_zero_and_says_so():
    for run in (dpa.Gaussian(1), dpa.Laplace(2), dpa.PoissonSubsampled(dpa.Gaussian(1), "0.1")):
        curve = dpa.profile(run, method="gdp")
        assert curve.advantage().upper == curve.delta(0).upper
        assert "risk.advantage" in curve.advantage().theorems


@given(st.lists(st.tuples(st.fractions(1, 100), st.integers(1, 1000)), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_mu_squared_of_gaussians_adds(parts):
    run = canonical(
        dpa.Composed(tuple(dpa.SelfComposed(dpa.Gaussian(sigma), steps) for sigma, steps in parts))
    )
    bound = gaussian_mu(run)
    truth = math.fsum(steps / float(sigma) ** 2 for sigma, steps in parts) ** 0.5
    assert bound.lower <= truth * (1 + 1e-15)
    assert bound.upper >= truth * (1 - 1e-15)
    assert bound.upper - bound.lower <= 1e-14 * truth


def test_mu_of_a_sampled_run_is_that_of_the_unsampled_one():
    sampled = dpa.DPSGD(noise_multiplier=2, sampling_rate="0.001", steps=100)
    bound = gaussian_mu(canonical(sampled))
    assert bound.lower is None
    assert bound.upper == pytest.approx(5.0, rel=1e-14)
    assert bound.upper >= 5.0
    assert "gdp.sampling_never_hurts" in bound.theorems


@pytest.mark.parametrize("epsilon", [0.01, 0.5, 1, 5, 30])
def test_mu_of_a_pure_mechanism_covers_its_total_variation(epsilon):
    bound = gaussian_mu(canonical(dpa.Laplace(1 / epsilon)))
    # G_mu passes the corner of the broken line: TPR - FPR = tanh(eps / 2) at best
    gap = 2 * float(ndtr(bound.upper / 2)) - 1
    assert gap >= math.tanh(epsilon / 2) * (1 - 1e-13)
    assert gap <= math.tanh(epsilon / 2) * (1 + 1e-9)
