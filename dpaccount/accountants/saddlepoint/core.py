"""Cores: outputs of nearly constant loss, taken out of the integral where that ends it sooner.

At small rates most of the loss's law sits in a narrow peak, and few steps do not smooth it: its
transform falls so slowly that the sum would need millions of nodes. But where *all* steps fall into
the peak, their sum lies on a known side of eps, so that this part of delta is known without any
integral. What is left has at least one step outside, and its transform falls fast. Untrusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dpaccount.accountants.saddlepoint.effort import TooCostly
from dpaccount.accountants.saddlepoint.model import Axis, Model
from dpaccount.certificates import Window

__all__ = ["Truncation", "find_cores"]


@dataclass(frozen=True)
class Truncation:
    """Where the sum may end, the angles and logarithms of the bounds there, and cores."""

    shifts: list[float]
    levels: list[float]
    top: float
    cores: list[Window] | None = None
    reach: float = 1.0
    tilt: float = 2.0


#: Widths of the cores' edges that are tried.
_WIDTHS = (0.12, 0.2, 0.06, 0.35, 0.03)


def find_cores(
    model: Model, c: float, log_pull: float, epsilon: float, floor: float, top: float, unit: float
) -> Truncation | None:
    """Where the sum may end with cores; None if no core helps.

    Args:
        model: One direction of a run.
        c: The line.
        log_pull: log M(c) - (c - 1) eps.
        epsilon: The target.
        floor: Logarithm of what may be left over.
        top: The height that has to be beaten.
        unit: The height of one node.
    """
    room = -model.edge() - epsilon if model.add else epsilon - model.edge()
    if not room > 0.0:
        return None
    found: Truncation | None = None
    total = sum(axis.release.steps for axis in model.axes)
    reach = math.sqrt(2.0 * (math.log(total) - floor + max(epsilon, 0.0)))
    best = top
    least = 0.4 * _work(top / unit, 0.0)  # with cores, all sums are made twice
    # either no step reaches far enough to matter, or the tilted sum of all of them does not
    ends = [_core(axis, 0.999 * room / len(model.axes), 0.0).center for axis in model.axes]
    coarse = model.axes
    for width in _WIDTHS:
        try:
            model.resolve([0.6 * width * _scale(axis) for axis in model.axes])
        except TooCostly:
            continue
        tried = []
        if not model.add:
            tilted = _widest_share(model, width, room, epsilon, floor)
            tried += [] if tilted is None else [tilted]
        if not model.mu_squared:
            cores = [
                Window(end - reach * width * _scale(axis), width * _scale(axis))
                for end, axis in zip(ends, model.axes, strict=True)
            ]
            tried.append((cores, 2.0))
        points = sum(44.0 * axis.sigma / (width * _scale(axis)) for axis in model.axes)
        for cores, tilt in tried:
            end = _height(model, cores, c, log_pull, floor, best)
            if end is not None and _work(end.top / unit, points) < least:
                best, least = end.top, _work(end.top / unit, points)
                found = replace(end, cores=cores, reach=reach, tilt=tilt)
    model.axes = coarse
    return found


def _work(nodes: float, points: float) -> float:
    """About how much work a line is; the points in x follow the height, and narrow edges."""
    return 5.2 * nodes + points


def _scale(axis: Axis) -> float:
    """What widths are measured in: the loss changes over sigma^2, its law over sigma."""
    return min(axis.sigma**2, 2.0 * axis.sigma)


def _widest_share(
    model: Model, width: float, room: float, epsilon: float, floor: float
) -> tuple[list[Window], float] | None:
    """The cores that reach furthest while the tilted sum of their steps does not matter."""
    found: tuple[list[Window], float] | None = None
    low, high = 0.02, 0.7 * max(axis.release.steps for axis in model.axes)
    for _ in range(9):
        share = math.sqrt(low * high)
        cores = [_core(axis, share * room / len(model.axes), width) for axis in model.axes]
        tilt = _tilt(model, cores, room, epsilon, floor)
        if tilt is None:  # a larger share leaves even more over
            high = share
        else:
            low, found = share, (cores, tilt)
    return found


def _core(axis: Axis, room: float, width: float) -> Window:
    """The core whose steps together differ from the common end by at most `room`."""
    grown = math.expm1(min(room / axis.release.steps, 500.0))
    center = axis.sigma**2 * (math.log(grown) - axis.log_odds) + 0.5
    return Window(center, width * _scale(axis))


def _tilt(
    model: Model, cores: list[Window], room: float, epsilon: float, floor: float
) -> float | None:
    """An exponent at which the cores leave over less than the floor."""
    tilts = 1.0 + np.geomspace(0.3, 3000.0, 24) / room
    total = np.zeros_like(tilts)
    for i, (axis, core) in enumerate(zip(model.axes, cores, strict=True)):
        weight = axis.log_weight(core)
        if not model.add:
            weight = weight + axis.log_weight(model.cuts[i])
        total += axis.release.steps * axis.log_moment(tilts, weight)
    total += model.mu_squared * tilts * (tilts - 1.0) / 2.0
    total += tilts * epsilon if model.add else -(tilts - 1.0) * epsilon
    best = int(np.argmin(total))
    return float(tilts[best]) if total[best] <= floor else None


def _height(
    model: Model, cores: list[Window], c: float, log_pull: float, floor: float, top: float
) -> Truncation | None:
    """The least height, below `top`, where |M - M of the cores| has fallen below the floor."""
    s = 1.0 - c if model.add else c
    outers, bases = [], []
    for i, (axis, core) in enumerate(zip(model.axes, cores, strict=True)):
        outers.append(axis.log_weight(core, outer=True))
        cut = 0.0 if model.add else axis.log_weight(model.cuts[i])
        bases.append(axis.log_moment(s, cut))

    def at(height: float) -> tuple[float, list[float], list[float]]:
        heights = np.array([height])
        shifts, levels, parts = [], [], []
        for i, (axis, core) in enumerate(zip(model.axes, cores, strict=True)):
            angles = axis.shifts(s, heights, outers[i], core)
            weights = axis.log_weights(core, angles * axis.sigma**2, outer=True)
            if not model.add:
                weights = weights + axis.log_weights(model.cuts[i], angles * axis.sigma**2)
            curves = axis.log_decay(s, heights, angles, weights)[:, 0]
            k = int(np.nanargmin(curves))
            shifts.append(float(angles[k, 0]))
            levels.append(float(curves[k]))
            parts.append(math.log(axis.release.steps) + levels[-1] - bases[i])
        gauss = -model.mu_squared * height**2 / 2.0
        total = log_pull - math.log(math.pi * height) + gauss + np.logaddexp.reduce(parts)
        return float(total), shifts, levels

    total, shifts, levels = at(top)
    if not total <= floor:
        return None
    low, found = math.log(top) - 12.0, Truncation(shifts, levels, top)
    for _ in range(9):
        middle = 0.5 * (low + math.log(found.top))
        total, shifts, levels = at(math.exp(middle))
        if total <= floor:
            found = Truncation(shifts, levels, math.exp(middle))
        else:
            low = middle
    return found
