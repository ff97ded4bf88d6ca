"""What may be wrong in a training or in a bound is noticed on at least one problem."""

from __future__ import annotations

import math

import numpy as np
import pytest
from convergence.known import setting

from dpaccount.convergence import noise, simulate
from dpaccount.convergence.check import HOLDS, VIOLATED, check
from dpaccount.convergence.problems import Quadratic
from dpaccount.convergence.rules import asking

TRAJECTORIES = 2000


def gaussian():
    """Full batches: the exact law is known on both sides."""
    return setting(Quadratic(np.linspace(0.2, 1, 10), np.ones(10)), "20", "1", 40, "0.3")


def sampled():
    """Small batches: the noise of the sampling is what matters."""
    problem = Quadratic(np.full(3, 0.5), np.ones(3), lean=0.5)
    return setting(problem, "0.3", "1/12", 40, "0.5")


def few():
    """Batches of four on average, and much noise: the mean of 1 / size^2 is what matters."""
    problem = Quadratic(np.full(3, 0.5), np.ones(3), lean=0.5)
    return setting(problem, "4", "1/12", 40, "0.5")


def clipping():
    return setting("clipping", "0.1", "1", 400, "0.5")


def halved_noise(monkeypatch):
    true = simulate.noise_of
    monkeypatch.setattr(simulate, "noise_of", lambda made: true(made) / 2)


def doubled_noise(monkeypatch):
    true = simulate.noise_of
    monkeypatch.setattr(simulate, "noise_of", lambda made: true(made) * 2)


def no_clipping(monkeypatch):
    monkeypatch.setattr(simulate, "clip_of", lambda made: math.inf)


def drawn_batch_size(monkeypatch):
    """Divide by how many records came, where any did."""

    def drawn(made, chosen):
        return np.maximum(chosen.sum(axis=1, keepdims=True), 1.0)

    monkeypatch.setattr(simulate, "divisor_of", drawn)


def about_the_mean(monkeypatch):
    """The second moment about the mean gradient, for the raw one, in the exact bound."""
    true = Quadratic.facts

    def centered(problem, clip_norm):
        facts = true(problem, clip_norm)
        spread = problem.pulls - problem.pulls.mean(axis=0)
        axes = zip(facts.coordinates, (spread**2).mean(axis=0), strict=True)
        coordinates = tuple(type(a)(a.curvature, a.start, float(m)) for a, m in axes)
        return type(facts)(**{**vars(facts), "coordinates": coordinates})

    monkeypatch.setattr(Quadratic, "facts", centered)


def root_of_the_dimension(monkeypatch):
    """sqrt(d) for d in the noise's second moment."""
    true = noise._moment

    def shrunk(run, records, dimension, *rest):
        whole, none = true(run, records, dimension, *rest), true(run, records, 1, *rest)
        each = (whole - none) / max(dimension - 1, 1)
        return none + each * type(each)(math.sqrt(dimension) - 1)

    monkeypatch.setattr(noise, "_moment", shrunk)


def long_steps(monkeypatch):
    """Steps twice as long as was said."""
    kind = type(gaussian())
    true = kind.learning_rates.func
    monkeypatch.setattr(kind, "learning_rates", property(lambda made: 2 * true(made)))


def short_steps_in_the_bound(monkeypatch):
    """A bound for steps half as long."""
    true = asking.size
    monkeypatch.setattr(asking, "size", lambda made: true(made) / 2)


#: Where each is noticed, and by the bound of which theorem.
MUTANTS = [
    (halved_noise, gaussian, "sgd.quadratic_exact"),
    (doubled_noise, gaussian, "sgd.quadratic_exact"),
    (no_clipping, clipping, "sgd.convex_smooth"),
    (drawn_batch_size, few, "sgd.quadratic_exact"),
    (about_the_mean, sampled, "sgd.quadratic_exact"),
    (root_of_the_dimension, gaussian, "sgd.strongly_convex"),
    (long_steps, gaussian, "sgd.quadratic_exact"),
    (short_steps_in_the_bound, gaussian, "sgd.quadratic_exact"),
]


@pytest.mark.parametrize("make", [gaussian, sampled, few, clipping])
def test_what_is_right_holds(make):
    assert check(make(), TRAJECTORIES, seed=9).verdict == HOLDS


@pytest.mark.parametrize(("change", "make", "theorem"), MUTANTS, ids=lambda x: getattr(
    x, "__name__", str(x)))  # fmt: skip
def test_what_is_wrong_is_noticed(change, make, theorem, monkeypatch):
    made = make()
    change(monkeypatch)
    found = check(made, TRAJECTORIES, seed=9)
    assert found.verdict == VIOLATED
    assert theorem in {row.prediction.theorem for row in found.rows if row.verdict == VIOLATED}
