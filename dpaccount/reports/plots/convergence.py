"""Privacy against excess risk: predicted and measured, with the non-private floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpaccount.reports.plots.style import COLORS, DASHES, canvas, legend, plain_ticks, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dpaccount.convergence.budgets import Budgets

__all__ = ["excess_of_budgets"]


@styled
def excess_of_budgets(found: Budgets) -> Figure:
    """Budgets against excess risk.

    Args:
        found: As `dpaccount.convergence.budgets.excess_of_budgets` makes it.

    Returns:
        A matplotlib figure.
    """
    from dpaccount.convergence.rates import QUANTITIES

    figure, (axes,) = canvas(5.4, 3.7)
    bound, seen = COLORS[0], COLORS[1]
    name = found.quantity
    every = [budget.found for budget in found.budgets]
    epsilons = [float(budget.epsilon) for budget in found.budgets]
    rows = [(eps, found.chief(each)) for eps, each in zip(epsilons, every, strict=True)]
    predicted = [(eps, row.upper) for eps, row in rows if row is not None]
    if predicted:
        axes.plot(*zip(*predicted, strict=True), "o", ls=DASHES[1], color=bound,
                  label="predicted bound")  # fmt: skip
    means = [each.measured[name] for each in every if name in each.measured]
    if len(means) == len(epsilons):
        axes.errorbar(
            epsilons, [mean.value for mean in means], yerr=[2 * mean.deviation for mean in means],
            fmt="s-", color=seen, capsize=3, label="measured mean, 2 standard errors",
        )  # fmt: skip
    floor = found.chief(found.floor)
    if floor is not None:
        axes.axhline(floor.upper, color=bound, ls=DASHES[2], label="predicted bound, no noise")
        axes.axhline(floor.measured.value, color=seen, ls=DASHES[2], label="measured, no noise")
    axes.set(
        xscale="log", yscale="log", xlabel=f"epsilon at delta {found.delta}",
        ylabel=QUANTITIES.get(name, name), title=found.floor.setting.problem.title,
    )  # fmt: skip
    axes.set_xticks(epsilons, [str(budget.epsilon) for budget in found.budgets])
    axes.set_xticks([], minor=True)
    plain_ticks(axes.yaxis)
    legend(axes, loc="best")
    return figure
