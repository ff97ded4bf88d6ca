"""`theorems`: the list, one of them, and what a name rests on."""

from __future__ import annotations

import re

import pytest
from architecture.repository import ROOT
from cli.words import answer, as_json, fits, refusal

from dpaccount.proving.folder import parts_of
from dpaccount.proving.places import places_of
from dpaccount.proving.reliance import rests_on
from dpaccount.theorems import (
    CITED_BECAUSE,
    LEVELS,
    all_theorems,
    closure,
    effective_level,
    weakest,
)

KNOWN = all_theorems()
PROOFS = ROOT / "proofs"
ROW = {"id", "level", "effective_level", "source", "uses"}


def agrees(row):
    theorem = KNOWN[row["id"]]
    assert row["level"] == theorem.level
    assert row["effective_level"] == effective_level(theorem.id)
    assert row["source"] == theorem.source
    assert row["uses"] == list(theorem.uses)


def test_the_list_as_json(capsys):
    data = as_json(answer(capsys, ["theorems", "--json"]))
    assert set(data) == {"theorems"}
    assert [row["id"] for row in data["theorems"]] == sorted(KNOWN)
    for row in data["theorems"]:
        assert set(row) == ROW
        agrees(row)


def test_the_list_in_words(capsys):
    text = answer(capsys, ["theorems"])
    assert fits(text)
    lines = text.splitlines()
    for theorem in KNOWN.values():
        (line,) = [line for line in lines if line.startswith(f"{theorem.id} ")]
        assert line.split()[1:3] == [theorem.level, effective_level(theorem.id)]
        assert line.split()[3] == theorem.source.split()[0]
    folded = " ".join(text.split())
    assert f"{len(KNOWN)} theorems" in folded
    for level, words in LEVELS.items():
        own = sum(theorem.level == level for theorem in KNOWN.values())
        effective = sum(effective_level(id) == level for id in KNOWN)
        assert f"{level} {own} {words}; {effective} with" in folded


@pytest.mark.parametrize("id", KNOWN)
def test_one_theorem(capsys, id):
    theorem, places = KNOWN[id], places_of(KNOWN[id], PROOFS)
    data = as_json(answer(capsys, ["theorems", id, "--json"]))
    agrees(data)
    assert (data["statement"], data["latex"]) == (theorem.statement, theorem.latex)
    assert data["assumptions"] == [assumption.text for assumption in theorem.assumptions]
    assert data["property_tests"] == list(places.properties) != []
    assert data["code"] == list(places.code)
    assert data["used_by"] == list(places.used_by)
    assert data["proof"] == [str(part.path.relative_to(ROOT)) for part in parts_of(PROOFS, id)]
    assert data["only_cited_because"] == (CITED_BECAUSE[id] if theorem.level == "C" else None)
    assert bool(data["mutants"]) == bool(theorem.formula or theorem.assumptions)
    for name in (*data["property_tests"], *data["mutants"], *data["proof"]):
        assert (ROOT / name.partition("::")[0]).is_file()
    text = answer(capsys, ["theorems", id])
    assert fits(text)
    folded = " ".join(text.split())
    for words in (theorem.statement, theorem.source, theorem.note, *data["assumptions"]):
        assert words.split(" ")[0] in folded
    bare = "".join(text.split())
    for words in (theorem.statement, theorem.latex, theorem.note, *places.code, *places.properties):
        assert "".join(words.split()) in bare
    assert f"level {theorem.level}: {LEVELS[theorem.level]}" in folded
    assert ("; effective " in folded) == (effective_level(id) != theorem.level)


@pytest.mark.parametrize(
    ("id", "files"),
    [
        ("leak.value_rank", ["test_mutants", "test_coq_proofs"]),
        ("leak.attention_identity", ["test_mutants", "test_coq_proofs"]),  # by its assumptions
        ("leak.likelihood", ["test_mutants", "test_proofs"]),
        ("pair.monotone", []),  # nothing in it can be changed
    ],
)
def test_the_mutants_of_a_theorem_are_where_its_proof_meets_them(id, files):
    found = places_of(KNOWN[id], PROOFS).mutants
    assert list(found) == [f"tests/mutants/{name}.py" for name in files]


def test_without_proofs_one_is_shown_still(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("dpaccount.proving.folder.checkout", lambda: tmp_path)
    monkeypatch.setattr("dpaccount.proving.places.checkout", lambda: tmp_path)
    text = answer(capsys, ["theorems", "rdp.gaussian"])
    assert text.count("not at hand") == 3
    assert "no such folder" in refusal(capsys, ["theorems", "rdp.gaussian", "--proofs", "nowhere"])


@pytest.mark.parametrize(
    ("id", "meant"),
    [
        ("rdp.gausian", "rdp.gaussian"),
        ("RDP.GAUSSIAN", ""),
        ("gaussian", ""),
        ("", ""),
        ("a\nb", ""),
    ],
)
def test_an_id_that_is_none(capsys, id, meant):
    line = refusal(capsys, ["theorems", id])
    assert f"did you mean {meant}" in line if meant else "do: " in line
    refusal(capsys, ["theorems", id, "--json"])


@pytest.mark.parametrize(
    "name",
    ["dpaccount.epsilon", "dpaccount.RDP", "dpaccount.verify", "dpaccount.PrivacyProfile.tpr"],
)
def test_what_a_name_rests_on(capsys, name):
    found = rests_on(name)
    below = closure(found.citing)
    data = as_json(answer(capsys, ["theorems", "--axioms", name, "--json"]))
    assert data["name"] == name
    assert data["effective_level"] == weakest(found.citing)
    assert [row["id"] for row in data["theorems"]] == sorted(below)
    for row in data["theorems"]:
        agrees(row)
        assert row["cited_by"] == list(found.citing.get(row["id"], ()))
        assert (row["only_cited_because"] is None) == (row["level"] != "C")
    text = answer(capsys, ["theorems", "--axioms", name])
    assert fits(text)
    words = set(re.split(r"[\s,]+", text))
    assert words >= set(below)
    reasons = " ".join(CITED_BECAUSE.get(id, "") for id in below)
    assert all(id in reasons for id in words & (set(KNOWN) - set(below)))
    folded = "".join(text.split())
    for id, theorem in below.items():
        assert theorem.level != "C" or "".join(CITED_BECAUSE[id].split()) in folded


def test_a_name_that_cites_nothing(capsys):
    assert "cites no theorem" in answer(capsys, ["theorems", "--axioms", "dpaccount.from_opacus"])


@pytest.mark.parametrize("name", ["dpaccount.epsilom", "", "x", "os.path", "a\nb"])
def test_a_name_that_is_none(capsys, name):
    refusal(capsys, ["theorems", "--axioms", name])


def test_one_question_at_a_time(capsys):
    refusal(capsys, ["theorems", "rdp.gaussian", "--axioms", "dpaccount.epsilon"])
