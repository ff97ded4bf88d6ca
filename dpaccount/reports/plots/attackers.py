"""What any attacker can reach: trade-off, ROC, reconstruction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dpaccount.errors import InputError
from dpaccount.reports.plots.style import (
    COLORS,
    DASHES,
    INK,
    MARKS,
    SOFT,
    Line,
    canvas,
    decades,
    legend,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["reconstruction", "roc", "tradeoff"]


@styled
def tradeoff(lines: Sequence[Line]) -> Figure:
    """False negative against false positive rates that no test can be below.

    Args:
        lines: x: false positive rate; y: the least false negative rate there, a lower end.

    Returns:
        A matplotlib figure.
    """
    figure, (axes,) = canvas(4.0, 3.8)
    axes.plot([0, 1], [1, 0], color=SOFT, linestyle=DASHES[2], label="guessing at random")
    _draw(axes, lines)
    if len(lines) == 1:
        axes.fill_between(lines[0].x, 0.0, lines[0].y, color=COLORS[0], alpha=0.10, linewidth=0)
        axes.annotate("no test gets here", (0.03, 0.04), color=COLORS[0], fontsize=8)
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="false positive rate", ylabel="false negative rate",
        aspect="equal",
    )  # fmt: skip
    legend(axes, loc="upper right")
    return figure


@styled
def roc(lines: Sequence[Line], *, is_log: bool = True) -> Figure:
    """True against false positive rates that no test can be above.

    Args:
        lines: x: false positive rate; y: the largest true positive rate there, an upper end.
        is_log: Whether both axes are logarithmic: then the rates that matter, the low ones, are
            seen.

    Returns:
        A matplotlib figure.
    """
    figure, (axes,) = canvas(4.0, 3.8)
    if is_log:
        lines = [_positive(line) for line in lines]
    least = min(min(line.x) for line in lines) if is_log else 0.0
    axes.plot([least, 1], [least, 1], color=SOFT, linestyle=DASHES[2], label="guessing at random")
    _draw(axes, lines)
    if is_log:
        axes.set(xscale="log", yscale="log")
        decades(axes.xaxis)
        decades(axes.yaxis)
    axes.set(
        xlim=(least, 1), ylim=(least, 1), xlabel="false positive rate",
        ylabel="true positive rate", aspect="equal",
    )  # fmt: skip
    legend(axes, loc="lower right")
    return figure


def _positive(line: Line) -> Line:
    pairs = [(x, y) for x, y in zip(line.x, line.y, strict=True) if x > 0 and y > 0]
    if not pairs:
        raise InputError(
            "lines", given="no rate above 0", allowed="false positive rates above 0",
            advice="give for example 1e-9 to 1",
        )  # fmt: skip
    x, y = zip(*pairs, strict=True)
    return line._replace(x=x, y=y)


def _draw(axes: Axes, lines: Sequence[Line]) -> None:
    for i, line in enumerate(lines):
        axes.plot(
            line.x, line.y, color=COLORS[i % len(COLORS)], linestyle=DASHES[i % len(DASHES)],
            linewidth=2.2 if line.rank == 0 else 1.5, label=line.name,
        )  # fmt: skip


@styled
def reconstruction(lines: Sequence[Line]) -> Figure:
    """The chance to pick the right record, against how many it is hidden among.

    Args:
        lines: x: K, the number of equally likely candidates; y: the chance, an upper end in
            (0, 1].

    Returns:
        A matplotlib figure.
    """
    figure, (axes,) = canvas(4.8, 3.3)
    most = max(max(line.x) for line in lines)
    axes.plot(
        [1, most], [1, 1 / most], color=SOFT, linestyle=DASHES[2], label="guessing at random, 1/K"
    )
    for i, line in enumerate(lines):
        if not all(0 < y <= 1 and math.isfinite(x) and x >= 1 for x, y in _pairs(line)):
            raise InputError(
                "lines", given=f"{line.name} with no chance in (0, 1] or no K",
                allowed="K of 1 or more, chances in (0, 1]", advice="give upper ends",
            )  # fmt: skip
        axes.plot(
            line.x, line.y, color=INK if line.rank == 0 else COLORS[i % len(COLORS)],
            marker=MARKS[i % len(MARKS)], linestyle=DASHES[i % len(DASHES)], label=line.name,
        )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="K, equally likely candidates",
        ylabel="chance to pick the right one", ylim=(None, 1.3),
    )  # fmt: skip
    decades(axes.xaxis)
    decades(axes.yaxis)
    legend(axes, loc="lower left")
    return figure


def _pairs(line: Line) -> list[tuple[float, float]]:
    return list(zip(line.x, line.y, strict=True))
