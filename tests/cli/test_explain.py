"""`budget --explain`: what is said there is what `explain` found."""

from __future__ import annotations

import pytest
from cli.words import DELTA, RUNS, TUTORIAL, answer, as_json, fits, flags, refusal, run_words

import dpaccount as dpa

NAMES = ["tutorial", "full", "nothing", "mixed", "every kind"]


@pytest.mark.parametrize("name", NAMES)
def test_words_json_and_python_agree(capsys, tmp_path, name):
    run = RUNS[name]
    words = ["budget", *run_words(run, tmp_path), *DELTA]
    plain = as_json(answer(capsys, [*words, "--json"]))
    data = as_json(answer(capsys, [*words, "--explain", "--json"]))
    told = data.pop("explanation")
    assert data == plain
    found = dpa.explain(run, "1e-5")
    assert told["binding_direction"] == (found.binding.value if found.binding else None)
    assert [c["change"] for c in told["changes"]] == [c.what for c in found.changes]
    assert {t["id"] for t in told["theorems"]} >= set(plain["theorems"])
    assert len(told["parts"]) == len(found.parts)
    text = answer(capsys, [*words, "--explain"])
    assert fits(text)
    folded = " ".join(text.split())
    for change in found.changes:
        assert change.what in folded
    for row in found.rows:
        assert row.method in folded
    for cited in found.theorems:
        assert f"{cited.theorem.id}: " in folded


def test_the_order_of_the_moments(capsys):
    words = ["budget", *flags(TUTORIAL), *DELTA, "--method", "rdp", "--explain"]
    data = as_json(answer(capsys, [*words, "--json"]))
    assert data["explanation"]["order"] == data["details"]["order"] > 1
    assert "Renyi order" in answer(capsys, words)


def test_bad_input_is_one_line(capsys):
    words = ["budget", *flags(TUTORIAL), "--delta", "2", "--explain"]
    assert "delta" in refusal(capsys, words)
