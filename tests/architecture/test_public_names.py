"""What users import: light, complete, documented, and never shadowed by a module."""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import re
import sys

import pytest
from architecture.repository import MODULES, PROJECT, python

import dpaccount as dpa

HEAVY = {"scipy", "typer", "rich", "torch", "sympy", "z3", "matplotlib", "opacus"}
LOADED = "import json, sys{}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"


def loaded(*modules):
    """The top-level modules of a fresh interpreter that imported some."""
    done = python(LOADED.format("".join(f", {name}" for name in modules)))
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_import_is_light():
    new = loaded("dpaccount") - loaded()
    assert "dpaccount" in new
    assert not new & HEAVY
    assert new - set(sys.stdlib_module_names) <= {"dpaccount", "numpy"}


def test_the_check_of_lightness_can_fail():
    assert "scipy" in loaded("dpaccount.accountants.gdp", "scipy")


def test_naming_the_command_line_is_light_too():
    assert not (loaded("dpaccount.cli") - loaded()) & HEAVY


def test_speaking_of_proofs_loads_none_of_their_tools():
    names = ("cli.commands", "proving.ledger", "proving.page", "proving.reliance")
    new = loaded(*(f"dpaccount.{name}" for name in names)) - loaded()
    assert not new & {"sympy", "z3", "mpmath", "torch", "matplotlib", "opacus"}


def test_dir_lists_every_public_name():
    # before anything was loaded, in a fresh interpreter
    done = python("import dpaccount; print(set(dpaccount.__all__) - set(dir(dpaccount)))")
    assert done.stdout == "set()\n"
    assert len(dpa.__all__) == len(set(dpa.__all__)) > 0
    assert not hasattr(dpa, "no_such_name")


def test_a_star_import_gives_every_public_name():
    done = python(
        "from dpaccount import *; import dpaccount; print(set(dpaccount.__all__) - set(dir()))"
    )
    assert done.stdout == "set()\n"


def test_the_version_is_that_of_the_project():
    assert dpa.__version__ == PROJECT["project"]["version"]


@pytest.mark.parametrize("name", dpa.__all__)
def test_every_public_name_has_a_docstring_of_its_own(name):
    value = getattr(dpa, name)
    assert value.__name__ == name
    text = vars(value)["__doc__"] if inspect.isclass(value) else value.__doc__
    assert text, name
    assert not text.startswith(f"{name}(")  # what a dataclass writes for itself
    first = text.strip().splitlines()[0]
    assert first[0].isupper()
    assert first.endswith((".", "?", ";"))


def test_no_public_name_is_shadowed_by_a_module():
    # after every module was imported: an import binds the module in its package
    code = (
        "import importlib, json, sys, types, dpaccount\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print([n for n in dpaccount.__all__ if isinstance(getattr(dpaccount, n),"
        " types.ModuleType)])"
    )
    done = python(code, json.dumps(MODULES))
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.parametrize(
    "name", ["dpaccount", *(m for m in MODULES if hasattr(importlib.import_module(m), "__path__"))]
)
def test_no_public_name_is_that_of_a_module(name):
    package = importlib.import_module(name)
    inside = {info.name for info in pkgutil.iter_modules(package.__path__)}
    public = [
        n for n in getattr(package, "__all__", ()) if not inspect.ismodule(getattr(package, n))
    ]
    assert not inside & set(public)


def arguments(text):
    """The names that a docstring's section on arguments explains."""
    section = re.search(
        r"^\s*Args:\n(.*?)(?=^\s*(Returns|Raises|Example|Source)|\Z)", text, re.M | re.S
    )
    return set(re.findall(r"^\s+(\w+):", section[1], re.M)) if section else set()


def undocumented(value):
    """The arguments of a function or class that its docstring does not explain."""
    text = inspect.getdoc(value) or ""
    taken = [
        name
        for name, parameter in inspect.signature(value).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    known = arguments(text)
    referred = re.search(r"arguments .*as for `(\w+)`", text)
    if referred:  # the others have to be spoken of at least
        known |= arguments(inspect.getdoc(getattr(dpa, referred[1])))
        known |= set(re.findall(r"\w+", text.partition("Example")[0]))
    return [name for name in taken if name not in known]


CALLED = [
    name
    for name in dpa.__all__
    if not isinstance(getattr(dpa, name), enum.EnumMeta)
    and getattr(dpa, name).__init__ is not Exception.__init__
]


@pytest.mark.parametrize("name", CALLED)
def test_every_argument_is_documented(name):
    assert undocumented(getattr(dpa, name)) == []


def test_the_check_of_docstrings_can_fail():
    def lacking(first, second):
        """Do it.

        Args:
            first: One.

        Returns:
            second: Two.
        """

    assert undocumented(lacking) == ["second"]
