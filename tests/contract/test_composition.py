"""A run is what was done, however it is written down."""

from __future__ import annotations

import dataclasses
import random

import pytest
from contract.cases import (
    ADJACENCIES,
    ALL,
    GUARANTEES,
    MIXED,
    PLAIN,
    WIDE,
    ask,
    dpsgd,
    epsilon,
    value,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa

SPLIT_SEARCH = {
    "closed_form",
    "closed_form.exact_basic",
    "closed_form.exact_advanced",
    "closed_form.classical_basic",
    "closed_form.classical_advanced",
}


@pytest.mark.parametrize("base", [PLAIN, WIDE], ids=["plain", "wide"])
@pytest.mark.parametrize("method", ALL)
def test_three_ways_to_write_the_same_run(method, base):
    steps = 12
    step = dpa.PoissonSubsampled(dpa.Gaussian(base["noise_multiplier"]), base["sampling_rate"])
    ways = [
        dpa.DPSGD(**{**base, "steps": steps}),
        dpa.SelfComposed(step, steps),
        dpa.Composed((step,) * steps),
        dpa.Composed((dpa.SelfComposed(step, 5), dpa.SelfComposed(dpa.SelfComposed(step, 7), 1))),
        dpa.SelfComposed(dpa.Composed((step, step, step)), 4),
    ]
    first, *others = (epsilon(way, method) for way in ways)
    assert all(other == first for other in others)
    if base is WIDE:
        assert first is not None


@pytest.mark.parametrize("method", ALL)
def test_the_order_of_the_parts_does_not_matter(method):
    parts = list(MIXED.mechanisms)
    bounds = []
    for seed in range(3):
        random.Random(seed).shuffle(parts)
        bounds.append(epsilon(dpa.Composed(tuple(parts)), method))
    assert bounds[0] == bounds[1] == bounds[2]


@pytest.mark.parametrize("method", GUARANTEES)
def test_a_longer_run_never_costs_less(method):
    # by the parts alone, and by all of them together
    whole = epsilon(MIXED, method)
    if whole is None:  # optimal composition speaks of one setting only
        assert method.endswith("optimal")
        return
    slack = 1e-3 if method in SPLIT_SEARCH else 1e-9
    for i in range(3):
        rest = dpa.Composed(MIXED.mechanisms[:i] + MIXED.mechanisms[i + 1 :])
        for part in (MIXED.mechanisms[i], rest):
            assert epsilon(part, method).upper <= whole.upper * (1 + slack)


@pytest.mark.parametrize("method", GUARANTEES)
def test_no_upper_end_of_the_whole_is_below_what_a_part_costs(method):
    parts = dpa.Composed((dpa.SelfComposed(dpa.Gaussian(8), 2), dpsgd(WIDE)))
    truth = dpa.epsilon(parts.mechanisms[0], "1e-5", method="gdp")
    assert truth.lower > 0.5
    whole = epsilon(parts, method)
    assert whole is None or whole.upper >= truth.lower
    assert (whole is None) == method.endswith("optimal")


@pytest.mark.parametrize("method", ["rdp", "zcdp", "gdp"])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_heterogeneous_runs_merge_what_is_equal(method, data):
    settings_ = st.tuples(
        st.sampled_from(["0.7", "1", "2.5"]),
        st.sampled_from(["0.001", "0.01", "1"]),
        st.integers(1, 300),
    )
    phases = data.draw(st.lists(settings_, min_size=1, max_size=5))
    runs = [dpa.DPSGD(noise_multiplier=s, sampling_rate=q, steps=t) for s, q, t in phases]
    shuffled = data.draw(st.permutations(runs))
    merged = {}
    for s, q, t in phases:
        merged[s, q] = merged.get((s, q), 0) + t
    together = [
        dpa.DPSGD(noise_multiplier=s, sampling_rate=q, steps=t) for (s, q), t in merged.items()
    ]
    bounds = [epsilon(dpa.Composed(tuple(way)), method) for way in (runs, shuffled, together)]
    assert bounds[0] == bounds[1] == bounds[2]
    assert max(epsilon(run, method).upper for run in runs) <= bounds[0].upper * (1 + 1e-9)


@pytest.mark.parametrize("method", GUARANTEES)
def test_unsampled_gaussians_are_one_gaussian(method):
    parts = dpa.Composed((dpa.Gaussian(15), dpa.SelfComposed(dpa.Gaussian(20), 4)))
    # 1/225 + 4/400 = 13/900
    one = epsilon(parts, method)
    truth = dpa.epsilon(parts, "1e-5", method="gdp")
    assert one.upper >= truth.lower
    assert truth.lower <= truth.upper <= truth.lower * (1 + 1e-9)
    same = dpa.epsilon(
        dpa.SelfComposed(dpa.PoissonSubsampled(dpa.Gaussian(60), 1), 52), "1e-5", method=method
    )
    assert one.upper == same.upper


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("adjacency", ADJACENCIES)
def test_asking_twice_gives_the_same_answer_and_changes_nothing(method, adjacency):
    run = dpsgd(WIDE, steps=30)
    before = dataclasses.replace(run)
    curve = dpa.profile(run, method=method, adjacency=adjacency)
    first = curve.epsilon("1e-5")
    curve.epsilon("1e-9")
    ask("delta", 1, run, method, adjacency)
    assert curve.epsilon("1e-5") == first
    assert epsilon(run, method, adjacency=adjacency) == first
    assert value(first) is not None
    assert run == before
    assert run.to_json() == before.to_json()
