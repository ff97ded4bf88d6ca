"""The examples in the pages of docs/ run and print what stands there."""

from __future__ import annotations

import doctest
import re
import shlex

import pytest
from readme.test_readme import ROOT, folder_of, plain

from dpaccount.cli import main

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(kind, block, id=f"{page.stem}-{i}")
    for page in sorted((ROOT / "docs").rglob("*.md"))
    for i, (kind, block) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("kind", "block"), [b for b in BLOCKS if b.values[0] == "console"])
def test_a_command_prints_what_stands_there(kind, block, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    command, _, said = block.removeprefix("$ ").partition("\n")
    monkeypatch.chdir(folder_of(command, tmp_path))
    assert main(shlex.split(command)[1:]) == 0
    lines = [plain(line) for line in capsys.readouterr().out.splitlines()]
    expected = [plain(line) for line in said.rstrip().splitlines()]
    assert len(expected) > 1
    assert lines[: len(expected)] == expected  # the list of theorems may be cut short


def test_the_python_examples():
    text = "\n".join(b.values[1] for b in BLOCKS if b.values[0] == "python")
    found = doctest.DocTestParser().get_doctest(text, {}, "docs", None, None)
    assert len(found.examples) > 5
    assert doctest.DocTestRunner().run(found).failed == 0
