"""The two laws on a grid between which a loss lies: connected dots, and lowered ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dpaccount.accountants.pld.cells import Cells
from dpaccount.theorems import pld

__all__ = ["GridLaw", "dominated", "dominating"]

Array = NDArray[np.float64]

_ROUNDS = 100
_CROWDED = 0.25


@dataclass(frozen=True)
class GridLaw:
    """Masses at grid points under the numerator, no less or no more than the truth allows.

    Args:
        offset: Loss of the grid point of index 0.
        first: Index of the first grid point.
        masses: Of each grid point; not negative.
        infinite: Mass of infinite loss.
    """

    offset: float
    first: int
    masses: Array
    infinite: float


def dominating(cells: Cells) -> GridLaw:
    """Dots connected from above: rounding and what was cut off count against the user."""
    grown = 1.0 + cells.error
    masses = cells.on * (1.0 + cells.error_on)
    masses[:-1] += cells.down * grown
    masses[1:] += cells.up * grown
    masses[0] += cells.below
    return GridLaw(cells.offset, cells.first, masses, cells.infinite + cells.above)


def dominated(cells: Cells, width: float) -> GridLaw:
    """Dots lowered below the curve, and the greatest convex curve under them."""
    shrunk, grown = 1.0 - cells.error, 1.0 + cells.error
    down, up, sag = cells.down * shrunk, cells.up * shrunk, cells.sag * grown
    on = cells.on * (1.0 - cells.error_on)
    # where much mass lies just above a point it goes down to it, as far as the middle of the law:
    # left of all losses the curve is known, and could be lowered there for a whole cell only
    middle = int(np.searchsorted(np.cumsum(on[:-1] + down + up), 0.5))
    crowded = np.flatnonzero(up[: middle + 1] < _CROWDED * down[: middle + 1])
    on[crowded] += down[crowded] + up[crowded]
    down[crowded] = up[crowded] = sag[crowded] = 0.0
    masses = on.copy()
    masses[:-1] += down
    masses[1:] += up
    found = None
    lowered, first, last = _lowering(on, down, up, sag, width)
    if last - first > 1:  # else the two lines meet, which need not be on a grid point
        kept = pld.DOMINATED(masses, lowered[:-2], lowered[1:-1], lowered[2:], width, ops=np)
        size = np.exp(width) * (lowered[:-2] + 2.0 * lowered[1:-1] + lowered[2:])
        kept = kept - 2.0**-49 * (masses + size / np.expm1(width))  # what rounding may have added
        kept[:first] = kept[last + 1 :] = 0.0  # on the lines: rounding is all there is
        found = _convex(kept, width)
    if found is None:  # every loss goes down to its grid point: never above the truth either
        found = on
        found[:-1] += down + up
    return GridLaw(cells.offset, cells.first, found, cells.infinite)


def _lowering(
    on: Array, down: Array, up: Array, sag: Array, width: float
) -> tuple[Array, int, int]:
    """By how much each grid point is lowered, a 0 more at each end; first and last point bent.

    Left of all losses the curve is 1 - e^eps and right of them 0: both lines are followed inward
    until they lie as low as the chords need.
    """
    lowered = np.zeros(down.size + 3)
    need = lowered[1:-1]
    need[:-1] = sag
    need[1:] = np.maximum(need[1:], sag)
    # a chord may also be the tangent at either end of its cell
    rising, falling = math.expm1(width), -math.expm1(-width)
    below, line, first = 0.0, 0.0, 0
    while first < down.size:
        need[first] = line
        line = math.exp(width) * line + rising * (below + on[first] + down[first])
        below += on[first] + down[first] + up[first]
        tangent = max(need[first + 1], rising * down[first])
        if tangent < line:
            need[first + 1] = tangent
            break
        first += 1
    above, line, last = 0.0, 0.0, down.size
    while last > first:
        need[last] = line
        line = math.exp(-width) * line + falling * (above + on[last] + up[last - 1])
        above += on[last] + down[last - 1] + up[last - 1]
        tangent = max(need[last - 1], falling * up[last - 1])
        if tangent < line:
            need[last - 1] = tangent
            break
        last -= 1
    return lowered, first, last


def _convex(masses: Array, width: float) -> Array | None:
    """Drop grid points where a curve bends down, which lies above its chord there.

    None where that does not end between two points that stay.
    """
    kept = masses
    dropped = np.zeros(masses.size, dtype=bool)
    for _ in range(_ROUNDS):
        bad = kept < 0.0
        if not bad.any():
            return kept
        dropped |= bad
        stays, gone = np.flatnonzero(~dropped), np.flatnonzero(dropped)
        place = np.searchsorted(stays, gone)
        if not ((place > 0) & (place < stays.size)).all():
            return None
        left, right = stays[place - 1], stays[place]
        share = pld.CONNECT_THE_DOTS((gone - left) * width, (right - left) * width, ops=np)
        kept = np.where(dropped, 0.0, masses)
        np.add.at(kept, left, (1.0 - share) * masses[gone])
        np.add.at(kept, right, share * masses[gone])
    return None
