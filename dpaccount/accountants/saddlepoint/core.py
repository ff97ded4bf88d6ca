"""Cores: outputs of nearly constant loss, taken out of the integral where that ends it sooner.

At small rates most of the loss's law sits in a narrow peak, and few steps do not smooth it: its
transform falls so slowly that the sum would need millions of nodes. But where *all* steps fall into
the peak, their sum lies on a known side of eps, so that this part of delta is known without any
integral. What is left has at least one step outside, and its transform falls fast. Untrusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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


_SHARES = (0.05, 0.12, 0.25, 0.4, 0.55, 0.7, 0.85)
_WIDTHS = (0.06, 0.12, 0.2, 0.35, 0.6)


def find_cores(
    model: Model, c: float, log_pull: float, epsilon: float, floor: float, top: float
) -> Truncation | None:
    """Where the sum may end with cores; None if no core helps.

    Args:
        model: One direction of a run.
        c: The line.
        log_pull: log M(c) - (c - 1) eps.
        epsilon: The target.
        floor: Logarithm of what may be left over.
        top: The height that has to be beaten.
    """
    room = -model.edge() - epsilon if model.add else epsilon - model.edge()
    if not room > 0.0:
        return None
    found: Truncation | None = None
    total = sum(axis.release.steps for axis in model.axes)
    reach = math.sqrt(2.0 * (math.log(total) - floor + max(epsilon, 0.0)))
    best = top / max(_WIDTHS)
    # either no step reaches far enough to matter, or the tilted sum of all of them does not
    ends = [_core(axis, 0.999 * room / len(model.axes), 0.0).center for axis in model.axes]
    for width in _WIDTHS:
        cores = [
            Window(end - reach * width * axis.sigma**2, width * axis.sigma**2)
            for end, axis in zip(ends, model.axes, strict=True)
        ]
        tried = [] if model.mu_squared else [(cores, 2.0)]
        for share in () if model.add else _SHARES:
            cores = [_core(axis, share * room / len(model.axes), width) for axis in model.axes]
            tilt = _tilt(model, cores, room, epsilon, floor)
            if tilt is None:  # a larger share leaves even more over
                break
            tried.append((cores, tilt))
        for cores, tilt in tried:
            # narrow cores need as many more nodes in x
            end = _height(model, cores, c, log_pull, floor, 0.8 * best * width)
            if end is not None and end.top / width < 0.8 * best:
                best = end.top / width
                found = replace(end, cores=cores, reach=reach, tilt=tilt)
    return found


def _core(axis: Axis, room: float, width: float) -> Window:
    """The core whose steps together differ from the common end by at most `room`."""
    grown = math.expm1(min(room / axis.release.steps, 500.0))
    center = axis.sigma**2 * (math.log(grown) - axis.log_odds) + 0.5
    return Window(center, width * axis.sigma**2)


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
    """Where |M - M of the cores| has fallen below the floor."""
    s = 1.0 - c if model.add else c
    heights = top * np.geomspace(1e-6, 1.0, 24)
    parts: list[Any] = []
    tables = []
    for i, (axis, core) in enumerate(zip(model.axes, cores, strict=True)):
        outer = axis.log_weight(core, outer=True)
        angles = axis.shifts(s, heights, outer, core)
        weights = axis.log_weights(core, angles * axis.sigma**2, outer=True)
        if not model.add:
            weights = weights + axis.log_weights(model.cuts[i], angles * axis.sigma**2)
        curves = axis.log_decay(s, heights, angles, weights)
        tables.append((angles, curves))
        cut = 0.0 if model.add else axis.log_weight(model.cuts[i])
        parts.append(math.log(axis.release.steps) + curves.min(axis=0) - axis.log_moment(s, cut))
    gauss = -model.mu_squared * heights**2 / 2.0
    total = log_pull - np.log(math.pi * heights) + gauss + np.logaddexp.reduce(parts, axis=0)
    good = np.nonzero(total <= floor)[0]
    if not good.size:
        return None
    k = int(good[0])
    return Truncation(
        [float(angles[curves[:, k].argmin(), k]) for angles, curves in tables],
        [float(curves[:, k].min()) for _, curves in tables],
        float(heights[k]),
    )
