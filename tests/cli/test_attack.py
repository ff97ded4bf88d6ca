"""`dpaccount attack diagnose`."""

from __future__ import annotations

import json

import pytest

from dpaccount.cli import main

DIAGNOSE = ["attack", "diagnose", "--target", "attention"]


def said(capsys, *words):
    status = main([*DIAGNOSE, *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_what_it_says(capsys):
    status, out, err = said(capsys)
    assert (status, err) == (0, "")
    assert all(len(line) <= 80 for line in out.splitlines())
    for words in ("leak.key_rank", "leak.value_rank", "leak.span_union", "leak.fibre", "withheld",
                  "8 of 8 found", "only ceilings hold for every attack"):  # fmt: skip
        assert words in out


def test_json_and_nothing_else(capsys):
    status, out, err = said(capsys, "--json", "--batch-size", "2", "--seed", "3")
    assert (status, err) == (0, "")
    data = json.loads(out)
    assert data["lengths"] == [8, 8]
    assert data["observed"] == data["recoverable"]
    assert data["kept"] is True
    assert [rank["part"] for rank in data["ranks"]] == ["query", "key", "value", "all three"]
    assert len(data["tokens"]) == 16
    assert len(data["secrets"]) == len(data["found"]) == 2
    assert data["threat"]["noise_multiplier"] == 0


def test_the_same_seed_is_the_same_answer(capsys):
    assert said(capsys, "--json")[1] == said(capsys, "--json")[1]
    assert said(capsys, "--json")[1] != said(capsys, "--json", "--seed", "1")[1]


def test_noise_and_the_embedding(capsys):
    data = json.loads(said(capsys, "--json", "--noise-multiplier", "1", "--embedding")[1])
    assert data["recoverable"] == 0
    assert data["threat"]["embedding"] is True


@pytest.mark.parametrize("words", [
    ["--target", "bert"], ["--target", ""], ["--target", "digits"], ["--noise-multiplier", "nan"],
    ["--noise-multiplier", "-1"], ["--clip-norm", "0"], ["--clip-norm", "inf"],
    ["--batch-size", "0"], ["--batch-size", "1.5"], ["--seed", "-1"], ["--seed", "x"],
    ["--evaluations", "0"], ["--evaluations", "nan"], ["--text", "a b"],
    ["--target", "minilm", "--text", "word " * 600],
    ["--target", "minilm", "--text", "one", "--batch-size", "2"],
    ["--target", "minilm", "--batch-size", "100000"],
])  # fmt: skip
def test_bad_input_is_one_line(capsys, words):
    status, out, err = said(capsys, *words)
    assert (status, out) == (2, "")
    assert err.startswith("dpaccount: ")
    assert err.count("\n") == 1
    assert "allowed" in err


def test_without_the_extra(capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    status, out, err = said(capsys)
    assert (status, out) == (2, "")
    assert "pip install 'dpaccount[attacks]'" in err
