"""The examples in the pages of docs/ run and print what stands there."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from typing import NamedTuple

import pytest
from readme.test_readme import ROOT, folder_of, plain

from dpaccount.cli import main

FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', flags=re.MULTILINE | re.DOTALL)
#: What a block of Python is called that needs what is not installed for the tests.
NOT_RUN = "not run here"
PAGES = sorted((ROOT / "docs").rglob("*.md"))


class Block(NamedTuple):
    """A block of a page: its language, the file that it is, if it is one, and its text."""

    kind: str
    title: str
    text: str


def blocks(text):
    return [Block(*found) for found in FENCE.findall(text)]


def is_story(found):
    """Whether later blocks of a page need what earlier ones wrote."""
    return any(b.title not in ("", NOT_RUN) or b.text.startswith("$ dpaccount init") for b in found)


FOUND = {page: blocks(page.read_text(encoding="utf-8")) for page in PAGES}
STORIES = [page for page in PAGES if is_story(FOUND[page])]
ALONE = [
    pytest.param(block.text, id=f"{page.stem}-{i}")
    for page in PAGES
    if page not in STORIES
    for i, block in enumerate(FOUND[page])
    if block.kind == "console"
]
TOLD = [page for page in PAGES if any(b.text.startswith(">>> ") for b in FOUND[page])]


def said(text):
    """The command of a console block, and the lines that it is said to print."""
    command, _, printed = text.removeprefix("$ ").partition("\n")
    return command, [plain(line) for line in printed.rstrip().splitlines()]


def printed_by(command, folder, capsys):
    """The lines that a command prints in a folder."""
    words = shlex.split(command)
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [plain(line) for line in done.stdout.splitlines()]
    assert words[0] == "dpaccount"
    capsys.readouterr()
    assert main(words[1:]) == 0
    return [plain(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("text", ALONE)
def test_a_command_prints_what_stands_there(text, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    command, expected = said(text)
    monkeypatch.chdir(folder_of(command, tmp_path))
    lines = printed_by(command, tmp_path, capsys)
    assert len(expected) > 1
    assert lines[: len(expected)] == expected  # the list of theorems may be cut short


@pytest.mark.parametrize("page", STORIES, ids=lambda page: page.stem)
def test_a_story_can_be_followed(page, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    for block in FOUND[page]:
        if block.title not in ("", NOT_RUN):
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.kind == "console":
            command, expected = said(block.text)
            lines = printed_by(command, tmp_path, capsys)
            assert expected, command
            # a library that trains may speak before our own last lines
            part = lines[-len(expected) :] if command.startswith("python") else lines
            assert part[: len(expected)] == expected


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.stem)
def test_the_python_examples_of_a_page(page):
    text = "\n".join(b.text for b in FOUND[page] if b.text.startswith(">>> "))
    found = doctest.DocTestParser().get_doctest(text, {}, page.name, None, None)
    assert doctest.DocTestRunner().run(found).failed == 0


def test_no_example_is_left_out():
    left = [
        (page.name, block.title)
        for page in PAGES
        for block in FOUND[page]
        if block.kind == "python" and not block.text.startswith(">>> ")
        if block.title in ("", NOT_RUN)
    ]
    assert left == [("jax-privacy.md", NOT_RUN)]  # JAX is not installed for the tests
    # a fence that the expression above does not read would not be run
    for page in PAGES:
        fences = re.findall(r"^```\w", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(fences) == len(FOUND[page]), page
    assert len(STORIES) >= 3
    assert len(ALONE) + len(TOLD) > 20
