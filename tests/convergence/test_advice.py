"""Advice is as good as what is measured beside it."""

from __future__ import annotations

import pytest
from convergence.known import setting

import dpaccount as dpa
from dpaccount.convergence.budgets import excess_of_budgets
from dpaccount.convergence.check import check
from dpaccount.convergence.step_size import best_step_size


@pytest.mark.parametrize(("name", "noise"), [("wells", "2"), ("median", "2"), ("quadratic", "8")])
def test_the_step_size_is_near_the_best_measured_one(name, noise):
    """Of a measured grid, a factor of 2 apart, none is better by more than two fifths."""
    made = setting(name, noise, "1/4", 60)
    best = best_step_size(made)
    quantity = best.prediction.quantity
    means = {}
    for factor in (0.125, 0.25, 0.5, 1, 2, 4):
        size = f"{float(best.learning_rate) * factor:.3g}"
        if float(size) * made.facts.smoothness < 2 or made.facts.smoothness > 1e9:
            tried = setting(name, noise, "1/4", 60, size)
            means[factor] = check(tried, 150, seed=2).measured[quantity].value
    assert len(means) >= 4
    assert means[1] <= 1.4 * min(means.values())
    assert means[1] < means[0.125]


def test_the_choice_is_near_the_best_measured_one():
    found = dpa.advise(
        "wells", epsilon=2, delta="1e-3", batch_sizes=[5, 20, 40], steps=[10, 40, 160]
    )
    assert len(found.choices) == 9
    bounds = [choice.upper for choice in found.choices]
    assert bounds == sorted(bounds)
    means = []
    for choice in found.choices:
        assert choice.calibration.bound.upper <= 2
        measured = dpa.converge(
            choice.run, "wells", learning_rate=choice.learning_rate, trajectories=100
        ).measured[found.quantity]
        assert measured.lower <= choice.upper
        means.append(measured.value)
    assert means[found.choices.index(found.best)] <= 1.25 * min(means)


def test_less_noise_costs_less():
    run = {"batch_size": 10, "steps": 30}
    found = excess_of_budgets(
        run, "wells", epsilons=["1", "8"], delta="1e-3", trajectories=100, method="gdp"
    )
    one, eight = (found.chief(budget.found) for budget in found.budgets)
    floor = found.chief(found.floor)
    assert one.upper > eight.upper > floor.upper
    assert one.measured.value > eight.measured.value > floor.measured.value
    for budget in found.budgets:
        assert budget.calibration.bound.upper <= budget.epsilon


@pytest.mark.parametrize("change", [
    {"epsilons": []}, {"epsilons": "x"}, {"epsilons": 3}, {"epsilons": [0]},
    {"epsilons": [1] * 101},
    {"run": 3}, {"run": {"steps": 3}}, {"problem": "x"}, {"delta": 2}, {"trajectories": 1},
    {"false_alarm": 0}, {"run": {"batch_size": 99, "steps": 3}},
])  # fmt: skip
def test_budgets_that_are_refused(change):
    run = {"batch_size": 10, "steps": 3}
    known = {"run": run, "problem": "wells", "epsilons": [1], "delta": "1e-3", "trajectories": 5}
    with pytest.raises(dpa.InputError):
        excess_of_budgets(**{**known, **change})
