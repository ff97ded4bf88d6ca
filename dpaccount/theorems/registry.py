"""What a theorem is here, and the register of all of them.

A theorem's formula is the object that accountants evaluate. Formulas take their functions from
`ops` (a module with exp, log, log1p, expm1, sqrt, lgamma: `math` by default, mpmath in tests), so
one text serves production and oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dpaccount.errors import Unsupported

__all__ = [
    "LEVELS",
    "Assumption",
    "Theorem",
    "all_theorems",
    "closure",
    "effective_level",
    "theorem",
    "unregistered",
    "weakest",
]

#: How a theorem can be known, from the strongest to the weakest.
LEVELS = {
    "K": "kernel-checked (Coq)",
    "S": "decided by SMT (z3)",
    "B": "ball arithmetic over a stated box",
    "Y": "symbolic identity (sympy)",
    "P": "written proof",
    "C": "cited only",
}
_RANK = {level: rank for rank, level in enumerate(LEVELS)}


@dataclass(frozen=True)
class Assumption:
    """One condition of a theorem: its words, and a test that code runs.

    Args:
        text: The condition as a sentence, without a full stop.
        holds: Takes the theorem's quantities by name; anything it does not name is ignored.
        advice: What to do when it fails.
    """

    text: str
    holds: Callable[..., bool]
    advice: str = "use another method"


@dataclass(frozen=True)
class Theorem:
    """A registered theorem.

    Args:
        id: `family.slug`.
        statement: What it says, in words and formulas.
        source: Authors, year, arXiv version or book, item.
        formula: The function that accountants evaluate, or None where the statement is structural.
        assumptions: Its conditions, each executable.
        uses: Ids of the theorems it rests on.
        level: How it is known: K kernel, S SMT, B balls, Y symbolic, P written proof, C cited.
        note: What a careful reader should know, such as an item number not checked at the source.
        latex: The statement in LaTeX: text with formulas between dollar signs.
    """

    id: str
    statement: str
    source: str
    formula: Callable[..., Any] | None = None
    assumptions: tuple[Assumption, ...] = ()
    uses: tuple[str, ...] = ()
    level: str = "C"
    note: str = ""
    latex: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate the formula."""
        assert self.formula is not None, self.id
        return self.formula(*args, **kwargs)

    def require(self, **values: Any) -> None:
        """Refuse to be cited outside the assumptions.

        Raises:
            Unsupported: Naming the first assumption that fails. NaN fails every one.
        """
        for assumption in self.assumptions:
            if not assumption.holds(**values):
                raise Unsupported(
                    f"theorem {self.id}",
                    missing=f"it needs {assumption.text}",
                    advice=assumption.advice,
                )

    def applies(self, **values: Any) -> bool:
        """Whether every assumption holds."""
        return all(assumption.holds(**values) for assumption in self.assumptions)


_REGISTER: dict[str, Theorem] = {}


def theorem(
    id: str,
    statement: str,
    source: str,
    *,
    assumptions: Iterable[Assumption] = (),
    uses: Iterable[str] = (),
    level: str = "C",
    note: str = "",
    latex: str = "",
    formula: Callable[..., Any] | None = None,
) -> Theorem:
    """Register a theorem; ids are unique."""
    assert id not in _REGISTER, id
    assert level in LEVELS, level
    made = Theorem(
        id, statement, source, formula, tuple(assumptions), tuple(uses), level, note, latex
    )
    _REGISTER[id] = made
    return made


def all_theorems() -> dict[str, Theorem]:
    """Every registered theorem by id."""
    return dict(_REGISTER)


def unregistered(ids: Iterable[str]) -> list[str]:
    """Those of the ids that no registered theorem has."""
    return [id for id in ids if id not in _REGISTER]


def closure(ids: Iterable[str]) -> dict[str, Theorem]:
    """The theorems of these ids and all that they use, directly or not."""
    found: dict[str, Theorem] = {}
    todo = list(ids)
    while todo:
        id = todo.pop()
        if id not in found:
            found[id] = _REGISTER[id]
            todo += _REGISTER[id].uses
    return found


def weakest(ids: Iterable[str]) -> str:
    """The weakest effective level of several theorems; C, the weakest of all, if there are none."""
    found = [known.level for known in closure(ids).values()]
    return max(found, key=_RANK.__getitem__, default="C")


def effective_level(id: str) -> str:
    """The weakest level of a theorem and of all that it uses, directly or not."""
    return weakest([id])
