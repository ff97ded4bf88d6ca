"""The register: complete, without circles, and the only place that ids come from."""

from __future__ import annotations

import ast
import graphlib
import re

import pytest
from architecture.repository import PACKAGE

from dpaccount.theorems import (
    CITED_BECAUSE,
    LEVELS,
    all_theorems,
    closure,
    effective_level,
    registry,
    unregistered,
    weakest,
)
from dpaccount.theorems.registry import Theorem

KNOWN = all_theorems()
FAMILIES = sorted({id.partition(".")[0] for id in KNOWN})
#: A word that is spelled like an id; a dot before it or an assignment's target is none.
ID = re.compile(rf"(?<![\w.`/])(?:{'|'.join(FAMILIES)})\.[a-z][a-z0-9_]*")


def circle(theorems):
    """A circle of uses, or None."""
    try:
        graphlib.TopologicalSorter({t.id: t.uses for t in theorems}).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_no_theorem_uses_itself_in_a_circle():
    assert circle(KNOWN.values()) is None
    assert circle([Theorem("a.a", "", "", uses=("a.b",)), Theorem("a.b", "", "", uses=("a.a",))])


def test_there_are_enough():
    assert len(KNOWN) >= 40


def balanced(text):
    """Whether the LaTeX can be set: dollars in pairs, braces and delimiters closed in each."""
    pieces = text.split("$")
    if len(pieces) % 2 == 0 or "" in pieces[1::2]:
        return False
    for formula in pieces[1::2]:
        depth = 0
        for sign in re.sub(r"\\[{}]", "", formula):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            if depth < 0:
                return False
        if depth or len(re.findall(r"\\left\b", formula)) != len(re.findall(r"\\right\b", formula)):
            return False
    return True


@pytest.mark.parametrize("theorem", KNOWN.values(), ids=lambda theorem: theorem.id)
def test_a_statement_in_latex(theorem):
    assert theorem.latex.endswith((".", ".$"))
    assert balanced(theorem.latex)
    words = "".join(theorem.latex.split("$")[::2])  # outside of formulas
    assert "\\" not in words
    assert "^" not in words
    # control characters are what a string that is not raw makes of a backslash
    assert theorem.latex.isprintable()


@pytest.mark.parametrize("text", ["$a", "$$", "${a$", "$a}{$", r"$\left(a)$"])
def test_latex_that_cannot_be_set(text):
    assert not balanced(text)


def test_what_is_only_cited_is_listed_with_its_reason_and_nothing_else():
    assert {id for id, theorem in KNOWN.items() if theorem.level == "C"} == set(CITED_BECAUSE)
    assert all(len(reason.split()) >= 4 for reason in CITED_BECAUSE.values())


def test_the_order_of_levels():
    assert "".join(LEVELS) == "KSBYPC"


def scratch(monkeypatch, **levels):
    """A register of theorems that each use the one before."""
    register, before = {}, ()
    for name, level in levels.items():
        register[f"a.{name}"] = Theorem(f"a.{name}", "", "", uses=before, level=level)
        before = (f"a.{name}",)
    monkeypatch.setattr(registry, "_REGISTER", register)


def test_the_effective_level_is_the_weakest_below(monkeypatch):
    scratch(monkeypatch, one="K", two="P", three="K", four="S", five="C", six="K")
    found = {name: effective_level(f"a.{name}") for name in ("one", "two", "three", "four", "six")}
    assert found == {"one": "K", "two": "P", "three": "P", "four": "P", "six": "C"}
    assert weakest(["a.one", "a.three"]) == "P"
    assert weakest(["a.one"]) == "K"
    assert weakest([]) == "C"
    assert set(closure(["a.three"])) == {"a.one", "a.two", "a.three"}
    assert unregistered(["a.one", "a.seven"]) == ["a.seven"]


@pytest.mark.parametrize(("strong", "weak"), list(zip("KSBYP", "SBYPC", strict=True)))
def test_each_level_is_weaker_than_the_one_before(monkeypatch, strong, weak):
    scratch(monkeypatch, below=weak, above=strong)
    assert effective_level("a.above") == weak
    scratch(monkeypatch, below=strong, above=weak)
    assert effective_level("a.above") == weak
    scratch(monkeypatch, below=strong, above=strong)
    assert effective_level("a.above") == strong


def unknown_ids(text):
    """Words of a source's texts that are spelled like ids and are none."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = ID.findall(node.value)
            found += [w for w in words if w not in KNOWN and not w.endswith((".py", ".id"))]
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_every_id_that_is_cited_is_registered(path):
    assert unknown_ids(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        'ids = ("rdp.gausian",)',
        "def f():\n    '''Guarantee: upper (pair.gaussian).'''\n",
        'x = f"{y} by dp.nothing"',
    ],
)
def test_an_id_that_is_not_registered_is_found(text):
    assert len(unknown_ids(text)) == 1
    assert unknown_ids('"rdp.gaussian", "dpaccount/theorems/rdp.py", "as opacus.gdp"') == []
