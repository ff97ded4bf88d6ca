"""The picture of a sweep: success against noise, the ceilings drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dpaccount.attacks.extras import need
from dpaccount.attacks.sweep.table import AttackTable, Row

__all__ = ["figure"]

#: Okabe and Ito's colors, which color-blind readers can tell apart.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKS = "osD^vP"
_LINES: dict[str, Any] = {
    "global": "--", "local": ":", "pairs": "-.", "told": "-.",
    "genie": (0, (5, 1, 1, 1, 1, 1)),
}  # fmt: skip


def figure(table: AttackTable) -> Any:
    """Success of each attack against noise and against epsilon, a row of panels for each target.

    Measured shares have their intervals of 95 %; ceilings are broken lines of the same color, one
    for each kind, and what is an estimate is thin and called so. A level without noise is drawn at
    the left edge of the first panel only, and says so.

    Args:
        table: A sweep.

    Returns:
        A matplotlib figure.
    """
    need("matplotlib")
    from matplotlib.figure import Figure

    targets = list(dict.fromkeys(row.cell.target for row in table.rows))
    drawing = Figure(figsize=(9.0, 3.6 * len(targets)), layout="constrained")
    panels = drawing.subplots(len(targets), 2, sharey=True, squeeze=False)
    for target, (left, right) in zip(targets, panels, strict=True):
        rows = [row for row in table.rows if row.cell.target == target]
        place = _noise(table)
        _panel(left, rows, place, "noise multiplier")
        silent = [row for row in rows if not row.cell.run]
        if silent:
            left.annotate("no noise", (place(silent[0]), 0.0), ha="left", fontsize=8)
        budget = f"epsilon at delta {table.question.delta.text}"
        _panel(right, [row for row in rows if row.cell.run], _epsilon, budget)
        left.set_ylabel("secrets named")
        left.set_title(target, loc="left")
    lines: dict[str, Any] = {}
    for left, _ in panels:
        handles, labels = left.get_legend_handles_labels()
        lines |= dict(zip(labels, handles, strict=True))
    drawing.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=3, frameon=False)
    return drawing


def _noise(table: AttackTable) -> Any:
    """Where a level of noise is drawn: none at all a step left of the least."""
    levels = [float(n) for n in table.question.noise_multipliers if n]
    edge = min(levels, default=1.0) / 3.0
    return lambda row: float(row.cell.noise_multiplier) or edge


def _epsilon(row: Row) -> float:
    budget = row.cell.epsilon
    assert budget is not None
    assert budget.upper is not None
    return budget.upper


def _panel(axes: Any, rows: Sequence[Row], place: Any, label: str) -> None:
    for i, attack in enumerate(dict.fromkeys(row.cell.attack for row in rows)):
        mine = sorted((row for row in rows if row.cell.attack == attack), key=place)
        x = [place(row) for row in mine]
        color, mark = _COLORS[i % len(_COLORS)], _MARKS[i % len(_MARKS)]
        shares = [row.share for row in mine]
        below = [share - low for share, low, _ in shares]
        above = [high - share for share, _, high in shares]
        axes.errorbar(
            x, [share for share, _, _ in shares], [below, above], color=color, marker=mark,
            markersize=5, capsize=3, linewidth=1.2, label=attack,
        )  # fmt: skip
        _draw_ceilings(axes, mine, x, attack, color)
    if rows:
        axes.set_xscale("log")
        for axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            axis(_tick)
    axes.set_xlabel(label)
    axes.set_ylim(-0.03, 1.03)
    axes.grid(alpha=0.25)


def _tick(value: float, _place: object) -> str:
    """Powers of ten, and what is twice or five times one, in plain digits."""
    digits = f"{value:.0e}"[0]
    return f"{value:g}" if digits in "125" else ""


def _draw_ceilings(
    axes: Any, rows: Sequence[Row], x: Sequence[float], attack: str, color: str
) -> None:
    """A line for each kind of ceiling; estimates thin, and called so."""
    found: dict[tuple[str, bool], list[float | None]] = {}
    for place, row in enumerate(rows):
        for one in () if row.named is None else row.named.ceilings:
            key, end = (one.kind, one.decides), one.bound.upper
            line = found.setdefault(key, [None] * len(rows))
            line[place] = end if one.decides else one.bound.estimate
    for (kind, decides), line in found.items():
        label = f"{attack}: {kind} ceiling" if decides else f"{attack}: {kind}, estimated"
        axes.plot(
            x, line, color=color, linestyle=_LINES[kind], linewidth=1.2 if decides else 0.9,
            alpha=1.0 if decides else 0.7, label=label,
        )  # fmt: skip
