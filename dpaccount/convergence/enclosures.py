"""The value of a theorem's formula, between two floats: it runs on balls."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from dpaccount.errors import NotConverged
from dpaccount.theorems import Theorem

__all__ = ["ball_of", "ends", "evaluate"]

#: Enough for most; what is small beside 1 asks for more, as 1 - rho^2 at tiny steps.
_BITS = (256, 1024, 4096)
_WANTED_BITS = 64


def evaluate(theorem: Theorem, *, also: dict[str, Any] | None = None, **values: Any) -> Any:
    """The formula's value as a ball, after its assumptions were checked.

    Args:
        theorem: A registered theorem with a formula.
        also: Quantities that its assumptions name and its formula does not.
        values: The formula's arguments: integers, floats, fractions, or lists of them; a float is
            the number that it is.

    Raises:
        Unsupported: If an assumption fails.
    """
    theorem.require(**values, **(also or {}))
    from flint import ctx

    for bits in _BITS:
        with ctx.workprec(bits):
            found = theorem(**{name: ball_of(value) for name, value in values.items()})
        if found.rel_accuracy_bits() >= _WANTED_BITS:
            break
    return found


def ball_of(value: Any) -> Any:
    """A number as a ball, a list as a list of balls; integers stay what they are."""
    from flint import arb, fmpq

    if isinstance(value, int):
        return value
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, (list, tuple)):
        return [ball_of(item) for item in value]
    return arb(value)


def ends(ball: Any, what: str) -> tuple[float, float]:
    """Floats below and above a ball.

    Raises:
        NotConverged: If it is not finite.
    """
    low, high = float(ball.lower()), float(ball.upper())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise NotConverged(f"{what} has no finite value; do: give numbers of a more usual size")
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
