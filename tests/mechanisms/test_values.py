"""Mechanisms are values: frozen, hashable, readable from their own JSON; junk is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest
from bad_input.junk import json_like, junk
from hypothesis import given, settings
from hypothesis import strategies as st
from mechanisms.strategies import BAD_TEXT

import dpaccount as dpa
from dpaccount.testing.strategies import mechanisms

CLASSES = [
    dpa.Gaussian,
    dpa.Laplace,
    dpa.PoissonSubsampled,
    dpa.SelfComposed,
    dpa.Composed,
    dpa.DPSGD,
    dpa.RandomizedResponse,
    dpa.DiscreteGaussian,
    dpa.DiscreteLaplace,
    dpa.PureDP,
    dpa.ApproximateDP,
]


def made_or_refused(make):
    """What `make` gives, or None where it refuses in one line."""
    try:
        return make()
    except dpa.DPAccountError as error:
        refusal = str(error)
    assert "\n" not in refusal
    return None


def nested(levels, innermost="gaussian"):
    """`levels` compositions, one in another."""
    data = {"kind": innermost, "noise_multiplier": "1"}
    for _ in range(levels):
        data = {"kind": "self_composed", "mechanism": data, "steps": 1}
    return data


@given(mechanisms())
@settings(max_examples=150, deadline=5000)
def test_json_round_trip(mechanism):
    text = json.dumps(mechanism.to_json(), allow_nan=False)
    again = dpa.mechanism_from_json(json.loads(text))
    assert again == mechanism
    assert hash(again) == hash(mechanism)
    assert json.dumps(again.to_json()) == text


@given(mechanisms())
@settings(max_examples=50, deadline=5000)
def test_pickle_copy_and_hash(mechanism):
    for again in (
        pickle.loads(pickle.dumps(mechanism)),  # noqa: S301 - our own value
        copy.copy(mechanism),
        copy.deepcopy(mechanism),
    ):
        assert again == mechanism
        assert hash(again) == hash(mechanism)
        assert again.to_json() == mechanism.to_json()


@pytest.mark.parametrize(
    "mechanism",
    [
        dpa.Gaussian(1),
        dpa.Laplace(1),
        dpa.SelfComposed(dpa.Gaussian(1), 2),
        dpa.Identity(),
        dpa.PureDP(1),
        dpa.RandomizedResponse("0.7"),
        dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=1),
    ],
)
def test_frozen(mechanism):
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        mechanism.noise_multiplier = 2


@pytest.mark.parametrize("cls", CLASSES)
@given(arguments=st.lists(junk, max_size=3))
@settings(max_examples=60, deadline=5000)
def test_junk_in_a_constructor_is_refused_or_valid(cls, arguments):
    needed = sum(f.default is dataclasses.MISSING for f in dataclasses.fields(cls))
    if len(arguments) < needed:
        arguments += ["1"] * (needed - len(arguments))
    arguments = arguments[: len(dataclasses.fields(cls))]
    if needed:
        arguments = arguments[:needed]
    made = made_or_refused(lambda: cls(*arguments))
    assert made is None or dpa.mechanism_from_json(made.to_json()) == made


_NAMES = [field.name for field in dataclasses.fields(dpa.DPSGD)]


@given(st.dictionaries(st.sampled_from(_NAMES), junk, max_size=6))
@settings(max_examples=200, deadline=5000)
def test_junk_in_a_run_is_refused_or_valid(fields):
    base = {"noise_multiplier": 1, "sampling_rate": "0.5", "steps": 3}
    made = made_or_refused(lambda: dpa.DPSGD(**{**base, **fields}))
    assert made is None or dpa.mechanism_from_json(made.to_json()) == made


@given(st.one_of(json_like, junk))
@settings(max_examples=300, deadline=5000)
def test_junk_as_json_is_refused_or_valid(data):
    made = made_or_refused(lambda: dpa.mechanism_from_json(data))
    assert made is None or dpa.mechanism_from_json(made.to_json()) == made


@pytest.mark.parametrize("text", BAD_TEXT)
@pytest.mark.parametrize(
    "make",
    [
        dpa.Gaussian,
        dpa.Laplace,
        dpa.RandomizedResponse,
        dpa.DiscreteGaussian,
        lambda x: dpa.DiscreteLaplace(1, x),
        dpa.PureDP,
        lambda x: dpa.ApproximateDP(1, x),
        lambda x: dpa.PoissonSubsampled(dpa.Gaussian(1), x),
        lambda x: dpa.SelfComposed(dpa.Gaussian(1), x),
    ],
    ids=[
        "gaussian",
        "laplace",
        "truth",
        "discrete noise",
        "sensitivity",
        "epsilon",
        "delta",
        "rate",
        "steps",
    ],
)
def test_text_that_is_no_number(make, text):
    with pytest.raises(dpa.InputError):
        make(text)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "nonsense"},
        {"kind": ["gaussian"]},
        {"kind": None},
        {"kind": "Gaussian"},
        [],
        None,
        3,
        "gaussian",
        {"kind": "gaussian"},
        {"kind": "gaussian", "noise_multiplier": "1", "x": 1},
        {"kind": "composed", "mechanisms": {"kind": "identity"}},
        {"kind": "composed"},
        {"kind": "composed", "mechanisms": "ab"},
        {"kind": "self_composed", "steps": 2},
        {"kind": "self_composed", "mechanism": [], "steps": 2},
        {"kind": "identity", "steps": 1},
        {
            "kind": "poisson_subsampled",
            "sampling_rate": "1",
            "mechanism": {"kind": "self_composed", "mechanism": {"kind": "identity"}, "steps": 1},
        },
        {1: 2},
        {"self": 1},
        {"kind": "gaussian", "self": 1},
        {"kind": "gaussian", "__class__": 1},
    ],
)
def test_wrong_json(data):
    with pytest.raises(dpa.DPAccountError) as error:
        dpa.mechanism_from_json(data)
    assert "\n" not in str(error.value)


def use(made):
    """Walk over a mechanism in every way that there is."""
    assert dpa.epsilon(made, 1e-5).upper > 4
    hash(made)
    made.to_json()
    return made


@pytest.mark.parametrize("levels", [10, 99, 100, 200, 400, 900, 10_000])
def test_deep_nesting_gives_a_result_or_a_refusal(levels):
    used = made_or_refused(lambda: use(dpa.mechanism_from_json(nested(levels))))
    assert (used is not None) == (levels < 100)


def test_deep_nesting_built_by_hand():
    def build(levels):
        made = dpa.Gaussian(1)
        for _ in range(levels):
            made = dpa.SelfComposed(made, 1)
        return use(made)

    assert made_or_refused(lambda: build(99)) is not None
    assert made_or_refused(lambda: build(100)) is None


def test_a_mechanism_class_is_no_mechanism():
    for wrong in (dpa.Gaussian, None, 1, "gaussian", [dpa.Gaussian(1)]):
        with pytest.raises(dpa.InputError):
            dpa.SelfComposed(wrong, 1)
        with pytest.raises(dpa.InputError):
            dpa.PoissonSubsampled(wrong, "0.5")
