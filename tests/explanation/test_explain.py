"""An explanation is true: each of its numbers is found again by a question of its own."""

from __future__ import annotations

import math

import pytest

import dpaccount as dpa
from dpaccount.theorems import all_theorems

SIZED = {"noise_multiplier": "1.1", "batch_size": 256, "dataset_size": 60_000}
RUN = dpa.DPSGD(**SIZED, epochs=60)
PHASES = dpa.Composed(
    (
        dpa.DPSGD(noise_multiplier=2, sampling_rate="0.01", steps=500),
        dpa.DPSGD(noise_multiplier=1, sampling_rate="0.02", steps=200),
    )
)


def changes(found):
    return {change.what: change for change in found.changes}


def test_every_change_is_the_run_it_says():
    found = dpa.explain(RUN, "1e-5")
    rate = RUN.sampling_rate
    known = changes(found)
    runs = {
        "one more epoch (234 steps)": dpa.DPSGD(**SIZED, epochs=61),
        "one more step": dpa.DPSGD(**SIZED, steps=RUN.steps + 1),
        "twice the noise": RUN.with_value("noise_multiplier", "2.2"),
        "half the noise": RUN.with_value("noise_multiplier", "0.55"),
        "half the sampling rate, as many steps": dpa.DPSGD(
            noise_multiplier="1.1", sampling_rate=rate / 2, steps=RUN.steps
        ),
    }
    assert set(known) == set(runs)
    for what, run in runs.items():
        bound = dpa.epsilon(run, "1e-5")
        assert (known[what].bound.lower, known[what].bound.upper) == (bound.lower, bound.upper)
        low, high = known[what].difference
        assert low <= bound.lower - found.bound.upper
        assert high >= bound.upper - found.bound.lower
        assert high - low < 1e-8
    assert known["one more step"].difference[0] > 0
    assert known["twice the noise"].difference[1] < 0


def test_a_run_in_steps_is_told_of_a_tenth_more():
    run = dpa.DPSGD(noise_multiplier=2, sampling_rate="0.01", steps=105)
    found = changes(dpa.explain(run, "1e-5"))
    longer = dpa.epsilon(run.with_value("steps", 116), "1e-5")
    assert found["a tenth more steps (11)"].bound.upper == longer.upper


def test_one_more_epoch_of_a_run_whose_steps_are_given():
    run = dpa.DPSGD(**SIZED, steps=1000)
    found = changes(dpa.explain(run, "1e-5"))
    longer = dpa.epsilon(run.with_value("steps", 1000 + math.ceil(60_000 / 256)), "1e-5")
    assert found["one more epoch (235 steps)"].bound.upper == longer.upper


@pytest.mark.parametrize("method", [None, "rdp", "saddlepoint.fast"])
def test_the_direction_that_binds(method):
    found = dpa.explain(RUN, "1e-5", method=method)
    by_itself = {
        direction: dpa.epsilon(RUN, "1e-5", method=method, adjacency=direction.value)
        for direction in found.directions
    }
    assert {d: b.upper for d, b in found.directions.items()} == {
        d: b.upper for d, b in by_itself.items()
    }
    assert found.binding is max(by_itself, key=lambda d: by_itself[d].upper)
    assert (found.order is not None) == (method == "rdp")


def test_two_directions_alike_bind_neither():
    found = dpa.explain(dpa.Gaussian(1), "1e-5")
    assert {b.upper for b in found.directions.values()} == {found.bound.upper}


def test_what_each_setting_costs():
    found = dpa.explain(PHASES, "1e-6")
    first, second = found.parts
    # the one whose absence saves most stands first
    assert first.what == "200 x Gaussian(1) at rate 0.02"
    assert first.without.upper == dpa.epsilon(PHASES.mechanisms[0], "1e-6").upper
    assert second.without.upper == dpa.epsilon(PHASES.mechanisms[1], "1e-6").upper
    assert first.without.upper < second.without.upper < found.bound.lower
    assert dpa.explain(RUN, "1e-5").parts == ()


def test_every_theorem_stands_once_and_under_what_uses_it():
    found = dpa.explain(RUN, "1e-5")
    listed = [cited.theorem.id for cited in found.theorems]
    assert len(listed) == len(set(listed))
    assert set(listed) >= set(found.bound.theorems)
    above = []
    for depth, theorem in found.theorems:
        above = [*above[:depth], theorem]
        assert len(above) == depth + 1
        if depth:
            assert theorem.id in above[-2].uses
    known = all_theorems()
    assert all(use in listed for name in listed for use in known[name].uses)


def test_the_other_methods_are_those_of_compare():
    found = dpa.explain(RUN, "1e-5")
    rows = {row.method: row for row in dpa.compare(RUN, "1e-5", peers=False).rows}
    assert {row.method for row in found.rows} == set(rows) - {found.bound.method}
    for row in found.rows:
        assert (row.note, row.verdict, row.upper) == (
            rows[row.method].note, rows[row.method].verdict, rows[row.method].upper,
        )  # fmt: skip
        assert row.note


def test_what_a_method_does_not_cover_is_not_known():
    # half the noise is outside the range of the classical theorem
    run = dpa.Gaussian(6)
    found = changes(dpa.explain(run, "1e-5", method="closed_form.classical_basic"))
    assert found["half the noise"].bound is None
    assert found["half the noise"].difference == (None, None)
    assert found["twice the noise"].bound.upper > 0


def test_a_run_of_which_nothing_is_left():
    found = dpa.explain(dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=0), "1e-5")
    assert found.bound.upper == 0
    assert found.binding is None
    assert all(change.bound is None for change in found.changes)
