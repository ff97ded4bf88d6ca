"""The folder of proofs, and the levels that it shows."""

from __future__ import annotations

import re
import shutil

import pytest
from architecture.repository import ROOT

import dpaccount as dpa
from dpaccount.proving.folder import (
    LEVEL_OF,
    find_proofs,
    mismatches,
    parts_of,
    shown_level,
    strays,
    without_words,
)
from dpaccount.theorems import CITED_BECAUSE, all_theorems, closure

PROOFS = ROOT / "proofs"
ID = "rdp.gaussian"
#: Theorems that a written proof names without resting on them, and why.
NAMED_ONLY = {
    ("gdp.clt", "gdp.gaussian"): "what the limit is",
    ("gdp.sampling_never_hurts", "gdp.gaussian"): "what mu-GDP says in hockey sticks",
    ("pair.laplace", "pair.dimension"): "notation",
    ("pld.tilted", "pld.infinite"): "what it leaves out",
    ("rdp.add_below_remove", "rdp.poisson"): "what the two moments are called",
    ("rdp.gaussian", "pair.dimension"): "the statement is of one dimension",
    ("rdp.poisson", "invert.strip"): "how it is evaluated",
    ("rdp.to_log_delta", "rdp.to_dp_improved"): "the same proof, stopped earlier",
    ("risk.unequal_trials", "risk.clopper_pearson"): "the same test, where chances are equal",
    ("sgd.clipped_line", "sgd.clipping_bias"): "an example of what it leaves open",
    ("sgd.pl_sharp", "sgd.pl"): "what it is sharper than",
    ("sgd.sector", "sgd.strongly_convex"): "the formula and the end of the proof are the same",
    ("zcdp.composition", "rdp.composition"): "the same proof, compiled again",
    ("zcdp.gaussian", "rdp.gaussian"): "the same proof, compiled again",
    ("zcdp.sampling_never_hurts", "rdp.mixture"): "the same step, compiled again",
    ("zcdp.to_dp", "rdp.to_dp_mironov"): "the same step, compiled again",
}


@pytest.fixture
def proofs(tmp_path):
    home = tmp_path / "proofs" / "rdp" / "gaussian"
    home.mkdir(parents=True)
    (tmp_path / "proofs" / "library").mkdir()
    (tmp_path / "proofs" / "library" / "Sums.v").write_text("")
    return tmp_path / "proofs"


def add(proofs, *names, id=ID):
    home = proofs.joinpath(*id.split("."))
    home.mkdir(parents=True, exist_ok=True)
    for name in names:
        (home / name).write_text("x")


def test_the_strongest_part_gives_the_level(proofs):
    assert (shown_level(proofs, ID), parts_of(proofs, ID)) == ("C", [])
    for count, (name, level) in enumerate(reversed(LEVEL_OF.items()), 1):
        add(proofs, name)
        assert shown_level(proofs, ID) == level
        assert len(parts_of(proofs, ID)) == count
    assert "".join(part.level for part in parts_of(proofs, ID)) == "KSBYP"
    assert [part.is_machine for part in parts_of(proofs, ID)] == [True] * 4 + [False]
    assert parts_of(None, ID) == []


def test_what_is_beside_a_proof_gives_no_level(proofs):
    add(proofs, "statement.md", "Generated.v")
    assert shown_level(proofs, ID) == "C"
    assert strays(proofs) == []


def test_what_has_no_theorem_is_found(proofs):
    add(proofs, "proof.md", id="rdp.gausian")
    add(proofs, "proofs.md", "symbolic.py")
    (proofs / "rdp" / "note.txt").write_text("x")
    assert strays(proofs) == ["rdp/gausian", "rdp/gaussian/proofs.md", "rdp/note.txt"]


def test_a_level_that_is_not_shown_is_found(proofs):
    theorem = all_theorems()["rdp.mixture"]  # level P or better
    assert any("rdp.mixture: registered as" in line for line in mismatches(proofs, [theorem]))
    add(proofs, "proof.md", id="rdp.mixture")
    shown = mismatches(proofs, [theorem])
    assert any("registered as" in line for line in shown) == (theorem.level != "P")
    shutil.rmtree(proofs / "rdp" / "mixture")
    assert any("needs a reason" in line for line in mismatches(proofs, [theorem])) == (
        theorem.id not in CITED_BECAUSE
    )


def test_what_has_no_words_is_named(proofs):
    assert without_words(proofs) == []
    add(proofs, "symbolic.py", "Theorem.v")
    assert without_words(proofs) == [ID]
    add(proofs, "proof.md")
    assert without_words(proofs) == []


def test_the_register_claims_what_the_files_show():
    # `python -m dpaccount.proving.folder` prints these
    assert mismatches(PROOFS) == []


def test_what_a_written_proof_names_is_used():
    """So that the effective level knows of it."""
    found = set()
    for id in all_theorems():
        path = PROOFS.joinpath(*id.split("."), "proof.md")
        words = path.read_text(encoding="utf-8") if path.is_file() else ""
        named = set(re.findall(r"`(\w+\.\w+)`", words)) & set(all_theorems())
        found |= {(id, other) for other in named - set(closure([id]))}
    assert found == set(NAMED_ONLY)


def test_a_proof_for_finite_spaces_is_listed_where_they_are_left():
    page = (PROOFS / "library" / "finite-is-enough.md").read_text(encoding="utf-8")
    for path in PROOFS.glob("*/*/proof.md"):
        if "finite-is-enough.md" in path.read_text(encoding="utf-8"):
            assert f"`{path.parent.parent.name}.{path.parent.name}`" in page, path


def test_the_folder_is_beside_the_package():
    assert find_proofs() == PROOFS
    assert find_proofs(str(PROOFS / "rdp")) == PROOFS / "rdp"


@pytest.mark.parametrize("name", ["", "nowhere", "a\x00b", "x" * 5000, "README.md"])
def test_a_folder_that_is_none_is_refused(name, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT if name == "README.md" else tmp_path)
    if name == "":
        monkeypatch.setattr("dpaccount.proving.folder.checkout", lambda: tmp_path)
    with pytest.raises(dpa.InputError, match="--proofs"):
        find_proofs(name or None)
