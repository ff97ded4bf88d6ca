"""Edges: interrupts, rounding, numbers of unusual size, problems that contradict themselves."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from convergence.known import setting

import dpaccount as dpa
from dpaccount.convergence.check import HOLDS, UNMET, check
from dpaccount.convergence.intervals import GaussianForm
from dpaccount.convergence.law import gaussian_form
from dpaccount.convergence.problem import Facts, Look, Problem
from dpaccount.convergence.problems import Clipping
from dpaccount.convergence.simulate import simulate
from dpaccount.convergence.step_size import best_step_size


class _Bowl(Look):
    def __init__(self, points):
        self.points = points

    def clipped_sum(self, chosen, clip_norm):
        return np.zeros_like(self.points)

    def public(self):
        return self.points

    def excess(self):
        return (self.points**2).sum(axis=1) / 2

    def gradient(self):
        return self.points


class Bowl(Problem):
    """|x|^2 / 2, and whatever is said of it."""

    name = title = "bowl"
    records = 4
    start, optimum = np.ones(2), np.zeros(2)

    def __init__(self, **said):
        self.said = {
            "dimension": 2, "records": 4, "smoothness": 1.0, "convexity": 1.0, "polyak": 1.0,
            "is_convex": True, "distance_squared": 2.0, "gap": 1.0, "largest_gradient": 1.0, **said,
        }  # fmt: skip

    def facts(self, clip_norm):
        return Facts(**self.said)

    def default_clip_norm(self):
        return 1.0

    def look(self, points):
        return _Bowl(points)


@pytest.mark.parametrize("said", [
    {"smoothness": math.nan}, {"smoothness": 0.0}, {"smoothness": -1.0}, {"convexity": math.nan},
    {"convexity": math.inf}, {"polyak": -1.0}, {"distance_squared": math.nan},
    {"distance_squared": -1.0}, {"gap": math.nan}, {"gap": -1.0}, {"mean_square": math.nan},
    {"largest_gradient": math.nan}, {"slope": -1.0}, {"radius": 0.0}, {"radius": math.nan},
    {"dimension": 1}, {"dimension": 0}, {"records": 5}, {"records": math.nan}, {"radius": 1.0},
    {"is_convex": "no"}, {"is_convex": 1}, {"is_quadratic": "no"}, {"is_quadratic": None},
])  # fmt: skip
def test_facts_that_cannot_be_are_refused(said):
    """NaN most of all; and a ball that leaves out the start, where gradients are bounded."""
    with pytest.raises(dpa.InputError):
        check(setting(Bowl(**said), size="0.3"), 10)


@pytest.mark.parametrize("point", ["start", "optimum"])
@pytest.mark.parametrize("value", [[1.0, math.nan], [1.0], [3.0, 4.0]])
def test_points_that_are_no_points_of_the_domain_are_refused(point, value):
    problem = Bowl(radius=4.5)
    setattr(problem, point, np.array(value))
    with pytest.raises(dpa.InputError, match="problem: given"):
        check(setting(problem, size="0.3"), 10)


def test_a_problem_need_not_be_hashable():
    class Unhashable(Bowl):
        __hash__ = None

    assert check(setting(Unhashable(), size="0.3"), 20).verdict == HOLDS


def test_what_is_not_known_is_not_met():
    theorems = {row.prediction.theorem for row in check(setting(Bowl(), size="0.3"), 50).rows}
    assert theorems >= {"sgd.growth", "sgd.pl_sharp", "sgd.nonconvex"}
    found = check(setting(Bowl(distance_squared=math.inf), size="0.3"), 50)
    assert found.verdict == HOLDS
    assert "sgd.growth" not in {row.prediction.theorem for row in found.rows}
    assert any("a bound on |x_0 - x*|^2" in p.missing for p in found.unmet)
    found = check(setting(Bowl(gap=math.inf), size="0.3"), 50)
    assert "sgd.pl_sharp" not in {row.prediction.theorem for row in found.rows}
    assert any("a bound on f(x_0) - f*" in p.missing for p in found.unmet)


@pytest.mark.parametrize("away", [0.0, math.inf])
def test_the_best_step_size_of_an_unusual_start(away):
    facts = {"smoothness": math.inf, "gradient_squared": 1.0, "distance_squared": away}
    best = best_step_size(setting(Bowl(**facts), size="0.3"))
    assert (best is None) == math.isinf(away)


@pytest.mark.parametrize("clip", ["0.1", "0.3", "1/3", "2.7", "9"])
def test_a_clip_norm_that_no_float_is(clip):
    """The float nearest to 0.1 is above it, that nearest to 0.3 below."""
    made = setting("clipping", clip=clip)
    assert isinstance(made.problem, Clipping)
    assert check(made, 10).verdict == HOLDS


@pytest.mark.parametrize("noise", ["1e-12", "1e-14", "1e-20", "1e-100"])
@pytest.mark.parametrize("size", ["0.01", "1.3"])
@pytest.mark.parametrize("name", ["quadratic", "quadratic-ill"])
def test_rounding_is_no_violation(noise, size, name):
    assert check(setting(name, noise, "1", 300, size), 40).verdict == HOLDS


@pytest.mark.parametrize("size", ["1e-9", "1e-20", "1e-100"])
def test_tiny_steps(size):
    made = setting("quadratic", "1", "1", 5, size)
    found = check(made, 40)
    assert found.verdict == HOLDS
    row = found.tightest["distance"]
    assert row.upper == pytest.approx(20.0, rel=1e-6)
    tau, eta = made.noise_std, float(size)
    # 1 - a^2 is 2 eta lambda to first order: the variance is that of a walk
    assert gaussian_form(made, "distance").deviations == pytest.approx(
        np.full(20, eta * tau * math.sqrt(5)), rel=1e-6
    )


def test_huge_noise_is_no_overflow(recwarn):
    found = check(setting("quadratic", "1e100", "1", 5, "0.1"), 50)
    assert found.verdict == HOLDS
    assert 0 < found.measured["distance"].deviation < found.measured["distance"].value
    assert not recwarn.list


def test_a_mean_that_is_no_number_does_not_hold(monkeypatch):
    from dpaccount.convergence import check as module

    monkeypatch.setattr(
        module, "_mean", lambda values, log_error: module.Mean(math.inf, math.inf, 0.0)
    )
    assert check(setting("wells", "1", "1/4", 10), 10).verdict == "violated"


def test_a_law_that_hardly_varies_keeps_its_tails():
    """The tails of 1 + s Z, squared, are those of a Gaussian of deviation 2 s: no cancellation."""
    for deviation in (1e-3, 1e-7, 1e-11):
        form = GaussianForm(np.ones(1), np.ones(1), np.full(1, deviation))
        low, high = form.interval(100, math.log(1e-6))
        for edge in (form.mean - low, high - form.mean):
            # Chernoff's bound for a Gaussian mean: sqrt(2 log(1e6) / 100) deviations
            assert edge == pytest.approx(2 * deviation * 0.5257, rel=2e-2)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_an_interrupt_ends_every_thread(stop):
    """Some minutes of work are left in each thread when the first of them is interrupted."""

    def tick(done):
        raise stop

    made = setting("quadratic", "1", "1/2", 3_000_000, "0.1")
    begun = time.monotonic()
    with pytest.raises(stop):
        simulate(made, 4000, threads=2, on_done=tick)
    assert time.monotonic() - begun < 20


def test_active_clipping_is_no_bound_even_without_noise():
    found = check(setting("wells", "1e-12", "1", 5, "0.1", clip="1"), 5)
    assert found.verdict == UNMET
