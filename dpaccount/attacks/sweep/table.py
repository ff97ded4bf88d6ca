"""The table of a sweep: a row for each cell, as text, CSV, JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dpaccount.attacks.audit import Audit
from dpaccount.attacks.rates import Rate
from dpaccount.attacks.sweep.ceilings import KINDS, Ceiling
from dpaccount.attacks.sweep.cells import Cell, Question
from dpaccount.attacks.sweep.trial import Trial
from dpaccount.attacks.sweep.verdict import (
    SHOWN_ERROR,
    Claim,
    Verdict,
    audit_of,
    verdict_of,
)
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound

__all__ = ["AttackTable", "Row", "row_of"]


@dataclass(frozen=True)
class Row:
    """One cell.

    Args:
        cell: Target, attack and noise.
        trials: How many secrets were attacked.
        exact: How many were named.
        modulo: How many up to what the gradient cannot tell.
        position: Mean recall by position: of a secret's tokens, the share at their positions.
        bag: Mean recall of the bag: of a secret's tokens, the share that the answer has anywhere,
            whatever else it has.
        at_limit: Secrets not named whose answer was at least as likely as the truth.
        search_failures: Secrets not named that were likelier than the answer.
        evaluations: Candidates that were looked at, in all.
        claims: Successes beside their ceilings.
        verdict: What all that says.
        audit: What the successes of "identify" say of the budget from below, but for a chance of
            error of 5 %; None for other attacks.
        decisive: The same at the error that a verdict allows.

    Example:
        >>> from dpaccount.attacks.sweep import run_attacks
        >>> table = run_attacks(noise_multipliers=[1], steps=4, trials=2, evaluations=50, length=3)
        >>> (row,) = table.rows
        >>> row.trials, row.modulo + row.at_limit + row.search_failures
        (2, 2)
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
    audit: Audit | None = None
    decisive: Audit | None = None

    @property
    def named(self) -> Claim | None:
        """The claim on what is counted as named: up to order where that cannot be told."""
        of = {claim.what: claim for claim in self.claims}
        return of.get("up to order", of.get("secret"))

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
            "candidates": cell.question.candidates if cell.identifies else None,
            "steps": cell.question.steps,
            "sampling_rate": cell.question.sampling_rate.text,
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
            "ceilings": [_claim_json(claim) for claim in self.claims],
            "audit": self._audit_json(),
            "verdict": self.verdict.value,
        }

    def _audit_json(self) -> dict[str, Any] | None:
        if self.audit is None or self.decisive is None:
            return None
        accounted = self.cell.epsilon, self.cell.mu
        return {
            name: {
                "shown": _bound_json(shown),
                "error": self.audit.error,
                "decisive": _bound_json(decisive),
                "decisive_error": self.decisive.error,
                "accounted": None if upper is None else _bound_json(upper),
            }
            for name, shown, decisive, upper in zip(
                ("epsilon", "mu"), self.audit.bounds, self.decisive.bounds, accounted, strict=True
            )
        }


def _bound_json(bound: Bound) -> dict[str, Any]:
    return {
        "lower": bound.lower,
        "upper": bound.upper,
        "estimate": bound.estimate,
        "trust": bound.trust.value,
        "level": bound.level,
        "theorems": list(bound.theorems),
    }


def _claim_json(claim: Claim) -> dict[str, Any]:
    tightest = claim.tightest
    return {
        "what": claim.what,
        "successes": claim.successes,
        "ceiling": tightest.bound.upper,
        "each": [list(pair) for pair in sorted(Counter(tightest.each).items())],
        "theorems": list(tightest.bound.theorems),
        "of": [
            {"kind": one.kind, "decides": one.decides, **_bound_json(one.bound)}
            for one in claim.ceilings
        ],
    }


def row_of(cell: Cell, found: Sequence[Trial], of: Sequence[Claim], *, error: float) -> Row:
    """Count a cell's trials.

    Args:
        cell: The cell.
        found: Its trials.
        of: Its claims.
        error: The chance of a false alarm of each test.
    """
    missed = [trial for trial in found if not trial.modulo]
    likely = sum(trial.likely for trial in missed)
    count = len(found)
    return Row(
        cell, count, sum(t.exact for t in found), sum(t.modulo for t in found),
        sum(t.position for t in found) / count, sum(t.bag for t in found) / count,
        likely, len(missed) - likely, sum(t.evaluations for t in found), tuple(of),
        verdict_of(cell, found, of, error=error), audit_of(cell, found, error=SHOWN_ERROR),
        audit_of(cell, found, error=error),
    )  # fmt: skip


@dataclass(frozen=True)
class AttackTable:
    """All cells of a sweep.

    Args:
        question: What was asked.
        rows: One for each cell.
        false_alarm: The chance that a table of true ceilings is called violated anywhere.

    Example:
        >>> from dpaccount.attacks.sweep import run_attacks
        >>> table = run_attacks(noise_multipliers=[0], trials=2, evaluations=50, length=3)
        >>> len(table.violations), table.to_csv().split(",")[:4]
        (0, ['target', 'attack', 'noise_multiplier', 'candidates'])
    """

    question: Question
    rows: tuple[Row, ...]
    false_alarm: float

    @property
    def violations(self) -> tuple[Row, ...]:
        """The cells in which a ceiling was exceeded beyond chance."""
        return tuple(row for row in self.rows if row.verdict is Verdict.VIOLATION)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "question": self.question.to_json(),
            "false_alarm": self.false_alarm,
            "rows": [row.to_json() for row in self.rows],
            "violations": len(self.violations),
        }

    def to_csv(self) -> str:
        """As CSV, the ceilings and what the audit shows among the columns.

        `ceiling_secret` is what the verdict rests on, `ceiling_secret_local` one of its kinds;
        `..._estimate` is no ceiling.
        """
        text = io.StringIO()
        rows = [row.to_json() | _columns(row) for row in self.rows]
        for row in rows:
            del row["ceilings"], row["audit"]
        if not rows:
            raise InputError("rows", given="none", allowed="at least one", advice="run a sweep")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def _columns(row: Row) -> dict[str, float | None]:
    """Ceilings and audit, a column each, the same for every row."""
    of, found = {claim.what: claim for claim in row.claims}, dict[str, float | None]()
    for what in ("secret", "up to order", "token"):
        claim, name = of.get(what), "ceiling_" + what.replace(" ", "_")
        found[name] = None if claim is None else claim.tightest.bound.upper
        kinds = {} if claim is None else {one.kind: one for one in claim.ceilings}
        for kind in KINDS:
            one: Ceiling | None = kinds.get(kind)
            found[f"{name}_{kind}"] = None if one is None else one.bound.upper
        near = kinds.get("local")
        found[f"{name}_local_estimate"] = None if near is None else near.bound.estimate
    for name in ("epsilon", "mu"):
        audit = row.audit
        found[f"audit_{name}_lower"] = None if audit is None else getattr(audit, name).lower
    mu = row.cell.mu
    found["mu_upper"] = None if mu is None else mu.upper
    return found
