"""Every change of a formula that has a Coq proof, or of an assumption it uses, breaks the proof."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from mutants.generate import mutants

from dpaccount.proving.coq import check, find_coqc, theorem_folders
from dpaccount.proving.coq_text import definitions, sorts_of
from dpaccount.theorems import all_theorems

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = theorem_folders(ROOT / "proofs")
BUILD = ROOT / ".proofs"

#: Changes that change nothing in the proof, and why.
EQUIVALENT: dict[str, str] = {}


@cache
def _defined(identifier: str) -> set[str]:
    """What the proof's `Generated.v` defines."""
    source = (FOLDERS[identifier] / "Theorem.v").read_text(encoding="utf-8")
    return set(definitions(all_theorems()[identifier], sorts_of(source)))


def _reaches(mutant) -> bool:
    """Whether what was changed is in the proof; an assumption may not compare numbers."""
    if mutant.theorem.id not in FOLDERS:
        return False
    if not mutant.what.startswith("assumption "):
        return True
    number = int(mutant.what.split()[1]) + 1
    return f"assumption_{number}" in _defined(mutant.theorem.id)


def _spread(found, most):
    """So many of each theorem's, evenly over its formula and assumptions."""
    of_theorem = {}
    for mutant in found:
        of_theorem.setdefault(mutant.theorem.id, []).append(mutant)
    return [
        group[i * len(group) // most] if len(group) > most else group[i]
        for group in of_theorem.values()
        for i in range(min(len(group), most))
    ]


EVERY = [m for m in mutants() if _reaches(m)]
#: A mutant costs the kernel two seconds: with DPACCOUNT_EVERY_MUTANT set all of them are tried.
TRIED = EVERY if os.environ.get("DPACCOUNT_EVERY_MUTANT") else _spread(EVERY, 8)
needs_coq = pytest.mark.skipif(find_coqc() is None, reason="coqc is not installed")


@needs_coq
@pytest.mark.parametrize(
    "mutant", [m for m in TRIED if m.name not in EQUIVALENT], ids=lambda m: m.name
)
def test_mutant_breaks_the_proof(mutant):
    found = check(mutant.theorem, FOLDERS[mutant.theorem.id], BUILD)
    assert found.status == "failed", found
    # by the formula, not by an accident of the machinery
    accidents = ("library/", "Axioms.v", "rests on", "Command", "the statement")
    assert not found.message.startswith(accidents), found


@needs_coq
@pytest.mark.parametrize("mutant", [m for m in EVERY if m.name in EQUIVALENT], ids=lambda m: m.name)
def test_equivalent_keeps_the_proof(mutant):
    assert check(mutant.theorem, FOLDERS[mutant.theorem.id], BUILD).status == "checked"


def test_the_list_of_equivalents_is_current():
    assert {m.name for m in EVERY} >= set(EQUIVALENT)


def test_every_proof_of_a_formula_has_mutants():
    mutated = {m.theorem.id for m in EVERY}
    plain = {"rdp.pure"}  # the identity has nothing inside that could be changed
    with_formula = {i for i in FOLDERS if all_theorems()[i].formula is not None}
    assert with_formula - mutated <= plain
