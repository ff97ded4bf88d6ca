"""Every example of the README runs and prints what stands there."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest

from dpaccount.cli import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
#: What the demo leaves: training is random, but not what Opacus records of it.
RECORD = {"history": [[2.1, 0.16666666666666666, 360]], "mechanism": "rdp"}


def commands():
    """Each command of the console blocks and what is said to come out of it."""
    for kind, block in BLOCKS:
        if kind == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, said = part.partition("\n")
                yield command, said.rstrip().splitlines()


COMMANDS = list(commands())


def test_the_python_examples():
    text = "\n".join(block for kind, block in BLOCKS if kind == "python")
    found = doctest.DocTestParser().get_doctest(text, {}, "README.md", None, None)
    assert len(found.examples) > 5
    assert doctest.DocTestRunner().run(found).failed == 0


def plain(line):
    """A line without what differs from run to run: seconds, and spaces at the end."""
    return re.sub(r" \d+\.\d{3}(?= [a-z][-a-z0-9., %]*$)", " 0.000", line.rstrip())


def folder_of(command, tmp_path):
    """Where a command runs: one that writes a file does not write it here."""
    if " -o " not in command:
        return ROOT
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "said"), COMMANDS, ids=[command[:40] for command, _ in COMMANDS]
)
def test_the_commands(command, said, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(folder_of(command, tmp_path))
    words = shlex.split(command)
    if "demo/out/digits.pt" in words:
        record = tmp_path / "digits.json"
        record.write_text(json.dumps(RECORD), encoding="utf-8")
        words[words.index("demo/out/digits.pt")] = str(record)
    assert words[0] == "dpaccount"
    status = main(words[1:])
    printed = capsys.readouterr()
    assert status == (2 if printed.err else 0)
    lines = [plain(line) for line in (printed.out + printed.err).splitlines()]
    # the table of the demo is cut short there
    assert lines[: len(said)] == [plain(line) for line in said]


def test_both_kinds_of_example_are_there():
    assert {kind for kind, _ in BLOCKS} == {"python", "console"}
    assert len(COMMANDS) >= 5


def test_the_make_targets_exist():
    targets = re.findall(r"^    make ([a-z-]+)", TEXT, flags=re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
