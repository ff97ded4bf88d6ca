"""The ledger: what is proved, what failed, what was skipped, and never one for another."""

from __future__ import annotations

import dataclasses

import pytest

from dpaccount.proving import coq
from dpaccount.proving.folder import Part, parts_of
from dpaccount.proving.ledger import FAILED, PROVED, SKIPPED, WRITTEN, building, run_part, run_parts
from dpaccount.theorems import all_theorems

ID = "rdp.gaussian"
GOOD = """
import fractions
from dpaccount.proving import NotProved

def prove(theorem):
    a, b = fractions.Fraction(7, 2), fractions.Fraction(1, 3)
    if theorem(a, b) != a * b / 2:
        raise NotProved("not half of it")
"""


@pytest.fixture
def make(tmp_path):
    def made(text, name="symbolic.py", id=ID):
        home = tmp_path / "proofs" / id.replace(".", "/")
        home.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
        return Part(id, home / name)

    return made


def test_what_is_proved(make, tmp_path):
    entry = run_part(make(GOOD), tmp_path)
    assert (entry.theorem_id, entry.part, entry.level) == (ID, "symbolic.py", "Y")
    assert (entry.status, entry.reason) == (PROVED, "")
    assert 0 < entry.seconds < 60


def test_a_mutant_can_be_handed_in(make, tmp_path):
    mutant = dataclasses.replace(all_theorems()[ID], formula=lambda order, square: order * square)
    entry = run_part(make(GOOD), tmp_path, mutant)
    assert (entry.status, entry.reason) == (FAILED, "not half of it")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def prove(theorem):\n    raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("def prove(theorem):\n    assert False", "AssertionError: "),
        ("def prove(theorem):\n    return False", "prove returned False"),
        ("def prove(theorem):\n    return True", "prove returned True"),
        ("def prove():\n    pass", "TypeError"),
        ("def proof(theorem):\n    pass", "AttributeError"),
        ("", "AttributeError"),
        ("def", "SyntaxError"),
        ("import no_such_module_of_ours", "ModuleNotFoundError"),
        ("from dpaccount.proving import nothing", "ImportError"),
        ("1 / 0", "ZeroDivisionError"),
        (GOOD.replace("/ 2:", "/ 3:"), "not half of it"),
    ],
)
def test_whatever_is_not_a_proof_fails(make, tmp_path, text, reason):
    entry = run_part(make(text), tmp_path)
    assert entry.status == FAILED
    assert entry.reason.startswith(reason)
    assert "\n" not in entry.reason


@pytest.mark.parametrize("name", ["sympy", "z3", "flint"])
def test_without_its_tool_a_part_is_skipped(make, tmp_path, monkeypatch, name):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    text = f"def prove(theorem):\n    import {name}.anything"
    entry = run_part(make(text), tmp_path)
    assert (entry.status, entry.reason) == (SKIPPED, f"{name} is not installed")


def test_without_coq_its_part_is_skipped(make, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    entry = run_part(make("Theorem proved : True.", "Theorem.v"), tmp_path)
    assert (entry.status, entry.level) == (SKIPPED, "K")
    assert "coqc" in entry.reason


def test_a_coq_part_that_proves_nothing_fails(make, tmp_path):
    if coq.find_coqc() is None:
        pytest.skip("coqc is not installed")
    entry = run_part(make("Theorem proved : True. Proof. exact I. Qed.", "Theorem.v"), tmp_path)
    assert (entry.status, entry.axioms) == (FAILED, ())
    assert entry.reason


def test_what_is_written_is_not_called_proved(make, tmp_path):
    entry = run_part(make("By definition.", "proof.md"), tmp_path)
    assert (entry.status, entry.seconds, entry.level) == (WRITTEN, None, "P")
    assert run_part(make(" \n", "proof.md"), tmp_path).status == FAILED


@pytest.mark.parametrize("processes", [1, 2])
def test_several_parts_keep_their_order(make, tmp_path, processes):
    parts = [
        make("def prove(theorem):\n    raise ValueError", id="rdp.mixture"),
        make(GOOD),
        make("import os\ndef prove(theorem):\n    os._exit(3)", id="rdp.pure")
        if processes == 2
        else make("def prove(theorem):\n    raise OSError", id="rdp.pure"),
        make("By definition.", "proof.md"),
    ]
    seen = []
    entries = run_parts(parts, tmp_path, processes, seen.append)
    assert [(e.theorem_id, e.part) for e in entries] == [(p.theorem_id, p.name) for p in parts]
    assert sorted(seen, key=str) == sorted(entries, key=str)
    statuses = [entry.status for entry in entries]
    assert statuses[2] == FAILED
    if processes == 1:
        assert statuses == [FAILED, PROVED, FAILED, WRITTEN]
    else:  # a process that dies may take others with it; what it took is not called proved
        assert all(e.status != PROVED or e.theorem_id == ID for e in entries)


def test_nothing_to_run(tmp_path):
    assert run_parts([], tmp_path, 2) == []
    assert parts_of(tmp_path, ID) == []


def test_where_coq_compiles(tmp_path):
    (tmp_path / "proofs").mkdir()
    with building(tmp_path / "proofs") as build:
        assert build == tmp_path / ".proofs"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".proofs").write_text("no folder")
    (tmp_path / "other" / "proofs").mkdir()
    with building(tmp_path / "other" / "proofs") as build:
        assert build.is_dir()
        assert tmp_path not in build.parents
    assert not build.exists()
