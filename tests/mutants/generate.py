"""Mutants of a theorem: its formula or an assumption with one thing changed in the source.

The formulas are read from the source of `dpaccount.theorems`: a new theorem is picked up by itself.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import dpaccount.theorems
from dpaccount.theorems import Assumption, Theorem, all_theorems

__all__ = ["Mutant", "mutants"]

_OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_COMPARISONS = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_FUNCTIONS = {
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "sqrt": "exp",
    "lgamma": "log",
    "factorial": "gamma",
    "sum": "max",
    "max": "min",
    "ncdf": "exp",
    "log_expit": "expit",
}


@dataclass(frozen=True)
class Mutant:
    """A theorem with one thing wrong, and what that is."""

    theorem: Theorem
    what: str

    @property
    def name(self) -> str:
        return f"{self.theorem.id}: {self.what}"


def _variants(node: ast.AST) -> Iterator[ast.expr]:
    """What one node may become."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        yield node.left
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            ops = [*node.ops[:i], _COMPARISONS[type(op)](), *node.ops[i + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS:
        yield ast.Attribute(node.value, _FUNCTIONS[node.attr], node.ctx)
    elif isinstance(node, ast.Name) and node.id in _FUNCTIONS:
        yield ast.Name(_FUNCTIONS[node.id], node.ctx)


def _mutations(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Copies of a tree with one node changed, each with words for the change."""
    seen: Counter[str] = Counter()
    for at, node in enumerate(ast.walk(tree)):
        for changed in _variants(node):
            again = copy.deepcopy(tree)
            target = list(ast.walk(again))[at]
            mutant = _Replace(target, copy.deepcopy(changed)).visit(again)
            words = f"{ast.unparse(node)} to {ast.unparse(changed)}"
            seen[words] += 1
            count = f", place {seen[words]}" if seen[words] > 1 else ""
            yield words + count, ast.fix_missing_locations(mutant)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, changed: ast.AST) -> None:
        self.target, self.changed = target, changed

    def visit(self, node: ast.AST) -> Any:
        return self.changed if node is self.target else self.generic_visit(node)


def _compiled(node: ast.AST, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function that a lambda, a name or a definition stands for."""
    if isinstance(node, ast.FunctionDef):
        local: dict[str, Any] = {}
        exec(compile(ast.Module([node], []), "<mutant>", "exec"), namespace, local)  # our own text
        return local[node.name]
    return eval(compile(ast.Expression(node), "<mutant>", "eval"), namespace)  # noqa: S307 - as above


def _stripped(node: ast.AST, definitions: dict[str, ast.FunctionDef]) -> ast.AST:
    """The definition behind a name, without docstring and annotations."""
    if isinstance(node, ast.Name) and node.id in definitions:
        node = copy.deepcopy(definitions[node.id])
        node.body = [
            part
            for part in node.body
            if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        ]
        node.returns = None
        for part in ast.walk(node):
            if isinstance(part, ast.arg):
                part.annotation = None
    return node


def mutants() -> Iterator[Mutant]:
    """Every mutant of every registered theorem."""
    known = all_theorems()
    shared = dict(_shared_assumptions())
    for info in pkgutil.iter_modules(dpaccount.theorems.__path__, "dpaccount.theorems."):
        module = importlib.import_module(info.name)
        tree = ast.parse(inspect.getsource(module))
        definitions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "theorem":
                yield from _of_call(call, known, definitions, vars(module), shared)


def _shared_assumptions() -> Iterator[tuple[int, ast.Call]]:
    """The source of each assumption that has a name of its own, by the object that it is."""
    for info in pkgutil.iter_modules(dpaccount.theorems.__path__, "dpaccount.theorems."):
        module = importlib.import_module(info.name)
        for line in ast.parse(inspect.getsource(module)).body:
            if isinstance(line, ast.Assign) and getattr(line.value, "func", None):
                for target in line.targets:
                    made = getattr(module, target.id, None)
                    if isinstance(made, Assumption):
                        yield id(made), line.value


def _of_call(
    call: ast.Call,
    known: dict[str, Theorem],
    definitions: dict[str, ast.FunctionDef],
    namespace: dict[str, Any],
    shared: dict[int, ast.Call],
) -> Iterator[Mutant]:
    identifier = call.args[0]
    assert isinstance(identifier, ast.Constant)
    theorem = known[identifier.value]
    said = {keyword.arg: keyword.value for keyword in call.keywords}
    if "formula" in said:
        for what, node in _mutations(_stripped(said["formula"], definitions)):
            yield Mutant(replace(theorem, formula=_compiled(node, namespace)), what)
    listed = said.get("assumptions")
    assert listed is None or isinstance(listed, ast.List)
    for i, given in enumerate(listed.elts if listed else []):
        # a name stands for one that several theorems share
        made = given if isinstance(given, ast.Call) else shared[id(_compiled(given, namespace))]
        assert made.func.id == "Assumption"
        yield _with_assumption(theorem, i, lambda **_: True, "dropped")
        for what, node in _mutations(_stripped(made.args[1], definitions)):
            yield _with_assumption(theorem, i, _compiled(node, namespace), what)


def _with_assumption(theorem: Theorem, i: int, holds: Callable[..., bool], what: str) -> Mutant:
    changed = list(theorem.assumptions)
    changed[i] = replace(changed[i], holds=holds)
    return Mutant(replace(theorem, assumptions=tuple(changed)), f"assumption {i} {what}")
