"""`dpaccount attack run`."""

from __future__ import annotations

import dataclasses
import json

import pytest

from dpaccount.attacks.sweep import trial
from dpaccount.cli import main

RUN = ["attack", "run", "--processes", "1", "--delta", "1e-5", "--trials", "4", "--length", "4"]


def said(capsys, *words):
    usual = list(RUN)
    for word in words:
        if word.startswith("--") and word in usual:  # a flag is given once
            del usual[usual.index(word) : usual.index(word) + 2]
    status = main([*usual, *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_every_kind_of_ceiling_has_a_column(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    words = ["--attack", "identify,span", "--noise-multiplier", "0,0.1,1", "--candidates", "4"]
    status, out, _ = said(capsys, *words)
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    heads = [line.split() for line in out.splitlines() if line.startswith("noise")]
    assert heads[0][4:] == ["global", "local", "pairs", "shown", "epsilon", "verdict"]
    assert heads[1][4:] == ["global", "local", "genie", "bag", "epsilon", "verdict"]
    for text in (
        "attention, identify among 4; 1 step",
        "attention, span; 1 step",
        "~",
        "an estimate from a sample of secrets, which decides nothing",
        "0 of 6 cells",
    ):
        assert text in out


def test_sampled_steps_and_nothing_but_json(capsys):
    words = ["--attack", "identify", "--noise-multiplier", "1", "--candidates", "2"]
    status, out, _ = said(capsys, *words, "--steps", "3", "--sample-rate", "0.5", "--json")
    assert status == 0
    data = json.loads(out)
    (row,) = data["rows"]
    assert (row["steps"], row["sampling_rate"], row["candidates"]) == (3, "0.5", 2)
    (claim,) = row["ceilings"]
    kinds = {one["kind"]: one for one in claim["of"]}
    assert set(kinds) == {"global", "local", "told"}
    assert claim["ceiling"] == min(one["upper"] for one in kinds.values())
    assert kinds["global"]["trust"] == "certified"
    assert "risk.reconstruction" in kinds["global"]["theorems"]
    audit = row["audit"]["epsilon"]
    assert "risk.audit_epsilon" in audit["shown"]["theorems"]
    assert audit["accounted"]["trust"] == "certified"
    assert audit["accounted"]["upper"] == row["epsilon_upper"]


def test_a_violation_is_status_1(capsys, monkeypatch):
    real = trial.expose

    def silent(target, secret, threat, *, seed):
        return real(target, secret, dataclasses.replace(threat, noise_multiplier=0), seed=seed)

    monkeypatch.setattr(trial, "expose", silent)
    words = ["--attack", "identify", "--noise-multiplier", "2", "--trials", "16"]
    status, out, _ = said(capsys, *words)
    assert status == 1
    assert "1 of 1 cells" in out


def test_an_empty_place_in_a_list_is_not_passed_over(capsys):
    for words in (["--noise-multiplier", "0.1,,1"], ["--epsilon", "1,"]):
        status, out, err = said(capsys, "--attack", "identify", *words)
        assert (status, out) == (2, "")
        assert err.startswith(f"dpaccount: {words[0]}: given nothing; allowed: ")


@pytest.mark.parametrize("words", [
    ["--sample-rate", "0"], ["--sample-rate", "1.5"], ["--sample-rate", "nan"],
    ["--sample-rate", "x"], ["--sample-rate", "0.5", "--attack", "span"],
    ["--sample-rate", "0.5", "--steps", "1000000000"], ["--steps", "0"], ["--candidates", "1"],
    ["--candidates", "65", "--length", "1"], ["--trials", "0"], ["--target", "small,"],
])  # fmt: skip
def test_bad_input_is_one_line(capsys, words):
    status, out, err = said(capsys, "--attack", "identify", "--noise-multiplier", "1", *words)
    assert (status, out) == (2, "")
    assert err.startswith("dpaccount: ")
    assert err.count("\n") == 1
    assert "allowed" in err
