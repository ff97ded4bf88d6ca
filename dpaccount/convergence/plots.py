"""One figure: privacy against excess risk, predicted and measured, with the non-private floor."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from dpaccount.convergence.budgets import Budgets
from dpaccount.convergence.rates import QUANTITIES
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.sweeps.parts import write_whole

__all__ = ["plot_tradeoff"]

_KINDS = (".png", ".svg", ".pdf")


def plot_tradeoff(found: Budgets, to: str) -> Path:
    """Draw budgets against excess risk.

    Args:
        found: As `excess_of_budgets` makes it.
        to: A file that ends in .png, .svg or .pdf.

    Raises:
        InputError: For another end, or a place that cannot be written.
        Unsupported: If matplotlib is not installed.
    """
    path = check_plot(to)
    figure = _figure()
    axes = figure.subplots()
    name = found.quantity
    every = [budget.found for budget in found.budgets]
    epsilons = [float(budget.epsilon) for budget in found.budgets]
    rows = [(eps, found.chief(each)) for eps, each in zip(epsilons, every, strict=True)]
    predicted = [(eps, row.upper) for eps, row in rows if row is not None]
    if predicted:
        axes.plot(*zip(*predicted, strict=True), "o--", color="tab:blue", label="predicted bound")
    means = [each.measured[name] for each in every if name in each.measured]
    if len(means) == len(epsilons):
        axes.errorbar(
            epsilons, [mean.value for mean in means], yerr=[2 * mean.deviation for mean in means],
            fmt="s-", color="tab:orange", capsize=3,
            label="measured mean, 2 standard errors",
        )  # fmt: skip
    floor = found.chief(found.floor)
    if floor is not None:
        axes.axhline(floor.upper, color="tab:blue", ls=":", label="predicted bound, no noise")
        axes.axhline(floor.measured.value, color="tab:orange", ls=":", label="measured, no noise")
    axes.set(
        xscale="log", yscale="log", xlabel=f"epsilon at delta {found.delta}",
        ylabel=QUANTITIES.get(name, name), title=found.floor.setting.problem.title,
    )  # fmt: skip
    axes.set_xticks(epsilons, [str(budget.epsilon) for budget in found.budgets])
    axes.set_xticks([], minor=True)
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize="small")
    try:
        picture = io.BytesIO()
        figure.savefig(picture, dpi=150, format=path.suffix[1:])
        write_whole(path, picture.getvalue())
    except OSError as error:
        raise _place(to, error.strerror or str(error)) from error
    return path


def check_plot(to: object) -> Path:
    """The file of a figure, before anything is computed.

    Raises:
        InputError: For an unknown end, or a folder that is not there.
        Unsupported: If matplotlib is not installed.
    """
    path = Path(to) if isinstance(to, str) else None
    if path is None or path.suffix not in _KINDS or path.is_dir():
        raise _place(shown(to) if path is None else to, "no name of a figure")
    if not path.parent.is_dir():
        raise _place(to, "no such folder")
    _figure()
    return path


def _place(to: object, why: str) -> InputError:
    return InputError(
        "plot",
        given=f"{why} ({to})",
        allowed=f"a file that can be written and ends in {', '.join(_KINDS)}",
        advice="name for example tradeoff.png",
    )


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise Unsupported(
            "a figure",
            missing="matplotlib is not installed",
            advice="pip install 'dpaccount[convergence]', or leave the figure out",
        ) from error
    # a Figure without pyplot: no window system is asked for, no state is left behind
    return Figure(figsize=(6.4, 4.4), layout="constrained")
