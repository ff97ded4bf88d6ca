"""`risk`: what the library says, in words and as JSON; words are rounded upward."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from cli.words import ORDINARY, RUNS, answer, as_json, fits, flags, refusal, run_words
from hypothesis import example, given
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount._validate import exact
from dpaccount.reports.words import at_most, wrong_on
from dpaccount.theorems import weakest

FULL = {"noise_multiplier": "1", "sampling_rate": "1", "steps": 1}
FEW = ["--fpr", "0.001", "--fpr", "1e-9", "--candidates", "256"]
KEYS = {
    "tpr",
    "reconstruction",
    "advantage",
    "method",
    "trust",
    "level",
    "adjacency",
    "sampler",
    "theorems",
    "mechanism",
}
ROW = {"lower", "upper", "log_lower", "log_upper", "method", "trust", "level"}


def agrees(row, bound):
    """Whether a row of the JSON is the library's bound."""
    ends = {name: getattr(bound, name) for name in ("lower", "upper", "log_lower", "log_upper")}
    ends = {k: "-inf" if v == -float("inf") else v for k, v in ends.items()}
    told = {"method": bound.method, "trust": bound.trust.value, "level": bound.level}
    return {name: row[name] for name in ROW} == {**ends, **told}


@pytest.mark.parametrize("method", ["rdp", "gdp", "closed_form.moments_integer"])
@pytest.mark.parametrize("name", ["ordinary", "full", "nothing", "mixed"])
def test_the_command_says_what_the_library_says(capsys, tmp_path, name, method):
    run = RUNS[name]
    words = ["risk", *run_words(run, tmp_path), *FEW, "--method", method]
    found = dpa.risk(run, fprs=["0.001", "1e-9"], candidates=[256], method=method)
    data = as_json(answer(capsys, [*words, "--json"]))
    assert set(data) == KEYS
    assert [row["fpr"] for row in data["tpr"]] == ["0.001", "1e-9"]
    assert [row["candidates"] for row in data["reconstruction"]] == [256]
    for row, (_, bound) in zip(data["tpr"], found.tpr, strict=True):
        assert set(row) == {"fpr", *ROW}
        assert agrees(row, bound)
    for row, (_, bound) in zip(data["reconstruction"], found.reconstruction, strict=True):
        assert set(row) == {"candidates", *ROW}
        assert agrees(row, bound)
    assert set(data["advantage"]) == ROW
    assert agrees(data["advantage"], found.advantage)
    assert data["theorems"] == list(found.theorems)
    assert (data["method"], data["trust"]) == (found.method, found.trust.value)
    assert data["level"] == weakest(found.theorems)
    assert (data["adjacency"], data["sampler"]) == ("add_remove", "poisson")
    assert dpa.mechanism_from_json(data["mechanism"]) == run
    text = answer(capsys, words)
    assert fits(text)
    assert all(theorem in text for theorem in found.theorems)
    assert f"{found.method} ({found.trust.value}), adjacency add_remove" in text
    assert f"level {data['level']}: " in " ".join(text.split())


def test_the_words(capsys):
    text = answer(capsys, ["risk", *flags(FULL), *FEW, "--method", "gdp"])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    # Phi(Phi^-1(x) + 1) is .018298 at .001, 1/3449110 at 1e-9, .048450 at 1/256
    assert lines[:6] == [
        "A membership test that is wrong on",
        "1 in 1,000 non-members finds at most 1.83 % of members",
        "1 in 1,000,000,000 non-members finds at most 1 in 3,440,000 members",
        "An attacker who must pick the right record out of K equally likely candidates",
        "K = 256 succeeds at most 4.85 % of the time (guessing: 0.391 %)",
        "True less false positive rate, of any membership test: at most 0.383",
    ]


def test_the_default_questions(capsys):
    words = ["risk", *flags(FULL), "--method", "gdp"]
    data = as_json(answer(capsys, [*words, "--json"]))
    assert [row["fpr"] for row in data["tpr"]] == [f"1e-{n}" for n in range(2, 10)]
    assert [row["candidates"] for row in data["reconstruction"]] == [2, 16, 256, 1024, 1_000_000]
    text = answer(capsys, words)
    assert fits(text)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.count("non-members") == 8
    assert text.count("guessing") == 5
    assert "K = 1,000,000  succeeds" in text


@pytest.mark.parametrize("fpr", ["0.001", "1e-3", "1/1000", "1E-3", "0", "1", "1/3", "3e-5000"])
def test_the_rate_is_echoed_as_the_text_given(capsys, fpr):
    words = ["risk", *flags(FULL), "--fpr", fpr, "--candidates", "2", "--method", "gdp"]
    (row,) = as_json(answer(capsys, [*words, "--json"]))["tpr"]
    assert row["fpr"] == fpr
    bound = dpa.profile(dpa.Gaussian(1), method="gdp").tpr(fpr)
    assert agrees(row, bound)
    assert fits(answer(capsys, words))


