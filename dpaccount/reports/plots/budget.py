"""What a run costs: epsilon against delta, and against noise and steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dpaccount.errors import InputError
from dpaccount.reports.plots.style import (
    COLORS,
    DASHES,
    INK,
    MAP,
    SOFT,
    Line,
    canvas,
    decades,
    legend,
    plain_ticks,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["epsilon_curve", "epsilon_map"]

#: A line that is further than this above the lowest would flatten all others.
_FACTOR = 2.0


@styled
def epsilon_curve(
    lines: Sequence[Line], at: tuple[float, float] | None = None, same: Sequence[str] = ()
) -> Figure:
    """Epsilon against delta, a line for each method.

    Lines that lie more than twice above what the figure is about are named and not drawn.

    Args:
        lines: x: delta in (0, 1); y: epsilon, an upper end or an estimate.
        at: The delta and epsilon that were asked for; a dot.
        same: Methods that are not drawn because the eye could not tell them from the first line.

    Returns:
        A matplotlib figure.
    """
    figure, (axes,) = canvas()
    first = min(lines, key=lambda line: line.rank)
    near = [line for line in lines if line is first or _is_near(line, first)]
    far = [line.name for line in lines if line not in near]
    order = sorted(near, key=lambda line: -max(line.y))
    for i, line in enumerate(order):
        dash = DASHES[1 + i % (len(DASHES) - 1)]
        style: dict[str, Any] = {"color": COLORS[i % len(COLORS)], "linestyle": dash}
        if line is first:
            style = {"color": INK, "linestyle": "-", "linewidth": 2.4, "zorder": 3}
        name = line.name + (" (estimate)" if line.rank == 2 else "")
        axes.plot(line.x, line.y, label=name, **style)
    if at is not None:
        axes.plot(*at, "o", color=INK, markersize=7, zorder=4)
        axes.annotate(  # below the dot: what is above the first line comes near it from there
            f"{at[1]:.4g}", at, (-7, -7), textcoords="offset points", fontweight="bold",
            ha="right", va="top",
        )  # fmt: skip
    axes.set(xscale="log", xlabel="delta", ylabel="epsilon", ylim=(0, None))
    decades(axes.xaxis)
    legend(axes, loc="best")
    notes = [f"the same to the eye as {first.name}: {', '.join(same)}"] if same else []
    notes += [f"more than twice as high: {', '.join(far)}"] if far else []
    if notes:
        _note(axes, "; ".join(notes))
    return figure


def _is_near(line: Line, first: Line) -> bool:
    """Whether a line stays on the scale of the first wherever both are known."""
    known = dict(zip(first.x, first.y, strict=True))
    pairs = [(y, known[x]) for x, y in zip(line.x, line.y, strict=True) if x in known]
    return bool(pairs) and all(y <= _FACTOR * base for y, base in pairs)


def _note(axes: Axes, text: str) -> None:
    """Small words below the axis, broken where they would be too long."""
    import textwrap

    axes.annotate(
        "\n".join(textwrap.wrap(text, 68)), (0, 0), (-30, -34), xycoords="axes fraction",
        textcoords="offset points", fontsize=7, color=SOFT, va="top", annotation_clip=False,
    )  # fmt: skip


@styled
def epsilon_map(table: Sequence[Mapping[str, Any]]) -> Figure:
    """Epsilon against steps and noise: a map of colors with the budgets that people name.

    Args:
        table: The rows of a `sweep` over noise_multiplier and steps, with everything else the
            same, such as `dpaccount.sweep(...)` gives them: two values of each at least.

    Returns:
        A matplotlib figure.

    Raises:
        InputError: If the rows are no grid of the two, or an upper end is not known.
    """
    import numpy as np
    from matplotlib.colors import LogNorm

    noises, steps, upper = _grid(table)
    figure, (axes,) = canvas(5.2, 3.6)
    axes.grid(visible=False)
    low, high = min(map(min, upper)), max(map(max, upper))
    norm = LogNorm(low, max(high, low * 1.01))
    mesh = axes.pcolormesh(
        np.array(steps), np.array(noises), np.array(upper), cmap=MAP, norm=norm, shading="nearest"
    )
    levels = [b * 10.0**d for d in range(-4, 8) for b in (1, 2, 5)]
    levels = [level for level in levels if low < level < high]
    if levels:
        drawn = axes.contour(steps, noises, upper, levels=levels, colors="white", linewidths=1.0)
        # on the line: a gap in it would be cut before the layout says how wide the label is
        for label in axes.clabel(drawn, inline=False, fmt="%g", fontsize=8):
            label.set(color=INK, bbox={"fc": "white", "ec": "none", "alpha": 0.85, "pad": 1.0})
    axes.set(xscale="log", yscale="log", xlabel="steps", ylabel="noise multiplier")
    decades(axes.xaxis)
    shown = noises[:: -(-len(noises) // 9)]
    axes.set_yticks(shown, [f"{noise:.3g}" for noise in shown])
    axes.set_yticks([], minor=True)
    bar = figure.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label(f"epsilon at delta {table[0].get('delta', '')}, upper end")
    bar.outline.set_visible(False)
    plain_ticks(bar.ax.yaxis)
    return figure


def _grid(
    table: Sequence[Mapping[str, Any]],
) -> tuple[list[float], list[float], list[list[float]]]:
    """Noises and steps, both rising, and the upper ends: a row for each noise."""
    cells: dict[tuple[Fraction, int], float] = {}
    others = set()
    for row in table:
        try:
            key = (Fraction(str(row["noise_multiplier"])), int(str(row["steps"])))
            value = math.nan if row["upper"] is None else float(row["upper"])
        except (KeyError, ValueError, TypeError) as error:
            raise _no_grid("a row without noise_multiplier, steps and upper") from error
        if key in cells:
            raise _no_grid("two rows of one noise and one number of steps")
        if not 0.0 < value < math.inf:
            raise _no_grid("an epsilon that is not known, 0 or infinite")
        cells[key] = value
        others.add(tuple(str(row.get(name)) for name in ("sampling_rate", "batch_size", "delta")))
    noises, steps = sorted({n for n, _ in cells}), sorted({s for _, s in cells})
    if len(others) > 1:
        raise _no_grid("rows that differ in more than noise and steps")
    if len(noises) < 2 or len(steps) < 2 or len(cells) != len(noises) * len(steps):
        raise _no_grid(f"{len(cells)} rows of {len(noises)} noises and {len(steps)} steps")
    upper = [[cells[n, s] for s in steps] for n in noises]
    return [float(n) for n in noises], [float(s) for s in steps], upper


def _no_grid(what: str) -> InputError:
    return InputError(
        "table",
        given=what,
        allowed="a sweep over noise_multiplier and steps, two values of each at least",
        advice='make it by sweep(noise_multiplier="0.5:4:9", steps="100:10000:9:log", ...)',
    )
