"""`prove`: the ledger in words and as JSON, and its exit status."""

from __future__ import annotations

import re

import pytest
from cli.words import answer, as_json, fits, refusal

from dpaccount.theorems import all_theorems

GOOD = "def prove(theorem):\n    assert theorem(3, 4) == 6\n"
BAD = """
from dpaccount.proving import NotProved

def prove(theorem):
    raise NotProved("it is " + "much " * 30 + "too large")
"""
MISSING = "def prove(theorem):\n    import z3.anything\n"


@pytest.fixture
def proofs(tmp_path):
    """A folder of proofs, to which parts are added."""

    def add(id, name, text):
        home = tmp_path / "proofs" / id.replace(".", "/")
        home.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)

    add("rdp.gaussian", "symbolic.py", GOOD)
    add("rdp.gaussian", "proof.md", "By completing the square.")
    add.words = ["prove", "--proofs", str(tmp_path / "proofs")]
    return add


def rows(text):
    """The lines of the ledger, in words."""
    return [line.split() for line in text.partition("\n\n")[0].splitlines()[1:]]


def test_what_is_proved(capsys, proofs):
    text = answer(capsys, proofs.words)
    assert fits(text)
    one, two = rows(text)
    assert (one[:3], one[4:]) == (["rdp.gaussian", "symbolic.py", "Y"], ["proved"])
    assert re.fullmatch(r"\d+\.\d{3}", one[3])
    assert two == ["rdp.gaussian", "proof.md", "P", "written"]
    assert "2 parts: 1 proved, 0 failed, 0 skipped, 1 written" in text
    bare = set(re.split(r"[\s,]+", text.partition("Without a proof here:")[2])) - {""}
    assert bare == set(all_theorems()) - {"rdp.gaussian"}


def test_the_ledger_as_json(capsys, proofs):
    proofs("rdp.mixture", "smt.py", BAD)
    data = as_json(answer(capsys, [*proofs.words, "rdp", "--json"], status=1))
    assert set(data) == {"parts", "counts", "without_proof"}
    assert data["counts"] == {"proved": 1, "failed": 1, "skipped": 0, "written": 1}
    assert [part["theorem"] for part in data["parts"]] == ["rdp.gaussian"] * 2 + ["rdp.mixture"]
    assert data["parts"][2]["reason"].startswith("it is much")
    assert data["parts"][0]["reason"] is None
    assert data["parts"][1]["seconds"] is None
    family = {id for id in all_theorems() if id.startswith("rdp.")}
    assert set(data["without_proof"]) == family - {"rdp.gaussian", "rdp.mixture"}


def test_one_that_fails_is_exit_1_with_its_reason(capsys, proofs):
    proofs("rdp.mixture", "box.py", BAD)
    text = answer(capsys, proofs.words, status=1)
    assert fits(text)
    assert "much much" in text.partition("What was not proved, and why:")[2]
    assert "rdp.mixture box.py" in text
    # another one's failure is not this one's
    answer(capsys, [*proofs.words, "rdp.gaussian"])
    answer(capsys, [*proofs.words, "rdp.mixture"], status=1)


def test_what_is_skipped_fails_only_where_that_is_asked(capsys, proofs, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "z3", None)
    proofs("rdp.mixture", "smt.py", MISSING)
    text = answer(capsys, proofs.words)
    assert "1 proved, 0 failed, 1 skipped, 1 written" in text
    assert "z3 is not installed" in text
    answer(capsys, [*proofs.words, "--strict"], status=1)
    answer(capsys, [*proofs.words, "--strict", "rdp.gaussian"])


def test_coq_that_is_missing_is_skipped(capsys, proofs, monkeypatch, tmp_path):
    proofs("rdp.mixture", "Theorem.v", "Theorem proved : True.")
    monkeypatch.setenv("PATH", str(tmp_path))
    text = answer(capsys, proofs.words)
    assert ["rdp.mixture", "Theorem.v", "K"] in [row[:3] for row in rows(text)]
    assert "1 skipped" in text
    assert "coqc" in text
    answer(capsys, [*proofs.words, "--strict"], status=1)


def test_a_named_theorem_without_a_proof(capsys, proofs):
    text = answer(capsys, [*proofs.words, "gdp.clt"])
    assert "0 parts" in text
    assert "Without a proof here:\n    gdp.clt" in text
    answer(capsys, [*proofs.words, "gdp.clt", "--strict"], status=1)


def test_several_processes_say_the_same(capsys, proofs):
    proofs("rdp.mixture", "smt.py", BAD)
    data = [
        as_json(answer(capsys, [*proofs.words, "--json", "--processes", count], status=1))
        for count in ("1", "2")
    ]
    for one in data:
        for part in one["parts"]:
            del part["seconds"]
    assert data[0] == data[1]


def test_ids_are_taken_once_and_in_the_order_given(capsys, proofs):
    proofs("dp.laplace", "proof.md", "By the triangle inequality.")
    words = [*proofs.words, "rdp.gaussian", "dp", "rdp.gaussian", "--json"]
    data = as_json(answer(capsys, words))
    assert [part["theorem"] for part in data["parts"]] == ["rdp.gaussian"] * 2 + ["dp.laplace"]


@pytest.mark.parametrize(
    "more",
    [
        ["rdp.gausian"],
        ["rdp.gaussian", "x"],
        [""],
        ["--processes", "0"],
        ["--processes", "-1"],
        ["--processes", "nan"],
        ["--processes", "2.5"],
        ["--processes", "257"],
        ["--proofs", "nowhere"],
        ["--proofs", ""],
        ["--proofs", "a\x00b"],
    ],
)
def test_bad_input(capsys, proofs, more):
    refusal(capsys, [*proofs.words, *more])
    refusal(capsys, [*proofs.words, "--json", *more])


def test_no_folder_of_proofs(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("dpaccount.proving.folder.checkout", lambda: tmp_path)
    assert "--proofs" in refusal(capsys, ["prove"])