def test_what_is_not_known_is_null(capsys):
    words = ["risk", *flags(ORDINARY), *FEW, "--method", "rdp", "--json"]
    data = as_json(answer(capsys, words))
    for row in (*data["tpr"], *data["reconstruction"], data["advantage"]):
        assert row["lower"] is None
        assert 0 < row["upper"] < 1


def test_long_numbers_fit(capsys):
    rate = "0." + "12345678901234567890" * 10
    many = ["--fpr", rate, "--candidates", "1e15", "--candidates", "999999999999999"]
    text = answer(capsys, ["risk", *flags(FULL), *many, "--method", "gdp"])
    assert fits(text)
    assert "a share 0.1234567 of non-members" in text
    data = answer(capsys, ["risk", *flags(FULL), *many, "--method", "gdp", "--json"])
    assert json.loads(data)["tpr"][0]["fpr"] == rate


def test_the_adjacency(capsys):
    words = ["risk", *flags(ORDINARY), *FEW, "--method", "rdp"]
    remove = as_json(answer(capsys, [*words, "--adjacency", "remove", "--json"]))
    both = as_json(answer(capsys, [*words, "--json"]))
    assert remove["adjacency"] == "remove"
    assert remove["reconstruction"][0]["upper"] == both["reconstruction"][0]["upper"]
    assert "adjacency remove" in answer(capsys, [*words, "--adjacency", "REMOVE"])
    line = refusal(capsys, [*words, "--adjacency", "add"])
    assert "do: use adjacency remove" in line


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--fpr", "nan"], "fpr"),
        (["--fpr", "0.1", "--fpr", "2"], "fpr"),
        (["--candidates", "1"], "candidates"),
        (["--candidates", "2", "--candidates", "nan"], "candidates"),
        (["--method", "gdp_clt"], "no ceiling"),
        (["--delta", "1e-5"], "--delta"),
    ],
)
def test_bad_input_is_one_line(capsys, words, named):
    for more in ([], ["--json"]):
        assert named in refusal(capsys, ["risk", *flags(FULL), *words, *more])


chances = st.floats(0, 1).map(abs) | st.floats(-320, 0).map(lambda e: min(10.0**e, 1.0))


@given(chances)
@example(0.0)
@example(1.0)
@example(5e-324)
@example(1e-4)
@example(0.999999999)
def test_shares_are_rounded_upward(chance):
    text = at_most(chance, "members", "members")
    share = re.fullmatch(r"(\S+) % of members", text)
    if share:
        shown = Fraction(share[1]) / 100
    else:
        shown = 1 / Fraction(re.fullmatch(r"1 in (\S+) members", text)[1].replace(",", ""))
    assert Fraction(chance) <= shown <= min(Fraction(chance) * Fraction("1.011"), 1)


@given(st.fractions(0, 1) | st.decimals(0, 1, allow_nan=False).map(Fraction))
@example(Fraction(1, 10**400))
@example(Fraction(3, 10**400))
def test_the_rate_in_words_is_never_above_the_rate(rate):
    text = wrong_on(exact(rate, "fpr"))
    one = re.fullmatch(r"1 in (\S+) non-members", text)
    share = re.fullmatch(r"a share (\S+) of non-members", text)
    if one:
        assert rate == Fraction(1, int(one[1].replace(",", "")))
    elif share:
        told = share[1]
        shown = Fraction(told) if "/" in told else Fraction(Decimal(told))
        assert shown <= rate <= shown * (1 + Fraction(1, 10**6))
    else:
        assert text == {0: "no non-member", 1: "every non-member"}[rate]


def test_nothing_released_gives_exactly_what_guessing_gives(capsys):
    words = ["--noise-multiplier", "1", "--sample-rate", "0.1", "--steps", "0"]
    rates = ["--fpr", "0.01", "--fpr", "1/3", "--candidates", "2"]
    text = " ".join(answer(capsys, ["risk", *words, *rates]).split())
    assert "1 in 100 non-members finds at most 1 % of members" in text
    assert "finds at most 33.4 % of members" in text  # a third, rounded up
    assert "K = 2 succeeds at most 50 % of the time (guessing: 50 %)" in text


def test_one_in_so_many_is_never_more_than_the_chance_allows():
    # 1 over 12,399.5 is above 1 over 12,400
    assert at_most(Fraction(2, 24_799), "members", "members") == "1 in 12,300 members"
    assert at_most(Fraction(1, 12_400), "members", "members") == "1 in 12,400 members"


@pytest.mark.parametrize("word", ["--delta", "--epsilon"])
@pytest.mark.parametrize("joined", [True, False])
def test_a_risk_is_of_the_whole_curve(capsys, word, joined):
    given = [f"{word}=1e-5"] if joined else [word, "1e-5"]
    for words in (["risk", *given, *flags(FULL)], ["risk", *flags(FULL), *FEW, *given]):
        line = refusal(capsys, words)
        assert line.startswith(f"dpaccount: {word}: given to risk, which asks for none; allowed: ")
        assert "the whole curve" in line
        assert "do: leave it out; dpaccount " in line
        assert answer(capsys, ["risk", *flags(FULL)])
