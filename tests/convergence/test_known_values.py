"""Predictions and simulations against closed forms that are written down elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from convergence.known import setting
from flint import arb, ctx

from dpaccount.convergence.check import HOLDS, check
from dpaccount.convergence.law import gaussian_form
from dpaccount.convergence.problems import PROBLEMS, Quadratic, problem_of
from dpaccount.convergence.problems.waves import POLYAK, WAVE
from dpaccount.convergence.rates import predictions
from dpaccount.convergence.simulate import simulate

#: d = 20, curvatures evenly from 0.1 to 1, start 1: step size, tau, steps, E|x_T|^2.
WRITTEN = [
    ("0.1", "0.05", 50, 0.96105),
    ("0.5", "0.05", 200, 0.03770),
    ("1.5", "0.1", 100, 0.63039),
]


def of(found, quantity, theorem):
    (row,) = [p for p in found if (p.quantity, p.theorem) == (quantity, theorem)]
    return row


def tau(value, records=50):
    """The noise multiplier that makes the noise of a full batch this large."""
    return str(float(value) * records)


@pytest.mark.parametrize(("size", "noise", "steps", "expected"), WRITTEN)
def test_the_written_values_of_the_quadratic(size, noise, steps, expected):
    made = setting("quadratic", tau(noise), "1", steps, size)
    bound = of(predictions(made), "distance", "sgd.quadratic_exact").bound
    assert bound.lower <= bound.upper <= bound.lower * (1 + 1e-11)
    assert round(bound.upper, 5) == expected
    assert gaussian_form(made, "distance").mean == pytest.approx(bound.upper, rel=1e-9)
    found = check(made, 2000, seed=3)
    row = found.tightest["distance"]
    assert row.verdict == HOLDS
    assert row.interval[0] < expected < row.interval[1] < 1.2 * expected


def test_isotropic_quadratics_meet_their_bounds():
    made = setting("quadratic-isotropic", "2", "1/5", 60, "0.7")
    found = predictions(made)
    exact = of(found, "distance", "sgd.quadratic_exact").bound
    general = of(found, "distance", "sgd.strongly_convex").bound
    assert general.upper == pytest.approx(exact.upper, rel=1e-11)
    value = of(found, "excess", "sgd.quadratic_exact").bound
    assert of(found, "excess", "sgd.pl_sharp").bound.upper == pytest.approx(value.upper, rel=1e-11)


@pytest.mark.parametrize("name", ["ridge-cancer", "logistic-cancer", "logistic-digits"])
def test_the_optimum_and_the_constants_of_data(name):
    problem = problem_of(name)
    facts = problem.facts(problem.default_clip_norm())
    assert problem.miss(problem.optimum) < 1e-12
    rng = np.random.default_rng(1)
    points = problem.optimum + rng.standard_normal((20, problem.dimension)) / 10
    look = problem.look(points)
    gaps, slopes = look.excess(), look.gradient()
    squares = (slopes**2).sum(axis=1)
    away = ((points - problem.optimum) ** 2).sum(axis=1)
    assert (gaps >= facts.convexity / 2 * away).all()
    assert (gaps <= facts.smoothness / 2 * away).all()
    assert (squares >= 2 * facts.convexity * gaps).all()
    # the mean of squared gradients, and the two bounds that it is under
    each = problem.norms**2 * problem.slopes(points @ problem.rows.T) ** 2
    mean = each.mean(axis=1)
    limit = facts.optimum_square + 2 * facts.slope * np.sqrt(away) + facts.bend * away
    assert (mean <= limit).all()
    still = problem.norms * problem.slopes(problem.rows @ problem.optimum)
    moved = problem.norms * problem.slopes(points @ problem.rows.T) - still
    assert ((moved**2).mean(axis=1) <= 2 * facts.record_smoothness * gaps).all()


@pytest.mark.parametrize("name", PROBLEMS)
def test_gradients_are_those_of_the_values(name):
    """By central differences; the sum over all records is n times the slope."""
    problem = problem_of(name)
    clip = problem.default_clip_norm()
    rng = np.random.default_rng(2)
    point = problem.start + rng.standard_normal(problem.dimension) / 7
    step = 1e-5 * np.eye(problem.dimension)
    ahead, behind = problem.look(point + step).excess(), problem.look(point - step).excess()
    slope = problem.look(point[None, :]).gradient()[0]
    assert (ahead - behind) / 2e-5 == pytest.approx(slope, rel=1e-5, abs=1e-7)
    look = problem.look(point[None, :])
    everyone = look.clipped_sum(None, clip) / problem.records + look.public()
    assert np.ravel(everyone) == pytest.approx(slope, rel=1e-9, abs=1e-12)
    chosen = look.clipped_sum(np.ones((1, problem.records)), clip) / problem.records
    assert np.ravel(chosen + look.public()) == pytest.approx(slope, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_gradient_is_longer_than_said_and_clipping_makes_it_so(name):
    problem = problem_of(name)
    clip = problem.default_clip_norm()
    facts = problem.facts(clip)
    rng = np.random.default_rng(4)
    points = problem.project(
        problem.start + rng.standard_normal((5, problem.dimension)), facts.radius
    )
    look = problem.look(points)
    for record in (0, problem.records // 2, problem.records - 1):
        alone = np.zeros((5, problem.records))
        alone[:, record] = 1.0
        norms = np.linalg.norm(look.clipped_sum(alone, clip), axis=1)
        assert (norms <= facts.largest_gradient * (1 + 1e-12)).all()
        if name != "clipping":
            assert (
                np.linalg.norm(look.clipped_sum(alone, 1e-3), axis=1) <= 1e-3 * (1 + 1e-9)
            ).all()


def test_the_wave_has_its_constant():
    """|f'|^2 >= 2 mu f in ball arithmetic; beyond 40, |f'| >= x - 0.6 and f <= x^2/2 + 0.6."""
    with ctx.workprec(80):
        wave, mu = arb("1.2"), arb("0.468")
        todo, pieces = [(0.05, 40.0)], 0
        while todo:
            low, high = todo.pop()
            x = arb((low + high) / 2, (high - low) / 2)
            slope = x + wave / 2 * (2 * x).sin()
            if slope**2 > mu * (x**2 + wave * x.sin() ** 2):
                pieces += 1
                continue
            assert high - low > 1e-6
            todo += [(low, (low + high) / 2), ((low + high) / 2, high)]
    assert pieces > 100
    assert (float(WAVE), float(POLYAK)) == (1.2, 0.468)
    # below 0.05: sin 2x >= 2x - (2x)^3/6, so f' >= 2.2 x - 0.8 x^3 and 2 f <= 2.2 x^2
    assert (2.2 - 0.8 * 0.05**2) ** 2 > 0.468 * 2.2
    assert (40 - 0.6) ** 2 > 0.468 * (40**2 + 1.2)


def test_the_clipped_fixed_point():
    problem = problem_of("clipping", 1.0)
    assert problem.optimum[0] == pytest.approx(1 / 9)
    assert problem.bias == pytest.approx(1 - 1 / 9)
    assert problem.look(problem.optimum[None, :]).gradient()[0, 0] == pytest.approx(0, abs=1e-15)
    found = simulate(setting(problem, "1e-3", "1", 400, "0.5"), 4, quantities=["distance"])
    assert found.values["distance"].max() < 1e-4  # it comes to rest at C / 9, not at 1


def test_raw_second_moment():
    """n = 50, q = 0.2: the noise of one step is the raw second moment, not that about the mean."""
    rng = np.random.default_rng(3)
    problem = Quadratic(np.ones(3), np.zeros(3), records=50, lean=0.45, seed=int(rng.integers(99)))
    made = setting(problem, "1e-9", "1/5", 1, "1")
    found = simulate(made, 20_000, seed=5, quantities=["distance"])
    raw = 0.8 / 10 * (problem.pulls**2).sum(axis=1).mean()
    about = 0.8 / 10 * ((problem.pulls - problem.pulls.mean(axis=0)) ** 2).sum(axis=1).mean()
    measured = found.values[
        "distance"
    ].mean()  # one step of size 1 with curvature 1: the noise alone
    error = 5 * found.values["distance"].std() / math.sqrt(20_000)
    assert abs(measured - raw) < error
    assert measured - about > 5 * error
