"""How `risk` is printed: shares of people in words, rounded upward."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dpaccount.ceilings import Risk
from dpaccount.cli import output
from dpaccount.guarantees import Bound, number_text
from dpaccount.reports.plain import ceiling_json
from dpaccount.reports.words import at_most, guessing, wrong_on
from dpaccount.theorems import weakest

__all__ = ["ceiling_json", "print_risk", "risk_json"]


def risk_json(found: Risk) -> dict[str, Any]:
    """Every ceiling and what it stands on."""
    return {
        "tpr": [{"fpr": fpr.text, **ceiling_json(bound)} for fpr, bound in found.tpr],
        "reconstruction": [
            {"candidates": candidates, **ceiling_json(bound)}
            for candidates, bound in found.reconstruction
        ],
        "advantage": ceiling_json(found.advantage),
        "method": found.method,
        "trust": found.trust.value,
        "level": weakest(found.theorems),
        "adjacency": found.adjacency.value,
        "theorems": list(found.theorems),
        "mechanism": found.run.to_json(),
    }


def _upper(bound: Bound) -> float:
    assert bound.upper is not None  # `risk` refuses estimates
    return bound.upper


def print_risk(found: Risk, facts: Sequence[tuple[str, str]]) -> None:
    """Sentences with one beginning, and what they rest on."""
    if found.tpr:
        rows = [
            (
                wrong_on(fpr),
                f"finds at most {at_most(found.most(bound, fpr), 'members', 'members')}",
            )
            for fpr, bound in found.tpr
        ]
        output.say("A membership test that is wrong on", rows)
    if found.reconstruction:
        rows = [
            (
                f"K = {candidates:,}",
                f"succeeds at most {at_most(most, 'the time', 'times')} "
                f"(guessing: {guessing(candidates)})",
            )
            for candidates, bound in found.reconstruction
            for most in [found.most(bound, Fraction(1, candidates))]
        ]
        output.say(
            "An attacker who must pick the right record out of K equally likely candidates", rows
        )
    size = number_text(_upper(found.advantage), "upper", 4)
    output.say(f"True less false positive rate, of any membership test: at most {size}", facts)
