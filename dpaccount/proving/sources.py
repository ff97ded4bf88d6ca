"""The package's own source, cut into definitions, and what each of them refers to.

A definition is a function, a method, the rest of a class, or what a module assigns. Annotations
are left out: nothing rests on them.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import dpaccount

__all__ = ["Definition", "Module", "modules", "resolve"]

PACKAGE = "dpaccount"


@dataclass
class Definition:
    """One piece of source and what it refers to.

    Args:
        module: The module that holds it.
        name: Its name there; a method's is `Class.method`, the module's own statements have none.
        names: The (module, name) pairs of the package that it refers to.
        attributes: The names that it looks up on anything else.
        texts: The strings that stand in it, docstrings left out.
        bases: Of a class: what it inherits from.
        takes: What the annotations of a function's arguments, or of a class's fields, say.
        returns: Of a function: what its annotation says it gives.
        is_class: Whether it is a class, without its methods.
    """

    module: str
    name: str
    names: set[tuple[str, str]] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    bases: set[tuple[str, str]] = field(default_factory=set)
    takes: set[tuple[str, str]] = field(default_factory=set)
    returns: set[tuple[str, str]] = field(default_factory=set)
    is_class: bool = False


@dataclass
class Module:
    """A module's definitions by name, and what its imports bind."""

    name: str
    is_package: bool
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


@cache
def modules() -> dict[str, Module]:
    """Every module of the installed package, read but not run."""
    root = Path(dpaccount.__file__).parent
    files = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        files[".".join(parts[:-1] if is_package else parts)] = (path, is_package)
    known = frozenset(files)
    return {
        name: _Reader(Module(name, is_package), known).read(path.read_text(encoding="utf-8"))
        for name, (path, is_package) in files.items()
    }


def resolve(module: str, name: str) -> tuple[str, str]:
    """Where a name of a module is defined; ("a.module", "") for a module."""
    seen = set()
    while (module, name) not in seen and name:
        seen.add((module, name))
        if f"{module}.{name}" in modules():
            return f"{module}.{name}", ""
        if module == PACKAGE:
            module = _public_home().get(name, module)
        found = modules().get(module)
        if found is None or name in found.definitions or name not in found.imports:
            break
        module, name = found.imports[name]
    return module, name


def _public_home() -> dict[str, str]:
    """The table by which the package itself finds its public names."""
    home: dict[str, str] = vars(importlib.import_module(PACKAGE))["_MODULE_OF"]
    return home


def _imports(node: ast.AST, module: Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """What one import statement binds, as far as it is of this package."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == PACKAGE:
                yield alias.asname or PACKAGE, (alias.name if alias.asname else PACKAGE, "")
    elif isinstance(node, ast.ImportFrom):
        origin = node.module or ""
        if node.level:
            package = module.name if module.is_package else module.name.rpartition(".")[0]
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            origin = ".".join([*above, *([node.module] if node.module else [])])
        if origin.split(".")[0] == PACKAGE:
            for alias in node.names:
                yield alias.asname or alias.name, (origin, alias.name)


class _Reader:
    """Reads one module."""

    def __init__(self, module: Module, known: frozenset[str]) -> None:
        self.module, self.known = module, known

    def read(self, text: str) -> Module:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            # an import within a function binds there; no two of one module bind one name to two
            self.module.imports |= dict(_imports(node, self.module))
        self.own = {target for node in tree.body for target in _targets(node)}
        self._definition("")
        for node in tree.body:
            self._statement(node)
        return self.module

    def _definition(self, name: str) -> Definition:
        made = Definition(self.module.name, name)
        return self.module.definitions.setdefault(name, made)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._function(node, self._definition(node.name))
        elif targets := _targets(node):
            for target in targets:
                self._collect(node, self._definition(target))
        elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_docstring(node):
            self._collect(node, self._definition(""))

    def _class(self, node: ast.ClassDef) -> None:
        made = self._definition(node.name)
        made.is_class = True
        for base in node.bases:
            made.bases |= self._collect(base, Definition("", "")).names
        for other in (*node.bases, *node.keywords, *node.decorator_list):
            self._collect(other, made)
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._function(part, self._definition(f"{node.name}.{part.name}"))
            elif not _is_docstring(part):
                self._collect(part, made)
                if isinstance(part, ast.AnnAssign):
                    made.takes |= self._collect(part.annotation, Definition("", "")).names

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, made: Definition) -> None:
        if node.returns is not None:
            made.returns |= self._collect(node.returns, Definition("", "")).names
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if argument.annotation is not None:
                made.takes |= self._collect(argument.annotation, Definition("", "")).names
        rest = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        for part in (*rest, *(part for part in node.body if not _is_docstring(part))):
            self._collect(part, made)

    def _collect(self, node: ast.AST, made: Definition) -> Definition:
        chain = _chain(node)
        if chain and self._refer(chain, made):
            return made
        if isinstance(node, ast.Attribute):
            made.attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            made.texts.add(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr":
            made.attributes |= {
                a.value
                for a in node.args
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            }
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST) and not _is_docstring(child):
                        self._collect(child, made)
        return made

    def _refer(self, chain: list[str], made: Definition) -> bool:
        """Note what a dotted name refers to; whether it is of this package."""
        first, *rest = chain
        if first in self.module.imports:
            module, name = self.module.imports[first]
        elif first in self.own:
            module, name = self.module.name, first
        else:
            return False
        while rest:
            inside = f"{module}.{name}" if name else module
            if inside not in self.known:
                break
            module, name = inside, rest.pop(0)
        made.names.add((module, name))
        made.attributes.update(rest)
        return True


def _chain(node: ast.AST) -> list[str]:
    """The parts of a dotted name."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (front := _chain(node.value)):
        return [*front, node.attr]
    return []


def _targets(node: ast.stmt) -> list[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    found = node.targets if isinstance(node, ast.Assign) else []
    found = [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign)) else found
    return [n.id for target in found for n in ast.walk(target) if isinstance(n, ast.Name)]


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
