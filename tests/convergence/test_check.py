"""The check: what holds, what is refused, what is not met, and the same numbers again."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from convergence.known import setting

import dpaccount as dpa
from dpaccount.convergence.check import HOLDS, UNMET, VIOLATED, check
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.problems import Logistic, Quadratic, Ridge
from dpaccount.convergence.problems.data import rows_of
from dpaccount.convergence.rates import predictions
from dpaccount.convergence.simulate import simulate
from dpaccount.convergence.step_size import best_step_size
from dpaccount.convergence.transformer import train_transformer

CHEAP = ["quadratic", "quadratic-ill", "median", "polyak", "wells", "clipping"]


@pytest.mark.parametrize("name", CHEAP)
def test_bounds_hold(name):
    run = dpa.DPSGD(noise_multiplier="1.5", sampling_rate="1/4", steps=120)
    found = dpa.converge(run, name, trajectories=200)
    assert found.verdict == HOLDS
    assert {row.verdict for row in found.rows} == {HOLDS}
    chief = min(row.ratio for row in found.rows)
    assert 0.8 < chief < 6
    assert found.variance > 0
    assert set(found.theorems) >= {"sgd.noise", "sgd.poisson_variance"}
    for row in found.rows:
        assert row.measured.lower <= row.measured.value
        assert row.prediction.bound.trust is dpa.Trust.PROVED


@pytest.mark.parametrize(("name", "most"), [("ridge-cancer", 1.6), ("logistic-cancer", 3.5)])
def test_bounds_hold_on_data(name, most):
    run = dpa.DPSGD(noise_multiplier="1", batch_size=64, dataset_size=569, steps=60)
    found = dpa.converge(run, name, trajectories=40, seed=1)
    assert found.verdict == HOLDS
    assert 0.9 < found.tightest["mean_excess"].ratio < most


def test_falling_steps():
    size = dpa.Decaying("2.5", "5")
    run = dpa.DPSGD(noise_multiplier="1", sampling_rate="1/2", steps=150)
    problem = Quadratic(np.full(4, 0.5), np.ones(4))
    found = dpa.converge(run, problem, learning_rate=size, trajectories=300)
    kinds = {row.prediction.theorem for row in found.rows}
    assert kinds == {"sgd.schedule", "sgd.decaying"}
    assert found.verdict == HOLDS
    assert found.tightest["distance"].prediction.theorem == "sgd.schedule"
    assert 0.8 < found.tightest["distance"].ratio < 1.2  # an equality where curvatures are one


def test_the_same_seed_gives_the_same_numbers():
    made = setting("wells", "1", "1/4", 20)
    first = simulate(made, 300, seed=4, threads=1)
    again = simulate(made, 300, seed=4, threads=2)
    other = simulate(made, 300, seed=5)
    for name, values in first.values.items():
        assert np.array_equal(values, again.values[name])
        assert not np.array_equal(values, other.values[name])


def test_active_clipping_is_said():
    found = check(setting("logistic-cancer", "1", "1/10", 20, "1", clip="0.1"), 20)
    assert found.verdict == UNMET
    assert found.variance is None
    assert not found.rows
    assert any("no gradient longer than the clip norm" in p.missing for p in found.unmet)
    assert found.measured["excess"].value > 0
    with pytest.raises(dpa.Unsupported, match="no gradient longer than the clip norm"):
        second_moment(setting("wells", clip="1"))


def test_a_bound_that_is_too_low_is_violated(monkeypatch):
    from dpaccount.convergence import rates

    true = rates.ends
    monkeypatch.setattr(rates, "ends", lambda ball, what: [end / 3 for end in true(ball, what)])
    found = check(setting("wells", "1", "1/4", 100), 400)
    assert found.verdict == VIOLATED


def test_nan_is_never_a_verdict_that_holds(monkeypatch):
    from dpaccount.convergence import check as module

    monkeypatch.setattr(module, "lower_mean", lambda values, log_error: math.nan)
    assert check(setting("wells", "1", "1/4", 10), 10).verdict == VIOLATED


def test_the_noise_of_a_run():
    run = dpa.DPSGD(noise_multiplier="1.5", batch_size=10, dataset_size=50, steps=3, clip_norm="2")
    bound = dpa.gradient_noise(run, dimension=7, largest_gradient=2, mean_square="1.25")
    assert bound.lower is None
    assert bound.upper == pytest.approx(7 * 0.3**2 + 0.8 * 1.25 / 10, rel=1e-12)
    assert bound.details["sampling"] == pytest.approx(0.1)
    assert dpa.gradient_noise(run, dimension=7, largest_gradient=2).upper > bound.upper
    with pytest.raises(dpa.Unsupported, match="clip norm"):
        dpa.gradient_noise(run, dimension=7, largest_gradient="2.01")
    loose = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=3, clip_norm=1)
    with pytest.raises(dpa.InputError, match="dataset_size"):
        dpa.gradient_noise(loose, dimension=1, largest_gradient=1)


REFUSED = [
    ({"learning_rate": "2"}, "below 2/L"),
    ({"learning_rate": dpa.Decaying(9, 2)}, "below 2/L"),
    ({"learning_rate": "0"}, "a number > 0|above 0"),
    ({"steps": 0}, "from 1 to 10000000"),
    ({"steps": 10**8}, "from 1 to 10000000"),
    ({"sampling_rate": 0}, "above 0"),
    ({"batch_size": 5, "dataset_size": 51, "sampling_rate": None}, "the records of"),
    ({"trajectories": 10**7, "steps": 10**7}, "trajectories x steps"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_what_is_refused(change, words):
    fields = {"noise_multiplier": 1, "sampling_rate": 1, "steps": 5}
    fields |= {k: v for k, v in change.items() if k not in ("learning_rate", "trajectories")}
    rest = {k: v for k, v in change.items() if k in ("learning_rate", "trajectories")}
    with pytest.raises(dpa.InputError, match=words) as caught:
        dpa.converge(dpa.DPSGD(**fields), "quadratic", **{"learning_rate": "0.1", **rest})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [
    lambda: Quadratic(np.array([0.0, 1.0]), np.ones(2)),
    lambda: Quadratic(np.array([math.nan]), np.ones(1)),
    lambda: Quadratic(np.ones(2), np.ones(3)),
    lambda: Quadratic(np.ones(2), np.ones(2), records=0),
    lambda: Quadratic(np.ones(2), np.ones(2), lean=0.6),
    lambda: Logistic("cancer", penalty=0.0),
    lambda: Logistic("wine"),
    lambda: Ridge("cancer", reach=0.5),
])  # fmt: skip
def test_problems_ask_for_their_constants(make):
    with pytest.raises(dpa.InputError):
        make()


def test_steps_that_grow_are_no_number():
    from dpaccount.convergence.setting import setting_of

    run = dpa.DPSGD(noise_multiplier=1, sampling_rate=1, steps=5000)
    with pytest.raises(dpa.NotConverged, match="leaves the floats"):
        simulate(setting_of(run, "quadratic", "5"), 2)


def test_the_best_step_size_is_better_than_others():
    made = setting("logistic-cancer", "1", "64/569", 100)
    best = best_step_size(made)
    for factor in ("0.3", "3"):
        size = str(float(best.learning_rate) * float(factor))
        others = predictions(made.with_values(learning_rate=dpa.DPSGD(
            noise_multiplier=size, sampling_rate=1, steps=1).noise_multiplier))  # fmt: skip
        bounds = [p.bound.upper for p in others if p.quantity == "mean_excess" and p.bound]
        assert not bounds or min(bounds) > best.prediction.bound.upper


@pytest.mark.parametrize(("module", "call", "words"), [
    ("sklearn.datasets", lambda: Ridge("cancer"), "scikit-learn is not installed"),
    ("torch", lambda: train_transformer(DIGITS), "torch and Opacus are not installed"),
    ("opacus", lambda: train_transformer(DIGITS), "torch and Opacus are not installed"),
    ("sklearn.datasets", lambda: train_transformer(DIGITS), "scikit-learn is not installed"),
])  # fmt: skip
def test_what_is_not_installed_is_said_in_one_line(module, call, words, monkeypatch):
    rows_of.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(dpa.Unsupported, match=words) as caught:
        call()
    assert "pip install 'dpaccount[convergence]'" in str(caught.value)


DIGITS = dpa.DPSGD(noise_multiplier=1, batch_size=64, dataset_size=1797, steps=3)


@pytest.mark.parametrize("change", [
    {"run": 3}, {"run": dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=3)},
    {"run": dpa.DPSGD(noise_multiplier=1, batch_size=64, dataset_size=1797, steps=0)},
    {"learning_rate": 0}, {"trajectories": 1}, {"seed": -1},
])  # fmt: skip
def test_a_transformer_refuses(change):
    with pytest.raises(dpa.InputError):
        train_transformer(**{"run": DIGITS, **change})
