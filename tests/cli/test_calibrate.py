"""`calibrate`: the value printed keeps the target when it is handed back."""

from __future__ import annotations

import json
import math
import re

import pytest
from cli.words import (
    DELTA,
    TUTORIAL,
    answer,
    as_json,
    fits,
    flags,
    refusal,
    shows,
)

import dpaccount as dpa
from dpaccount.theorems import weakest

TARGET = ["--epsilon", "2"]
RATED = {"noise_multiplier": "1.1", "sampling_rate": "256/60000", "steps": 14_063}
SIZED = {"noise_multiplier": "1.1", "batch_size": 256, "dataset_size": 60_000, "steps": 14_063}
#: What is solved for, in the flag's words and in Python's, and a run without it.
UNKNOWNS = {
    "noise-multiplier": ("noise_multiplier", RATED),
    "steps": ("steps", RATED),
    "sample-rate": ("sampling_rate", RATED),
    "batch-size": ("batch_size", SIZED),
}


def without(fields, name):
    return {key: value for key, value in fields.items() if key != name}


def solve(fields, name, *more):
    return ["calibrate", *flags(fields), *DELTA, *TARGET, "--solve-for", name, *more]


@pytest.mark.parametrize("method", [None, "rdp"])
@pytest.mark.parametrize("flag", UNKNOWNS)
def test_the_value_keeps_the_target_when_handed_back(capsys, flag, method):
    name, fields = UNKNOWNS[flag]
    how = ["--method", method] if method else []
    known = without(fields, name)
    data = as_json(answer(capsys, solve(known, flag, *how, "--json")))
    assert data["solve_for"] == name
    assert isinstance(data["value"], int if name in ("steps", "batch_size") else str)
    run = {**known, name: data["value"]}
    back = as_json(answer(capsys, ["budget", *flags(run), *DELTA, *how, "--json"]))
    assert back["epsilon"] == data["epsilon"]
    assert back["epsilon"]["upper"] <= 2
    assert data["slack"] == 2 - back["epsilon"]["upper"]
    assert back["mechanism"] == data["mechanism"]
    assert (data["target"], data["delta"]) == ("2", "1e-5")
    assert data["method"] == back["method"] == (method or "saddlepoint")
    assert data["theorems"] == back["theorems"]
    assert data["level"] == back["level"] == weakest(data["theorems"])
    assert (data["trust"], data["adjacency"], data["sampler"]) == (
        "proved" if method == "rdp" else "certified",
        "add_remove",
        "poisson",
    )
    # the next integer, or one part in a million more, breaks the target
    worse = {
        "steps": lambda v: v + 1,
        "batch_size": lambda v: v + 1,
        "sampling_rate": lambda v: float(v) * (1 + 1e-6),
        "noise_multiplier": lambda v: float(v) * (1 - 1e-6),
    }[name](data["value"])
    assert dpa.epsilon(dpa.DPSGD(**{**known, name: worse}), "1e-5", method=method).upper > 2


@pytest.mark.parametrize("flag", UNKNOWNS)
def test_words_json_and_python_agree(capsys, flag):
    name, fields = UNKNOWNS[flag]
    known = without(fields, name)
    text = answer(capsys, solve(known, flag, "--method", "rdp"))
    data = as_json(answer(capsys, solve(known, flag, "--method", "rdp", "--json")))
    found = dpa.calibrate(known, epsilon=2, delta="1e-5", solve_for=name, method="rdp")
    assert data["value"] == (found.value if isinstance(found.value, int) else found.value.text)
    assert data["epsilon"]["upper"] == found.bound.upper
    # the value is printed whole: a shortened one could fall on the wrong side
    assert text.startswith(f"{name} = {data['value']}\n")
    assert shows(text, found.bound)
    assert fits(text)
    for theorem in found.bound.theorems:
        assert theorem in text
    assert "target 2, slack" in " ".join(text.split())


def test_noise_is_what_is_solved_for_unless_another_is_named(capsys):
    known = without(RATED, "noise_multiplier")
    words = ["calibrate", *flags(known), *DELTA, *TARGET, "--json"]
    assert answer(capsys, words) == answer(capsys, solve(known, "noise-multiplier", "--json"))


@pytest.mark.parametrize(
    "spelling", ["sample-rate", "sample_rate", "sampling_rate", "sampling-rate"]
)
def test_spellings_of_the_rate(capsys, spelling):
    words = solve(without(RATED, "sampling_rate"), spelling, "--method", "rdp", "--json")
    assert as_json(answer(capsys, words))["solve_for"] == "sampling_rate"


