"""The ceilings of a cell, each by another road; what decides and what does not; audits."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from dpaccount.attacks import Threat, draw_secrets, find_target
from dpaccount.attacks.audit import Audit
from dpaccount.attacks.gram import clipped_gram
from dpaccount.attacks.identification import simulate
from dpaccount.attacks.rates import Rate
from dpaccount.attacks.sweep import Verdict, ceilings, geometry, run_attacks, trial, verdict
from dpaccount.attacks.sweep.ceilings import Ceiling
from dpaccount.attacks.sweep.cells import Question
from dpaccount.attacks.sweep.trial import Trial, trials
from dpaccount.attacks.sweep.verdict import Claim, audit_of, claims, is_beyond, verdict_of
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound, Trust

COMMON = {
    "targets": ["attention"], "attacks": ["identify"], "noise_multipliers": ["0.5"],
    "epsilons": None, "trials": 6, "evaluations": 10, "candidates": 5, "length": 4,
    "clip_norm": 1, "steps": 1, "sampling_rate": 1, "delta": "1e-5", "seed": 0,
}  # fmt: skip


def a_cell(**changes):
    (cell,) = Question.read(**COMMON | changes).cells()
    return cell


@cache
def two():
    """A cell of two candidates, which meet their ceiling, and its trials."""
    cell = a_cell(candidates=2, noise_multipliers=["0.6"], trials=200)
    return cell, trials(cell, 0, 200)


def found_in(cell):
    return trials(cell, 0, cell.question.trials)


def by_kind(claim):
    return {one.kind: one for one in claim.ceilings}


def gradients(target, batch, clip_norm=1.0):
    """Clipped gradients in full, in clip norms: no factors, no Gram matrix."""
    rows = []
    for parts in target.gradients(batch):
        flat = torch.cat([part.flatten() for part in parts.values()])
        rows.append(flat * min(1.0, clip_norm / float(flat.norm())) / clip_norm)
    return torch.stack(rows)


def ball(prior, mu):
    return float(ndtr(ndtri(prior) + mu))


@pytest.mark.parametrize("clip_norm", ["1", "50"])
def test_the_local_ceiling_is_that_of_each_trials_own_candidates(clip_norm):
    cell = a_cell(clip_norm=clip_norm, noise_multipliers=["0.5" if clip_norm == "1" else "0.02"])
    found = found_in(cell)
    (claim,) = claims(cell, found)
    local, sigma = by_kind(claim)["local"], float(cell.noise_multiplier)
    assert local.decides
    target = find_target("attention", dtype=torch.float64)
    for number, (each, one) in enumerate(zip(local.each, found, strict=True)):
        rows = gradients(target, trial._pool(cell, number), float(clip_norm))
        # no ball is smaller than half of the largest distance, nor of Jung's radius larger
        far = float(torch.cdist(rows, rows).max())
        assert one.distance == pytest.approx(far, abs=1e-6)
        assert far / 2 <= one.radius <= far * math.sqrt(5 / 12) * 1.02
        low, high = ball(1 / 5, one.radius / sigma), ball(1 / 5, 1.011 * one.radius / sigma)
        assert low <= each <= high
    assert local.bound.upper == pytest.approx(sum(local.each) / len(found), rel=1e-12)
    assert local.bound.trust is Trust.PROVED
    assert "risk.reconstruction_local" in local.bound.theorems


def test_two_candidates_have_one_exact_ceiling_and_the_rule_meets_it():
    cell, found = two()
    (claim,) = claims(cell, found)
    kinds = by_kind(claim)
    exact = [float(ndtr(one.distance / 2 / 0.6)) for one in found]
    for kind in ("local", "pairs"):
        for each, truth in zip(kinds[kind].each, exact, strict=True):
            assert truth <= each <= truth * 1.01
    mean = sum(exact) / len(exact)
    assert binom.cdf(claim.successes, 200, mean) > 1e-4
    assert binom.sf(claim.successes - 1, 200, mean) > 1e-4
    assert claim.tightest.bound.upper < kinds["global"].bound.upper
    assert "risk.identification_pairs" in kinds["pairs"].bound.theorems


def test_under_sampling_the_ball_is_one_around_nothing():
    cell = a_cell(clip_norm=4, noise_multipliers=["0.8"], steps=4, sampling_rate="0.5", trials=3)
    found = found_in(cell)
    (claim,) = claims(cell, found)
    kinds = by_kind(claim)
    assert set(kinds) == {"global", "local", "told"}
    target = find_target("attention", dtype=torch.float64)
    for number, one in enumerate(found):
        norms = gradients(target, trial._pool(cell, number), 4.0).norm(dim=1)
        assert one.radius == pytest.approx(float(norms.max()), rel=1e-9)
        assert one.distance is None
    assert kinds["local"].bound.upper < kinds["global"].bound.upper
    for one, near, told in zip(found, kinds["local"].each, kinds["told"].each, strict=True):
        truth = sum(
            math.comb(4, k) / 16 * ball(1 / 5, math.sqrt(k) * one.radius / 0.8) for k in range(5)
        )
        assert truth <= told <= truth * 1.011
        # one ball for all trials; to be told only helps
        assert near <= max(kinds["told"].each) * 1.0001
    assert kinds["told"].bound.theorems == ("risk.reconstruction_told",)


def test_one_ball_for_all_trials_is_the_largest():
    cell = a_cell(noise_multipliers=["0.8"], steps=2, sampling_rate="0.5")
    near, far = (Trial(0, 0, 0, 0.0, 0.0, 1, 5, radius, None, None) for radius in (0.3, 0.9))
    prior = Fraction(1, 5)
    both = ceilings.local(cell, prior, [near, far])
    assert both.each == ceilings.local(cell, prior, [far, far]).each
    assert both.each[0] > ceilings.local(cell, prior, [near]).each[0]


def test_loud_sampled_steps_have_a_ceiling_at_once():
    cell = a_cell(noise_multipliers=["0.01"], steps=4, sampling_rate="0.5", trials=40)
    found = found_in(cell)
    (claim,) = claims(cell, found)
    assert set(by_kind(claim)) == {"global", "told"}
    # all is known but in the steps that miss it, all four with a chance of 1/16
    assert claim.tightest.bound.upper == pytest.approx(1 - 0.8 / 16, rel=1e-6)
    assert not claim.exceeds(error=1e-6)
    assert binom.sf(claim.successes - 1, 40, 1 - 0.8 / 16) > 1e-4
    assert binom.cdf(claim.successes, 40, 1 - 0.8 / 16) > 1e-4


@pytest.mark.parametrize("name", ["attention", "small", "language-model"])
def test_the_genies_ball_holds_every_word_and_no_genie_passes_it(name):
    cell = a_cell(targets=[name], attacks=["span"], noise_multipliers=["0.3"], trials=1)
    (one,) = found_in(cell)
    target = find_target(name, dtype=torch.float64)
    secret = draw_secrets(target, 1, seed=trial._seed(0, "secret", name, 0), length=4)
    drawn = trial._seed(0, "place", name, 0)
    place = int(np.random.default_rng(drawn).integers(4))
    rows = [list(secret.tokens[0]) for _ in range(target.vocabulary)]
    for word, row in enumerate(rows):
        row[place] = word
    labels = None if secret.labels is None else [int(secret.labels[0])] * len(rows)
    words = target.batch(rows, labels)
    far = float(torch.cdist(*[gradients(target, words)] * 2).max())
    assert far / 2 <= one.word_radius <= min(1.0, far / math.sqrt(2)) * 1.02
    gram = clipped_gram(target, words, Threat())
    reached = simulate(gram, noise_std=0.3, trials=4000, seed=0)
    genie = ceilings.genie(cell, target.vocabulary, [one])
    assert reached.lower(1e-6) <= genie.bound.upper
    assert genie.bound.upper == pytest.approx(
        ball(1 / target.vocabulary, one.word_radius / 0.3), rel=1e-9
    )
    assert "risk.token_genie" in genie.bound.theorems


def test_of_a_search_the_whole_secret_and_each_token_meet_the_genie():
    cell = a_cell(targets=["small"], attacks=["span"], noise_multipliers=["0.1"], trials=2)
    of = {claim.what: by_kind(claim) for claim in claims(cell, found_in(cell))}
    assert set(of) == {"secret", "token"}
    assert of["secret"]["genie"] == of["token"]["genie"]
    # without positions the order leaves no trace: the last token given the others is one word
    cell = a_cell(attacks=["span"], noise_multipliers=["0.1"], trials=2)
    of = {claim.what: by_kind(claim) for claim in claims(cell, found_in(cell))}
    assert set(of) == {"secret", "up to order"}
    assert of["secret"]["genie"] == of["up to order"]["genie"]


def test_a_sample_of_secrets_gives_an_estimate_which_never_decides():
    cell = a_cell(attacks=["span"], noise_multipliers=["0.1"], trials=40)
    found = [Trial(1, 1, 1, 1.0, 1.0, 1, 1, 1e-9, None, 1.0) for _ in range(40)]
    every = claims(cell, found)
    for claim in every:
        local = by_kind(claim)["local"]
        assert not local.decides
        assert local.bound.trust is Trust.EMPIRICAL
        assert local.bound.upper is None
        assert local.bound.estimate < 1e-5  # all are named, and the estimate says none can be
        only = claim._replace(ceilings=tuple(c for c in claim.ceilings if c.kind != "genie"))
        assert not only.exceeds(error=1e-6)
    assert verdict_of(cell, found, every, error=1e-6) is Verdict.SUCCESS


def a_claim(successes, *kinds):
    return Claim("secret", successes, tuple(kinds))


def made_up(kind, each, trust=Trust.PROVED):
    mean = sum(each) / len(each)
    if not trust.is_guarantee:
        return Ceiling(kind, Bound(None, None, mean, "made up", trust, ("risk.tpr",)), tuple(each))
    return Ceiling(kind, Bound(None, mean, None, "made up", trust, (f"risk.{kind}",)), tuple(each))


def test_the_tightest_is_the_least_of_each_trial():
    one, two = made_up("tpr", [0.1, 0.9]), made_up("advantage", [0.5, 0.3])
    guess = made_up("tpr", [0.0, 0.0], Trust.EMPIRICAL)
    found = a_claim(1, one, two, guess).tightest
    assert found.each == (0.1, 0.3)
    assert found.bound.upper == pytest.approx(0.2)
    assert set(found.bound.theorems) == {"risk.tpr", "risk.advantage"}
    assert a_claim(1, one, guess).tightest.bound == one.bound


@pytest.mark.parametrize("each", [[0.5] * 12, [0.1, 0.3, 0.5, 0.7, 0.9] * 3, [1e-9] * 3 + [0.2]])
@pytest.mark.parametrize("error", [0.3, 0.05, 1e-4])
def test_a_false_alarm_is_no_more_likely_than_said(each, error):
    """Every number of successes, weighed by its exact chance where the ceilings are met."""
    law = np.array([1.0])
    for chance in each:
        law = np.convolve(law, [1 - chance, chance])
    alarms = [
        a_claim(successes, made_up("tpr", each)).exceeds(error=error)
        for successes in range(len(each) + 1)
    ]
    assert alarms == sorted(alarms)  # more successes are no less alarming
    assert sum(itertools.compress(law, alarms)) <= error
    # and it is no weaker than it has to be
    least = next((v for v, alarm in enumerate(alarms) if alarm), len(each) + 1)
    assert sum(law[least - 1 :]) > error * (1 - 1e-6)


def test_unequal_trials_are_judged_as_equal_ones_where_they_are():
    for successes, error in itertools.product(range(0, 41, 4), (0.05, 1e-6)):
        equal = a_claim(successes, made_up("tpr", [0.3] * 40))
        nearly = a_claim(successes, made_up("tpr", [0.3] * 39 + [0.3 + 1e-12]))
        assert equal.exceeds(error=error) is nearly.exceeds(error=error)
        assert equal.exceeds(error=error) is (Rate(successes, 40).lower(error) > 0.3)


def test_many_unequal_trials_are_held_against_the_largest_ceiling():
    most = made_up("tpr", [0.1] * 20_000 + [0.9])
    assert not a_claim(10_000, most).exceeds(error=1e-6)
    assert a_claim(18_500, most).exceeds(error=1e-6)


def test_a_sentence_is_guessed_by_its_length(monkeypatch):
    """Of a known length: the chance of the best guess is the number of lengths over all."""
    pool = [(1, 2), (3, 4), (5, 6), (1, 2, 3), (4, 5, 6), (1, 2, 3, 4)]
    monkeypatch.setattr(verdict, "target_of", lambda name: SimpleNamespace(tokenizer=object()))
    monkeypatch.setattr(verdict, "sentence_pool", lambda target: pool)
    cell = a_cell(targets=["minilm"], attacks=["span"], noise_multipliers=["1"])
    (claim,) = claims(cell, [Trial(0, 0, 0, 0.0, 0.0, 0, 1, None, None, None)] * 4)
    assert claim.tightest.bound.upper == pytest.approx(ball(3 / 6, 1.0), rel=1e-6)


def test_a_ceiling_that_is_too_low_is_a_violation():
    """Two candidates meet their ceiling, so half of the distance is seen."""
    cell, found = two()
    assert not any(claim.exceeds(error=1e-6) for claim in claims(cell, found))
    for name in ("radius", "distance"):
        wrong = [one._replace(**{name: getattr(one, name) / 2}) for one in found]
        assert any(claim.exceeds(error=1e-3) for claim in claims(cell, wrong))


def test_an_audit_stands_beside_the_account():
    table = run_attacks(
        attacks=["identify"], noise_multipliers=["0.3", "1"], candidates=2, trials=60, length=4
    )
    for row in table.rows:
        found = row.to_json()["audit"]
        for name, budget in (("epsilon", row.cell.epsilon), ("mu", row.cell.mu)):
            side = found[name]
            assert side["shown"]["theorems"] == [f"risk.audit_{name}", "risk.clopper_pearson"]
            assert side["shown"]["trust"] == "empirical"
            assert side["accounted"]["upper"] == budget.upper
            assert side["accounted"]["theorems"]
            assert 0 <= side["decisive"]["lower"] <= side["shown"]["lower"] <= budget.upper
        assert row.cell.mu.upper == pytest.approx(1 / float(row.cell.noise_multiplier))
        # by hand: the lower end of the share, against one half
        reached = Rate(row.exact, 60).lower(0.05)
        assert found["mu"]["shown"]["lower"] == pytest.approx(
            max(float(ndtri(reached)), 0.0), abs=1e-9
        )
    assert json.dumps(table.to_json())


def test_an_audit_above_the_account_is_a_violation():
    cell = a_cell(candidates=16, noise_multipliers=["10"], trials=100)
    found = [Trial(1, 1, 1, 1.0, 1.0, 1, 1, 1.0, 1.4, None) for _ in range(100)]
    assert is_beyond(cell, audit_of(cell, found, error=1e-6))
    nothing = [Claim("secret", 100, (Ceiling("global", Bound(None, 1.0), (1.0,) * 100),))]
    assert verdict_of(cell, found, nothing, error=1e-6) is Verdict.VIOLATION
    few = [one._replace(exact=int(i < 10)) for i, one in enumerate(found)]
    assert not is_beyond(cell, audit_of(cell, few, error=1e-6))
    # of sampled steps too
    cell = a_cell(candidates=16, noise_multipliers=["3"], steps=4, sampling_rate="0.25", trials=100)
    assert is_beyond(cell, audit_of(cell, found, error=1e-6))
    assert audit_of(a_cell(attacks=["span"]), found, error=0.05) is None


@pytest.mark.parametrize("changes", [{}, {"steps": 4, "sampling_rate": "0.25"}])
def test_either_side_of_an_audit_is_held_against_its_own_account(changes):
    cell = a_cell(**{"noise_multipliers": ["3"], **changes})
    for name in ("epsilon", "mu"):
        for factor, beyond in ((1.001, True), (1.0, False), (0.999, False)):
            shown = {"epsilon": Bound(0.0), "mu": Bound(0.0)}
            shown[name] = Bound(getattr(cell, name).upper * factor)
            assert is_beyond(cell, Audit(**shown, error=1e-6)) is beyond, (name, factor)


def test_no_two_candidates_have_the_same_words():
    cell = a_cell(length=1, candidates=60)
    for number in range(4):
        pool = trial._pool(cell, number)
        assert len(set(pool.tokens)) == len(pool) == 60
        assert len(pool.labels) == 60
    with pytest.raises(InputError, match="at most 64"):
        trial._pool(a_cell(length=1, candidates=65), 0)


def test_candidates_too_many_for_a_table_are_held_by_their_norms(monkeypatch):
    target = find_target("attention", dtype=torch.float64)
    some = draw_secrets(target, 70, seed=0)
    threat = Threat(clip_norm=50)
    near, far = geometry.radius_and_distance(target, some, threat)
    monkeypatch.setattr(geometry, "_MOST_PRODUCTS", 1)
    radius, distance = geometry.radius_and_distance(target, some, threat)
    assert distance is None
    assert near <= radius == pytest.approx(float(gradients(target, some, 50.0).norm(dim=1).max()))
    assert far <= 2 * radius


def test_a_distance_is_rounded_up():
    for value in (0.79, 0.7901, 1e-7, 0.99999, 1.0, 1.23456):
        text = ceilings._rounded_up(value)
        assert value <= float(text) <= value * 1.0101
    assert ceilings._rounded_up(0.0) == "0"


def test_all_of_one_gradient_leave_the_guess():
    cell = a_cell(trials=2)
    found = [Trial(0, 0, 0, 0.0, 0.0, 1, 5, 0.0, 0.0, None)] * 2
    (claim,) = claims(cell, found)
    for kind in ("local", "pairs"):
        assert by_kind(claim)[kind].bound.upper == pytest.approx(1 / 5, abs=1e-6)


def test_noise_that_is_none_has_no_ceiling_but_one():
    cell = a_cell(noise_multipliers=["0"], trials=2)
    found = found_in(cell)
    assert [(t.radius, t.distance, t.word_radius) for t in found] == [(None, None, None)] * 2
    (claim,) = claims(cell, found)
    assert [(c.kind, c.bound.upper) for c in claim.ceilings] == [("global", 1.0)]
    assert not is_beyond(cell, audit_of(cell, found, error=0.05))


def test_a_trial_is_what_it_was_whatever_was_released(monkeypatch):
    """Distances are by the account: a release that is wrong does not move its own ceiling."""
    cell = a_cell(trials=2)
    right = found_in(cell)
    real = trial.expose

    def wrong(target, secret, threat, *, seed):
        return real(target, secret, dataclasses.replace(threat, clip_norm=1000), seed=seed)

    monkeypatch.setattr(trial, "expose", wrong)
    for one, other in zip(right, found_in(cell), strict=True):
        assert (one.radius, one.distance) == (other.radius, other.distance)
