"""Which property holds which theorem to account.

A property is a plain function of the theorem and of drawn inputs. It is handed the theorem, so that
the same text can be handed a mutant of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from mpmath import mp

from dpaccount.theorems import Theorem

__all__ = ["PROPERTIES", "Property", "checks"]

DIGITS = 50


@dataclass(frozen=True)
class Property:
    """One check of one theorem by a road that does not use its formula."""

    theorem_id: str
    check: Callable[..., None]
    inputs: Mapping[str, SearchStrategy[Any]]
    cases: Sequence[Mapping[str, Any]]
    count: int

    @property
    def name(self) -> str:
        return f"{self.theorem_id}-{self.check.__name__}"

    def run(self, theorem: Theorem, *, repeatable: bool = False) -> None:
        """Check the fixed cases, then drawn ones; `repeatable` draws the same ones each time."""
        with mp.workdps(DIGITS):
            for case in self.cases:
                self.check(theorem, **case)
            if self.inputs:
                self._explore(theorem, repeatable)
            elif not self.cases:
                self.check(theorem)

    def _explore(self, theorem: Theorem, repeatable: bool) -> None:
        shrink = [] if repeatable else [Phase.shrink]

        @settings(
            max_examples=self.count,
            deadline=None,
            database=None,
            derandomize=repeatable or settings.default.derandomize,  # in CI hypothesis sets it
            report_multiple_bugs=False,
            phases=[Phase.generate, *shrink],
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(**self.inputs)
        def over_all(**drawn: Any) -> None:
            self.check(theorem, **drawn)

        over_all()


PROPERTIES: dict[str, list[Property]] = {}


def checks(
    theorem_id: str,
    *,
    count: int = 25,
    cases: Sequence[Mapping[str, Any]] = (),
    **inputs: SearchStrategy[Any],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a property of a theorem; inputs are drawn `count` times."""

    def register(check: Callable[..., None]) -> Callable[..., None]:
        made = Property(theorem_id, check, inputs, cases, count)
        PROPERTIES.setdefault(theorem_id, []).append(made)
        return check

    return register
