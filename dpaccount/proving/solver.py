"""Formulas over z3: real arithmetic, with exponentials as positive unknowns of their own.

e^x is replaced by an unknown that is positive and nothing else, one for each text of x. What z3
proves of it holds for every positive number, so for the exponential too; e^(-x) is 1/e^x and
e^(x+y) is a product only if the proof says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import z3  # type: ignore[import-untyped]

from dpaccount.proving.errors import NotProved

__all__ = ["Exponentials", "Logarithm", "holds", "maximum", "reals"]

_SECONDS = 20


def reals(names: str) -> list[Any]:
    """Real unknowns by their names, which spaces part."""
    return list(z3.Reals(names))


def maximum(first: Any, second: Any) -> Any:
    """The larger of two."""
    return z3.If(first >= second, first, second)


@dataclass(frozen=True)
class Logarithm:
    """The logarithm of a term, of which only the term is known."""

    of: Any


class Exponentials:
    """`ops` with exp and expm1 as unknowns; log and log1p remember their argument.

    Args:
        known: Pairs of a term and the unknown that is its exponential.
    """

    def __init__(self, *known: tuple[Any, Any]) -> None:
        self.known = {str(z3.simplify(x)): value for x, value in known}

    def exp(self, x: Any) -> Any:
        """The unknown for e^x.

        Raises:
            NotProved: If the proof gave none for this term.
        """
        found = self.known.get(str(z3.simplify(x)))
        if found is None:
            raise NotProved(f"no exponential of {x} is known")
        return found

    def expm1(self, x: Any) -> Any:
        """The unknown for e^x, less 1."""
        return self.exp(x) - 1

    def log(self, x: Any) -> Logarithm:
        """The logarithm of x."""
        return Logarithm(x)

    def log1p(self, x: Any) -> Logarithm:
        """The logarithm of 1 + x."""
        return Logarithm(1 + x)


def holds(claim: Any, *given: Any, what: str = "", tried: Sequence[Any] = ()) -> None:
    """Prove a claim for all real values of its unknowns that satisfy what is given.

    Args:
        claim: What is proved.
        given: Conditions under which.
        what: What is claimed, for the message.
        tried: Conditions that fix a point, at which a wrong claim is refuted quickly.

    Raises:
        NotProved: With a counterexample; or undecided in time; or if nothing satisfies what is
            given, as then everything would follow.
    """
    if given and _asked(*given)[0] != z3.sat:
        raise NotProved(f"nothing is known to satisfy what is given: {what}")
    for point in [tried, ()] if tried else [()]:
        verdict, found = _asked(*given, z3.Not(claim), *point)
        if verdict == z3.sat:
            raise NotProved(f"refuted at {found.model()}: {what or claim}")
    if verdict != z3.unsat:
        raise NotProved(f"not decided ({found.reason_unknown()}): {what or claim}")


def _asked(*claims: Any) -> tuple[Any, z3.Solver]:
    """Whether claims hold together somewhere, and the solver, which knows where.

    Each question has a solver and a context of its own: what was asked before decides neither the
    answer nor how long it takes.
    """
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.set("timeout", _SECONDS * 1000)
    solver.add(*(claim.translate(context) for claim in claims))
    return solver.check(), solver
