"""The tables of what is supported are those that the theories answer today."""

from __future__ import annotations

import importlib.util

import pytest
from readme.test_readme import ROOT

import dpaccount as dpa


def tool():
    path = ROOT / "docs" / "tool" / "support.py"
    spec = importlib.util.spec_from_file_location("support", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_fresh():
    for path, text in tool().pages().items():
        assert path.read_text(encoding="utf-8") == text, f"python docs/tool/support.py, for {path}"


def test_a_cell_says_what_a_theory_says():
    run = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=10)
    methods = ("saddlepoint", "saddlepoint.fast", "rdp", "gdp_clt", "lattice")
    assert [tool().cell(run, m) for m in methods] == ["2", "2p", "up", "~", ""]


def test_a_table_has_one_place():
    made = tool()
    text = "a\n<!-- x: made by docs/tool/support.py -->\nold\n<!-- end -->\nb"
    assert made.refreshed(text, "x", "new") == text.replace("old", "new")
    for wrong in (text + text, "a"):
        with pytest.raises(ValueError, match="no place, or several"):
            made.refreshed(wrong, "x", "new")


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200
