"""The figures of a report, drawn from what it holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dpaccount.comparison import OURS
from dpaccount.reports import plots
from dpaccount.reports.plain import is_same

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dpaccount.reports.model import Curve, Report

__all__ = ["picture"]


def picture(report: Report, name: str) -> Figure | None:
    """A figure by its name; None where nothing can be drawn, such as an infinite epsilon.

    Args:
        report: As `report` gathers it.
        name: "curve", "tradeoff", "roc" or "reconstruction".
    """
    return {"curve": _curve, "tradeoff": _tradeoff, "roc": _roc, "reconstruction": _picks}[name](
        report
    )


def _line(curve: Curve, rank: int) -> plots.Line | None:
    """What of a curve can be drawn: deltas that a float holds, finite values."""
    points = []
    for delta, bound in curve.points:
        value = bound.estimate if bound.upper is None else bound.upper
        if float(delta) > 1e-300 and value is not None and math.isfinite(value):
            points.append((float(delta), value))
    if len(points) < 2:
        return None
    x, y = zip(*points, strict=True)
    return plots.Line(curve.method, x, y, rank)


def _curve(report: Report) -> Figure | None:
    lines = []
    for i, curve in enumerate(report.curves):
        line = _line(curve, 0 if i == 0 else 1 if curve.is_guarantee else 2)
        if line is not None:
            lines.append(line)
    upper, delta = report.bound.upper, float(report.delta)
    if not lines or lines[0].rank != 0 or not max(lines[0].y) > 0 or upper is None:
        return None
    drawn = {line.name for line in lines}
    same = [
        row.method
        for row in report.comparison.rows
        if row.source == OURS and row.method not in drawn and is_same(row, report.bound)
    ]
    inside = delta > 1e-300 and math.isfinite(upper)
    return plots.epsilon_curve(lines, (delta, upper) if inside else None, same)


def _tradeoff(report: Report) -> Figure | None:
    if not report.roc:
        return None
    x, y = zip(*report.roc, strict=True)
    missed = tuple(max(1.0 - rate, 0.0) for rate in y)
    return plots.tradeoff([plots.Line("this run, at least", x, missed, 0)])


def _roc(report: Report) -> Figure | None:
    if not report.roc:
        return None
    x, y = zip(*report.roc, strict=True)
    return plots.roc([plots.Line("ceiling for any test", x, y, 0)])


def _picks(report: Report) -> Figure | None:
    if report.risk is None:
        return None
    rows = [
        (float(count), bound.upper)
        for count, bound in report.risk.reconstruction
        if bound.upper is not None and bound.upper > 0
    ]
    if not rows:
        return None
    x, y = zip(*rows, strict=True)
    return plots.reconstruction([plots.Line("ceiling for any attacker", x, y, 0)])
