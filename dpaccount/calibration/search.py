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
    seen: list[Look] = []
    keeping: float | None = None
    breaking: float | None = None
    gaps: list[float] = []
    x = start
    while len(seen) < most:
        value = unknown.near(x)
        if any(value == look.value for look in seen):
            break
        look = ask(value)
        seen.append(look)
        x = look.x
        if look.excess <= 0.0:
            keeping = x
        else:
            breaking = x
        near = sorted(seen, key=lambda s: abs(s.excess))[:2]
        slope, apart = _secant(near, slope, unknown.sense)
        best = near[0]
        # the next secant's error would be about the product of these two
        if abs(best.excess) <= max(best.width, _FINE) or abs(best.excess) * apart < 1e-13:
            break
        if keeping is None or breaking is None:
            away = -look.excess / slope if math.isfinite(look.excess) else math.inf
            toward = unknown.sense if look.excess <= 0.0 else -unknown.sense
            x += toward * min(abs(away), reach)
            reach *= 2.0
            continue
        gaps.append(abs(keeping - breaking))
        slow = len(gaps) > 4 and gaps[-1] > 0.5 * gaps[-3]
        x = Place.after(best, slope).x
        if slow or not min(keeping, breaking) < x < max(keeping, breaking) or x == best.x:
            x = 0.5 * (keeping + breaking)
    place = Place.after(min(seen, key=lambda s: abs(s.excess)), slope)
    if math.isinf(place.last.excess) and keeping is not None:
        return Place(keeping, slope, place.last)
    return place


def _secant(near: list[Look], slope: float, sense: int) -> tuple[float, float]:
    """The slope between the two looks nearest to the target, and how far apart they are."""
    if len(near) < 2 or not math.isfinite(near[1].excess):
        return slope, math.inf
    rise, run = near[1].excess - near[0].excess, near[1].x - near[0].x
    found = rise / run if run else math.nan
    clear = abs(rise) > 20.0 * (near[0].width + near[1].width)
    if not (clear and 0.02 < found * sense < 1e4):
        return slope, math.inf
    return found, abs(run)
