"""The number type of everything certified: real balls, and the way in and out of them.

In: exact rationals and floats, enclosed at the working precision. Out: floats and decimals rounded
outward. Nothing here rounds to nearest.
"""

from __future__ import annotations

import math
from fractions import Fraction

from flint import arb, fmpq

__all__ = ["BALLS", "above", "below", "enclose", "log_above", "log_below"]


class _Balls:
    """The functions that theorems take, on balls."""

    exp = staticmethod(arb.exp)
    expm1 = staticmethod(arb.expm1)
    log = staticmethod(arb.log)
    log1p = staticmethod(arb.log1p)
    sqrt = staticmethod(arb.sqrt)

    @property
    def pi(self) -> arb:
        """At the working precision."""
        return arb.pi()

    @staticmethod
    def ncdf(x: arb) -> arb:
        """The normal distribution function, right in relative terms on both sides."""
        return (-x / arb(2).sqrt()).erfc() / 2


BALLS = _Balls()


def enclose(value: Fraction | float | int) -> arb:
    """The ball of an exact number at the working precision; a float is the binary64 it is."""
    if isinstance(value, float):
        return arb(value)  # exact
    exact = Fraction(value)
    return arb(fmpq(int(exact.numerator), int(exact.denominator)))


def below(value: arb) -> float:
    """A float that is at most every number in the ball; -inf if there is none."""
    end = value.lower()
    found = float(end)
    if math.isnan(found):
        return -math.inf
    while not arb(found) <= end:
        if found == -math.inf:
            return found
        found = math.nextafter(found, -math.inf)
    return found


def above(value: arb) -> float:
    """A float that is at least every number in the ball; inf if there is none."""
    return -below(-value)


def log_below(value: arb) -> float:
    """A float at most the logarithm of every number in a ball; -inf where it reaches 0."""
    end = value.lower()
    return below(end.log()) if end > 0 else -math.inf


def log_above(value: arb) -> float:
    """A float at least the logarithm of every number in a ball of non-negative numbers."""
    end = value.upper()
    if end > 0:
        return above(end.log())
    return -math.inf if end <= 0 else math.inf  # NaN: not known
