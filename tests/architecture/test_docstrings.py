"""What a user reads of a public name: its guarantee, arguments, errors, a running example."""

from __future__ import annotations

import importlib
import inspect

import pytest

import dpaccount as dpa
from dpaccount.accounting import METHODS, accountant_of

FUNCTIONS = [n for n in dpa.__all__ if inspect.isfunction(getattr(dpa, n))]
#: These give no privacy number by themselves.
WITHOUT_GUARANTEE = {
    "from_event", "from_opacus", "mechanism_from_json", "profile", "read_opacus", "to_event",
}  # fmt: skip
THEORIES = sorted({type(accountant_of(name)) for name in METHODS}, key=lambda kind: kind.__name__)


def missing(text, parts):
    return [part for part in parts if part not in text]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function(name):
    parts = ["Raises:", ">>> "]
    parts += ["Args:"] if inspect.signature(getattr(dpa, name)).parameters else []
    parts += [] if name in WITHOUT_GUARANTEE else ["Guarantee: "]
    assert not missing(inspect.getdoc(getattr(dpa, name)), parts)


@pytest.mark.parametrize("kind", THEORIES)
def test_a_theory(kind):
    parts = ["Guarantee: ", ">>> "] + ([] if kind.__name__ == "Best" else ["Source: "])
    assert not missing(inspect.getdoc(kind), parts)


def shown_by_an_example():
    """What the packages of attacks and ceilings offer."""
    for package in ("attacks", "attacks.exact", "attacks.sweep", "attacks.targets", "ceilings"):
        module = importlib.import_module(f"dpaccount.{package}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                yield f"{package}.{name}", value


@pytest.mark.parametrize(("_", "value"), list(shown_by_an_example()))
def test_what_leaks_and_what_is_allowed_is_shown_by_an_example(_, value):
    # its own docstring, and not that of a class that it inherits from
    text = vars(value)["__doc__"] if inspect.isclass(value) else value.__doc__
    assert not missing(text, [">>> "])


def test_every_argument_is_explained():
    for name in FUNCTIONS:
        function = getattr(dpa, name)
        text = inspect.getdoc(function)
        assert not missing(text, [f"{p}: " for p in inspect.signature(function).parameters]), name
