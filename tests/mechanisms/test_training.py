"""DPSGD: what is left out is derived exactly, what is given twice must agree."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa

RUN = {"noise_multiplier": 1.1, "batch_size": 256, "dataset_size": 60_000, "epochs": 60}


def test_steps_are_the_exact_ceiling():
    run = dpa.DPSGD(**RUN)
    assert run.steps == 14_063  # 60000 / 256 * 60 = 14062.5
    assert run.sampling_rate == Fraction(256, 60_000)


def test_the_trap_of_floats():
    assert int(1 / (1 / 93)) == 92  # what a tool that inverts the float rate would run
    run = dpa.DPSGD(noise_multiplier=1, batch_size=1, dataset_size=93, epochs=1)
    assert run.steps == 93
    assert dpa.DPSGD(noise_multiplier=1, sampling_rate="1/93", epochs=1).steps == 93


@given(st.integers(1, 10**6), st.data())
@settings(max_examples=200, deadline=None)
def test_whole_epochs_of_one_record_each(size, data):
    batch = data.draw(st.integers(1, size))
    epochs = data.draw(st.fractions(0, 1000))
    run = dpa.DPSGD(noise_multiplier=1, batch_size=batch, dataset_size=size, epochs=epochs)
    assert run.steps == math.ceil(epochs * Fraction(size, batch))
    again = dpa.DPSGD(
        noise_multiplier=1,
        batch_size=batch,
        dataset_size=size,
        epochs=epochs,
        sampling_rate=f"{batch}/{size}",
        steps=run.steps,
    )
    assert again == run


def test_noise_std_over_clip_norm():
    run = dpa.DPSGD(noise_std="0.3", clip_norm="0.1", sampling_rate="0.01", steps=1)
    assert run.noise_multiplier == 3
    dpa.DPSGD(noise_multiplier=3, noise_std="0.3", clip_norm="0.1", sampling_rate="0.01", steps=1)


def test_floats_and_text_are_one_number():
    runs = {
        dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)
        for sigma in (1.1, "1.1", "11/10")
        for rate in (0.01, "0.01", "1/100", "1e-2")
        for steps in (7, 7.0, "7", "7e0", "14/2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"noise_multiplier": None},
        {"epochs": None},
        {"batch_size": None},
        {"dataset_size": None},
        {"noise_std": 1},
        {"noise_multiplier": None, "clip_norm": 1},
        {"sampling_rate": "0.5"},
        {"sampling_rate": 256 / 60_000 + 1e-9},
        {"steps": 14_062},
        {"steps": 14_062.5},
        {"noise_std": 2.2, "clip_norm": 1},
        {"batch_size": 60_001},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"dataset_size": 0},
        {"dataset_size": -1},
        {"epochs": -1},
        {"epochs": "nan"},
        {"epochs": float("inf")},
        {"epochs": 1e300},
        {"clip_norm": 0},
        {"clip_norm": -1},
        {"noise_multiplier": 0},
        {"noise_multiplier": -1.1},
        {"noise_multiplier": float("nan")},
        {"sampler": ""},
        {"sampler": None},
        {"sampler": 3},
    ],
)
def test_missing_contradictory_and_illegal(change):
    with pytest.raises(dpa.InputError) as error:
        dpa.DPSGD(**{**RUN, **change})
    assert "\n" not in str(error.value)
    assert "do: " in str(error.value)


def test_no_noise_has_a_word_of_its_own():
    with pytest.raises(dpa.InputError, match="no privacy"):
        dpa.DPSGD(**{**RUN, "noise_multiplier": 0})


def test_epochs_at_rate_zero_have_no_steps():
    with pytest.raises(dpa.InputError):
        dpa.DPSGD(noise_multiplier=1, sampling_rate=0, epochs=1)
    assert dpa.DPSGD(noise_multiplier=1, sampling_rate=0, epochs=0).steps == 0


@pytest.mark.parametrize(
    ("sampler", "cost"),
    [
        ("shuffle", "9.99"),
        ("Shuffle", "9.99"),
        ("without_replacement", "15.48"),
        ("without-replacement", "15.48"),
        ("balls-and-bins", "9.99"),
        ("poisson2", "9.99"),
    ],
)
def test_any_other_sampler_is_unsupported_and_the_cost_is_shown(sampler, cost):
    with pytest.raises(dpa.Unsupported, match=cost):
        dpa.DPSGD(**RUN, sampler=sampler)


def test_with_value_changes_what_follows():
    run = dpa.DPSGD(**RUN)
    assert run.with_value("noise_multiplier", 2).noise_multiplier == 2
    assert run.with_value("noise_multiplier", 2).steps == run.steps
    assert run.with_value("steps", 10).steps == 10
    batch = run.with_value("batch_size", 512)
    assert (batch.sampling_rate, batch.steps) == (Fraction(512, 60_000), 7032)
    rate = run.with_value("sampling_rate", "0.5")
    assert (rate.steps, rate.batch_size, rate.epochs) == (120, None, 60)
    assert run == dpa.DPSGD(**RUN)


def test_with_value_keeps_given_steps():
    run = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=10)
    assert run.with_value("sampling_rate", "0.2").steps == 10


def test_with_value_from_a_noise_std():
    run = dpa.DPSGD(noise_std=2, clip_norm=1, sampling_rate="0.1", steps=10)
    changed = run.with_value("noise_multiplier", 3)
    assert changed.noise_multiplier == 3
    assert changed.noise_std is None


@pytest.mark.parametrize("name", ["steps", "batch_size", "sampling_rate", "noise_multiplier"])
@pytest.mark.parametrize("value", [-1, "nan", None, "x", [1]])
def test_with_value_checks_its_value(name, value):
    with pytest.raises(dpa.InputError):
        dpa.DPSGD(**RUN).with_value(name, value)


@pytest.mark.parametrize("name", ["nonsense", "", "mechanism", None])
def test_with_value_checks_its_name(name):
    with pytest.raises(dpa.DPAccountError):
        dpa.DPSGD(**RUN).with_value(name, 1)
