"""Epsilon against delta as SVG, drawn in a millisecond: it follows a slider while that is dragged.

The figures of a report are matplotlib's, which takes a hundred times as long for each.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.guarantees import Bound
from dpaccount.reports.model import Curve

__all__ = ["Drawing", "Mark", "drawing"]

WIDTH, HEIGHT = 480.0, 264.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 460.0, 26.0, 218.0
_LN10 = math.log(10.0)


class Mark(NamedTuple):
    """A tick: where it stands, and what it says."""

    at: float
    text: str


class Drawing(NamedTuple):
    """What the template draws.

    Args:
        line: The points of the line.
        across: Ticks of delta.
        up: Ticks of epsilon.
        dot: Where the number that was asked for lies; None if that is not on the picture.
        words: The picture in words.
        top: Where the lines of the grid end.
    """

    line: str
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    dot: tuple[float, float] | None
    words: str
    top: float = _TOP


def drawing(curve: Curve, delta: Exact, bound: Bound, value: str) -> Drawing | None:
    """The picture of a curve; None where there is nothing to draw, such as an infinite epsilon.

    Args:
        curve: Deltas, rising, and epsilon at each.
        delta: That was asked for.
        bound: Epsilon there.
        value: Its upper end in words.
    """
    known = [
        (_validate.log_of(point.delta) / _LN10, point.bound.upper)
        for point in curve.points
        if point.bound.upper is not None and math.isfinite(point.bound.upper)
    ]
    if len(known) < 2 or not known[0][1] > 0.0:
        return None
    first, last = known[0][0], known[-1][0]
    unit = _unit(max(y for _, y in known))
    top = unit * math.ceil(max(y for _, y in known) / unit)

    def x_of(log: float) -> float:
        return round(_LEFT + (log - first) / (last - first) * (_RIGHT - _LEFT), 1)

    def y_of(epsilon: float) -> float:
        return round(_BOTTOM - epsilon / top * (_BOTTOM - _TOP), 1)

    every = max(1, math.ceil((last - first) / 7))
    across = tuple(
        Mark(x_of(k), f"1e{k}")
        for k in range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
        if k % every == 0
    )
    up = tuple(Mark(y_of(k * unit), f"{k * unit:.6g}") for k in range(round(top / unit) + 1))
    place, size = _validate.log_of(delta) / _LN10, bound.upper
    inside = size is not None and math.isfinite(size) and first <= place <= last
    return Drawing(
        " ".join(f"{x_of(x)},{y_of(y)}" for x, y in known),
        across,
        up,
        (x_of(place), y_of(size)) if inside and size is not None else None,
        f"Epsilon against delta: it falls from {known[0][1]:.3g} at delta "
        f"{curve.points[0].delta} to {known[-1][1]:.3g} at {curve.points[-1].delta}; "
        f"at delta {delta} it is at most {value}.",
    )


def _unit(top: float) -> float:
    """A round step that gives three to six ticks up to `top`."""
    rough = top / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * k for k in (1.0, 2.0, 5.0) if power * k >= rough), power * 10.0)
