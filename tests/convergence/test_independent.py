"""DP-SGD written again in plain loops, and the constants of the noise against its exact moments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from convergence.known import setting
from flint import arb, ctx

from dpaccount.convergence.noise import matrix_moment, second_moment
from dpaccount.convergence.problems import PROBLEMS
from dpaccount.convergence.problems.waves import SECANT
from dpaccount.convergence.rules.asking import by_distance, by_gap
from dpaccount.convergence.simulate import simulate


def logistic(problem, x, i):
    row, label = problem.rows[i], problem.labels[i]
    return -label * row / (1.0 + math.exp(label * float(row @ x)))


def wells(problem, x, i):
    return np.sin(x - problem.centers[i])


def median(problem, x, i):
    away = x - problem.centers[i]
    return away / max(float(np.sqrt(away @ away)), 1e-300)


def ridge(problem, x, i):
    row, label = problem.rows[i], problem.labels[i]
    return (float(row @ x) - label) * row


PLAIN = [
    ("logistic-cancer", logistic, "0.3", "2", "1/20", "2"),  # clipping is active
    ("logistic-cancer", logistic, None, "1", "1", "3"),
    ("wells", wells, "1", "3", "1/4", "0.4"),
    ("median", median, None, "40", "1/2", "3"),  # the ball is reached
    ("ridge-cancer", ridge, None, "60", "1/10", "1"),
]


@pytest.mark.parametrize(("name", "slope", "clip", "noise", "rate", "size"), PLAIN)
def test_plain_loops_come_to_the_same(name, slope, clip, noise, rate, size):
    """One trajectory at a time, one record at a time, from the definition of DP-SGD."""
    made = setting(name, noise, rate, 4, size, clip)
    problem, rng = made.problem, np.random.default_rng(5)
    q, norm, eta = float(made.run.sampling_rate), float(made.clip_norm), float(size)
    radius = made.facts.radius
    penalty = getattr(problem, "penalty", 0.0)
    runs, found = 150 if q < 1 else 25, []
    for _ in range(runs):
        x = problem.start.copy()
        for _ in range(4):
            total = norm * float(noise) * rng.standard_normal(len(x))
            for i in range(problem.records):
                if rng.random() < q:
                    g = slope(problem, x, i)
                    total = total + g * min(1.0, norm / max(float(np.sqrt(g @ g)), 1e-300))
            x = x - eta * (total / (q * problem.records) + penalty * x)
            length = float(np.sqrt(x @ x))
            if length > radius:
                x = x * (radius / length)
        away = x - problem.optimum
        found.append(float(away @ away))
    values = simulate(made, 4000, seed=3, quantities=["distance"]).values["distance"]
    error = math.sqrt(np.var(found) / runs + values.var() / len(values))
    assert abs(np.mean(found) - values.mean()) < 5 * error
    assert error < 0.1 * values.mean()


@pytest.mark.parametrize("name", ["median", "ridge-cancer"])
def test_no_trajectory_leaves_the_ball(name):
    made = setting(name, "1000", "1/2", 3, "1")
    values = simulate(made, 50, quantities=["distance"]).values["distance"]
    limit = (made.facts.radius + float(np.linalg.norm(made.problem.optimum))) ** 2
    assert values.max() <= limit * (1 + 1e-12)
    assert np.median(values) > made.facts.radius**2 / 4  # it is reached


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("rate", ["1/20", "1/2"])
def test_the_noise_is_within_each_of_its_bounds(name, rate):
    """E|noise|^2 is known exactly at a point: from each record's own clipped gradient there."""
    made = setting(name, "0.01", rate, 3, "0.1")
    problem, facts = made.problem, made.facts
    rng = np.random.default_rng(6)
    near, far = problem.start + rng.standard_normal((2, 4, problem.dimension)) * [[[0.1]], [[10.0]]]
    # beside the optimum what is linear in the distance matters, and what is quadratic does not
    beside = problem.optimum + 1e-4 * rng.standard_normal((40, problem.dimension))
    points = np.vstack([problem.start, problem.optimum, beside, near, far])
    points = problem.project(points, facts.radius)
    look = problem.look(points)
    squares = np.zeros(len(points))
    for record in range(problem.records):
        alone = np.zeros((len(points), problem.records))
        alone[:, record] = 1.0
        gradient = look.clipped_sum(alone, float(made.clip_norm))
        squares += (gradient**2).sum(axis=1)
        if record == 599:  # enough of digits: a part of a sum of squares is no more than it
            break
    q = float(made.run.sampling_rate)
    moment = problem.dimension * made.noise_std**2
    moment = moment + (1 - q) / (q * problem.records**2) * squares
    away = ((points - problem.optimum) ** 2).sum(axis=1)
    for pairs, size in ((by_distance(made), away), (by_gap(made), look.excess())):
        for still, growth in pairs:
            assert (moment <= (float(still) + float(growth) * size) * (1 + 1e-12) + 1e-15).all()


@pytest.mark.parametrize("name", ["logistic-cancer", "logistic-digits", "ridge-cancer"])
def test_the_matrix_that_f_is_smooth_with(name):
    made = setting(name, "2", "1/20", 3, "0.1")
    problem, facts = made.problem, made.facts
    penalty = problem.penalty * np.eye(problem.dimension)
    matrix = problem.largest_bend * problem.rows.T @ problem.rows / problem.records + penalty
    assert np.linalg.eigvalsh(matrix)[-1] <= facts.smoothness
    assert np.trace(matrix) <= facts.trace <= np.trace(matrix) * (1 + 1e-9)
    assert facts.trace < facts.smoothness * problem.dimension / 3  # it says more than L does
    rng = np.random.default_rng(8)
    points = problem.project(rng.standard_normal((20, problem.dimension)), facts.radius)
    steps = rng.standard_normal((20, problem.dimension)) / 3
    here, there = problem.look(points), problem.look(points + steps)
    above = np.einsum("ij,jk,ik->i", steps, matrix, steps) / 2
    risen = there.excess() - here.excess() - (here.gradient() * steps).sum(axis=1)
    assert (risen <= above + 1e-12).all()
    assert (risen >= above / 50).all()
    slopes = problem.slopes(points @ problem.rows.T)
    along = np.einsum("ij,jk,ik->i", problem.rows, matrix, problem.rows)
    assert ((slopes**2 * along).mean(axis=1) <= facts.matrix_square).all()
    assert float(matrix_moment(made)) <= facts.smoothness * float(second_moment(made))
    noise = facts.trace * made.noise_std**2
    moment = noise + 0.95 / float(made.batch) * (slopes**2 * along).mean(axis=1)
    assert (moment <= float(matrix_moment(made))).all()
    assert moment.max() > float(matrix_moment(made)) / 6


def test_the_sector_of_the_wave():
    """0.739 <= f'/x = 1 + 0.6 sin(2x)/x <= 2.2, in ball arithmetic below 3; beyond, |sin| <= 1."""
    assert SECANT < 1 - 0.6 / 3
    with ctx.workprec(80):
        todo = [(0.01, 3.0)]
        while todo:
            low, high = todo.pop()
            x = arb((low + high) / 2, (high - low) / 2)
            ratio = 1 + arb("0.6") * (2 * x).sin() / x
            if ratio > arb("0.739") and ratio < arb("2.2"):
                continue
            assert high - low > 1e-9
            todo += [(low, (low + high) / 2), ((low + high) / 2, high)]
    # below 0.01: 2x - (2x)^3/6 <= sin 2x <= 2x
    assert SECANT < 1 + 1.2 - 0.8 * 0.01**2
    assert SECANT == 0.739
