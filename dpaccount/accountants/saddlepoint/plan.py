"""Where to put the line: an untrusted plan in float64, for the ball arithmetic that uses it.

Given a target (eps, log delta, relative tolerance of delta) the plan makes the number of nodes
small and each error term a fraction of the tolerance. A bad plan costs width, never truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.core import Truncation, find_cores
from dpaccount.accountants.saddlepoint.effort import LINE, Effort, TooCostly
from dpaccount.accountants.saddlepoint.grid import place_nodes
from dpaccount.accountants.saddlepoint.model import Axis, Model, quantile
from dpaccount.certificates import Grid, Line, Window

__all__ = ["MAX_NODES", "fallback", "plan"]

MAX_NODES = 200_000
_MOST_PRODUCTS = 5e7
_LOG_PI = math.log(math.pi)
#: How far beyond the epsilon of a line, relatively, it may still be asked.
_ROUGHLY, _NEARLY = 0.5, 0.05
#: What looking for cores costs, in plans without them.
_CORES_COST = 4.0


@dataclass
class _Contour:
    c: float
    beyond: float
    height: float
    log_at_c: float  # log M(c)
    log_front: float  # log of F(c), poles included
    log_pull: float  # log M(c) - (c-1) eps


def plan(
    model: Model,
    epsilon: float,
    log_delta: float,
    log_tolerance: float,
    effort: Effort,
    most: float = LINE,
    *,
    rough: bool = False,
) -> Line:
    """A line for delta(eps) near e^log_delta, to about e^log_tolerance relative to it.

    Args:
        model: One direction of a run; its cuts are placed for this line.
        epsilon: Where the line is to be used.
        log_delta: About log delta there.
        log_tolerance: Logarithm of the width of delta, relatively.
        effort: What the plan is charged to; the line has to be affordable, too.
        most: The work of the line.
        rough: Whether the line only serves to look where epsilon lies.

    Raises:
        TooCostly: If the line would be, or if the numbers are out of all proportion.
    """
    effort.spend(model.size)
    try:
        line = _plan(model, epsilon, log_delta, log_tolerance, effort, rough=rough)
    except (ArithmeticError, ValueError) as error:  # an overflow, a logarithm of 0: no plan
        raise TooCostly("numbers out of all proportion") from error
    if rough:  # it is summed in floats
        products = line.nodes * sum(grid.last - grid.first for grid in line.grids)
        if not products <= _MOST_PRODUCTS:
            raise TooCostly(f"{products:.0e} products")
    elif not line.work <= min(most, effort.left):
        raise TooCostly(f"{line.work:.0e} values of balls")
    return line


def _plan(
    model: Model, epsilon: float, log_delta: float, log_tolerance: float, effort: Effort,
    *, rough: bool,
) -> Line:  # fmt: skip
    floor = log_delta + log_tolerance - 1.5
    model.look_at(epsilon + (_ROUGHLY if rough else _NEARLY) * abs(epsilon))
    _place_cuts(model, floor)
    contour = _contour(model, epsilon, floor)
    _narrow_cuts(model, contour, floor)
    end = _truncation(model, contour, epsilon, floor, effort, rough=rough)
    if not end.top <= MAX_NODES * contour.height:
        raise TooCostly(f"{end.top / contour.height:.0f} nodes")
    nodes = max(math.ceil(end.top / contour.height), 2)
    top = nodes * contour.height
    spread = contour.log_front + math.log(contour.height / math.pi) + math.log(min(nodes, 40) + 2)
    error = floor - spread  # relative, of M at the nodes
    grids, bits = [], 0.0
    for i, axis in enumerate(model.axes):
        cut = None if model.add else _needed_cut(model, i, contour, error)
        goal = min(error, 0.0) - math.log(axis.release.steps * len(model.axes)) - 1.0
        grids.append(_grid(model, i, contour, top, end, goal, cut))
        big = abs(contour.c) * float(np.abs(axis.loss).max()) + top * float(np.abs(axis.loss).max())
        bits = max(bits, -goal / math.log(2.0) + math.log2(2.0 + big) + 0.6 * _log2(axis))
    # the terms of the sum are as large as e^front, and those of a core as 1
    largest = max(contour.log_front, 0.0) if end.cores else contour.log_front
    bits = max(bits, (largest - floor) / math.log(2.0))
    precision = 64 + int(
        max(bits - 48.0, 0.0) + 0.6 * math.log2(nodes) + math.log2(2.0 + abs(epsilon) * top)
    )
    return Line(
        contour.c, contour.beyond, contour.height, nodes, end.reach, end.tilt, precision,
        tuple(grids),
    )  # fmt: skip


def fallback(model: Model, epsilon: float, log_delta: float, effort: Effort) -> Line:
    """A line of one node, for the Chernoff bound that holds on any line.

    Raises:
        TooCostly: As `plan`.
    """
    effort.spend(model.size)
    try:
        line = _fallback(model, epsilon, log_delta)
    except (ArithmeticError, ValueError) as error:
        raise TooCostly("numbers out of all proportion") from error
    if not line.work <= LINE:
        raise TooCostly(f"{line.work:.0e} values of balls")
    return line


def _fallback(model: Model, epsilon: float, log_delta: float) -> Line:
    model.look_at(epsilon + _ROUGHLY * abs(epsilon))
    _place_cuts(model, log_delta - 2.0)
    contour = _contour(model, epsilon, log_delta - 2.0)
    _narrow_cuts(model, contour, log_delta - 2.0)
    count = len(model.axes)
    end = Truncation([0.5] * count, [0.0] * count, contour.height)
    grids = []
    for i, axis in enumerate(model.axes):
        cut = None if model.add else _needed_cut(model, i, contour, -3.0)
        goal = -4.0 - math.log(axis.release.steps * count)
        grids.append(_grid(model, i, contour, contour.height, end, goal, cut))
    return Line(
        contour.c, contour.beyond, contour.height, 1, 1.0, 2.0, 160, tuple(grids)
    )  # fmt: skip


def _log2(axis: Axis) -> float:
    return math.log2(axis.release.steps)


def _contour(model: Model, epsilon: float, floor: float) -> _Contour:
    """c, c' and h: the widest spacing whose alias sums stay below the floor."""
    lam = -floor
    low, high = 1e-9, 1e12
    y = np.geomspace(low, high, 130)
    for _ in range(2):
        c = 1.0 + y
        log_m = model.log_transform(c)
        pull = log_m - y * epsilon
        front = pull - np.log(c * y)
        best = int(np.argmin(front))
        left = np.nonzero(front <= front[best] + 2.5)[0]
        first, last = max(int(left[0]) - 1, 0), min(int(left[-1]) + 6, len(y) - 1)
        y = np.geomspace(y[first], y[last], 48)
    c = 1.0 + y
    log_m = model.log_transform(c)
    pull = log_m - y * epsilon
    front = pull - np.log(c * y)
    # spacing allowed by the right alias for each pair (c, beyond), and by the left one
    rise = np.maximum(pull + lam, 1.0)
    right = 2.0 * math.pi * (y[None, :] - y[:, None]) / rise[None, :]
    spacing = np.minimum(2.0 * math.pi * y / lam, right.max(axis=1))
    spacing = np.where(front <= front.min() + 2.5, spacing, 0.0)
    i = int(np.argmax(spacing))
    j = int(np.argmax(right[i]))
    return _Contour(
        float(c[i]), float(c[j]), float(spacing[i]), float(log_m[i]), float(front[i]),
        float(pull[i]),
    )  # fmt: skip


