"""Which code relies on which theorem, found from the package's source.

`relying` says which modules cite a theorem; `rests_on` says what a public name can cite. The
latter follows names from definition to definition; a method counts where its class and its name
are both met on the way. So it may name a theorem that no single call uses, and leaves none out.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache

from dpaccount.errors import InputError
from dpaccount.proving.sources import PACKAGE, Definition, modules, resolve
from dpaccount.theorems import Theorem, all_theorems

__all__ = ["Reliance", "nearest", "relying", "rests_on"]

#: Rooms that speak of theorems without relying on them.
_ABOUT = ("cli", "conformance", "proving", "testing", "theorems")


@dataclass(frozen=True)
class Reliance:
    """What a name rests on.

    Args:
        name: The dotted name that was asked for.
        citing: The theorems that its code can cite, each with the definitions that do.
    """

    name: str
    citing: dict[str, tuple[str, ...]]


@cache
def _cited(module: str, name: str) -> tuple[str, ...]:
    """The ids behind a name of the register: a theorem, or a tuple of ids."""
    if not module.startswith(f"{PACKAGE}.theorems"):
        return ()
    value = getattr(importlib.import_module(module), name, None)
    if isinstance(value, Theorem):
        return (value.id,)
    known = all_theorems()
    return tuple(value) if isinstance(value, tuple) and all(v in known for v in value) else ()


def _cites(part: Definition) -> set[str]:
    """The theorems that a definition cites: by their objects, or by their ids as text."""
    found = {text for text in part.texts if text in all_theorems()}
    for module, name in part.names:
        found |= set(_cited(*resolve(module, name)))
    return found


@cache
def relying() -> dict[str, tuple[str, ...]]:
    """The modules that cite each theorem; only those of code that relies on theorems."""
    found: dict[str, set[str]] = {id: set() for id in all_theorems()}
    for name, module in modules().items():
        if name.count(".") and name.split(".")[1] not in _ABOUT:
            for part in module.definitions.values():
                for id in _cites(part):
                    found[id].add(name)
    return {id: tuple(sorted(names)) for id, names in found.items()}


@cache
def _subclasses() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """The classes that inherit directly from each class of the package."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for module in modules().values():
        for part in module.definitions.values():
            for base in part.bases:
                found.setdefault(resolve(*base), set()).add((part.module, part.name))
    return found


class _Walk:
    """All that can be reached; a method waits until its class and its name have been met."""

    def __init__(self) -> None:
        self.reached: dict[tuple[str, str], Definition] = {}
        self.attributes: set[str] = set()
        self.waiting: dict[str, set[tuple[str, str]]] = {}

    def reach(self, module: str, name: str) -> None:
        todo = [(module, name)]
        while todo:
            where = resolve(*todo.pop())
            home = modules().get(where[0])
            if home is None or where in self.reached or where[1] not in home.definitions:
                continue
            if where[0].startswith(f"{PACKAGE}.theorems"):
                continue
            part = self.reached[where] = home.definitions[where[1]]
            todo += [(where[0], ""), *part.names]
            if part.is_class:
                todo += self._methods(part)
            todo += self._name(part.attributes)

    def _methods(self, part: Definition) -> list[tuple[str, str]]:
        """Special methods run unnamed; the others wait for their names."""
        found = []
        for name in modules()[part.module].definitions:
            owner, _, method = name.partition(".")
            if method and owner == part.name:
                if method in self.attributes or method.startswith("__"):
                    found.append((part.module, name))
                else:
                    self.waiting.setdefault(method, set()).add((part.module, name))
        return found

    def _name(self, attributes: set[str]) -> list[tuple[str, str]]:
        self.attributes |= attributes
        return [where for name in attributes for where in self.waiting.pop(name, ())]

    def use(self, attributes: set[str]) -> None:
        """Take names as looked up."""
        for where in self._name(attributes):
            self.reach(*where)

    def call(self, part: Definition) -> None:
        """Whoever calls it may hand it any class that it takes, and use what it gives in full."""
        self.take(part.takes)
        todo, seen = set(part.returns), set[tuple[str, str]]()
        while todo:
            module, name = resolve(*todo.pop())
            if (module, name) not in seen:
                seen.add((module, name))
                for method in _public_methods((module, name)):
                    self.use({method.name.partition(".")[2]})
                    todo |= method.returns

    def take(self, classes: set[tuple[str, str]]) -> None:
        """Values of these classes are given: of whatever inherits from them, with their fields."""
        todo, seen = {resolve(*where) for where in classes}, set[tuple[str, str]]()
        while todo:
            module, name = where = todo.pop()
            seen.add(where)
            if module in modules() and name in modules()[module].definitions:
                self.reach(*where)
                fields = {resolve(*taken) for taken in modules()[module].definitions[name].takes}
                todo |= (fields | _subclasses().get(where, set())) - seen


