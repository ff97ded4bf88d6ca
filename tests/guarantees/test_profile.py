"""PrivacyProfile and WorstOf, on curves that are known in closed form."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import dpaccount as dpa
from dpaccount import Adjacency, Bound
from dpaccount.guarantees import PrivacyProfile, WorstOf, all_of, from_log, gaussian_mu
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


def counted(curve):
    """A one-sided profile that notes where it was asked for delta."""
    side, asked = curve.sides[0], []
    delta = side.delta

    def noted(epsilon):
        asked.append(epsilon)
        return delta(epsilon)

    side.delta = noted
    return side, asked


@pytest.mark.parametrize("fpr", ["1e-3000", "1e-300", "1e-12", "1e-6", "0.001", "0.3", "0.999"])
def test_a_profile_that_knows_where_to_look_asks_little(fpr):
    side, asked = counted(dpa.profile(dpa.Gaussian(1), method="gdp", adjacency="add"))
    bound = side.tpr(fpr)
    assert 1 <= len(asked) <= 5
    assert bound.log_upper - bound.log_lower <= 1e-9
    # without that knowledge it finds the same
    side._best_epsilon = lambda log_fpr: PrivacyProfile._best_epsilon(side, log_fpr)
    again = side.tpr(fpr)
    assert len(asked) > 50
    assert max(again.log_lower, bound.log_lower) <= min(again.log_upper, bound.log_upper)
    assert again.log_upper - again.log_lower <= 1e-8


def test_tpr_keeps_its_digits_below_the_floats():
    curve = dpa.profile(dpa.Gaussian(1), method="gdp")
    bound = curve.tpr("1e-3000")
    assert (bound.lower, bound.log_upper < -6000) == (0.0, True)
    assert 0.0 < bound.upper < 1e-300
    # fpr = Phi(-x), TPR = Phi(1 - x): their ratio is about e^(x - 1/2) (x / (x - 1))
    x = math.sqrt(2 * 3000 * math.log(10)) - 0.05
    assert bound.log_upper + 3000 * math.log(10) == pytest.approx(x - 0.5, abs=0.1)


def test_the_ends_of_the_rates():
    curve = dpa.profile(dpa.Gaussian(1), method="gdp")
    for one in (curve.tpr(1), curve.tpr("1"), curve.reconstruction(1)):
        assert (one.lower, one.upper, one.log_lower, one.log_upper) == (1.0, 1.0, 0.0, 0.0)
    assert (curve.tradeoff(1).lower, curve.tradeoff(1).upper) == (0.0, 0.0)
    assert (curve.tpr(0).lower, curve.tradeoff(0).upper) == (0.0, 1.0)
    # a bounded loss: nothing that only one of the laws gives out
    assert dpa.profile(dpa.Laplace(1), method="rdp").tpr(0).upper == 0.0
    # what has no lower end says nothing from below
    assert dpa.profile(dpa.Gaussian(1), method="rdp").tpr(0).lower is None
    assert Exact(1.0, 0.01).tpr(0.5).lower is None
    assert Exact(1.0, 0.01).tradeoff(0.5).upper is None


@given(st.lists(st.floats(1e-12, 1), min_size=2, max_size=4))
@settings(max_examples=30, deadline=None)
def test_rates_rise_with_the_false_positive_rate(rates):
    curve = dpa.profile(dpa.Gaussian(2), method="gdp")
    bounds = [curve.tpr(rate) for rate in sorted(rates)]
    for rate, bound in zip(sorted(rates), bounds, strict=True):
        assert rate * (1 - 1e-13) <= bound.lower <= bound.upper
        assert curve.tradeoff(rate).lower <= 1 - bound.upper
        assert curve.tradeoff(rate).upper >= 1 - bound.lower
    for i, bound in enumerate(bounds):
        assert all(bound.lower <= later.upper for later in bounds[i:])


@pytest.mark.parametrize("k", ["1/2", "0.1", "1/256", "1e-6", "1e-12"])
def test_reconstruction_is_the_best_test_of_presence(k):
    for method in ("gdp", "rdp"):
        run = dpa.PoissonSubsampled(dpa.Gaussian(1), "0.5")
        bound = dpa.profile(run, method=method).reconstruction(k)
        remove = dpa.profile(run, method=method, adjacency="remove").tpr(k)
        assert (bound.lower, bound.upper) == (remove.lower, remove.upper)
        assert {"risk.reconstruction", "risk.tpr"} <= set(bound.theorems)
        assert "risk.reconstruction" not in remove.theorems
        assert bound.upper >= float(Fraction(k))


def test_reconstruction_takes_the_side_with_the_record_alone():
    class Side(Exact):
        def __init__(self, adjacency, mass):
            super().__init__(1.0, mass)
            self.adjacency = adjacency

    sides = [Side(Adjacency.ADD, 0.1), Side(Adjacency.REMOVE, 0.01)]
    both = WorstOf(sides, Adjacency.ADD_REMOVE)
    assert both.reconstruction("0.01").upper == sides[1].tpr("0.01").upper
    assert both.reconstruction("0.01").upper < both.tpr("0.01").upper
    with pytest.raises(dpa.Unsupported, match=r"REMOVE.*do: use adjacency remove"):
        WorstOf(sides[:1], Adjacency.ADD).reconstruction("0.01")
    with pytest.raises(dpa.Unsupported, match="REMOVE"):
        sides[0].reconstruction("0.01")


@pytest.mark.parametrize("method", ["best", "rdp", "zcdp", "gdp", "closed_form.exact_basic"])
def test_reconstruction_of_presence_only(method):
    run = dpa.Composed((dpa.Gaussian(3), dpa.Laplace(4)))
    with pytest.raises(dpa.Unsupported, match="REMOVE"):
        dpa.profile(run, method=method, adjacency="add").reconstruction("0.1")
    for adjacency in ("remove", "add_remove", "zero_out", "replace_one"):
        bound = dpa.profile(run, method=method, adjacency=adjacency).reconstruction("0.1")
        assert 0.1 <= bound.upper <= 1.0


def test_reconstruction_against_a_fixed_other_record():
    # the fixed record is twice as far away as absence: valid, and looser
    replaced = dpa.profile(dpa.Gaussian(2), adjacency="replace_one").reconstruction("1/16")
    removed = dpa.profile(dpa.Gaussian(2), adjacency="remove").reconstruction("1/16")
    twice = dpa.profile(dpa.Gaussian(1), adjacency="remove").reconstruction("1/16")
    assert replaced.upper == twice.upper > removed.upper


@pytest.mark.parametrize("bad", [math.nan, "nan", math.inf, 0, "0", -0.1, 1.0000000000000002, None])
def test_a_prior_outside_its_domain_is_refused(bad):
    curve = dpa.profile(dpa.Gaussian(1), method="gdp")
    with pytest.raises(dpa.InputError, match="prior"):
        curve.reconstruction(bad)
    with pytest.raises(dpa.InputError, match="prior"):
        dpa.profile(dpa.Identity()).reconstruction(bad)


def test_an_estimate_is_no_ceiling_on_reconstruction():
    with pytest.raises(dpa.Unsupported, match="no ceiling"):
        dpa.profile(dpa.Gaussian(1), method="gdp_clt").reconstruction("0.5")

    class Estimate(Exact):
        def delta(self, epsilon):
            return Bound(estimate=0.1, method="guess", trust=dpa.Trust.ASYMPTOTIC)

    for rate in (0, 0.1):
        with pytest.raises(dpa.Unsupported, match="no ceiling"):
            Estimate(1.0, 0.1).tpr(rate)


@pytest.mark.parametrize("rate", ["1e-300", "1e-9", "0.3", "1"])
def test_nothing_released_leaves_only_guessing(rate):
    curve = dpa.profile(dpa.Identity())
    for bound in (curve.tpr(rate), curve.reconstruction(rate)):
        assert bound.lower <= float(rate) <= bound.upper
        assert bound.log_upper - bound.log_lower <= 1e-11
    with pytest.raises(dpa.Unsupported, match="REMOVE"):
        dpa.profile(dpa.Identity(), adjacency="add").reconstruction(rate)


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


def test_a_side_of_another_theory_is_never_left_out():
    class Other(Exact):
        pass

    sides = [Exact(1.0, 0.1), Other(2.0, 0.1)]
    assert all_of(Exact, [sides]) == [sides]
    with pytest.raises(TypeError, match="no Other"):
        all_of(Other, [sides])
