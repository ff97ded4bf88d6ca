"""What one theory says in several ways, and several theories of one number, must agree."""

from __future__ import annotations

import itertools
import math

import pytest
from contract.cases import (
    ADJACENCIES,
    ALL,
    FULL,
    GUARANTEES,
    LAPLACE,
    MIXED,
    PLAIN,
    SAMPLED_LAPLACE,
    WIDE,
    ask,
    counts,
    deltas,
    dpsgd,
    epsilon,
    rates,
    sigmas,
    value,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount import Bound, Trust

RUNS = {
    "plain": dpsgd(PLAIN),
    "wide": dpsgd(WIDE),
    "full": dpsgd(FULL),
    "mixed": MIXED,
    "laplace": LAPLACE,
    "sampled laplace": SAMPLED_LAPLACE,
}
QUICK = [
    name
    for name in GUARANTEES
    if name
    not in ("best", "closed_form", "closed_form.exact_optimal", "closed_form.classical_optimal")
]


def agree(bounds):
    """Whether bounds of one number leave room for it."""
    lowers = [b.lower for b in bounds if b.lower is not None]
    uppers = [b.upper for b in bounds if b.upper is not None]
    assert uppers
    return max(lowers, default=-math.inf) <= min(uppers)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("adjacency", ADJACENCIES)
def test_every_lower_end_is_below_every_upper_end(run, adjacency):
    for delta in ("0.9", "0.01", "1e-5", "1e-30", "1e-1000"):
        bounds = [epsilon(run, name, delta, adjacency) for name in GUARANTEES]
        assert agree([b for b in bounds if b is not None])
    for eps in (-1, 0, 0.5, 4):
        bounds = [ask("delta", eps, run, name, adjacency) for name in QUICK]
        assert agree([b for b in bounds if b is not None])


@given(sigmas, rates, counts, deltas)
@settings(max_examples=15, deadline=None)
def test_guarantees_agree_on_any_run(sigma, rate, count, delta):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=count)
    names = ["best", "rdp", "zcdp", "gdp", "closed_form.exact_basic", "closed_form.moments_integer"]
    bounds = [epsilon(run, name, delta) for name in names]
    assert agree(bounds)
    # the default is the least of what it looks at, to the last digits of a sum's order
    assert bounds[0].upper <= min(bound.upper for bound in bounds) * (1 + 1e-12)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("method", QUICK)
def test_delta_at_epsilon_is_at_most_delta(method, run):
    for delta in ("0.1", "1e-5", "1e-12"):
        bound = epsilon(run, method, delta)
        if bound is None or bound.upper == math.inf:
            continue
        # a hair above the least epsilon, delta has to be back under the target; the search behind
        # either may miss a part in 1e-6
        eps = bound.upper * (1 + 1e-6) + 1e-9
        back = ask("delta", eps, run, method)
        assert back.upper <= float(delta) * (1 + 1e-4)


@pytest.mark.parametrize("method", ["closed_form", "closed_form.exact_optimal"])
def test_delta_at_epsilon_by_the_slow_chains(method):
    run = dpsgd(WIDE)
    eps = epsilon(run, method).upper * (1 + 1e-3)
    assert ask("delta", eps, run, method).upper <= 1.001e-5


# The (eps, delta) chains sharpen delta by one more theorem than epsilon.
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("method", ["rdp", "zcdp", "gdp", "closed_form.moments_integer"])
def test_epsilon_at_delta_is_at_most_epsilon(method, run):
    for eps in (0.3, 2):
        bound = ask("delta", eps, run, method)
        if bound is None or bound.upper == 1.0 or bound.upper == 0.0:
            continue
        back = epsilon(run, method, min(bound.upper * (1 + 1e-6), 0.999999))
        assert back.upper <= eps * (1 + 1e-4)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("method", ALL)
