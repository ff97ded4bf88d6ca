"""Formulas over balls: an inequality on a box, proved by cutting the box until each part shows it.

A ball holds every value of the formula on a part, so that a positive lower end proves the part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb

from dpaccount.certificates import numbers
from dpaccount.certificates.numbers import enclose
from dpaccount.proving.errors import NotProved

__all__ = ["BALLS", "Box", "enclose", "positive", "span"]


class _Balls:
    """The certificates' functions on balls; here plain integers are taken too."""

    pi = property(lambda self: arb.pi())

    def __getattr__(self, name: str) -> Callable[[Any], arb]:
        found = getattr(numbers.BALLS, name)
        return lambda value: found(arb(value))


BALLS = _Balls()

#: A box: lower and upper end of each coordinate, as exact rationals.
Box = Sequence[tuple[Any, Any]]


def span(low: Any, high: Any) -> arb:
    """The ball that holds two exact numbers and all between them."""
    return enclose(low).union(enclose(high))


def positive(
    value: Callable[..., arb], box: Box, *, depth: int = 20, most: int = 20_000, what: str = ""
) -> int:
    """Prove that a function is positive on a box.

    The longest side, relative to the first box, is halved until the ball of the value is positive.
    No side is a single point.

    Args:
        value: The function on balls, one for each side of the box.
        box: Ends of the sides as `Fraction` or int.
        depth: How often a side may be halved in all.
        most: How many parts may be looked at.
        what: What is claimed, for the message.

    Returns:
        How many parts were enough.

    Raises:
        NotProved: If a part is seen not to be positive, or is too small or one too many.
    """
    widths = [high - low for low, high in box]
    todo, parts, looked = [(list(box), 0)], 0, 0
    while todo:
        part, level = todo.pop()
        looked += 1
        found = value(*(span(low, high) for low, high in part))
        if found > 0:
            parts += 1
            continue
        if found <= 0:
            raise NotProved(f"refuted on {_text(part)}: {what}")
        if level == depth or looked > most:
            raise NotProved(f"not decided on {_text(part)} at depth {level}: {what}")
        at = max(
            range(len(part)),
            key=lambda i: (part[i][1] - part[i][0]) / widths[i] if widths[i] else 0,
        )
        low, high = part[at]
        middle = (low + high) / 2
        for end in ((low, middle), (middle, high)):
            todo.append(([*part[:at], end, *part[at + 1 :]], level + 1))
    return parts


def _text(part: Box) -> str:
    return " x ".join(f"[{float(low):.6g}, {float(high):.6g}]" for low, high in part)
