"""Ceilings that know where candidates lie: domains, refusals, and measured facts."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import dpaccount as dpa
from dpaccount.ceilings import (
    Context,
    Geometry,
    identification,
    local_reconstruction,
    pairwise_identification,
    reconstruction_error,
    token_recovery,
    told_reconstruction,
)
from dpaccount.errors import InputError, NotConverged, Unsupported

SAMPLED = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=100)


def test_the_whole_ball_is_the_ceiling_without_a_radius():
    for run in (dpa.Gaussian("0.7"), SAMPLED):
        known = dpa.profile(run, adjacency="remove").reconstruction("1/16")
        local = local_reconstruction(run, prior="1/16", radius=1)
        assert (local.lower, local.upper) == (known.lower, known.upper)


def test_the_ceiling_grows_with_the_radius_and_from_the_prior():
    uppers = [
        local_reconstruction(SAMPLED, prior="1/256", radius=radius).upper
        for radius in ("0.001", "0.1", "0.5", "1")
    ]
    assert uppers == sorted(uppers)
    assert 1 / 256 <= uppers[0] <= 1.01 / 256


def test_an_empty_run_leaves_the_prior():
    nothing = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=0)
    found = local_reconstruction(nothing, prior="1/4", radius="0.5")
    assert found.lower <= 0.25 <= found.upper <= 0.25 * (1 + 1e-9)


def test_a_sampled_radius_makes_an_estimate():
    found = local_reconstruction(dpa.Gaussian(1), prior="1/2", radius="0.8", is_sampled=True)
    assert found.trust is dpa.Trust.EMPIRICAL
    assert (found.lower, found.upper) == (None, None)
    assert found.estimate == pytest.approx(0.7881446, rel=1e-6)


@pytest.mark.parametrize("radius", [0, -1, "1.0001", math.nan, math.inf, "x", None, True])
def test_a_radius_outside_its_domain_is_refused(radius):
    with pytest.raises(InputError, match="radius"):
        local_reconstruction(dpa.Gaussian(1), prior="1/2", radius=radius)


@pytest.mark.parametrize("radius", ["1e-300", "1e-400", "0.99"])
def test_more_noise_than_a_run_can_have_leaves_the_guess(radius):
    bound = local_reconstruction(dpa.Gaussian("1e100"), prior="1/2", radius=radius)
    assert 0.5 <= bound.upper < 0.5000001


@pytest.mark.parametrize(
    ("run", "options", "word"),
    [
        (SAMPLED, {"is_centered": True}, "norms"),
        (dpa.Laplace(1), {}, "Gaussian"),
    ],
)
def test_what_no_theorem_covers_is_refused(run, options, word):
    with pytest.raises(Unsupported, match=word):
        local_reconstruction(run, prior="1/2", radius="0.5", **options)


TOLD = {
    "prior": "1/16", "radius": "0.8", "noise_multiplier": 2, "sampling_rate": "0.3", "steps": 5,
}  # fmt: skip


def test_who_is_told_of_steps_that_all_have_it_learns_nothing_more():
    told = told_reconstruction(**TOLD | {"sampling_rate": 1})
    known = local_reconstruction(
        dpa.SelfComposed(dpa.Gaussian(2), 5), prior="1/16", radius="0.8", is_centered=True
    )
    assert told.upper == pytest.approx(known.upper, rel=1e-9)
    assert known.lower <= told.upper
    for nothing in ({"sampling_rate": 0}, {"steps": 0}, {"radius": 0}):
        assert told_reconstruction(**TOLD | nothing).upper == pytest.approx(1 / 16, rel=1e-9)


@pytest.mark.parametrize("noise", ["0.8", "2"])
def test_to_be_told_which_steps_have_it_only_helps(noise):
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate="0.3", steps=5)
    known = local_reconstruction(run, prior="1/16", radius="0.8", method="saddlepoint.fast")
    assert known.upper < told_reconstruction(**TOLD | {"noise_multiplier": noise}).upper


@pytest.mark.parametrize("shift", ["0.1", "0.7", "3"])
@pytest.mark.parametrize("rate", ["0.01", "0.5", "1"])
def test_the_ceiling_for_who_is_told_is_no_digit_below_the_exact_one(rate, shift):
    """One step has the record or has not."""
    found = told_reconstruction(
        prior="1/16", radius=1, noise_multiplier=Fraction(1) / Fraction(shift),
        sampling_rate=rate, steps=1,
    )  # fmt: skip
    with mpmath.workdps(40):
        prior, share = mpmath.mpf(1) / 16, mpmath.mpf(rate)
        quantile = mpmath.findroot(lambda x: mpmath.ncdf(x) - prior, -1.5)
        exact = (1 - share) * prior + share * mpmath.ncdf(quantile + mpmath.mpf(shift))
        assert exact <= mpmath.mpf(found.upper) <= exact * (1 + mpmath.mpf("1e-9"))


def test_many_sampled_steps_lose_no_weight():
    # 1/2 + (Phi(m) - 1/2) on average: with so small a shift, m is small and nearly linear in it
    found = told_reconstruction(
        prior="1/2", radius=1, noise_multiplier=1000, sampling_rate="0.01", steps=10**6
    )
    assert found.upper == pytest.approx(0.5 * (1 + math.erf(0.1 / math.sqrt(2))), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prior", 0), ("prior", math.nan), ("radius", -1), ("radius", "1.1"),
        ("radius", math.nan), ("noise_multiplier", 0), ("noise_multiplier", math.nan),
        ("sampling_rate", "1.1"), ("sampling_rate", math.nan), ("steps", -1), ("steps", 1.5),
        ("steps", 10**6 + 1), ("steps", math.nan),
    ],
)  # fmt: skip
def test_what_is_outside_the_domain_of_told_is_refused(name, value):
    with pytest.raises(InputError) as refusal:
        told_reconstruction(**TOLD | {name: value})
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)


def test_the_ceiling_of_pairs_rises_with_the_distance_and_is_exact_for_two():
    uppers = [pairwise_identification(16, distance=d).upper for d in (0, "0.5", 1, 2, 8, 10**6)]
    assert uppers == sorted(uppers)
    assert 1 / 16 <= uppers[0] <= (1 + 1e-9) / 16
    assert uppers[-1] == 1
    for mu in (0.1, 1.0, 3.0):
        found = pairwise_identification(2, distance=2 * mu * 0.3, noise_std="0.3")
        assert found.upper == pytest.approx(0.5 * (1 + math.erf(mu / math.sqrt(2))), rel=1e-9)
        assert found.lower is None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"candidates": 1}, "candidates"), ({"distance": -1}, "distance"),
        ({"distance": math.nan}, "distance"), ({"distance": math.inf}, "distance"),
        ({"distance": "1e7"}, "distance"), ({"noise_std": 0}, "noise_std"),
        ({"noise_std": math.nan}, "noise_std"),
    ],
)  # fmt: skip
def test_what_is_outside_the_domain_of_pairs_is_refused(given, name):
    with pytest.raises(InputError) as refusal:
        pairwise_identification(**{"candidates": 4, "distance": 1} | given)
    assert refusal.value.name == name


# (noise multiplier, chance for orthogonal candidates), 16 and 256 of them, clipped to norm 1
ORTHOGONAL = [
    (16, "0.3", 0.918), (16, "0.5", 0.595), (16, "1", 0.261),
    (256, "0.3", 0.684), (256, "0.5", 0.221), (256, "1", 0.0436),
]  # fmt: skip


@pytest.mark.parametrize(("candidates", "noise", "chance"), ORTHOGONAL)
def test_orthogonal_candidates_by_trial(candidates, noise, chance):
    found = identification(candidates, mu=f"1/{noise}")
    assert found.upper == pytest.approx(chance, abs=6e-4)
    rng = np.random.default_rng(20261126)
    scores = rng.normal(size=(20_000, candidates))
    scores[:, 0] += 1 / float(noise)
    share = float((scores.argmax(axis=1) == 0).mean())
    assert abs(share - chance) <= 5 * math.sqrt(chance * (1 - chance) / 20_000) + 6e-4
    ceiling = dpa.profile(dpa.Gaussian(noise)).reconstruction(f"1/{candidates}")
    assert found.upper <= ceiling.upper


def test_a_simplex_is_easier_to_tell_apart_than_orthogonal_gradients():
    for candidates in (2, 16, 10**6):
        one, other = (identification(candidates, mu=2, geometry=kind) for kind in Geometry)
        assert one.upper < other.lower


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"candidates": 1, "mu": 1}, "candidates"),
        ({"candidates": 2.5, "mu": 1}, "candidates"),
        ({"candidates": 10**10, "mu": 1}, "candidates"),
        ({"candidates": 2, "mu": -1}, "mu"),
        ({"candidates": 2, "mu": math.nan}, "mu"),
        ({"candidates": 2, "mu": "1e7"}, "mu"),
        ({"candidates": 2, "mu": 1, "geometry": "cube"}, "geometry"),
    ],
)
def test_identification_refuses(arguments, name):
    candidates = arguments.pop("candidates")
    with pytest.raises(InputError, match=name):
        identification(candidates, **arguments)


def test_sampled_contexts_carry_their_confidence():
    contexts = [Context("1/64", radius) for radius in np.linspace(0.5, 1.5, 400)]
    sure = token_recovery(contexts, noise_std=1, are_sampled=False)
    found = token_recovery(contexts, noise_std=1, confidence="0.99")
    assert (sure.trust, found.trust) == (dpa.Trust.PROVED, dpa.Trust.EMPIRICAL)
    assert found.estimate == sure.upper
    assert found.upper == pytest.approx(sure.upper + math.sqrt(math.log(100) / 800), rel=1e-9)
    # the mean of the values is no value at the mean
    assert sure.upper != token_recovery([Context("1/64", 1)], noise_std=1, are_sampled=False).upper


@pytest.mark.parametrize(
    ("contexts", "options", "name"),
    [
        ([], {}, "contexts"),
        (None, {}, "contexts"),
        ([("1/2", 1)], {}, "contexts"),
        ([Context(0, 1)], {}, "prior"),
        ([Context("1/2", -1)], {}, "radius"),
        ([Context("1/2", math.nan)], {}, "radius"),
        ([Context("1/2", 1)], {"noise_std": 0}, "noise_std"),
        ([Context("1/2", 1)], {"confidence": 1}, "confidence"),
        ([Context("1/2", 1)], {"are_sampled": "no"}, "are_sampled"),
    ],
)
def test_token_recovery_refuses(contexts, options, name):
    with pytest.raises(InputError, match=name):
        token_recovery(contexts, **{"noise_std": 1, **options})


def test_the_least_error_is_met_by_the_posterior_mean():
    rng = np.random.default_rng(7)
    jacobian = rng.normal(size=(5, 3))
    found = reconstruction_error(jacobian.T @ jacobian, prior_information=np.eye(3), noise_std=0.5)
    secrets = rng.normal(size=(200_000, 3))
    seen = secrets @ jacobian.T + 0.5 * rng.normal(size=(200_000, 5))
    best = np.linalg.solve(jacobian.T @ jacobian / 0.25 + np.eye(3), jacobian.T / 0.25)
    error = float(((seen @ best.T - secrets) ** 2).sum(axis=1).mean())
    assert found.lower == pytest.approx(error, rel=0.01)
    assert found.upper is None


def test_sampled_information_makes_an_estimate():
    known = reconstruction_error(4.0, prior_information=1.0, noise_std=2)
    found = reconstruction_error(4.0, prior_information=1.0, noise_std=2, is_sampled=True)
    assert found.trust is dpa.Trust.EMPIRICAL
    assert (found.lower, found.upper) == (None, None)
    assert found.estimate == known.lower == pytest.approx(0.5)
    with pytest.raises(InputError, match="is_sampled"):
        reconstruction_error(4.0, prior_information=1.0, noise_std=2, is_sampled="no")


@pytest.mark.parametrize(
    ("information", "prior"),
    [
        (math.nan, 1), ("x", 1), ([[1, 2], [3, 4]], np.eye(2)), ([[]], 1), (np.eye(2), 1),
        (None, 1),
        # no mean of squares: the bound that would follow is above the prior's own error
        (-0.5, 1), (4, -1), ([[0, 1], [1, 0]], 2 * np.eye(2)), (np.eye(2), [[0, 1], [1, 0]]),
    ],
)  # fmt: skip
def test_reconstruction_error_refuses(information, prior):
    with pytest.raises(InputError, match="information"):
        reconstruction_error(information, prior_information=prior, noise_std=1)


def test_no_bound_follows_without_an_inverse():
    with pytest.raises(NotConverged, match="positive definite"):
        reconstruction_error(0.0, prior_information=0.0, noise_std=1)


def test_an_eigenvalue_below_0_is_not_taken_from_the_prior():
    """What rounding left, -5e-14, beside a prior that knows 1e-13: half of it would be gone."""
    information = np.array([[1.0, 1.0], [1.0, 1.0 - 1e-13]])
    assert np.linalg.eigvalsh(information)[0] < -4e-14
    found = reconstruction_error(information, prior_information=1e-13 * np.eye(2), noise_std=1)
    assert found.lower <= 1 / (2 + 1e-13) + 1e13


def test_the_least_error_is_rounded_down():
    found = reconstruction_error(4.0, prior_information=1.0, noise_std=2)
    assert found.lower == 0.5
    third = reconstruction_error(8.0, prior_information=1.0, noise_std=2)
    assert 0 <= Fraction(1, 3) - Fraction(third.lower) < Fraction(1, 10**15)


def test_an_eigenvalue_that_rounding_left_below_0_takes_nothing_away():
    seen = np.array([[1.0, 1.0], [1.0, 1.0 - 1e-16]])
    found = reconstruction_error(seen, prior_information=np.eye(2), noise_std=1)
    assert 0 < found.lower <= 4 / 3  # 1/3 + 1
    assert found.lower == pytest.approx(4 / 3, rel=1e-9)


@pytest.mark.parametrize(
    ("prior", "truth"), [("1/2", 0.6914624613), ("0.1", 0.9013363061), ("0.01", 0.9900000384)]
)
def test_bayes_membership_at_noise_one(prior, truth):
    found = dpa.profile(dpa.Gaussian(1)).membership(prior)
    assert found.lower - 1e-10 <= truth <= found.upper + 1e-10
    assert found.upper - found.lower <= 1e-9


@pytest.mark.parametrize("prior", [0, 1, -1, 2, math.nan, "x", None])
def test_membership_refuses(prior):
    with pytest.raises(InputError, match="prior"):
        dpa.profile(dpa.Gaussian(1)).membership(prior)


def test_membership_in_direction_add_is_refused():
    with pytest.raises(Unsupported):
        dpa.profile(dpa.Gaussian(1), adjacency="add").membership("1/2")


def test_membership_keeps_chances_near_one():
    near = dpa.profile(dpa.Gaussian(1)).membership("0.99999999999999999999")
    assert near.lower <= 1 - 1e-20 <= near.upper
    assert near.upper <= 1


@pytest.mark.parametrize("name", ["is_centered", "is_sampled"])
@pytest.mark.parametrize("value", ["no", 1, None, math.nan])
def test_what_is_neither_true_nor_false_is_refused(name, value):
    """A centered ball lowers the ceiling, and to an `if` the word "no" is true."""
    with pytest.raises(InputError, match=name):
        local_reconstruction(dpa.Gaussian(1), prior="1/16", radius="1/2", **{name: value})
