"""Where everything of a theorem lies: its code, its tests, its mutants, its proof."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dpaccount.proving.coq_text import definitions, sorts_of
from dpaccount.proving.folder import checkout, parts_of
from dpaccount.proving.reliance import relying
from dpaccount.theorems import Theorem, all_theorems

__all__ = ["Places", "places_of", "used_by"]


@dataclass(frozen=True)
class Places:
    """Where a theorem lies.

    Args:
        used_by: The theorems that use it.
        code: The modules that cite it.
        properties: Its property tests, as `file::function`; none where no tests are at hand.
        mutants: The test files that hand its mutants to the properties and to its proof.
        parts: The files of its proof, the strongest first.
    """

    used_by: tuple[str, ...]
    code: tuple[str, ...]
    properties: tuple[str, ...]
    mutants: tuple[str, ...]
    parts: tuple[str, ...]


def used_by(id: str) -> tuple[str, ...]:
    """The theorems that use this one directly."""
    return tuple(sorted(other.id for other in all_theorems().values() if id in other.uses))


def places_of(theorem: Theorem, proofs: Path | None) -> Places:
    """Where a theorem lies.

    Args:
        theorem: The theorem.
        proofs: The folder of proofs, if there is one.
    """
    parts = parts_of(proofs, theorem.id)
    mutants = []
    if theorem.formula is not None or theorem.assumptions:
        mutants.append("tests/mutants/test_mutants.py")
    if theorem.formula is not None and any(part.path.suffix == ".py" for part in parts):
        mutants.append("tests/mutants/test_proofs.py")
    # Coq is handed the formula and those assumptions that compare numbers
    for source in (part.path.read_text("utf-8") for part in parts if part.path.suffix == ".v"):
        if definitions(theorem, sorts_of(source)):
            mutants.append("tests/mutants/test_coq_proofs.py")
    return Places(
        used_by(theorem.id),
        relying()[theorem.id],
        _properties(checkout() / "tests" / "properties").get(theorem.id, ()),
        tuple(name for name in mutants if (checkout() / name).is_file()),
        tuple(_shown(part.path, proofs) for part in parts),
    )


def _shown(path: Path, proofs: Path | None) -> str:
    """A path below the folder of proofs, told from where that folder lies."""
    assert proofs is not None
    return path.relative_to(proofs.parent).as_posix()


@cache
def _properties(folder: Path) -> dict[str, tuple[str, ...]]:
    """The functions decorated with `checks(id)`, by the id."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for call in getattr(node, "decorator_list", ()):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "checks":
                    id = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
                    name = f"tests/properties/{path.name}::{getattr(node, 'name', '')}"
                    found[str(id)] = (*found.get(str(id), ()), name)
    return found