def test_two_sided_adjacency_is_the_worse_direction(method, run):
    sides = [epsilon(run, method, adjacency=side) for side in ("remove", "add")]
    both = epsilon(run, method)
    if both is None:
        assert sides == [None, None]
        return
    assert value(both) == max(value(side) for side in sides)
    if both.lower is not None:
        assert both.lower == max(side.lower for side in sides)
    zero_out = epsilon(run, method, adjacency="zero_out")
    assert (zero_out.lower, zero_out.upper, zero_out.estimate) == (
        both.lower,
        both.upper,
        both.estimate,
    )


@pytest.mark.parametrize("run", [RUNS["plain"], RUNS["laplace"]], ids=["plain", "laplace"])
@pytest.mark.parametrize("method", ["rdp", "zcdp", "gdp"])
def test_delta_of_both_sides_is_the_worse_direction(method, run):
    for eps in (-0.5, 0, 0.7):
        sides = [ask("delta", eps, run, method, side).upper for side in ("remove", "add")]
        assert ask("delta", eps, run, method).upper == max(sides)


@pytest.mark.parametrize("method", [name for name in ALL if name != "best"])
def test_the_advantage_is_delta_at_zero(method):
    run = dpsgd(WIDE, steps=20)
    curve = dpa.profile(run, method=method)
    try:
        zero = curve.delta(0)
    except dpa.Unsupported:
        pytest.fail("epsilon is covered here, so delta(0) <= 1 is")
    advantage = curve.advantage()
    assert value(advantage) == value(zero)
    assert advantage.trust is zero.trust
    assert "risk.advantage" in advantage.theorems
    assert 0.0 <= value(advantage) <= 1.0


@pytest.mark.parametrize(
    "run", [RUNS["plain"], RUNS["full"], RUNS["laplace"]], ids=["plain", "full", "laplace"]
)
@pytest.mark.parametrize(
    "method", ["rdp", "zcdp", "gdp", "closed_form.moments_integer", "closed_form.exact_advanced"]
)
def test_attack_rates_stay_in_their_range_and_rise(method, run):
    grid = ["0", "1e-9", "1e-4", "0.01", "0.3", "0.9", "1"]
    if method == "rdp":  # a second for each rate
        grid = ["1e-6", "0.1", "1"] if run is RUNS["plain"] else ["0.1"]
    rates_ = [ask("tpr", fpr, run, method, "remove") for fpr in grid]
    if None in rates_:
        assert method == "closed_form.moments_integer"
        assert run is LAPLACE
        return
    uppers = [bound.upper for bound in rates_]
    misses = (
        [max(1.0 - high - 1e-15, 0.0) for high in uppers]
        if method == "rdp"
        else [ask("tradeoff", fpr, run, method, "remove").lower for fpr in grid]
    )
    for fpr, high, miss in zip(grid, uppers, misses, strict=True):
        assert float(fpr) <= high <= 1.0
        assert 0.0 <= miss <= 1.0 - float(fpr)
        assert miss <= 1.0 - high
    assert all(a <= b * (1 + 1e-6) for a, b in itertools.pairwise(uppers))
    assert all(a >= b - 1e-6 for a, b in itertools.pairwise(misses))
    assert grid[-1] != "1" or misses[-1] == 0.0
    assert all("risk.tpr" in bound.theorems for bound in rates_)


def test_an_estimate_is_no_ceiling_for_attacks():
    curve = dpa.profile(dpsgd(), method="gdp_clt")
    with pytest.raises(dpa.Unsupported, match="do: "):
        curve.tpr(0.1)
    with pytest.raises(dpa.Unsupported, match="do: "):
        curve.tradeoff(0.1)
    assert curve.gdp_mu().trust is Trust.ASYMPTOTIC


@given(st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_tpr_of_the_advantage(fpr):
    curve = dpa.profile(dpsgd(FULL), method="gdp")
    gap = curve.tpr(fpr).upper - fpr
    assert gap <= curve.advantage().upper * (1 + 1e-12)
    assert isinstance(curve.tpr(fpr), Bound)
