"""What attackers do reach: success against noise, the ceilings drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dpaccount.reports.plots.style import COLORS, DASHES, MARKS, canvas, plain_ticks, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dpaccount.attacks.sweep.table import AttackTable, Row

__all__ = ["attack_success"]

#: How the ceiling of each kind is drawn; measured shares are unbroken.
_LINES = {"global": DASHES[1], "local": DASHES[2], "pairs": DASHES[3], "told": DASHES[3],
          "genie": DASHES[5]}  # fmt: skip


@styled
def attack_success(table: AttackTable) -> Figure:
    """Success of each attack against noise and against epsilon, a row of panels for each target.

    Measured shares have their intervals of 95 %; ceilings are broken lines of the same color, one
    for each kind, and what is an estimate is thin and called so. A level without noise is drawn at
    the left edge of the first panel only, and says so.

    Args:
        table: A sweep of attacks.

    Returns:
        A matplotlib figure.
    """
    targets = list(dict.fromkeys(row.cell.target for row in table.rows))
    figure, panels = canvas(7.6, 3.0 * len(targets) + 0.5, len(targets), 2, sharey=True)
    place = _noise(table)
    for i, target in enumerate(targets):
        left, right = panels[2 * i], panels[2 * i + 1]
        rows = [row for row in table.rows if row.cell.target == target]
        _panel(left, rows, place, "noise multiplier")
        silent = [row for row in rows if not row.cell.run]
        if silent:
            left.annotate("no noise", (place(silent[0]), 0.0), ha="left", fontsize=8)
        budget = f"epsilon at delta {table.question.delta.text}"
        _panel(right, [row for row in rows if row.cell.run], _epsilon, budget)
        left.set_ylabel("share of secrets named")
        left.set_title(target)
    lines: dict[str, Any] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        lines |= dict(zip(labels, handles, strict=True))
    if lines:
        figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=3)
    return figure


def _noise(table: AttackTable) -> Callable[[Row], float]:
    """Where a level of noise is drawn: none at all a step left of the least."""
    levels = [float(n) for n in table.question.noise_multipliers if n]
    edge = min(levels, default=1.0) / 3.0
    return lambda row: float(row.cell.noise_multiplier) or edge


def _epsilon(row: Row) -> float:
    budget = row.cell.epsilon
    assert budget is not None
    assert budget.upper is not None
    return budget.upper


def _panel(axes: Axes, rows: Sequence[Row], place: Callable[[Row], float], label: str) -> None:
    for i, attack in enumerate(dict.fromkeys(row.cell.attack for row in rows)):
        mine = sorted((row for row in rows if row.cell.attack == attack), key=place)
        x = [place(row) for row in mine]
        color, mark = COLORS[i % len(COLORS)], MARKS[i % len(MARKS)]
        shares = [row.share for row in mine]
        below = [share - low for share, low, _ in shares]
        above = [high - share for share, _, high in shares]
        axes.errorbar(
            x, [share for share, _, _ in shares], [below, above], color=color, marker=mark,
            capsize=3, linewidth=1.2, label=attack,
        )  # fmt: skip
        _draw_ceilings(axes, mine, x, attack, color)
    if rows:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)
    axes.set_xlabel(label)
    axes.set_ylim(-0.03, 1.03)


def _draw_ceilings(
    axes: Axes, rows: Sequence[Row], x: Sequence[float], attack: str, color: str
) -> None:
    """A line for each kind of ceiling; estimates thin, and called so."""
    found: dict[tuple[str, bool], list[float]] = {}
    for place, row in enumerate(rows):
        for one in () if row.named is None else row.named.ceilings:
            key, end = (one.kind, one.decides), one.bound.upper
            line = found.setdefault(key, [math.nan] * len(rows))
            value = end if one.decides else one.bound.estimate
            line[place] = math.nan if value is None else value
    for (kind, decides), line in found.items():
        label = f"{attack}: {kind} ceiling" if decides else f"{attack}: {kind}, estimated"
        axes.plot(
            x, line, color=color, linestyle=_LINES[kind], linewidth=1.2 if decides else 0.9,
            alpha=1.0 if decides else 0.7, label=label,
        )  # fmt: skip
