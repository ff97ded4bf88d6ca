"""Links are tested, not typed: every path that the documentation names exists."""

from __future__ import annotations

import re

import pytest
from architecture.repository import PACKAGE, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: A path may be told from any of these.
BASES = (ROOT, PACKAGE, ROOT / "tests", ROOT / "docs")
#: First names of paths: what exists, and the rooms that are planned.
OURS = {path.name for base in BASES if base.is_dir() for path in base.iterdir() if path.is_dir()}
OURS |= {"docs", "proofs", "notebooks", "benchmarks", "demo", "tests", "dpaccount"}
#: Files that are named without a folder.
BARE = re.compile(r"[\w-]+\.md|Makefile|constraints\.txt|pyproject\.toml")


def paths(text):
    """What looks like a path of this repository, in backticks or as the target of a link."""
    return in_backticks(text) + links(text)


def without_fences(text):
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S)


def links(text):
    """The targets of links that stay here."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_fences(text))
    return [t.partition("#")[0] for t in targets if not re.match(r"\w+:|#", t)]


def in_backticks(text):
    """The words in backticks that look like a path of this repository."""
    spans = re.findall(r"`([^`\n]+)`", without_fences(text))
    words = [word for span in spans for word in span.split()]
    found = []
    for full in words:
        word = re.sub(r"(::.*|#.*|:\d+(-\d+)?|[,;.])$", "", full)
        plain = re.fullmatch(r"\.?[\w.*/-]+", word)
        if plain and (BARE.fullmatch(word) or ("/" in word and word.split("/")[0] in OURS)):
            found.append(word)
    return found


def made(name):
    """Whether a path is made by a command and ignored by git."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return any(line.endswith("/") and f"{name}/".startswith(line) for line in lines)


def dead(text, base=ROOT, read=paths):
    """The paths in a text that lead nowhere; a pattern must match something."""
    return [
        name
        for name in read(text)
        if not made(name)
        and not any(
            list(place.glob(name.rstrip("/"))) for place in (*BASES, base) if place.is_dir()
        )
        and not (base / name).exists()
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_path_is_dead(page):
    assert dead(page.read_text(encoding="utf-8"), page.parent) == []


@pytest.mark.parametrize("page", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_no_path_in_a_docstring_is_dead(page):
    assert dead(page.read_text(encoding="utf-8"), read=in_backticks) == []


@pytest.mark.parametrize(
    "name",
    [
        "`docs/nowhere.md`",
        "`tests/contract/test_nothing.py`",
        "`tests/contract/test_nothing.py::test_this`",
        "`dpaccount/nothing/`",
        "`accountants/nothing.py`",
        "`python demo/nothing.py --epochs 3`",
        "`proofs/nothing/*.py`",
        "`dpaccount/accounting.py.bak:12`",
        "`NOWHERE.md`",
        "[here](docs/nowhere.md#part)",
        "```\n`docs/`\n```\n`docs/nowhere.md`",
    ],
)
def test_a_dead_path_is_found(name):
    assert len(dead(name)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "`README.md` `pyproject.toml` `Makefile`",
        "`dpaccount/accounting.py` `dpaccount/accounting.py:12` `accountants/rdp.py`",
        "`python demo/digits_transformer.py --out x`, `tests/contract/cases.py::ask`.",
        "`dpaccount/accountants/` `tests/contract/test_*.py` `demo/out/digits.pt`",
        "`256/60000` `1/100` `and/or` `opacus/accountants/accountant.py` `--run FILE` `run.json`",
        "[here](README.md) [there](https://example.org/x.md) [part](#part)",
    ],
)
def test_what_is_no_dead_path(text):
    assert dead(text) == []