def test_a_batch_size_of_a_run_in_epochs(capsys):
    known = without(TUTORIAL, "batch_size")
    how = ["--method", "rdp", "--json"]
    data = as_json(answer(capsys, solve(known, "batch-size", *how)))
    run = {**known, "batch_size": data["value"]}
    back = as_json(answer(capsys, ["budget", *flags(run), *DELTA, *how]))
    assert back["epsilon"]["upper"] == data["epsilon"]["upper"] <= 2
    # the epochs stay and the steps follow
    assert back["details"]["steps"] == math.ceil(60 * 60_000 / data["value"])


def test_an_adjacency_is_taken_and_told(capsys):
    def value(adjacency):
        known = {"sampling_rate": 1, "steps": 1}
        more = ["--adjacency", adjacency, "--json"]
        data = as_json(answer(capsys, solve(known, "noise-multiplier", *more)))
        assert data["adjacency"] == adjacency
        return float(data["value"])

    # one record exchanged moves the sum twice as far
    assert value("replace_one") == pytest.approx(2 * value("add_remove"), rel=1e-10)


@pytest.mark.parametrize("flag", UNKNOWNS)
def test_a_file_may_leave_out_the_unknown(capsys, tmp_path, flag):
    name, fields = UNKNOWNS[flag]
    known = without(fields, name)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(known))
    more = ["--solve-for", flag, "--method", "rdp", "--json"]
    words = ["calibrate", "--run", str(path), *DELTA, *TARGET, *more]
    assert answer(capsys, words) == answer(capsys, solve(known, flag, "--method", "rdp", "--json"))


def test_a_complete_run_in_a_file(capsys, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"kind": "dpsgd", **RATED}))
    words = ["calibrate", "--run", str(path), *DELTA, *TARGET, "--method", "rdp", "--json"]
    known = without(RATED, "noise_multiplier")
    assert answer(capsys, words) == answer(
        capsys, solve(known, "noise-multiplier", "--method", "rdp", "--json")
    )


def test_what_cannot_be_calibrated_is_refused(capsys, tmp_path):
    known = without(RATED, "noise_multiplier")
    for more in ([], ["--json"]):
        words = solve(known, "noise-multiplier", "--method", "gdp_clt", *more)
        assert "no upper end" in refusal(capsys, words)
    words = solve(known, "noise-multiplier", "--adjacency", "replace_one")
    assert "replace_one" in refusal(capsys, words)
    path = tmp_path / "run.json"
    run = dpa.Composed((dpa.DPSGD(**RATED), dpa.Gaussian(3)))
    path.write_text(json.dumps(run.to_json()))
    assert "one" in refusal(capsys, ["calibrate", "--run", str(path), *DELTA, *TARGET])


@pytest.mark.parametrize("flag", UNKNOWNS)
def test_what_does_not_do_is_told(capsys, flag):
    name, fields = UNKNOWNS[flag]
    known = without(fields, name)
    text = answer(capsys, solve(known, flag))
    data = as_json(answer(capsys, solve(known, flag, "--json")))
    found = dpa.calibrate(known, epsilon=2, delta="1e-5", solve_for=name)
    beyond = found.refuted
    told = beyond.value if isinstance(beyond.value, int) else beyond.value.text
    assert data["refuted"] == {
        "value": told,
        "gap": found.gap,
        "epsilon_lower": beyond.bound.lower,
        "trust": "certified",
        "level": beyond.bound.level,
        "theorems": list(beyond.bound.theorems),
    }
    assert data["refuted"]["epsilon_lower"] > 2
    assert data["why_open"] is None
    assert f"does not {told}" in " ".join(text.split())
    # rounded down, and still seen to be above the target
    assert float(re.search(r"epsilon >= (\S+)", text)[1]) > 2


def test_why_nothing_is_refuted_is_told(capsys):
    known = without(RATED, "noise_multiplier")
    words = solve(known, "noise-multiplier", "--method", "rdp")
    assert "not known: rdp gives no lower end" in answer(capsys, words)
    data = as_json(answer(capsys, [*words, "--json"]))
    assert (data["refuted"], data["why_open"]) == (None, "rdp gives no lower end")


def test_the_certificate_of_the_run_that_was_found(capsys, tmp_path):
    path = tmp_path / "edge.json"
    known = without(RATED, "noise_multiplier")
    words = solve(known, "noise-multiplier", "--certificate", str(path), "--json")
    data = as_json(answer(capsys, words))
    verdict = as_json(answer(capsys, ["verify", str(path), "--json"]))
    assert verdict["holds"]
    assert verdict["releases"][0]["noise_multiplier"] == data["value"]
    assert float(verdict["epsilon"]["upper"]) <= 2
    words = solve(known, "noise-multiplier", "--certificate", str(path), "--method", "rdp")
    assert "--certificate" in refusal(capsys, words)
