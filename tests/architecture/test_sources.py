"""Source files: short, and with examples that run."""

from __future__ import annotations

import doctest
import importlib
import re
import types

import pytest
from architecture.repository import MODULES, PACKAGE, PROJECT, ROOT

MOST_LINES = 400


def too_long(text):
    return len(text.splitlines()) > MOST_LINES


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_file_is_too_long(path):
    assert not too_long(path.read_text(encoding="utf-8"))


def test_what_is_too_long():
    assert too_long("x\n" * 401)
    assert not too_long("x\n" * 400)


def test_no_file_is_outside_the_modules():
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in PACKAGE.rglob("*.py")
    }
    assert names == {"dpaccount", *MODULES}


def test_what_installs_an_extra_is_said_in_one_way():
    """Published or not: nobody may be sent to a package that is not there yet."""
    named, apart = set(), []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"\binstall\([\"'](\w+)[\"']\)", text))
        if "dpaccount[" in text:
            apart.append(path.name)
    assert apart == ["errors.py"]
    assert named <= set(PROJECT["project"]["optional-dependencies"])
    assert {"attacks", "convergence", "dask", "opacus", "parquet", "report", "serve"} <= named
    from dpaccount.errors import install

    assert install("serve") == "pip install 'dpaccount[serve]' (in a clone: pip install '.[serve]')"


def examples(module):
    """How many examples a module has, and how many of them fail."""
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    for test in finder.find(module, module.__name__):
        runner.run(test)
    result = runner.summarize(verbose=False)
    return result.attempted, result.failed


@pytest.mark.parametrize("name", ["dpaccount", *MODULES])
def test_the_examples_of_a_module(name):
    assert examples(importlib.import_module(name))[1] == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES]
    found = {m.__name__: sum(len(t.examples) for t in finder.find(m)) for m in modules}
    # each verb shows itself
    for name in ("accounting", "calibration.answer", "explanation"):
        assert found[f"dpaccount.{name}"] > 0
    assert sum(found.values()) > 10


def test_a_wrong_example_is_found(capsys):
    module = types.ModuleType("wrong", ">>> 1 + 1\n3\n")
    assert examples(module) == (1, 1)


def test_the_folders_of_tests_are_no_packages():
    # two files of one name would be one module, and a helper would hide behind its package
    assert not list((ROOT / "tests").rglob("__init__.py"))
