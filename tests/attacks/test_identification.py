"""Naming one of K candidates: the measured rate is the Gram matrix's, below every ceiling."""

from __future__ import annotations

import dataclasses
import inspect
import math

import numpy as np
import pytest
import torch
from scipy.special import ndtr
from scipy.stats import binom

import dpaccount as dpa
from dpaccount.attacks import Threat, View, draw_secrets, expose
from dpaccount.attacks.gram import clipped_gram, enclosing_radius
from dpaccount.attacks.identification import identify, simulate, succeed
from dpaccount.attacks.targets import attention_layer, small_transformer
from dpaccount.ceilings import identification, local_reconstruction
from dpaccount.errors import InputError


@pytest.fixture(scope="module")
def target():
    return attention_layer()


@pytest.fixture(scope="module")
def candidates(target):
    return draw_secrets(target, 16, seed=1)


def gradient_of(target, example, clip_norm):
    (parts,) = target.gradients(example)
    flat = torch.cat([part.flatten().double() for part in parts.values()])
    return flat * min(1.0, clip_norm / float(flat.norm()))


@pytest.mark.parametrize("clip_norm", [0.5, 1000.0])
def test_the_gram_matrix_is_that_of_the_clipped_gradients(target, candidates, clip_norm):
    rows = torch.stack([gradient_of(target, one, clip_norm) for one in candidates])
    found = clipped_gram(target, candidates, Threat(clip_norm=clip_norm))
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, rows @ rows.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("clip_norm", [0.5, 1000.0])
def test_the_rule_is_the_nearest_gradient_where_all_are_equally_likely(
    target, candidates, clip_norm
):
    rows = torch.stack([gradient_of(target, one, clip_norm) for one in candidates])
    threat = Threat(clip_norm=clip_norm, noise_multiplier=0.5 if clip_norm < 1 else "0.0005")
    for secret in range(4):
        view = expose(target, candidates[secret], threat, seed=secret)
        found = identify(view, candidates)
        release = torch.cat([part.flatten().double() for part in view.gradients.values()])
        distances = (rows - release).square().sum(dim=1)
        assert found.best == int(distances.argmin())
        # differences of log posteriors are those of squared distances
        expected = -(distances - distances[0]) / (2 * view.noise_std**2)
        posterior = torch.tensor(found.log_posterior, dtype=torch.float64)
        torch.testing.assert_close(posterior - posterior[0], expected, rtol=1e-3, atol=2e-3)


def test_a_prior_decides_where_the_release_does_not(target, candidates):
    view = expose(target, candidates[3], Threat(noise_multiplier=1000), seed=0)
    log_prior = [0.0] * 16
    log_prior[5] = 8.0
    assert identify(view, candidates, log_prior=log_prior).best == 5
    quiet = expose(target, candidates[3], Threat(), seed=0)
    assert identify(quiet, candidates, log_prior=log_prior).best == 3
    log_prior[3] = -math.inf
    assert identify(quiet, candidates, log_prior=log_prior).best != 3


def test_the_rule_sees_the_view_alone():
    assert list(inspect.signature(identify).parameters) == ["view", "candidates", "log_prior"]
    assert {field.name for field in dataclasses.fields(View)} == {
        "target", "gradients", "noise_std", "clip_norm", "batch_size", "steps", "labels",
        "lengths", "prior", "sampling_rate", "releases",
    }  # fmt: skip


@pytest.mark.parametrize("sigma", ["0.3", "1"])
@pytest.mark.parametrize("make", [attention_layer, small_transformer])
def test_measured_is_simulated_and_below_every_ceiling(make, sigma):
    of = make()
    candidates = dataclasses.replace(
        draw_secrets(of, 16, seed=0), labels=torch.ones(16, dtype=torch.int64)
    )
    threat = Threat(noise_multiplier=sigma)
    gram = clipped_gram(of, candidates, threat)
    simulated = simulate(gram, noise_std=threat.noise_std, trials=40_000, seed=1)
    measured = succeed(of, candidates, threat, trials=120, seed=2)
    # a two-sided test of the measured count at the simulated rate
    tail = min(
        binom.cdf(measured.successes, 120, simulated.value),
        binom.sf(measured.successes - 1, 120, simulated.value),
    )
    assert tail > 1e-3
    run = dpa.Gaussian(sigma)
    ceilings = [
        dpa.profile(run).reconstruction("1/16").upper,
        local_reconstruction(
            run, prior="1/16", radius=min(enclosing_radius(gram), 1), is_centered=True
        ).upper,
    ]
    assert ceilings[1] <= ceilings[0] * (1 + 1e-9)
    for ceiling in ceilings:
        assert simulated.lower(1e-6) <= ceiling
        assert measured.lower(1e-6) <= ceiling


