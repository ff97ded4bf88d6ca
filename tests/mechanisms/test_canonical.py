"""The canonical form: the only form that accountants see."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount.mechanisms import canonical, phases
from dpaccount.testing.strategies import (
    mechanisms,
    noise_multipliers,
    releases,
    sampling_rates,
    steps,
)

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


@given(mechanisms())
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


@given(st.lists(st.tuples(releases(), st.integers(0, 5)), max_size=5), st.randoms())
@settings(max_examples=100, deadline=5000)
def test_order_and_grouping_do_not_matter(parts, random):
    composed = [dpa.SelfComposed(release, count) for release, count in parts]
    spelled_out = [release for release, count in parts for _ in range(count)]
    random.shuffle(spelled_out)
    assert canonical(dpa.Composed(tuple(composed))) == canonical(dpa.Composed(tuple(spelled_out)))


@given(noise_multipliers(), sampling_rates(), steps())
@settings(max_examples=50, deadline=5000)
def test_dpsgd_is_its_steps(sigma, rate, count):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=count)
    step = dpa.PoissonSubsampled(dpa.Gaussian(sigma), rate)
    assert canonical(run) == canonical(dpa.SelfComposed(step, count))


def test_guarantees_in_their_simplest_form():
    parts = (dpa.PureDP(0), dpa.ApproximateDP(0, 0), dpa.ApproximateDP("0.5", 0), dpa.PureDP("1/2"))
    (phase,) = phases(dpa.Composed(parts))
    assert (phase.mechanism, phase.steps) == (dpa.PureDP("0.5"), 2)
    assert canonical(dpa.SelfComposed(dpa.PureDP(0), 9)).is_identity


def test_what_may_fail_is_taken_apart():
    run = canonical(dpa.Composed((
        dpa.SelfComposed(dpa.ApproximateDP("0.5", "0.1"), 3), dpa.PureDP("0.5"),
        dpa.ApproximateDP(0, "0.2"), dpa.PoissonSubsampled(dpa.ApproximateDP(1, "0.3"), "0.5"),
    )))  # fmt: skip
    assert sorted(run.failures) == [(Fraction(1, 10), 3), (Fraction(1, 5), 1)]
    rest = run.without_failures()
    assert rest.failures == ()
    found = {(type(p.mechanism), p.sampling_rate): p.steps for p in rest.phases}
    assert found == {(dpa.PureDP, 1): 4, (dpa.ApproximateDP, Fraction(1, 2)): 1}


@pytest.mark.parametrize(
    ("run", "bounded"),
    [
        (dpa.Laplace(1), True),
        (dpa.DiscreteLaplace(1, 4), True),
        (dpa.RandomizedResponse("0.9", 4), True),
        (dpa.PureDP(3), True),
        (dpa.PoissonSubsampled(dpa.PureDP(3), "0.5"), True),
        (dpa.DiscreteGaussian(3), False),
        (dpa.ApproximateDP(3, "1e-9"), False),
        (dpa.PoissonSubsampled(dpa.ApproximateDP(3, "1e-9"), "0.5"), False),
        (dpa.Composed((dpa.PureDP(1), dpa.Gaussian(1))), False),
        (dpa.Composed((dpa.PureDP(1), STEP)), False),
    ],
)
def test_whether_the_loss_is_bounded(run, bounded):
    assert canonical(run).is_bounded is bounded
    assert canonical(dpa.Composed((run, dpa.PureDP(1)))).is_bounded is bounded


def test_guarantees_and_answers_speak_of_replacing_already():
    kept = (dpa.PureDP(1), dpa.ApproximateDP(1, "0.1"), dpa.RandomizedResponse("0.7"))
    run = canonical(dpa.Composed(kept), dpa.Adjacency.REPLACE_ONE)
    assert {phase.mechanism for phase in run.phases} == set(kept)
    run = canonical(dpa.DiscreteGaussian(3, 2), dpa.Adjacency.REPLACE_ONE)
    assert run.phases[0].mechanism == dpa.DiscreteGaussian("1.5", 4)
