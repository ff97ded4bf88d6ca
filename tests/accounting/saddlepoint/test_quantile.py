"""The guess of a test's threshold: near the exact one, and a miss is only loose."""

from __future__ import annotations

import math

import pytest

import dpaccount as dpa
from dpaccount.accountants.saddlepoint import tiers
from dpaccount.accountants.saddlepoint.fast import fast_threshold
from dpaccount.accountants.saddlepoint.threshold import threshold

RUNS = [("1.1", "256/60000", 14_063), ("0.5", "0.001", 1000), ("5", "0.004", 20_000)]


def sides(noise, rate, steps):
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
    return dpa.profile(run, method="saddlepoint.fast").sides


@pytest.mark.parametrize("rate", [0.5, 0.1, 1e-3, 1e-9])
@pytest.mark.parametrize("run", RUNS)
def test_it_is_where_the_balls_plan_finds_it(run, rate):
    for side in sides(*run):
        found = fast_threshold(side.described, math.log(rate))
        if found is None:  # where few steps leave float64 no line
            assert (run[0], rate) == ("0.5", 1e-9)
            continue
        assert found == pytest.approx(threshold(side.described, math.log(rate)), rel=2e-2, abs=1e-3)
        # at the least of rate e^eps + delta(eps) the two ends meet
        bound = side.tpr(str(rate))
        assert bound.log_upper - bound.log_lower < 1e-6


def test_where_it_knows_nothing_the_other_one_is_asked():
    (_, add) = sides(*RUNS[1])
    assert fast_threshold(add.described, math.log(1e-9)) is None
    assert add._best_epsilon(math.log(1e-9)) == threshold(add.described, math.log(1e-9))
    for nothing in (math.nan, 0.0, 1.0, -math.inf):
        assert fast_threshold(add.described, nothing) is None


@pytest.mark.parametrize("miss", [-3.0, 0.0, 30.0])
def test_a_miss_is_only_loose(monkeypatch, miss):
    for side in sides(*RUNS[0]):
        good = side.tpr("0.001")
        with monkeypatch.context() as patch:
            patch.setattr(tiers, "fast_threshold", lambda run, log_fpr: miss)
            bound = side.tpr("0.001")
        assert bound.lower <= good.upper
        assert bound.upper >= good.lower
