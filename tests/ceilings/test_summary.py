"""`risk`: the ceilings side by side, against closed forms, grid values and each other."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from ceilings.known import CANDIDATE_PRIORS, GRID, TPR, grid_run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import dpaccount as dpa
from dpaccount.ceilings.summary import CANDIDATES, FPRS
from dpaccount.theorems import all_theorems

FULL = dpa.DPSGD(noise_multiplier=5, sampling_rate=1, steps=20)
MU = math.sqrt(20) / 5


@pytest.fixture(scope="module")
def exact():
    return dpa.risk(FULL, method="gdp")


def test_the_default_rows(exact):
    assert [rate.fpr.text for rate in exact.tpr] == [f"1e-{n}" for n in range(2, 10)]
    assert [pick.candidates for pick in exact.reconstruction] == [2, 16, 256, 1024, 1_000_000]
    assert (FPRS[0], CANDIDATES[0]) == ("1e-2", 2)
    assert exact.run == FULL
    assert exact.adjacency is dpa.Adjacency.ADD_REMOVE


def test_full_batches_have_closed_forms(exact):
    for fpr, bound in exact.tpr:
        truth = float(ndtr(ndtri(float(fpr)) + MU))
        assert truth * (1 - 1e-9) <= bound.lower <= truth * (1 + 1e-13)
        assert truth * (1 - 1e-13) <= bound.upper <= truth * (1 + 1e-9)
    for candidates, bound in exact.reconstruction:
        truth = float(ndtr(ndtri(1 / candidates) + MU))
        assert truth * (1 - 1e-9) <= bound.lower <= truth * (1 + 1e-13)
        assert truth * (1 - 1e-13) <= bound.upper <= truth * (1 + 1e-9)
    truth = 2 * float(ndtr(MU / 2)) - 1
    assert exact.advantage.lower <= truth * (1 + 1e-13)
    assert truth * (1 - 1e-13) <= exact.advantage.upper <= truth * (1 + 1e-9)


def test_two_candidates_at_noise_one():
    (pick,) = dpa.risk(dpa.Gaussian(1), fprs=(), candidates=[2], method="gdp").reconstruction
    assert pick.bound.upper == pytest.approx(0.8413447460685429, rel=1e-9)
    # eps >= 0 alone would give .8829
    loose = min(0.5 * math.exp(e) + dpa.delta(dpa.Gaussian(1), e).upper for e in (0, 1e-3, 0.1))
    assert loose == pytest.approx(0.8829, abs=1e-4)


def test_each_row_is_what_the_profile_says(exact):
    curve = dpa.profile(FULL, method="gdp")
    assert all(bound == curve.tpr(fpr) for fpr, bound in exact.tpr)
    for candidates, bound in exact.reconstruction:
        assert bound == curve.reconstruction(Fraction(1, candidates))
    assert exact.advantage == curve.advantage()


def test_a_sampled_row_is_the_worse_direction_and_presence():
    run = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=10)
    both, remove, add = (
        dpa.risk(
            run,
            fprs=["0.1", "1e-5"],
            candidates=[] if adjacency == "add" else [2],
            method="rdp",
            adjacency=adjacency,
        )
        for adjacency in ("add_remove", "remove", "add")
    )
    for at, rate in enumerate(both.tpr):
        sides = [side.tpr[at].bound.upper for side in (remove, add)]
        assert rate.bound.upper == max(sides)
        assert sides[0] != sides[1]
    assert both.reconstruction[0].bound.upper == remove.reconstruction[0].bound.upper
    assert both.advantage.upper == max(remove.advantage.upper, add.advantage.upper)


@pytest.mark.parametrize("run", [FULL, dpa.Laplace(3), grid_run(GRID[0])], ids=str)
def test_no_ceiling_is_below_guessing_and_all_rise(run):
    found = dpa.risk(run, method="rdp")
    for fpr, bound in found.tpr:
        assert float(fpr) <= bound.upper <= 1.0
        assert bound.upper <= float(fpr) + found.advantage.upper * (1 + 1e-9)
    for candidates, bound in found.reconstruction:
        assert 1 / candidates <= bound.upper <= 1.0
    for rows in (found.tpr, found.reconstruction):
        uppers = [row.bound.upper for row in rows]  # from easy to hard
        assert all(a > b for a, b in itertools.pairwise(uppers))


@pytest.mark.parametrize("row", GRID, ids=str)
def test_moments_are_above_the_grid(row):
    priors = [Fraction(k) for k in CANDIDATE_PRIORS]
    found = dpa.risk(
        grid_run(row), fprs=(), candidates=[p.denominator for p in priors], method="rdp"
    )
    for true, pick in zip(row.ceilings, found.reconstruction, strict=True):
        # the grid's values are rounded to the digits that are given
        assert true - 5e-5 <= pick.bound.upper <= min(4 * true, 1.0)


@pytest.mark.parametrize(("direction", "fpr", "true"), TPR)
def test_moments_are_above_the_true_rates(direction, fpr, true):
    found = dpa.risk(
        grid_run(GRID[0]), fprs=[fpr], candidates=(), method="rdp", adjacency=direction
    )
    assert true * (1 - 1e-4) <= found.tpr[0].bound.upper <= 4 * true


@given(st.fractions("1/1000", 1, max_denominator=10**6), st.integers(2, 10**15))
@settings(max_examples=25, deadline=None)
def test_any_rate_and_any_number_of_candidates(fpr, candidates):
    found = dpa.risk(dpa.Gaussian(2), fprs=[fpr], candidates=[candidates], method="gdp")
    assert found.tpr[0].bound.lower <= float(ndtr(ndtri(float(fpr)) + 0.5)) * (1 + 1e-12)
    assert found.tpr[0].bound.upper >= float(ndtr(ndtri(float(fpr)) + 0.5)) * (1 - 1e-12)
    assert found.reconstruction[0].bound.lower >= 1 / candidates * (1 - 1e-12)


def test_more_noise_lowers_every_ceiling():
    runs = [
        dpa.DPSGD(noise_multiplier=sigma, sampling_rate="0.02", steps=50) for sigma in (1, 2, 4)
    ]
    several = [dpa.risk(run, fprs=["0.01"], candidates=[16], method="rdp") for run in runs]
    for more, less in itertools.pairwise(several):
        assert all(a.upper > b.upper for a, b in zip(more.bounds, less.bounds, strict=True))


def test_what_it_stands_on(exact):
    assert exact.method == "gdp"
    assert exact.trust is dpa.Trust.PROVED
    assert {"risk.tpr", "risk.reconstruction", "risk.advantage"} <= set(exact.theorems)
    assert set(exact.theorems) <= set(all_theorems())
    assert len(exact.bounds) == len(FPRS) + len(CANDIDATES) + 1
    few = dpa.risk(FULL, fprs=(), candidates=(), method="gdp")
    assert few.bounds == (few.advantage,)
    assert "risk.tpr" not in few.theorems


def test_several_methods_are_called_best():
    (gdp, rdp) = (
        dpa.risk(dpa.Gaussian(1), fprs=["0.1"], candidates=(), method=m) for m in ("gdp", "rdp")
    )
    mixed = dpa.Risk(gdp.tpr, (), rdp.advantage, gdp.run, gdp.adjacency)
    assert (gdp.method, rdp.method, mixed.method) == ("gdp", "rdp", "best")
    with pytest.raises(AttributeError):
        mixed.tpr = ()


def test_rows_are_told_as_they_are_done():
    told = []
    dpa.risk(dpa.Gaussian(1), fprs=["1e-3"], candidates=[7], method="gdp", on_row=told.append)
    assert told == ["7 candidates", "false positive rate 1e-3"]


def test_nothing_released_leaves_only_guessing():
    found = dpa.risk(dpa.Identity(), fprs=["0.001"], candidates=[256])
    assert found.advantage.upper == 0.0
    assert found.tpr[0].bound.upper == pytest.approx(0.001, rel=1e-12)
    assert found.reconstruction[0].bound.upper == pytest.approx(1 / 256, rel=1e-12)


BAD_LISTS = [None, 3, 0.5, "0.5", b"0.5", math.nan, True, object(), len]
NO_RATE = [math.nan, "nan", math.inf, -1, "-1e-300", 1.0000000000000002, None, True, "x", [0.1], 1j]
NO_COUNT = [math.nan, "nan", math.inf, 1, 0, -2, 2.5, "1/3", 10**15 + 1, None, True, "x", [2], 1j]


@pytest.mark.parametrize("bad", BAD_LISTS, ids=lambda bad: type(bad).__name__)
@pytest.mark.parametrize("name", ["fprs", "candidates"])
def test_what_is_no_list_is_refused(name, bad):
    with pytest.raises(dpa.InputError, match=f"{name}: given .*allowed: .*do: "):
        dpa.risk(dpa.Gaussian(1), **{name: bad})


@pytest.mark.parametrize("bad", NO_RATE, ids=lambda bad: type(bad).__name__)
def test_what_is_no_rate_is_refused(bad):
    with pytest.raises(dpa.InputError, match="fpr: given"):
        dpa.risk(dpa.Gaussian(1), fprs=["0.1", bad])


@pytest.mark.parametrize("bad", NO_COUNT, ids=lambda bad: type(bad).__name__)
def test_what_is_no_number_of_candidates_is_refused(bad):
    with pytest.raises(dpa.InputError, match="candidates: given"):
        dpa.risk(dpa.Gaussian(1), candidates=[2, bad])


def test_lists_of_other_kinds_are_taken():
    one = dpa.risk(dpa.Gaussian(1), fprs=np.array([0.1]), candidates=np.array([2]), method="gdp")
    two = dpa.risk(dpa.Gaussian(1), fprs=(x for x in ["0.1"]), candidates={2}, method="gdp")
    assert one == two


def test_what_has_no_ceiling_is_refused():
    for fprs, candidates in (((), ()), (["0.1"], ()), ((), [2])):
        with pytest.raises(dpa.Unsupported, match="no ceiling"):
            dpa.risk(FULL, method="gdp_clt", fprs=fprs, candidates=candidates)
    with pytest.raises(dpa.Unsupported, match=r"REMOVE.*do: use adjacency remove"):
        dpa.risk(FULL, adjacency="add")
    assert dpa.risk(FULL, adjacency="add", candidates=()).reconstruction == ()
    sampled = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=1)
    with pytest.raises(dpa.Unsupported, match="replace_one"):
        dpa.risk(sampled, adjacency="replace_one")
    for bad in (None, 3, "run", {}, dpa.DPSGD):
        with pytest.raises(dpa.InputError, match="mechanism"):
            dpa.risk(bad)
