"""What is generated is fresh: `python -m dpaccount.proving.page` writes it."""

from __future__ import annotations

import re

import pytest
from architecture.repository import ROOT

from dpaccount.proving.page import pages, statement
from dpaccount.proving.places import places_of
from dpaccount.theorems import all_theorems, effective_level

PROOFS = ROOT / "proofs"
MADE = pages(PROOFS)
PAGE = MADE[ROOT / "docs" / "THEOREMS.md"]


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_is_fresh(path):
    assert path.is_file(), "run python -m dpaccount.proving.page"
    assert path.read_text(encoding="utf-8") == MADE[path]


def test_every_statement_on_disk_is_generated():
    assert {path for path in MADE if path.name == "statement.md"} == {
        *PROOFS.glob("*/*/statement.md")
    }


@pytest.mark.parametrize("theorem", all_theorems().values(), ids=lambda theorem: theorem.id)
def test_the_page_has_everything_of_a_theorem(theorem):
    sections = re.split(r"^## ", PAGE, flags=re.M)
    (section,) = [text for text in sections if text.startswith(f"{theorem.id}\n")]
    for text in (
        theorem.latex,
        theorem.source,
        theorem.note,
        *(a.text for a in theorem.assumptions),
    ):
        assert text in section
    assert f"* Level: {theorem.level}, " in section
    effective = effective_level(theorem.id)
    assert (f"; effective {effective}, " in section) == (effective != theorem.level)
    places = places_of(theorem, PROOFS)
    assert places.properties
    for name in (*theorem.uses, *places.used_by, *places.properties, *places.parts):
        assert name in section
    for name in places.code:
        assert f"`{name.replace('.', '/')}" in section
    assert f"](#{theorem.id.replace('.', '')})" in sections[0]
    assert theorem.latex in statement(theorem)


def test_where_no_proofs_are_a_theorem_has_places_still():
    places = places_of(all_theorems()["rdp.gaussian"], None)
    assert places.parts == ()
    assert "dpaccount.accountants.rdp" in places.code


def test_who_uses_whom():
    for theorem in all_theorems().values():
        for used in theorem.uses:
            assert theorem.id in places_of(all_theorems()[used], None).used_by
