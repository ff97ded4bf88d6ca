"""The canonical form: the only form that accountants see."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mechanisms.strategies import mechanisms, noise, rates, releases, steps

import dpaccount as dpa
from dpaccount.mechanisms import canonical, phases

STEP = dpa.PoissonSubsampled(dpa.Gaussian(1), "0.01")


@pytest.mark.parametrize(
    "empty",
    [
        dpa.Identity(),
        dpa.SelfComposed(dpa.Gaussian(1), 0),
        dpa.SelfComposed(dpa.Identity(), 10**15),
        dpa.PoissonSubsampled(dpa.Gaussian(1), 0),
        dpa.PoissonSubsampled(dpa.PoissonSubsampled(dpa.Laplace(1), 0), "0.5"),
        dpa.Composed(()),
        dpa.Composed((dpa.Identity(), dpa.SelfComposed(dpa.Laplace(3), 0), dpa.Composed(()))),
        dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=0),
        dpa.DPSGD(noise_multiplier=1, sampling_rate=0, steps=1000),
    ],
)
def test_no_steps_and_rate_zero_leave_nothing(empty):
    run = canonical(empty)
    assert run.is_identity
    assert not run.is_gaussian
    assert run.phases == ()
    assert dpa.epsilon(empty, 1e-5).upper == 0.0
    assert dpa.epsilon(empty, "1e-3000").lower == 0.0


def test_rate_one_is_gaussian():
    run = canonical(dpa.SelfComposed(dpa.PoissonSubsampled(dpa.Gaussian("0.5"), 1), 3))
    assert run.is_gaussian
    assert run.mu_squared == 12


def test_nested_rates_multiply_exactly():
    inner = dpa.PoissonSubsampled(dpa.Gaussian(1), "1/3")
    (phase,) = phases(dpa.PoissonSubsampled(inner, "1/7"))
    assert phase.sampling_rate == Fraction(1, 21)


def test_equal_settings_merge_whatever_text_they_were_given_as():
    parts = [
        dpa.PoissonSubsampled(dpa.Gaussian(text), rate)
        for text, rate in [("1.0", "0.01"), (1, "1/100"), ("2/2", 0.01)]
    ]
    (phase,) = phases(dpa.Composed(tuple(parts)))
    assert phase.steps == 3


def test_one_over_sigma_squared_adds_exactly():
    run = canonical(
        dpa.Composed(
            (
                dpa.Gaussian("0.1"),
                dpa.SelfComposed(dpa.Gaussian(3), 2),
                dpa.PoissonSubsampled(dpa.Gaussian(7), 1),
            )
        )
    )
    assert run.phases == ()
    assert run.mu_squared == 100 + Fraction(2, 9) + Fraction(1, 49)


def test_steps_multiply_through_nesting():
    (phase,) = phases(dpa.SelfComposed(dpa.SelfComposed(dpa.Composed((STEP, STEP)), 5), 7))
    assert phase.steps == 70


def test_too_many_steps_in_all_are_refused():
    with pytest.raises(dpa.InputError):
        phases(dpa.SelfComposed(dpa.SelfComposed(STEP, 10**15), 2))


def test_replace_one_doubles_the_sensitivity():
    run = canonical(dpa.Gaussian(2), dpa.Adjacency.REPLACE_ONE)
    assert run.mu_squared == 1
    (phase,) = canonical(dpa.Laplace(2), dpa.Adjacency.REPLACE_ONE).phases
    assert phase.mechanism == dpa.Laplace(1)


@pytest.mark.parametrize("sampled", [STEP, dpa.PoissonSubsampled(dpa.Laplace(1), "0.3")])
def test_replace_one_with_sampling_is_unsupported(sampled):
    with pytest.raises(dpa.Unsupported, match="replace_one"):
        canonical(sampled, dpa.Adjacency.REPLACE_ONE)


@given(mechanisms)
@settings(max_examples=150, deadline=5000)
def test_every_mechanism_has_a_canonical_form(mechanism):
    run = canonical(mechanism)
    assert run.mu_squared >= 0
    keys = [(phase.mechanism, phase.sampling_rate) for phase in run.phases]
    assert len(set(keys)) == len(keys)
    for phase in run.phases:
        assert 0 < phase.sampling_rate <= 1
        assert phase.steps >= 1
        assert not (isinstance(phase.mechanism, dpa.Gaussian) and phase.sampling_rate == 1)


@given(st.lists(st.tuples(releases, st.integers(0, 5)), max_size=5), st.randoms())
@settings(max_examples=100, deadline=5000)
def test_order_and_grouping_do_not_matter(parts, random):
    composed = [dpa.SelfComposed(release, count) for release, count in parts]
    spelled_out = [release for release, count in parts for _ in range(count)]
    random.shuffle(spelled_out)
    assert canonical(dpa.Composed(tuple(composed))) == canonical(dpa.Composed(tuple(spelled_out)))


@given(noise, rates, steps)
@settings(max_examples=50, deadline=5000)
def test_dpsgd_is_its_steps(sigma, rate, count):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=count)
    step = dpa.PoissonSubsampled(dpa.Gaussian(sigma), rate)
    assert canonical(run) == canonical(dpa.SelfComposed(step, count))
