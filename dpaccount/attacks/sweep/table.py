"""The table of a sweep: a row for each cell, as text, CSV, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dpaccount.attacks.rates import Rate
from dpaccount.attacks.sweep.cells import Cell, Question
from dpaccount.attacks.sweep.trial import Trial
from dpaccount.attacks.sweep.verdict import ALARM, Claim, Verdict, claims, judge
from dpaccount.errors import InputError

__all__ = ["AttackTable", "Row", "row_of"]


@dataclass(frozen=True)
class Row:
    """One cell.

    Args:
        cell: Target, attack and noise.
        trials: How many secrets were attacked.
        exact: How many were named.
        modulo: How many up to what the gradient cannot tell.
        position: Mean share of positions that were right.
        bag: Mean share of tokens.
        at_limit: Secrets not named whose answer was at least as likely as the truth.
        search_failures: Secrets not named that were likelier than the answer.
        evaluations: Candidates that were looked at, in all.
        claims: Successes beside their ceilings.
        verdict: What all that says.
    """

    cell: Cell
    trials: int
    exact: int
    modulo: int
    position: float
    bag: float
    at_limit: int
    search_failures: int
    evaluations: int
    claims: tuple[Claim, ...]
    verdict: Verdict

    @property
    def share(self) -> tuple[float, float, float]:
        """The share of secrets that were named up to order, and its interval of 95 %."""
        return (self.modulo / self.trials, *Rate(self.modulo, self.trials).interval())

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        cell = self.cell
        budget = cell.epsilon
        share, low, high = self.share
        return {
            "target": cell.target,
            "attack": cell.attack,
            "noise_multiplier": cell.noise_multiplier.text,
            "delta": cell.question.delta.text,
            "epsilon_lower": None if budget is None else budget.lower,
            "epsilon_upper": None if budget is None else budget.upper,
            "trials": self.trials,
            "exact": self.exact,
            "named": self.modulo,
            "share": share,
            "share_lower": low,
            "share_upper": high,
            "position_rate": self.position,
            "bag_rate": self.bag,
            "information_limit": self.at_limit,
            "search_failures": self.search_failures,
            "evaluations": self.evaluations,
            "ceilings": [
                {"what": claim.what, "successes": claim.successes, "ceiling": claim.ceiling.upper,
                 "theorems": list(claim.ceiling.theorems)}
                for claim in self.claims
            ],
            "verdict": self.verdict.value,
        }  # fmt: skip


def row_of(cell: Cell, found: Sequence[Trial], *, tests: int) -> Row:
    """Count a cell's trials."""
    of = claims(cell, found)
    missed = [trial for trial in found if not trial.modulo]
    likely = sum(trial.likely for trial in missed)
    count = len(found)
    return Row(
        cell, count, sum(t.exact for t in found), sum(t.modulo for t in found),
        sum(t.position for t in found) / count, sum(t.bag for t in found) / count,
        likely, len(missed) - likely, sum(t.evaluations for t in found), tuple(of),
        judge(found, of, tests=tests),
    )  # fmt: skip


@dataclass(frozen=True)
class AttackTable:
    """All cells of a sweep.

    Args:
        question: What was asked.
        rows: One for each cell.
    """

    question: Question
    rows: tuple[Row, ...]

    @property
    def violations(self) -> tuple[Row, ...]:
        """The cells in which a ceiling was exceeded beyond chance."""
        return tuple(row for row in self.rows if row.verdict is Verdict.VIOLATION)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "question": self.question.to_json(),
            "false_alarm": ALARM,
            "rows": [row.to_json() for row in self.rows],
            "violations": len(self.violations),
        }

    def to_csv(self) -> str:
        """As CSV, the ceiling on naming the secret among the columns."""
        text = io.StringIO()
        rows = [row.to_json() for row in self.rows]
        for row in rows:
            ceilings = row.pop("ceilings")
            for what in ("secret", "up to order", "token"):
                found = [c["ceiling"] for c in ceilings if c["what"] == what]
                row["ceiling_" + what.replace(" ", "_")] = found[0] if found else None
        if not rows:
            raise InputError("rows", given="none", allowed="at least one", advice="run a sweep")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()
