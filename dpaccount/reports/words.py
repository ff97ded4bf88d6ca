"""Chances in words, for people: rounded upward, so that no ceiling is understated."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from dpaccount._validate import Exact
from dpaccount.guarantees import number_text, up

__all__ = ["at_most", "guessing", "wrong_on"]


def at_most(chance: float, whole: str, one: str) -> str:
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


def wrong_on(rate: Exact) -> str:
    """A share of non-members, as given or in seven digits, rounded down: the ceiling holds too."""
    if rate in (0, 1):
        return "no non-member" if rate == 0 else "every non-member"
    if rate.numerator == 1 and rate.denominator < 10**15:
        return f"1 in {rate.denominator:,} non-members"
    text = rate.text
    if len(text) > 16:
        text = str(_SEVEN.divide(Decimal(rate.numerator), Decimal(rate.denominator))).lower()
    return f"a share {text} of non-members"


def guessing(candidates: int) -> str:
    """The chance of a guess among so many, to the nearest."""
    percent = 100.0 / candidates
    return f"{number_text(percent, '', 3)} %" if percent >= 0.01 else f"1 in {candidates:,}"
