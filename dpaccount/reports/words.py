"""Chances in words, for people: rounded upward, so that no ceiling is understated."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from dpaccount._validate import Exact
from dpaccount.guarantees import number_text

__all__ = ["at_most", "guessing", "wrong_on"]


def at_most(chance: float | Fraction, whole: str, one: str) -> str:
    """A share that is at least this chance: in percent, or as 1 in so many where that is clearer.

    Args:
        chance: Not below 0.
        whole: What the percentage is of.
        one: What is counted.
    """
    if chance >= 1e-4 or chance == 0.0:
        percent = min(100 * Fraction(chance), Fraction(100))
        return f"{_percent(percent)} % of {whole}"
    inverse = 1 / Fraction(chance)
    short = _THREE.create_decimal(inverse.numerator // inverse.denominator)
    return f"1 in {int(short):,} {one}" if short < 10**15 else f"1 in {short:.2e} {one}"


def _percent(percent: Fraction) -> str:
    """In three digits, rounded up."""
    short = _THREE_UP.divide(Decimal(percent.numerator), Decimal(percent.denominator))
    return f"{short.normalize():f}"


_THREE_UP = Context(prec=3, rounding=ROUND_CEILING)
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
