"""What attackers do reach: success against noise, the ceilings drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dpaccount.reports.plots.style import COLORS, MARKS, canvas, plain_ticks, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dpaccount.attacks.sweep.table import AttackTable, Row

__all__ = ["attack_success"]


@styled
def attack_success(table: AttackTable) -> Figure:
    """Success of each attack against noise and against epsilon, a row of panels for each target.

    Measured shares have their intervals of 95 %; ceilings are broken lines of the same color. A
    level without noise is drawn at the left edge of the first panel only, and says so.

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
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
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
        ceilings = [_ceiling(row) for row in mine]
        if any(value is not None for value in ceilings):
            axes.plot(
                x, [float("nan") if value is None else value for value in ceilings], color=color,
                linestyle="--", linewidth=1, label=f"{attack}: ceiling for any attack",
            )  # fmt: skip
    if rows:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)
    axes.set_xlabel(label)
    axes.set_ylim(-0.03, 1.03)


def _ceiling(row: Row) -> float | None:
    """On what is counted: up to order where that cannot be told."""
    of = {claim.what: claim.ceiling.upper for claim in row.claims}
    return of.get("up to order", of.get("secret"))
