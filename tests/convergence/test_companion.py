"""Bounds that start beside the path without noise: each step's own, and no later one's."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from convergence.known import setting

import dpaccount as dpa
from dpaccount.convergence.companion import MOST_STEPS, starts
from dpaccount.convergence.enclosures import ends
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.problems import Quadratic
from dpaccount.convergence.rates import predictions
from dpaccount.convergence.rules import distance, value
from dpaccount.convergence.simulate import simulate
from dpaccount.theorems.excess import LAST_ITERATE

RUNS = [
    ("logistic-cancer", "2", "1/10", 40, "4"),
    ("polyak", "0.5", "1", 40, "0.2"),
    ("polyak", "8", "1/2", 40, "0.4"),
    ("clipping", "1", "1/2", 40, "0.3"),
    ("ridge-cancer", "1", "1/4", 40, "1"),
    ("quadratic", "5", "1", 40, "1.3"),
]


def later(name, noise, rate, steps, size):
    """Distances and values after some steps of that very run."""
    found = simulate(
        setting(name, noise, rate, steps, size), 60, seed=11, quantities=["distance", "excess"]
    )
    return found.values["distance"].mean(), found.values["excess"].mean()


@pytest.mark.parametrize(("name", "noise", "rate", "steps", "size"), RUNS)
def test_starts_are_above_what_is_measured_there(name, noise, rate, steps, size):
    made = setting(name, noise, rate, steps, size)
    found = starts(made)
    assert [start.step for start in found] == [0, 1, 2, 3, 5, 8, 13, 21, 34, 40]
    assert found[0].distance_squared == made.facts.distance_squared
    assert starts(made) is found
    for start in found[1::3]:
        away, gap = later(name, noise, rate, start.step, size)
        assert away < 1.02 * start.distance_squared
        assert gap < 1.02 * start.gap
        assert distance.at(made, start.step).distance_squared <= start.distance_squared
        assert {"sgd.coupled", "sgd.coupled_value"} < set(start.theorems)


def test_a_full_batch_with_no_noise_is_the_path_itself():
    made = setting("polyak", "1e-9", "1", 40, "0.2")
    for start in starts(made)[1:]:
        away, gap = later("polyak", "1e-9", "1", start.step, "0.2")
        assert start.distance_squared == pytest.approx(away, rel=1e-5)
        assert start.gap == pytest.approx(gap, rel=1e-5)


def test_one_axis_meets_the_bound_on_the_spread():
    """x = a^T x_0 + noise, and the path without noise is a^T x_0: apart by the variance alone."""
    problem = Quadratic(np.array([0.5]), np.array([2.0]))
    made = setting(problem, "5", "1", 7, "0.6")
    last = starts(made)[-1]
    kept, tau = 0.7**7 * 2.0, 5 / 50
    spread = math.sqrt(0.36 * tau**2 * (1 - 0.49**7) / (1 - 0.49))
    assert last.distance_squared == pytest.approx((kept + spread) ** 2, rel=1e-9)
    worth = 0.25 * (kept**2 + spread**2) + 0.5 * kept * spread
    assert last.gap == pytest.approx(worth, rel=1e-9)


@pytest.mark.parametrize("tail", [1, 7, 39, 40])
def test_a_tail_begins_where_it_begins(tail):
    made = setting("logistic-cancer", "2", "1/10", 40, "4")
    values = {
        "smoothness": Fraction(made.facts.smoothness), "learning_rate": Fraction(4),
        "variance": second_moment(made),
    }  # fmt: skip
    claim = value._from_tail(made, LAST_ITERATE, (), tail=tail, **values)
    known = distance.at(made, 40 - tail).distance_squared
    expected = float(LAST_ITERATE(Fraction(known), tail=tail, **values))
    assert ends(claim.ball, "")[1] == pytest.approx(expected, rel=1e-12)
    assert known != pytest.approx(distance.at(made, 40).distance_squared, rel=1e-6)


def test_a_bound_from_a_later_start_counts_the_steps_that_are_left():
    """Without a start beside the path, sgd.pl_sharp is what its formula says for all steps."""
    made = setting("polyak", "8", "1/2", 40, "0.2")
    facts = made.facts
    (row,) = [p for p in predictions(made) if p.theorem == "sgd.pl_sharp"]
    kept = 1 - 0.2 * facts.polyak * (2 - 0.2 * facts.smoothness)
    noise = 0.2 * facts.smoothness * float(second_moment(made))
    noise /= 2 * facts.polyak * (2 - 0.2 * facts.smoothness)
    expected = min(
        kept ** (40 - start.step) * (start.gap - noise) + noise
        for start in starts(made)
        if start.step < 40
    )
    assert row.bound.upper == pytest.approx(expected, rel=1e-9)


def test_long_runs_start_in_their_beginning():
    made = setting("logistic-cancer", "1", "1/10", 50_000, "1")
    assert starts(made)[-1].step == MOST_STEPS
    bounds = {p.theorem: p.bound for p in predictions(made, ("distance", "excess"))}
    assert bounds["sgd.coupled_value"] is None
    assert 0 < bounds["sgd.coupled_distance"].upper < made.facts.distance_squared


def test_paths_that_part_too_fast_are_not_asked():
    for p in predictions(setting("wells", "1", "1/4", 20), ("distance", "excess")):
        assert p.bound is None
    falling = dpa.Decaying("2", "20")
    run = dpa.DPSGD(noise_multiplier=1, sampling_rate=1, steps=9)
    found = dpa.converge(run, "quadratic", learning_rate=falling, trajectories=20)
    assert all("coupled" not in row.prediction.theorem for row in found.rows)