def _power(model: Model, c: float) -> float:
    return 1.0 - c if model.add else c


def _truncation(
    model: Model, contour: _Contour, epsilon: float, floor: float, effort: Effort, *, rough: bool
) -> Truncation:
    """The height at which the sum may end, and cores if they make it lower."""
    s = _power(model, contour.c)
    steps = np.array([axis.release.steps for axis in model.axes], dtype=float)
    base = [axis.log_moment(s, _cut_weight(model, i)) for i, axis in enumerate(model.axes)]

    def log_tail(heights: Any) -> tuple[Any, Any]:
        gauss = -model.mu_squared * heights**2 / 2.0
        total = contour.log_pull - _LOG_PI - np.log(heights) + gauss
        tables = []
        for i, axis in enumerate(model.axes):
            angles = axis.shifts(
                s, heights, _cut_weight(model, i), None if model.add else model.cuts[i]
            )
            weights = 0.0
            if not model.add:
                weights = axis.log_weights(model.cuts[i], angles * axis.sigma**2)
            curves = axis.log_decay(s, heights, angles, weights)
            tables.append((angles, curves))
            total = total + steps[i] * np.minimum(curves.min(axis=0) - base[i], 0.0)
        return total, tables

    unit = contour.height
    heights = unit * np.geomspace(2.0, 4.0 * MAX_NODES, 30)
    total, _ = log_tail(heights)
    plain = Truncation([], [], math.inf)
    good = np.nonzero(total <= floor)[0]
    if good.size:
        k = int(good[0])
        fine = np.geomspace(heights[max(k - 1, 0)], heights[k], 8)
        total, tables = log_tail(fine)
        k = int(np.nonzero(total <= floor)[0][0])
        plain = Truncation(
            [float(angles[curves[:, k].argmin(), k]) for angles, curves in tables],
            [float(curves[:, k].min()) for _, curves in tables],
            float(fine[k]),
        )
    # with many steps their sum is smooth, and cores hardly help; nor are they worth it when rough
    enough = 3000.0 if steps.sum() > 3000 else (800.0 if rough else 400.0)
    if plain.top <= enough * unit:
        return plain
    limit = min(plain.top, heights[-1])
    effort.spend(_CORES_COST * model.size)
    found = find_cores(model, contour.c, contour.log_pull, epsilon, floor, limit, unit)
    return found or plain


