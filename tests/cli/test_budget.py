"""`budget`: what the library says, in words and as JSON."""

from __future__ import annotations

import math

import pytest
from cli.words import (
    DELTA,
    ORDINARY,
    RUNS,
    TUTORIAL,
    answer,
    as_json,
    fits,
    flags,
    is_lower,
    is_upper,
    number,
    refusal,
    run_words,
    shows,
)
from contract.cases import ALL
from hypothesis import example, given
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount.cli.output import number_text
from dpaccount.theorems import LEVELS

KEYS = {
    "epsilon",
    "delta",
    "method",
    "trust",
    "level",
    "adjacency",
    "sampler",
    "theorems",
    "mechanism",
    "details",
}


def plain(value):
    """A float as JSON holds it."""
    return "inf" if value == math.inf else value


def asked(run, method):
    """The library's answer, or why there is none."""
    try:
        return dpa.epsilon(run, "1e-5", method=method), ""
    except dpa.Unsupported as error:
        return None, str(error)


def agrees(data, bound, adjacency="add_remove"):
    """Whether the JSON says what the library says, and no more."""
    assert set(data) == KEYS
    ends = {"lower": bound.lower, "upper": bound.upper, "estimate": bound.estimate}
    assert data["epsilon"] == {name: plain(value) for name, value in ends.items()}
    assert data["method"] == bound.method
    assert data["trust"] == bound.trust.value
    assert data["level"] == bound.level
    assert data["theorems"] == list(bound.theorems)
    assert (data["adjacency"], data["sampler"]) == (adjacency, "poisson")
    return True


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("name", RUNS)
def test_the_command_says_what_the_library_says(capsys, tmp_path, name, method):
    run = RUNS[name]
    words = ["budget", *run_words(run, tmp_path), *DELTA, "--method", method]
    bound, why = asked(run, method)
    if bound is None:
        for more in ([], ["--json"]):
            assert why in refusal(capsys, [*words, *more])
        return
    data = as_json(answer(capsys, [*words, "--json"]))
    assert agrees(data, bound)
    assert data["delta"] == "1e-5"
    assert dpa.mechanism_from_json(data["mechanism"]) == run
    text = answer(capsys, words)
    assert shows(text, bound)
    assert fits(text)
    for theorem in bound.theorems:
        assert theorem in text
    assert f"{bound.method} ({bound.trust.value})" in text
    assert f"level {bound.level}: {LEVELS[bound.level]}" in " ".join(text.split())


@pytest.mark.parametrize(
    "adjacency", ["add_remove", "add", "remove", "zero_out", "zero-out", "ADD", "replace_one"]
)
@pytest.mark.parametrize("name", ["tutorial", "full"])
def test_every_adjacency(capsys, tmp_path, name, adjacency):
    run = RUNS[name]
    words = ["budget", *run_words(run, tmp_path), *DELTA, "--adjacency", adjacency]
    if (name, adjacency) == ("tutorial", "replace_one"):
        assert "replace_one" in refusal(capsys, [*words, "--json"])
        return
    bound = dpa.epsilon(run, "1e-5", adjacency=adjacency)
    told = adjacency.lower().replace("-", "_")
    assert agrees(as_json(answer(capsys, [*words, "--json"])), bound, told)
    text = answer(capsys, words)
    assert shows(text, bound)
    assert f"adjacency {told}" in text


def test_replacing_a_record_costs_as_much_as_half_the_noise(capsys):
    def upper(noise, *more):
        fields = {"noise_multiplier": noise, "sampling_rate": 1, "steps": 1}
        words = ["budget", *flags(fields), *DELTA, *more, "--json"]
        return as_json(answer(capsys, words))["epsilon"]["upper"]

    assert upper(6, "--adjacency", "replace_one") == upper(3)
    assert upper(6) < upper(3)


def test_the_default_is_the_best_method(capsys):
    words = ["budget", *flags(ORDINARY), *DELTA, "--json"]
    assert answer(capsys, words) == answer(capsys, [*words, "--method", "best"])


def test_naming_the_sampler_changes_nothing(capsys):
    for more in ([], ["--json"]):
        words = ["budget", *flags(ORDINARY), *DELTA, *more]
        assert answer(capsys, words) == answer(capsys, [*words, "--sampler", "poisson"])


