"""An audit's bounds are below the truth as often as said, and reach it where they can."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

import dpaccount as dpa
from dpaccount.attacks.audit import audit_identification, audit_membership, audit_rates
from dpaccount.attacks.rates import Rate
from dpaccount.errors import InputError
from dpaccount.guarantees import Trust

MU = 1.0


def epsilon_of(mu, delta):
    return dpa.epsilon(dpa.Gaussian(1 / mu), delta=delta).upper


def test_audits_need_no_model():
    asked = "from dpaccount.attacks import Audit, Rate, audit_rates\n"
    asked += "assert isinstance(audit_rates(Rate(0, 9), Rate(0, 9), delta=0), Audit)"
    without = "import sys; sys.modules['torch'] = None\n"
    subprocess.run([sys.executable, "-c", without + asked], check=True)
    other = [sys.executable, "-c", without + "from dpaccount.attacks import Threat"]
    done = subprocess.run(other, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "dpaccount[attacks]" in done.stderr


def test_a_rate_has_the_ends_of_clopper_and_pearson():
    # v = n: the lower end is a^(1/n); v = 0: the upper end is 1 - a^(1/n)
    assert Rate(20, 20).lower(0.05) == pytest.approx(0.05 ** (1 / 20), rel=1e-8)
    assert Rate(0, 20).upper(0.05) == pytest.approx(1 - 0.05 ** (1 / 20), rel=1e-8)
    assert Rate(0, 20).lower(0.05) == 0
    assert Rate(20, 20).upper(0.05) == 1
    # at the end the tail is the error
    assert binom.sf(29, 100, Rate(30, 100).lower(1e-6)) == pytest.approx(1e-6, rel=1e-6)
    assert binom.cdf(30, 100, Rate(30, 100).upper(1e-6)) == pytest.approx(1e-6, rel=1e-6)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
def test_two_ends_miss_no_more_often_than_said(rate):
    chances = binom.pmf(np.arange(61), 60, rate)
    missed = sum(
        chance
        for v, chance in enumerate(chances)
        if not Rate(v, 60).lower(0.05) <= rate <= Rate(v, 60).upper(0.05)
    )
    assert 0.005 < missed <= 0.1


@pytest.mark.parametrize("successes", [0, 7, 60])
def test_an_interval_shares_its_error_between_both_ends(successes):
    rate = Rate(successes, 60)
    assert rate.interval(0.05) == rate.interval("0.05") == (rate.lower(0.025), rate.upper(0.025))
    # and no end goes beyond its own error, by however little
    if 0 < successes < 60:
        assert binom.sf(successes - 1, 60, rate.lower(0.025)) <= 0.025
        assert binom.cdf(successes, 60, rate.upper(0.025)) <= 0.025


def test_a_membership_test_shows_both_directions_with_half_the_error_each():
    # few misses and many alarms: it is the second direction that shows something
    alarms, misses = Rate(60, 100), Rate(0, 100)
    for one, other in ((alarms, misses), (misses, alarms)):
        found = audit_rates(one, other, delta=0, error=0.05)
        ends = one.upper(0.025), other.upper(0.025)
        shown = max(math.log((1 - ends[1]) / ends[0]), math.log((1 - ends[0]) / ends[1]))
        assert found.epsilon.lower == pytest.approx(shown, rel=1e-9)
        assert found.mu.lower == pytest.approx(ndtri(1 - ends[1]) - ndtri(ends[0]), rel=1e-9)


def test_a_score_at_the_threshold_says_present():
    found = audit_membership([4.0] * 40, [0.0] * 40, delta=0)
    assert found.mu.details["threshold"] == 4
    assert found.mu.details["false_negatives"] == "0 of 20"


@pytest.mark.parametrize("candidates", [2, 16, 256])
def test_identification_is_valid_for_the_best_attack_there_is(candidates):
    """Every number of successes, weighed by its exact chance under the ceiling itself."""
    success, trials, delta, error = float(ndtr(ndtri(1 / candidates) + MU)), 200, 1e-5, 0.05
    epsilon, wrong = epsilon_of(MU, delta), {"mu": 0.0, "epsilon": 0.0}
    for v in range(trials + 1):
        chance = binom.pmf(v, trials, success)
        if chance < 1e-12:
            continue
        found = audit_identification(
            Rate(v, trials), prior=f"1/{candidates}", delta=delta, error=error
        )
        wrong["mu"] += chance * (found.mu.lower > MU)
        wrong["epsilon"] += chance * (found.epsilon.lower > epsilon)
    assert 0.005 < wrong["mu"] <= error  # and not far below: the bound is no empty one
    assert wrong["epsilon"] <= error


def test_membership_is_valid_for_a_gaussian():
    """Every pair of numbers of errors, weighed by its exact chance."""
    trials, delta, error = 40, 1e-5, 0.1
    epsilon = epsilon_of(MU, delta)
    fpr, fnr = float(ndtr(-1.0)), float(ndtr(1.0 - MU))
    wrong = {"mu": 0.0, "epsilon": 0.0}
    for v, w in itertools.product(range(trials + 1), repeat=2):
        chance = binom.pmf(v, trials, fpr) * binom.pmf(w, trials, fnr)
        if chance < 1e-9:
            continue
        found = audit_rates(Rate(v, trials), Rate(w, trials), delta=delta, error=error)
        wrong["mu"] += chance * (found.mu.lower > MU)
        wrong["epsilon"] += chance * (found.epsilon.lower > epsilon)
    assert 1e-4 < wrong["mu"] <= error
    assert wrong["epsilon"] <= error


def test_a_test_that_is_wrong_nine_times_of_ten_shows_nothing():
    for trials in (10, 1000, 10**6):
        found = audit_rates(Rate(9 * trials // 10, trials), Rate(9 * trials // 10, trials), delta=0)
        assert [bound.lower for bound in found.bounds] == [0, 0]


def test_many_trials_come_near_the_truth():
    many = 10**8
    fpr, fnr = float(ndtr(-1.0)), float(ndtr(1.0 - MU))
    found = audit_rates(Rate(round(fpr * many), many), Rate(round(fnr * many), many), delta=0)
    assert MU - 1e-3 < found.mu.lower < MU
    success = float(ndtr(ndtri(1 / 16) + MU))
    found = audit_identification(Rate(round(success * many), many), prior="1/16", delta=0)
    assert MU - 1e-3 < found.mu.lower < MU
    assert found.epsilon.lower == pytest.approx(math.log(16 * success), abs=1e-3)


def test_a_threshold_is_not_chosen_on_the_scores_that_it_is_counted_on():
    """Pure noise: the bound is 0 in all but `error` of the cases, whatever the threshold."""
    random, shown = np.random.default_rng(0), 0
    for _ in range(60):
        present, absent = random.standard_normal((2, 80))
        shown += audit_membership(present, absent, delta=0, error=0.05).mu.lower > 0
    assert binom.sf(shown - 1, 60, 0.05) > 1e-3
    # scores that say all on the first half and nothing on the second
    half = [5.0, 0.0] * 50
    other = [-5.0, 0.0] * 50
    assert audit_membership(half, other, delta=0).epsilon.lower == 0


def test_a_bound_names_its_theorems_and_what_it_was_made_of():
    found = audit_membership([3.0, 4.0] * 20, [0.0, 1.0] * 20, delta="1e-5")
    assert found.epsilon.lower > 0.9
    assert found.epsilon.trust is Trust.EMPIRICAL
    assert found.epsilon.theorems == ("risk.audit_epsilon", "risk.clopper_pearson")
    assert found.mu.theorems == ("risk.audit_mu", "risk.clopper_pearson")
    assert found.mu.details["error"] == 0.05
    assert found.mu.details["false_positives"] == "0 of 20"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Rate(3, 2), "successes"),
        (lambda: Rate(0, 0), "trials"),
        (lambda: Rate(1, 2).lower(0), "error"),
        (lambda: Rate(1, 2).lower(math.nan), "error"),
        (lambda: Rate(1, 2).interval("x"), "error"),
        (lambda: Rate(1, 2).upper(None), "error"),
        (lambda: audit_identification(Rate(1, 2), prior="1/2", delta=0, error="x"), "error"),
        (lambda: audit_identification((1, 2), prior="1/2", delta=0), "rate"),
        (lambda: audit_rates(Rate(1, 2), None, delta=0), "false_negatives"),
        (lambda: audit_identification(Rate(1, 2), prior=1, delta=0), "prior"),
        (lambda: audit_identification(Rate(1, 2), prior="1/2", delta=1), "delta"),
        (lambda: audit_identification(Rate(1, 2), prior="1/2", delta=0, error=1), "error"),
        (lambda: audit_membership([1.0] * 3, [1.0] * 4, delta=0), "present"),
        (lambda: audit_membership([1.0] * 4, [1.0, 2, 3, math.nan], delta=0), "absent"),
        (lambda: audit_membership([1.0] * 4, "abcd", delta=0), "absent"),
    ],
)
def test_bad_input_is_one_line(call, name):
    with pytest.raises(InputError) as refusal:
        call()
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)


def test_the_threshold_is_not_chosen_on_the_scores_it_is_counted_on():
    """Every other score is for the choice; the rest alone would have chosen 20, and shown much."""
    present, absent = [1, 20, 20, 20] * 100, [0, 9] * 200
    found = audit_membership(present, absent, delta=0)
    assert found.epsilon.details["threshold"] == 1
    assert (found.epsilon.lower, found.mu.lower) == (0, 0)
    turned = audit_membership(present[1::2], absent[1::2], delta=0)
    assert turned.epsilon.details["threshold"] == 20
    assert turned.epsilon.lower > 3