def test_of_sampled_steps_the_rule_is_the_mixture_in_full(target, candidates):
    """Against densities of whole vectors, each step with the record or without it."""
    few = draw_secrets(target, 3, seed=4)
    rows = torch.stack([gradient_of(target, one, 0.5) for one in few])
    threat = Threat(clip_norm=0.5, noise_multiplier=0.4, steps=5, sampling_rate=0.3)
    view = expose(target, few[1], threat, seed=3)
    found = identify(view, few)
    steps = torch.cat([part.flatten(1).double() for part in view.releases.values()], dim=1)
    variance = view.noise_std**2
    expected = torch.zeros(3, dtype=torch.float64)
    for step in steps:
        without = -step.square().sum() / (2 * variance)
        present = -(step - rows).square().sum(dim=1) / (2 * variance)
        expected += torch.logaddexp(
            math.log(0.7) + without, math.log(0.3) + present
        ) - without  # fmt: skip
    posterior = torch.tensor(found.log_posterior, dtype=torch.float64)
    torch.testing.assert_close(posterior, expected, rtol=1e-3, atol=2e-3)


def test_large_gradients_are_not_formed_and_say_the_same(target, candidates, monkeypatch):
    threat = Threat(noise_multiplier=0.5, steps=4, sampling_rate=0.5)
    view = expose(target, candidates[3], threat, seed=0)
    formed = identify(view, candidates).log_posterior
    monkeypatch.setattr("dpaccount.attacks.identification._MOST_FORMED", 0)
    assert identify(view, candidates).log_posterior == pytest.approx(formed, abs=1e-3)


@pytest.mark.parametrize(("sigma", "rate", "steps"), [("1", "0.3", 30), ("0.5", "0.5", 4)])
def test_sampled_steps_measured_is_simulated_and_below_the_ceiling(sigma, rate, steps):
    of = attention_layer(dtype=torch.float64)
    some = draw_secrets(of, 16, seed=0)
    threat = Threat(noise_multiplier=sigma, steps=steps, sampling_rate=rate)
    gram = clipped_gram(of, some, threat)
    simulated = simulate(
        gram, noise_std=threat.noise_std, trials=10_000, seed=1, steps=steps, sampling_rate=rate
    )
    measured = succeed(of, some, threat, trials=150, seed=3)
    tail = min(
        binom.cdf(measured.successes, 150, simulated.value),
        binom.sf(measured.successes - 1, 150, simulated.value),
    )
    assert tail > 1e-3
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)
    curve = dpa.profile(run, adjacency="remove", method="saddlepoint.fast")
    ceiling = curve.reconstruction("1/16").upper
    assert simulated.lower(1e-6) <= ceiling
    # a rule that takes every step for one with the record is no better, and mostly worse
    whole = simulate(gram, noise_std=threat.noise_std, trials=10_000, seed=1, steps=steps)
    assert whole.value > simulated.value


def test_two_candidates_a_distance_apart_meet_the_ceiling_of_one_step():
    # one step: the record is there with chance q, else nothing is learned; opposite gradients
    gram = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    found = simulate(gram, noise_std=1.0, trials=200_000, seed=0, sampling_rate="0.25")
    # by the sign of the release: 1/2 + q (Phi(1) - 1/2), which is below remove's ceiling
    truth = 0.5 + 0.25 * (float(ndtr(1.0)) - 0.5)
    low, high = found.interval(1e-6)
    assert low <= truth <= high


def test_without_noise_a_step_that_has_the_record_gives_it_away(target, candidates):
    threat = Threat(steps=6, sampling_rate=0.5)
    for secret in range(3):
        view = expose(target, candidates[secret], threat, seed=secret)
        seen = any(bool(part.any()) for part in view.releases.values())
        assert seen
        assert identify(view, candidates).best == secret


def test_without_noise_steps_that_miss_the_record_say_nothing_against_it(target, candidates):
    """Where gradients are not of one length, the shortest would else fit what is all zero best."""
    threat = Threat(clip_norm=1000, steps=6, sampling_rate="0.2")
    gram = clipped_gram(target, candidates, threat)
    longest = int(gram.diagonal().argmax())
    for seed in range(4):
        view = expose(target, candidates[longest], threat, seed=seed)
        if any(bool(part.any()) for part in view.releases.values()):
            assert identify(view, candidates).best == longest


def test_a_prior_decides_among_sampled_steps_too(target, candidates):
    threat = Threat(noise_multiplier=1000, steps=3, sampling_rate=0.5)
    view = expose(target, candidates[3], threat, seed=0)
    log_prior = [0.0] * 16
    log_prior[5] = 8.0
    assert identify(view, candidates, log_prior=log_prior).best == 5