def _public_methods(where: tuple[str, str]) -> list[Definition]:
    """The public methods of a class, those that it inherits too."""
    found: dict[str, Definition] = {}
    todo = [where]
    while todo:
        module, name = resolve(*todo.pop(0))
        home = modules().get(module)
        if home is None or name not in home.definitions:
            continue
        for other, part in home.definitions.items():
            owner, _, last = other.partition(".")
            if owner == name and last and not last.startswith("_"):
                found.setdefault(last, part)
        todo += sorted(home.definitions[name].bases)
    return list(found.values())


@cache
def rests_on(dotted: str) -> Reliance:
    """What a name of the package can cite: a function, class, method or module.

    Args:
        dotted: Such as `dpaccount.epsilon`, `dpaccount.RDP` or `dpaccount.PrivacyProfile.tpr`.

    Raises:
        InputError: If the package has no such name.
    """
    module, name = _find(dotted)
    walk = _Walk()
    home = modules()[module]
    if not name:
        for inside, found in modules().items():
            if f"{inside}.".startswith(f"{module}."):
                for each in found.definitions:
                    walk.reach(inside, each)
    owner, _, method = name.partition(".")
    if method:
        walk.take({(module, owner)})
        walk.use({method})
        walk.call(home.definitions[name])
    elif name and home.definitions[name].is_class:
        walk.take({(module, name)})
        for part in _public_methods((module, name)):
            walk.use({part.name.partition(".")[2]})
            walk.call(part)
    elif name:
        walk.reach(module, name)
        walk.call(home.definitions[name])
    citing: dict[str, list[str]] = {}
    for part in walk.reached.values():
        for id in _cites(part):
            citing.setdefault(id, []).append(f"{part.module}:{part.name}".rstrip(":"))
    return Reliance(dotted, {id: tuple(sorted(citing[id])) for id in sorted(citing)})


def _find(dotted: str) -> tuple[str, str]:
    """The module and the name in it that a dotted name stands for."""
    parts = dotted.split(".")
    module, rest = parts[0], parts[1:]
    if module == PACKAGE:
        while rest and f"{module}.{rest[0]}" in modules():
            module = f"{module}.{rest.pop(0)}"
        if not rest:
            return module, ""
        where = resolve(module, rest[0])
        name = ".".join([where[1], *rest[1:]])
        home = modules().get(where[0])
        if home is not None and where[1] and name in home.definitions:
            return where[0], name
        if where[1] and rest[1:]:
            for part in _public_methods(where):
                if part.name.partition(".")[2] == rest[1]:
                    return part.module, part.name
    raise InputError(
        "--axioms",
        given=dotted,
        allowed="a dotted name of this package",
        advice=nearest(dotted, [f"{PACKAGE}.{name}" for name in _public()])
        or f"give for example {PACKAGE}.epsilon",
    )


def _public() -> list[str]:
    names: list[str] = importlib.import_module(PACKAGE).__all__
    return names


def nearest(given: str, names: list[str]) -> str:
    """Advice that names what is spelled almost like it; nothing if nothing is."""
    import difflib

    near = difflib.get_close_matches(given, names, 3, 0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""