def test_the_tutorial_and_its_rate_and_steps_are_one_run(capsys):
    def told(fields):
        return as_json(answer(capsys, ["budget", *flags(fields), *DELTA, "--json"]))

    first, second = told(TUTORIAL), told(ORDINARY)
    assert first["epsilon"] == second["epsilon"]
    assert first["details"].pop("steps_from") == "ceil(epochs / sampling_rate)"
    assert second["details"].pop("steps_from") == "given"
    assert first["details"] == second["details"]
    assert (first["details"]["sampling_rate"], first["details"]["steps"]) == ("256/60000", 14_063)


def test_noise_given_as_a_standard_deviation(capsys):
    rest = {"sampling_rate": "0.01", "steps": 100}
    std = flags({"noise_std": "5.5", "clip_norm": "5", **rest})
    multiplier = flags({"noise_multiplier": "1.1", **rest})
    first, second = (
        as_json(answer(capsys, ["budget", *words, *DELTA, "--json"])) for words in (std, multiplier)
    )
    assert first["epsilon"] == second["epsilon"]
    assert first["mechanism"]["clip_norm"] == "5"


@pytest.mark.parametrize("delta", ["1e-5", "0.00001", "1/100000", "1E-5", "10e-6"])
def test_delta_is_echoed_as_the_text_given(capsys, delta):
    words = ["budget", *flags(ORDINARY), "--delta", delta]
    data = as_json(answer(capsys, [*words, "--json"]))
    assert data["delta"] == delta
    assert data["epsilon"]["upper"] == dpa.epsilon(RUNS["ordinary"], "1e-5").upper
    assert f"at delta {delta}" in answer(capsys, words)


@pytest.mark.parametrize("rate", ["256/60000", "0.0043", "1e-3", "1", "0.10"])
def test_the_rate_is_echoed_as_the_text_given(capsys, rate):
    words = ["budget", *flags({**ORDINARY, "sampling_rate": rate}), *DELTA]
    data = as_json(answer(capsys, [*words, "--json"]))
    assert data["mechanism"]["sampling_rate"] == data["details"]["sampling_rate"] == rate
    assert f"sampling rate {rate}," in answer(capsys, words)


def test_what_is_not_known_is_null_and_what_is_infinite_is_a_word(capsys):
    def ends(name, method):
        words = ["budget", *run_words(RUNS[name], None), *DELTA, "--method", method, "--json"]
        return as_json(answer(capsys, words))["epsilon"]

    limit = ends("ordinary", "gdp_clt")
    assert (limit["lower"], limit["upper"]) == (None, None)
    assert limit["estimate"] > 0
    upper = ends("little noise", "closed_form.exact_advanced")
    assert upper == {"lower": None, "upper": "inf", "estimate": None}
    both = ends("full", "gdp")
    assert 0 < both["lower"] < both["upper"]
    assert both["estimate"] is None


def test_nothing_costs_nothing(capsys):
    words = ["budget", *run_words(RUNS["nothing"], None), *DELTA]
    assert answer(capsys, words).startswith("epsilon = 0 at delta 1e-5\n")
    ends = as_json(answer(capsys, [*words, "--json"]))["epsilon"]
    assert (ends["lower"], ends["upper"]) == (0, 0)


def test_a_delta_beyond_the_floats(capsys):
    words = ["budget", *flags(ORDINARY), "--delta", "1e-5000"]
    bound = dpa.epsilon(RUNS["ordinary"], "1e-5000")
    assert shows(answer(capsys, words), bound)
    assert bound.upper > 100


positive = st.floats(min_value=0.0, exclude_min=True, allow_infinity=False)


@given(positive)
@example(5e-324)
@example(9.9999999e-5)
@example(9999999.5)
@example(2.5966415)  # a tie at seven digits
@example(0.1)
@example(1.7976931348623157e308)
def test_numbers_are_rounded_outward(value):
    assert is_upper(number_text(value, "upper"), value)
    assert is_lower(number_text(value, "lower"), value)
    assert number(number_text(value, "lower")) <= number(number_text(value))
    assert number(number_text(value)) <= number(number_text(value, "upper"))


@given(st.integers(0, 9_999_999), st.integers(-12, 12))
def test_short_numbers_are_printed_as_they_are(digits, exponent):
    value = float(f"{digits}e{exponent}")
    assert float(number_text(value)) == value
