"""Each part of a proof that is written in Python proves its theorem, and can fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
import z3
from flint import arb

from dpaccount.proving import NotProved
from dpaccount.proving.balls import positive
from dpaccount.proving.parts import NAMES, attempt, load
from dpaccount.proving.solver import holds
from dpaccount.proving.symbols import branches, identical
from dpaccount.theorems import all_theorems

PROOFS = Path(__file__).parents[2] / "proofs"
PARTS = sorted(path for name in NAMES for path in PROOFS.glob(f"*/*/{name}"))


def theorem_of(path):
    return all_theorems()[f"{path.parent.parent.name}.{path.parent.name}"]


def test_there_are_parts():
    assert len(PARTS) >= 45


@pytest.mark.ledger
@pytest.mark.parametrize("path", PARTS, ids=lambda p: "/".join(p.parts[-3:]))
def test_part_proves(path):
    attempt(load(path), theorem_of(path))


@pytest.mark.parametrize("path", PARTS, ids=lambda p: "/".join(p.parts[-3:]))
def test_part_refuses_another_formula(path):
    theorem = theorem_of(path)
    other = replace(theorem, formula=lambda *args, **kwargs: 7)
    with pytest.raises(NotProved):
        attempt(load(path), other)


def test_every_folder_belongs_to_a_theorem():
    known = {i.replace(".", "/") for i in all_theorems()}
    folders = {path.parent for path in PROOFS.glob("*/*/*.*")} - {PROOFS / "library"}
    assert {"/".join(folder.parts[-2:]) for folder in folders} <= known


def test_identities():
    x = sympy.Symbol("x", positive=True)
    identical(sympy.log(x**2), 2 * sympy.log(x))
    with pytest.raises(NotProved, match="refuted"):
        identical(sympy.log(x**2), 3 * sympy.log(x))
    with pytest.raises(NotProved, match="refuted"):
        identical(1 / (x - x), 0)


def test_what_is_not_decided_is_not_proved(monkeypatch):
    x = sympy.Symbol("x", positive=True)
    monkeypatch.setattr("dpaccount.proving.symbols._rewritings", lambda expression: [expression])
    with pytest.raises(NotProved, match="not decided"):
        identical(sympy.log(x**2 + x), sympy.log(x) + sympy.log(x + 1))


def test_every_way_through_a_formula():
    x = sympy.Symbol("x", real=True)
    found = branches(lambda guided, ops: abs(guided(x)) + max(guided(x), 0))
    assert set(found) == {2 * x, -x}
    # what is asked twice is answered alike
    found = branches(lambda guided, ops: max(guided(x), 1) + min(guided(x), 1))
    assert set(found) == {x + 1}


def test_solver():
    x, y = z3.Reals("x y")
    holds(x * x + y * y >= 2 * x * y)
    with pytest.raises(NotProved, match="refuted"):
        holds(x * x > 0)
    with pytest.raises(NotProved, match="nothing is known to satisfy"):
        holds(x > 0, x > 1, x < 1)


def test_boxes():
    assert positive(lambda x, y: x * x + y + 2, [(Fraction(-1), Fraction(1))] * 2) >= 1
    with pytest.raises(NotProved, match="refuted"):
        positive(lambda x: x - 3, [(Fraction(-2), Fraction(1))])
    with pytest.raises(NotProved, match="not decided"):
        positive(lambda x: x * x, [(Fraction(0), Fraction(1))], depth=10)
    with pytest.raises(NotProved, match="not decided"):
        positive(lambda x: arb("nan"), [(Fraction(0), Fraction(1))])


def test_whatever_arithmetic_raises_is_no_proof():
    def divides(theorem):
        return 1 / 0

    with pytest.raises(NotProved, match="ZeroDivisionError"):
        attempt(divides, all_theorems()["rdp.gaussian"])
