"""The Coq proofs: made from the registered formulas, checked by the kernel, with known axioms."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dpaccount.proving import coq
from dpaccount.proving.coq import (
    ALLOWED_AXIOMS,
    check,
    find_coqc,
    forbidden_words,
    generated_text,
    theorem_folders,
)
from dpaccount.theorems import all_theorems

ROOT = Path(__file__).resolve().parents[2]
PROOFS = ROOT / "proofs"
BUILD = ROOT / ".proofs"
FOLDERS = theorem_folders(PROOFS)
needs_coq = pytest.mark.skipif(find_coqc() is None, reason="coqc is not installed")
every_proof = pytest.mark.parametrize("identifier", list(FOLDERS))


def test_there_are_proofs():
    assert len(FOLDERS) >= 15
    assert set(FOLDERS) <= set(all_theorems())


@every_proof
def test_generated_is_fresh(identifier):
    folder = FOLDERS[identifier]
    fresh = generated_text(all_theorems()[identifier], folder)
    assert (folder / "Generated.v").read_text(encoding="utf-8") == fresh, (
        f"run `{coq.COMMAND}` and look at what the formula became"
    )


@every_proof
def test_a_person_says_what_is_checked(identifier):
    text = (FOLDERS[identifier] / "proof.md").read_text(encoding="utf-8")
    assert "machine-checked" in text.split("\n\n")[1]


@pytest.mark.ledger
@needs_coq
@every_proof
def test_the_kernel_checks_it(identifier):
    found = check(all_theorems()[identifier], FOLDERS[identifier], BUILD)
    assert (found.status, found.message) == ("checked", "")
    assert set(found.axioms) <= ALLOWED_AXIOMS


@pytest.mark.parametrize("path", sorted(PROOFS.rglob("*.v")), ids=lambda p: str(p.name))
def test_nothing_is_assumed(path):
    assert forbidden_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Admitted.",
        "Proof. admit. Qed.",
        "Axiom cheat : False.",
        "Parameter x : R.",
        "Conjecture c : 1 = 2.",
        "Unset Guard Checking.",
        "(* fine *) Axiom cheat : False. (* fine *)",
        "(* a (* nested *) comment *) Admitted.",
    ],
)
def test_assumptions_are_found(text):
    assert forbidden_words(text)


@pytest.mark.parametrize("text", ["(* no Axiom here *) Qed.", "(* (* Admitted *) Axiom *) Qed."])
def test_comments_are_not_read(text):
    assert forbidden_words(text) == []


@pytest.fixture
def changed(tmp_path):
    """Checks a copy of a proof whose text was changed; the compiled library is shared."""
    shutil.copytree(PROOFS / "library", tmp_path / "library")
    folder = tmp_path / "rdp" / "to_dp_mironov"
    shutil.copytree(PROOFS / "rdp" / "to_dp_mironov", folder)
    original = (folder / "Theorem.v").read_text(encoding="utf-8")

    def again(*edits):
        text = original
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        (folder / "Theorem.v").write_text(text, encoding="utf-8")
        return check(all_theorems()["rdp.to_dp_mironov"], folder, BUILD)

    return again


@needs_coq
def test_what_a_proof_rests_on_is_compared(changed):
    cheat = ("Theorem proved", "Hypothesis cheat : forall C : Prop, C.\nTheorem proved")
    assert changed(cheat).status == "checked"  # it is stated, and not used
    found = changed(
        cheat, ("Proof.\n", "Proof.\n  apply cheat.\nQed.\n(*"), ("exact small.\nQed.", "*)")
    )
    assert (found.status, found.message) == ("failed", "rests on Theorem.cheat"), found


@needs_coq
def test_a_statement_without_the_formula_is_refused(changed):
    found = changed(("dp (formula r (order - 1) log_delta)", "dp (r - log_delta / (order - 1))"))
    assert found.status == "failed"
    assert "does not speak of formula" in found.message


@needs_coq
def test_a_statement_without_an_assumption_is_refused(changed):
    found = changed(("assumption_2", "0 > "))
    assert found.status == "failed"
    assert "does not speak of assumption_2" in found.message


@needs_coq
def test_a_formula_that_cannot_be_read_fails(changed):
    theorem = replace(all_theorems()["rdp.to_dp_mironov"], formula=lambda a, b, c: a % b)
    found = check(theorem, FOLDERS[theorem.id], BUILD)
    assert found.status == "failed"


def test_without_coq_nothing_is_passed(monkeypatch):
    monkeypatch.setattr(coq, "find_coqc", lambda: None)
    found = check(all_theorems()["rdp.pure"], FOLDERS["rdp.pure"], BUILD)
    assert found.status == "skipped"
    assert "not installed" in found.message


@pytest.mark.parametrize(
    "output",
    ["", "Axioms:", "Error\nAxioms:\nx : R\n"],
)
def test_an_answer_that_is_not_understood_is_no_answer(output):
    with pytest.raises(coq.NotProved):
        coq._axioms(output)


def test_axioms_are_read():
    output = "Axioms:\nA.first\n  : forall P : Prop,\n    P\nsecond : False\n"
    assert coq._axioms(output) == ("A.first", "second")
    assert coq._axioms("Closed under the global context\n") == ()