def _cut_weight(model: Model, i: int) -> Any:
    """The weight of the cut that planning always has when a record is removed."""
    return 0.0 if model.add else model.axes[i].log_weight(model.cuts[i])


def _least(model: Model, axis: Axis, floor: float) -> float:
    """Logarithm of what one step may lose to its cut."""
    return floor - math.log(axis.release.steps * len(model.axes)) - 1.0


def _place_cuts(model: Model, floor: float) -> None:
    """Cuts no further out than needed, as wide as they may be."""
    for i, axis in enumerate(model.axes):
        least = _least(model, axis, floor)
        model.cuts[i] = _cut_at(model, i, _widest(model, i, least), least)


def _narrow_cuts(model: Model, contour: _Contour, floor: float) -> None:
    """Cuts narrow enough that r^c' v has no second mode beyond, and no further out than needed."""
    for i, axis in enumerate(model.axes):
        least = _least(model, axis, floor)
        found, lowest = None, math.inf
        for part in range(16):
            width = _widest(model, i, least) * 0.75**part
            cut = _cut_at(model, i, width, least)
            main = float(axis.log_moment(contour.beyond, axis.log_weight(cut)))
            end = max(4.0 * contour.beyond, 1e3 * width)
            far = Axis(axis.release, cut.center + np.geomspace(8.0 * width, end, 90), axis.spacing)
            ahead = (far.x - cut.center) / width
            high = far.log_mass + contour.beyond * far.loss - 0.5 * ahead * ahead
            # the enclosure takes such steps as these, each with the slope at its far end
            slope = (contour.beyond * far.turns[1:] - far.x[:-1]) / axis.sigma**2
            rise = np.maximum(slope - ahead[:-1] / width, 0.0) * np.diff(far.x)
            excess = float((high[:-1] + rise).max()) - main
            if found is None or excess < lowest - 5.0:
                found, lowest = cut, excess
            if excess < -20.0:
                break
        assert found is not None  # the first one is taken
        model.cuts[i] = found


def _widest(model: Model, i: int, least: float) -> float:
    """The width to begin with: a narrow one where what tells all by itself ends the outputs.

    Left of its cut the loss must not change fast on the way to the largest heights.
    """
    sigma = model.axes[i].sigma
    wide, narrow = 0.5 * sigma, 0.08 * sigma
    telling, unlikely = _telling(model, i, narrow, least), _unlikely(model.axes[i], wide, least)
    return narrow if telling < unlikely - wide else wide


def _cut_at(model: Model, i: int, width: float, least: float) -> Window:
    """The cut of a width beyond which outputs are less likely than e^least, or known to tell."""
    center = min(_unlikely(model.axes[i], width, least), _telling(model, i, width, least))
    return Window(center, width)


def _telling(model: Model, i: int, width: float, least: float) -> float:
    """Where a cut of a width begins to have weight only where outputs tell (invert.far)."""
    return model.telling[i] + width * quantile(least - max(model.epsilon, 0.0))


def _unlikely(axis: Axis, width: float, least: float) -> float:
    """Where a cut of a width leaves out less than e^least."""
    scale = math.hypot(axis.sigma, width)
    log_q = math.log(float(axis.release.sampling_rate))
    reach = scale * quantile(least - 0.7)
    return max(reach, 1.0 + scale * quantile(min(least - 0.7 - log_q, -1.0)))


def _needed_cut(model: Model, i: int, contour: _Contour, error: float) -> Window | None:
    """The cut, unless what lies beyond it does not matter at c'."""
    axis, cut = model.axes[i], model.cuts[i]
    c = contour.beyond
    at_beyond = float(axis.log_moment(c, _cut_weight(model, i)))
    outside = axis.log_mass + c * axis.loss + axis.log_weight(cut, outer=True)
    end = max(4.0 * c, 2.0 * axis.x[-1])
    far = Axis(axis.release, np.geomspace(axis.x[-1], end, 120), axis.spacing)
    highest = max(outside.max(), (far.log_mass + c * far.loss).max())
    return None if highest < at_beyond + min(error, 0.0) - 7.0 else cut


def _grid(
    model: Model, i: int, contour: _Contour, top: float, end: Truncation, goal: float,
    cut: Window | None,
) -> Grid:  # fmt: skip
    s, t = _power(model, contour.c), _power(model, contour.beyond)
    return place_nodes(model.axes[i], s, t, top, end, i, goal, cut)
