"""Where the nodes in the outputs x lie: spacing, range and strips of one release. Untrusted.

Each error of the sums over these nodes is made smaller than a goal; the enclosures of
`certificates/release.py` are mirrored closely enough for that.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.core import Truncation
from dpaccount.accountants.saddlepoint.effort import TooCostly
from dpaccount.accountants.saddlepoint.model import Axis
from dpaccount.certificates import Grid, Window

__all__ = ["place_nodes"]

_MOST_NODES = 100_000


def place_nodes(
    axis: Axis, s: float, t: float, top: float, end: Truncation, i: int, goal: float,
    cut: Window | None,
) -> Grid:  # fmt: skip
    """A grid for one release.

    Args:
        axis: The release.
        s: Its exponent at c.
        t: Its exponent at c'.
        top: The height of the last node of the line.
        end: How the sum over the line ends,
        i: and which of its entries are this release's.
        goal: Logarithm of the error that is allowed, relatively.
        cut: Where outputs are left out.

    Raises:
        TooCostly: If no grid of a bearable size would do.
    """
    shift, core = end.shifts[i], end.cores[i] if end.cores else None
    sigma = axis.sigma
    if cut is None:  # the modes of both moments, and of the area below, have to be inside
        late = t * _late(axis, t) if t > 0.0 else 0.0
        axis = Axis.of(axis.release, axis.x[0], max(axis.x[-1], late) + 10.0 * sigma)
    if core is not None:
        axis = axis.resolved(0.6 * core.width)
    weight = axis.log_weight(cut)
    log_s = float(axis.log_moment(s, weight))
    log_t = float(axis.log_moment(t, weight))
    level = min(end.levels[i], log_s) - math.log(axis.release.steps) - 3.0
    widest, margin = _decay_unit(axis, s, level, shift, cut, core)
    needs = np.zeros(len(axis.x), dtype=bool)
    for power, moment in ((s, log_s), (t, log_t)):
        needs |= axis.log_mass + power * axis.loss + weight > moment + goal - 4.0
    moved = axis.log_weight(cut, shift * sigma**2) + axis.log_weight(
        core, shift * sigma**2, outer=True
    )
    # what bounds the decay beyond the grid: (1+l)^(s cos) for s < 0, without the turning factor
    slow = s * axis.loss if s >= 0.0 else s * (axis.log_rest + math.cos(shift) * axis.excess)
    needs |= axis.log_mass + slow + moved > level - 3.0
    if cut is not None:  # beyond the range, the bump at the cut's center counts in full
        ratio = shift * sigma**2 / cut.width
        crude = np.log1p(ratio * math.exp(min(ratio * ratio / 2.0, 600.0)))
        crude = crude - 0.5 * (np.maximum(axis.x - cut.center, 0.0) / cut.width) ** 2
        needs |= axis.log_mass + max(s, 0.0) * axis.loss + crude > level - 3.0
    beyond = axis.beyond()
    best: tuple[float, Grid] | None = None
    # what bounds the quadrature error has to end inside the axis, measured against the area that it
    # bounds; where it does not, at least against its own peak
    for by_area, angle in itertools.product((True, False), axis.angles(cut, core)):
        if not by_area and best is not None:
            break
        majorant = axis.log_weight(cut, angle * sigma**2)
        unit = min(widest, 0.7 / sigma)
        for _ in range(4):  # the cells of what bounds the error grow with the spacing
            need, area = _need(axis, s, t, (log_s, log_t), top, angle, majorant, unit)
            if core is not None:
                ratio = angle * sigma**2 / core.width
                need += ratio * ratio / 2.0 + math.log1p(ratio)
            following = min(2.0 * math.pi * angle / max(need - goal, 1.0), unit)
            settled, unit = following > 0.97 * unit, following
            if settled:
                break
        power = s if s >= 0.0 else s * math.cos(angle)
        edge = axis.log_mass + power * axis.excess + top * angle * axis.next_turns + majorant
        peak = area - power * axis.log_rest if by_area else edge.max()
        inside = edge > peak - 8.0
        if inside[-1] or _returns(beyond, power, top * angle, cut, peak):
            continue
        wanted = np.nonzero(needs | inside)[0]
        low, high = axis.x[max(wanted[0] - 1, 0)], axis.x[min(wanted[-1] + 1, len(axis.x) - 1)]
        spacing = _round(unit * sigma**2)
        first, last = math.floor(low / spacing), math.ceil(high / spacing)
        if best is None or last - first < best[0]:
            grid = Grid(
                spacing, min(first, -2), max(last, 2), float(angle), shift, margin, cut, core
            )  # fmt: skip
            best = (last - first, grid)
    if best is None or best[0] > _MOST_NODES:
        raise TooCostly("too many points in x")
    return best[1]


def _need(
    axis: Axis, s: float, t: float, moments: tuple[float, float], top: float, angle: float,
    majorant: Any, unit: float,
) -> tuple[float, float]:  # fmt: skip
    """Logarithms: what the strip's factor has to outweigh, and the area for s."""
    need, areas = -math.inf, []
    for power, moment, height in ((s, moments[0], top), (t, moments[1], 0.0)):
        cosine = math.cos(angle) if power < 0.0 else 1.0
        area = float(axis.log_cells(power * cosine, height * angle, majorant, unit))
        areas.append(area)
        need = max(need, area + power * (1.0 - cosine) * axis.log_rest - moment)
    return need + 0.5 * (angle * axis.sigma) ** 2 + 0.7, areas[0]


def _returns(beyond: Axis, s: float, turn: float, cut: Window | None, peak: float) -> bool:
    """Whether what bounds the quadrature error grows again beyond the axis.

    The enclosure goes by such steps, r^s taken at the larger and the angle at the far end.
    """
    value = beyond.log_mass + turn * np.append(beyond.turns[1:], 1.0)
    value += s * (beyond.excess if s < 0.0 else np.append(beyond.excess[1:], beyond.excess[-1]))
    if cut is not None:
        value = value - 0.5 * (np.maximum(beyond.x - cut.center, 0.0) / cut.width) ** 2
    return bool(value.max() > peak - 8.0)


def _decay_unit(
    axis: Axis, s: float, level: float, shift: float, cut: Window | None, core: Window | None
) -> tuple[float, float]:
    """The widest spacing / sigma^2 that the decay bound's own quadrature allows, and its margin."""
    sigma, best, chosen = axis.sigma, 0.0, 0.1
    a = shift * sigma**2
    weight = axis.log_weight(cut, a) + axis.log_weight(core, a, outer=True)
    for part in axis.angles(cut, core):
        margin = min(float(part), 1.569 - shift)
        b = margin * sigma**2
        power = s if s >= 0 else s * math.cos(shift + margin)
        need = float(axis.log_area(power, np.array([0.0]), weight)[0]) + 0.7 - level
        need += (s - power) * axis.log_rest + b * b / (2.0 * sigma**2)
        for window in (cut, core):
            if window is not None:
                need += b * b / (2.0 * window.width**2)
        unit = 2.0 * math.pi * margin / max(need, 1.0)
        if unit > best:
            best, chosen = unit, margin
    return best, chosen


def _late(axis: Axis, c: float) -> float:
    """How far toward x = c the far mode of phi r^c pulls: 0 while it carries nothing."""
    log_q = math.log(float(axis.release.sampling_rate))
    return 1.0 if c * log_q + c * (c - 1.0) / (2.0 * axis.sigma**2) > -60.0 else 0.0


def _round(value: float) -> float:
    """A float with few bits, so that nodes are short numbers."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.floor(mantissa * 256.0) / 256.0, exponent)
