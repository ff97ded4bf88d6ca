"""Lines that runs of one setting share, when many of them are asked for: untrusted.

What a line costs is its transform, which does not depend on the steps. A line is planned for more
steps, fewer steps and a smaller delta than those at hand, and taken again wherever what decided
its plan still holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dpaccount.accountants.saddlepoint.fast.chart import Key, Planner, Shelf
from dpaccount.accountants.saddlepoint.fast.plan import Outlook
from dpaccount.certificates import Line

__all__ = ["SharingShelf"]

#: The grids of a shared line are planned for so many times more steps, or fewer,
_STEPS = 8.0
#: the line for up to so many times the steps at hand, as runs come with more and more of them,
_TIMES = 4.0
#: and for an error that is smaller by so much, as a logarithm.
_ROOM = 4.0
#: Lines of a setting that are looked through.
_MOST = 64
#: Deltas between neighboring powers of e^-16 are looked at together.
_SPAN = 16.0


@dataclass(frozen=True)
class _Kept:
    """A line and what it was planned for: places on the whole lattice of c, and steps."""

    line: Line
    place: int
    beyond: int
    steps: float
    log_decay: float
    tolerance: float

    def serves(self, outlook: Outlook, epsilon: float, log_delta: float, tolerance: float) -> bool:
        """Whether it would do for another run of its setting."""
        i, j, steps = self.place - outlook.first, self.beyond - outlook.first, outlook.steps[0]
        if not (
            0 <= i < j < len(outlook.y)
            and self.steps / _STEPS <= steps <= self.steps * _STEPS
            and self.tolerance <= tolerance
        ):
            return False
        pull = outlook.log_m - outlook.y * epsilon
        front = pull - outlook.log_poles
        floor, height, y = log_delta + tolerance, self.line.height, outlook.y
        if not front[i] <= front.min() + 4.0 or not floor < 0.0:
            return False
        if not height * -floor <= 2.0 * math.pi * y[i]:
            return False
        if not height * max(pull[j] - floor, 1.0) <= 2.0 * math.pi * (y[j] - y[i]):
            return False
        top = height * self.line.nodes
        return bool(pull[i] - math.log(math.pi * top) + steps * self.log_decay <= floor)


class SharingShelf(Shelf):
    """A shelf with lines too, for runs of one release."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[Key, list[_Kept]] = {}
        self._ones: dict[tuple[Key, int], tuple[float, Line]] = {}

    def rounded(self, log_delta: float) -> float:
        """One that many can be looked at with."""
        return _SPAN * math.floor(log_delta / _SPAN)

    def line(self, outlook: Planner, epsilon: float, log_delta: float, tolerance: float) -> Any:
        """One that is there, or a new one that others can share."""
        own = super().line
        if not isinstance(outlook, Outlook) or len(outlook.charts) != 1 or outlook.run.mu_squared:
            return own(outlook, epsilon, log_delta, tolerance)
        kept = self._lines.setdefault(outlook.charts[0].key, [])
        for k in range(len(kept) - 1, -1, -1):  # the ones used last are the nearest
            if kept[k].serves(outlook, epsilon, log_delta, tolerance):
                kept.append(kept.pop(k))
                return kept[-1].line
        plan = outlook.plan(
            epsilon, log_delta, tolerance, room=_ROOM, steps=_STEPS, times=_TIMES
        ) or outlook.plan(epsilon, log_delta, tolerance, room=_ROOM, steps=_STEPS)
        if plan is None:
            return own(outlook, epsilon, log_delta, tolerance)
        line, i, j, log_decays = plan
        places, steps = (outlook.first + i, outlook.first + j), outlook.steps[0]
        kept.append(_Kept(line, *places, steps, log_decays[0], tolerance - _ROOM))
        del kept[:-_MOST]
        return line

    def line_of_one(self, outlook: Planner, i: int) -> Any:
        """One that is there, or a new one that others can share."""
        if not isinstance(outlook, Outlook) or len(outlook.charts) != 1:
            return super().line_of_one(outlook, i)
        key, steps = (outlook.charts[0].key, outlook.first + i), outlook.steps[0]
        planned, line = self._ones.get(key, (0.0, None))
        if line is None or not planned / _STEPS <= steps <= planned * _STEPS:
            line = outlook.line_of_one(i, steps=_STEPS)
            if line is not None:
                self._ones[key] = steps, line
        return line
