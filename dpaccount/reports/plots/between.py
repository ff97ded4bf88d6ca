"""The truth between lower and upper bounds, with everybody's number beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dpaccount.comparison import OURS, Row
from dpaccount.errors import InputError
from dpaccount.reports.plots.style import COLORS, INK, SOFT, canvas, legend, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dpaccount.comparison import Comparison

__all__ = ["sandwich"]

#: In percent of the truth: nearer than this is drawn linearly, further off by its logarithm.
_NEAR = 1e-7
#: In percent of the truth: what is further off is named below the figure.
_FAR = 100.0


@styled
def sandwich(found: Comparison, title: str = "") -> Figure:
    """Every number of a comparison by how far it is from the truth, on one line each.

    Args:
        found: As `dpaccount.compare` makes it, with a bracket of the truth that is finite.
        title: What stands above it.

    Returns:
        A matplotlib figure; the middle of the bracket stands for the truth.

    Raises:
        InputError: If nothing in it holds the truth from both sides.
    """
    told = [row for row in found.rows if row.value is not None]
    truth = _truth(told)
    near: list[Row] = []
    far: list[Row] = []
    for row in sorted(told, key=lambda row: row.value or 0.0, reverse=True):
        (near if _share(row.value, truth) <= _FAR else far).append(row)
    figure, (axes,) = canvas(7.2, 0.9 + 0.26 * len(near))
    axes.axvline(0, color=INK, lw=1.2, zorder=1)
    _points(axes, near, truth)
    axes.set_yticks(range(len(near)), [row.method for row in near])
    axes.set_ylim(len(near) - 0.4, -0.6)
    _scale(axes, [_share(row.value, truth) for row in near])
    axes.set(xlabel=f"percent above or below the truth, epsilon {truth:.6g}", title=title)
    legend(axes, loc="lower right")
    if far:
        names = ", ".join(row.method for row in far)
        axes.annotate(
            f"more than twice the truth: {names}", (0, 0), (0, -36), fontsize=7, color=SOFT,
            xycoords="axes fraction", textcoords="offset points", va="top", wrap=True,
        )  # fmt: skip
    return figure


def _truth(rows: list[Row]) -> float:
    lows = [row.lower for row in rows if row.source == OURS and row.lower is not None]
    highs = [row.upper for row in rows if row.source == OURS and row.upper is not None]
    if not lows or not highs or not 0 < max(lows) <= min(highs) < math.inf:
        raise InputError(
            "found",
            given="a comparison without a bracket of the truth",
            allowed="one in which our rows hold it from both sides, above 0",
            advice="compare a run that saddlepoint or lattice covers",
        )
    return (max(lows) + min(highs)) / 2


def _share(value: float | None, truth: float) -> float:
    """How far a value is above the truth, in percent of it."""
    return math.inf if value is None else 100 * (value - truth) / truth


def _points(axes: Axes, rows: list[Row], truth: float) -> None:
    """A mark for each end: it points to where the truth is, an estimate points nowhere."""
    ours, theirs = COLORS[0], COLORS[1]
    labeled: set[str] = set()
    for place, row in enumerate(rows):
        is_ours = row.source == OURS
        color, whose = (ours, "ours") if is_ours else (theirs, "other tools")
        ends = [(row.lower, ">", "lower bound"), (row.upper, "<", "upper bound")]
        if row.upper is None:
            ends = [(row.estimate, "o", "estimate")]
        for value, mark, kind in ends:
            if value is None:
                continue
            label = f"{kind}, {whose}"
            axes.plot(
                [_share(value, truth)], [place], mark, color=color, ms=6.5, ls="", zorder=3,
                mfc="white" if mark == "o" else color,
                label=None if label in labeled else label,
            )  # fmt: skip
            labeled.add(label)


def _scale(axes: Axes, shares: list[float]) -> None:
    """Both sides by their logarithms, with few ticks in plain words."""
    axes.set_xscale("symlog", linthresh=_NEAR, linscale=0.5)
    left, right = min(*shares, -_NEAR), max(*shares, _NEAR)
    ticks = [1e-6, 1e-3, 1.0]
    ticks = (
        [-t for t in reversed(ticks) if -t >= 3 * left] + [0.0] + [t for t in ticks if t <= right]
    )
    words = [f"{t:+g} %".replace("e-06", "e-6") if t else "truth" for t in ticks]
    axes.set_xticks(ticks, words)
    axes.set_xticks([], minor=True)
    axes.set_xlim(3 * left, 3 * right)