@pytest.mark.parametrize("count", [2, 16])
def test_orthogonal_gradients_meet_the_exact_chance(count):
    gram = torch.eye(count, dtype=torch.float64)
    found = simulate(gram, noise_std=0.5, trials=100_000, seed=0)
    exact = identification(count, mu=2)
    low, high = found.interval(1e-6)
    assert low <= exact.lower
    assert exact.upper <= high
    if count == 2:
        assert exact.upper == pytest.approx(float(ndtr(2 / math.sqrt(2))), rel=1e-9)


def test_gradients_of_unequal_length_are_told_apart_by_their_distance():
    gram = torch.tensor([[0.0, 0.0], [0.0, 4.0]], dtype=torch.float64)
    low, high = simulate(gram, noise_std=1.0, trials=100_000, seed=0).interval(1e-6)
    assert low <= float(ndtr(1.0)) <= high


def test_planted_bugs_pass_the_ceiling(target):
    """Half of the noise that is accounted for, or no clipping, is seen."""
    candidates = dataclasses.replace(
        draw_secrets(target, 16, seed=0), labels=torch.ones(16, dtype=torch.int64)
    )
    accounted = Threat(clip_norm=0.1, noise_multiplier=1)
    std = accounted.noise_std
    ceiling = dpa.profile(dpa.Gaussian(1)).reconstruction("1/16").upper
    clipped = clipped_gram(target, candidates, accounted)
    assert simulate(clipped, noise_std=std, trials=20_000, seed=0).lower(1e-6) <= ceiling
    assert simulate(clipped, noise_std=std / 2, trials=20_000, seed=0).lower(1e-6) > ceiling
    unclipped = clipped_gram(target, candidates, Threat(clip_norm=1000))
    assert simulate(unclipped, noise_std=std, trials=20_000, seed=0).lower(1e-6) > ceiling


def test_the_radius_of_a_simplex():
    random = np.random.default_rng(0)
    for count in (2, 5, 40):
        gram = torch.eye(count, dtype=torch.float64)
        truth = math.sqrt(1 - 1 / count)
        assert truth <= enclosing_radius(gram) <= truth * 1.001
    # any ball that holds them is at least as large as half the largest distance
    rows = torch.from_numpy(random.standard_normal((30, 4)))
    gram = rows @ rows.T
    widest = float(torch.cdist(rows, rows).max())
    assert widest / 2 <= enclosing_radius(gram) <= widest / math.sqrt(2)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda view, some: identify(view, some[0]), "candidates"),
        (lambda view, some: identify(view, some, log_prior=[0.0] * 3), "log_prior"),
        (lambda view, some: identify(view, some, log_prior=[math.nan] * 16), "log_prior"),
        (lambda view, some: identify(view, some, log_prior=[-math.inf] * 16), "log_prior"),
        (lambda view, some: identify(view, some, log_prior=7), "log_prior"),
        (
            lambda view, some: identify(dataclasses.replace(view, batch_size=2), some),
            "batch_size",
        ),
        (
            lambda view, some: simulate(
                torch.eye(3, dtype=torch.float64), noise_std=math.nan, trials=5, seed=0
            ),
            "noise_std",
        ),
        (
            lambda view, some: succeed(view.target, some, Threat(), trials=0, seed=0),
            "trials",
        ),
    ],
)
def test_bad_input_is_one_line(target, candidates, change, name):
    view = expose(target, candidates[0], Threat(noise_multiplier=1), seed=0)
    with pytest.raises(InputError) as refusal:
        change(view, candidates)
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": "a"}, "seed"),
        ({"noise_std": "x"}, "noise_std"),
        ({"noise_std": 1e-300}, "noise_std"),
        ({"gram": torch.ones(2, 3)}, "gram"),
        ({"gram": torch.full((2, 2), math.nan)}, "gram"),
        ({"gram": torch.zeros(0, 0)}, "gram"),
        ({"gram": torch.tensor([[1.0, 0.5], [0.0, 1.0]])}, "gram"),
        ({"gram": [[1.0]]}, "gram"),
        ({"gram": torch.tensor([[1.0, 2.0], [2.0, 1.0]])}, "gram"),  # of no two vectors
    ],
)
def test_what_cannot_be_simulated_is_one_line(changes, name):
    given = {"gram": torch.eye(2), "noise_std": 1, "trials": 10, "seed": 0, **changes}
    with pytest.raises(InputError) as refusal:
        simulate(given.pop("gram"), **given)
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)
