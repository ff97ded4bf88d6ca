"""Where epsilon meets the target: a search in logarithms. It decides tightness, never truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from dpaccount.calibration.unknowns import Unknown, Value
from dpaccount.guarantees import Bound

__all__ = ["Look", "Place", "approach"]

#: Relative; below it values of 12 digits are one.
_FINE = 1e-12


@dataclass(frozen=True)
class Look:
    """Epsilon at one value.

    Args:
        value: The value.
        bound: Epsilon there; its upper end is known.
        target: What it is compared with.
    """

    value: Value
    bound: Bound
    target: float

    @property
    def x(self) -> float:
        """The logarithm of the value."""
        return math.log(self.value)

    @property
    def keeps(self) -> bool:
        """Whether the value is seen to keep the target."""
        return self.bound.upper is not None and self.bound.upper <= self.target

    @property
    def breaks(self) -> bool:
        """Whether it is seen not to."""
        return self.bound.lower is not None and self.bound.lower > self.target

    @property
    def excess(self) -> float:
        """About log(epsilon / target); the upper end stands for a wide bracket."""
        middle = self._upper * math.exp(-self.width)
        if not middle > 0.0:
            return -math.inf
        return math.log(middle / self.target) if self.target > 0.0 else math.inf

    @property
    def width(self) -> float:
        """Half the width of log epsilon; 0 where the lower end tells nothing."""
        lower = self.bound.lower
        if lower is None or not lower > 0.999 * self._upper or math.isinf(self._upper):
            return 0.0
        return 0.5 * math.log(self._upper / lower)

    @property
    def _upper(self) -> float:
        assert self.bound.upper is not None  # a look without one is refused
        return self.bound.upper


@dataclass(frozen=True)
class Place:
    """About where epsilon meets the target.

    Args:
        x: The logarithm of the value.
        slope: About d log epsilon / d x.
        last: The look nearest to it.
    """

    x: float
    slope: float
    last: Look

    @staticmethod
    def after(look: Look, slope: float) -> Place:
        """Where a look and a slope say that it is."""
        ahead = look.excess / slope if math.isfinite(look.excess) else 0.0
        return Place(look.x - ahead, slope, look)


def approach(
    ask: Callable[[Value], Look],
    unknown: Unknown,
    start: float,
    slope: float,
    *,
    reach: float = 1.0,
    most: int = 60,
) -> Place:
    """Follow log epsilon over the log value to the target, by secants and halvings.

    Args:
        ask: Epsilon at a value.
        unknown: What is solved for.
        start: The logarithm of the first value.
        slope: About the slope there.
        reach: The longest first step; each further one may be twice as long.
        most: So many looks are enough.
    """
    trail = _Trail(unknown, slope)
    value: Value | None = unknown.near(start)
    while value is not None and len(trail.seen) < most:
        look = ask(value)
        trail.add(look)
        if look.excess <= 0.0 and value == unknown.costliest:
            return Place(look.x + unknown.sense, trail.slope, look)  # all that is allowed, and more
        if trail.is_there:
            break
        value, reach = trail.following(reach), 2.0 * reach
    return trail.place


class _Trail:
    """What was seen so far, and what follows from it."""

    def __init__(self, unknown: Unknown, slope: float) -> None:
        self.unknown, self.slope, self.apart = unknown, slope, math.inf
        self.seen: list[Look] = []
        self.keeping: Look | None = None
        self.breaking: Look | None = None
        self.gaps: list[float] = []
        self.misses: list[float] = []

    def add(self, look: Look) -> None:
        """Take in one more look."""
        self.seen.append(look)
        if look.excess <= 0.0:
            self.keeping = look
        else:
            self.breaking = look
        if self.keeping is not None and self.breaking is not None:
            self.gaps.append(abs(self.keeping.x - self.breaking.x))
            self.misses.append(abs(self.best.excess))
        near = sorted(self.seen, key=lambda s: abs(s.excess))[:2]
        if len(near) < 2 or not math.isfinite(near[1].excess):
            return
        rise, run = near[1].excess - near[0].excess, near[1].x - near[0].x
        found = rise / run if run else math.nan
        clear = abs(rise) > 20.0 * (near[0].width + near[1].width)
        self.apart = math.inf
        if clear and 0.02 < found * self.unknown.sense < 1e4:
            self.slope, self.apart = found, abs(run)

    @property
    def best(self) -> Look:
        """The look nearest to the target."""
        return min(self.seen, key=lambda look: abs(look.excess))

    @property
    def is_there(self) -> bool:
        """Whether one more secant would change nothing: its error is about a product of two."""
        miss = abs(self.best.excess)
        return miss <= max(self.best.width, _FINE) or miss * self.apart < 1e-13

    @property
    def place(self) -> Place:
        """About the edge."""
        place = Place.after(self.best, self.slope)
        if self.keeping is None or self.breaking is None:
            return place
        inside = sorted((self.keeping.x, place.x, self.breaking.x))[1] == place.x
        finite = math.isfinite(self.best.excess)
        return place if inside and finite else Place(self.keeping.x, self.slope, self.keeping)

    def following(self, reach: float) -> Value | None:
        """Where to look next; None if all between is seen."""
        if self.keeping is None or self.breaking is None:
            last = self.seen[-1]
            far = abs(last.excess / self.slope) if math.isfinite(last.excess) else math.inf
            toward = self.unknown.sense if last.excess <= 0.0 else -self.unknown.sense
            return self._new(last.x + toward * min(far, reach))
        low, high = sorted((self.keeping.x, self.breaking.x))
        slow = len(self.gaps) > 4 and (
            self.gaps[-1] > 0.1 * self.gaps[-4] and self.misses[-1] > 0.1 * self.misses[-3]
        )
        ahead = Place.after(self.best, self.slope).x
        if math.isfinite(self.best.excess) and self.unknown.near(ahead) == self.best.value:
            return None
        by_secant = None if slow or not low < ahead < high else self._new(ahead)
        return self._new(0.5 * (low + high)) if by_secant is None else by_secant

    def _new(self, x: float) -> Value | None:
        value = self.unknown.near(x)
        return None if any(value == look.value for look in self.seen) else value
