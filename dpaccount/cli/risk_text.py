"""How `risk` is printed: shares of people in words, rounded upward."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from dpaccount._validate import Exact
from dpaccount.ceilings import Risk
from dpaccount.cli import output
from dpaccount.guarantees import Bound, number_text, up
from dpaccount.theorems import weakest

__all__ = ["ceiling_json", "print_risk", "risk_json"]


def ceiling_json(bound: Bound) -> dict[str, Any]:
    """A bound on a chance, with logarithms for what is too small for a float."""
    return {
        "lower": bound.lower,
        "upper": bound.upper,
        "log_lower": bound.log_lower,
        "log_upper": bound.log_upper,
        "method": bound.method,
        "trust": bound.trust.value,
        "level": bound.level,
    }


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


def _at_most(chance: float, whole: str, one: str) -> str:
    """A share that is at least this chance: in percent, or as 1 in so many where that is clearer.

    Args:
        chance: Not below 0.
        whole: What the percentage is of.
        one: What is counted.
    """
    if chance >= 1e-4 or chance == 0.0:
        percent = min(up(100.0 * chance), 100.0) if chance else 0.0
        return f"{number_text(percent, 'upper', 3)} % of {whole}"
    inverse = 1 / Fraction(chance)
    short = _THREE.create_decimal(inverse.numerator // inverse.denominator)
    return f"1 in {int(short):,} {one}" if short < 10**15 else f"1 in {short:.2e} {one}"


_THREE, _SEVEN = (Context(prec=n, rounding=ROUND_FLOOR, Emin=-(10**6)) for n in (3, 7))


def _wrong_on(rate: Exact) -> str:
    """A rate as given, or in seven digits; rounded down, where the ceiling holds all the more."""
    if rate in (0, 1):
        return "no non-member" if rate == 0 else "every non-member"
    if rate.numerator == 1 and rate.denominator < 10**15:
        return f"1 in {rate.denominator:,} non-members"
    text = rate.text
    if len(text) > 16:
        text = str(_SEVEN.divide(Decimal(rate.numerator), Decimal(rate.denominator))).lower()
    return f"a share {text} of non-members"


def _guessing(candidates: int) -> str:
    percent = 100.0 / candidates
    return f"{number_text(percent, '', 3)} %" if percent >= 0.01 else f"1 in {candidates:,}"


def _upper(bound: Bound) -> float:
    assert bound.upper is not None  # `risk` refuses estimates
    return bound.upper


def print_risk(found: Risk, facts: Sequence[tuple[str, str]]) -> None:
    """Sentences with one beginning, and what they rest on."""
    if found.tpr:
        rows = [
            (_wrong_on(fpr), f"finds at most {_at_most(_upper(bound), 'members', 'members')}")
            for fpr, bound in found.tpr
        ]
        output.say("A membership test that is wrong on", rows)
    if found.reconstruction:
        rows = [
            (
                f"K = {candidates:,}",
                f"succeeds at most {_at_most(_upper(bound), 'the time', 'times')} "
                f"(guessing: {_guessing(candidates)})",
            )
            for candidates, bound in found.reconstruction
        ]
        output.say(
            "An attacker who must pick the right record out of K equally likely candidates", rows
        )
    size = number_text(_upper(found.advantage), "upper", 4)
    output.say(f"True less false positive rate, of any membership test: at most {size}", facts)
