"""How `converge` is printed: bounds rounded upward, measured means beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dpaccount.cli import output
from dpaccount.convergence.rates import QUANTITIES
from dpaccount.convergence.setting import Decaying
from dpaccount.guarantees import number_text
from dpaccount.theorems import weakest

if TYPE_CHECKING:
    from dpaccount.convergence import Convergence
    from dpaccount.convergence.advice import Advice
    from dpaccount.convergence.budgets import Budgets
    from dpaccount.convergence.check import Row
    from dpaccount.convergence.transformer import Curve

__all__ = [
    "advice_json", "convergence_json", "curve_json", "print_advice", "print_convergence",
    "print_curve", "print_tradeoff", "tradeoff_json",
]  # fmt: skip

#: What is known of the best that any algorithm can do: no constants, so no numbers.
ORDERS = (
    "no (eps, delta)-DP algorithm has a lower excess risk than the order of sqrt(d)/(n eps) on "
    "convex and d/(n eps)^2 on strongly convex Lipschitz losses (Bassily, Smith and Thakurta 2014, "
    "arXiv 1405.7085); no constants are known, so these are orders and no numbers"
)


def _rate(found: Convergence) -> Any:
    size = found.setting.learning_rate
    if isinstance(size, Decaying):
        return {"scale": str(size.scale), "offset": str(size.offset)}
    return size.text


def convergence_json(found: Convergence) -> dict[str, Any]:
    """All of it as plain data."""
    facts = found.setting.facts
    return {
        "problem": found.setting.problem.name,
        "verdict": found.verdict,
        "learning_rate": _rate(found),
        "clip_norm": found.setting.clip_norm.text,
        "trajectories": found.trajectories,
        "seed": found.seed,
        "false_alarm": found.false_alarm,
        "noise_second_moment": found.variance,
        "constants": {
            "dimension": facts.dimension, "records": facts.records,
            "smoothness": facts.smoothness, "convexity": facts.convexity,
            "largest_gradient": facts.largest_gradient,
            "distance_squared": facts.distance_squared, "gap": facts.gap,
        },
        "rows": [_row_json(row) for row in found.rows],
        "not_met": [
            {"quantity": p.quantity, "theorem": p.theorem, "missing": p.missing}
            for p in found.unmet
        ],
        "measured": {
            name: {"mean": m.value, "standard_error": m.deviation, "lower": m.lower}
            for name, m in found.measured.items()
        },
        "level": weakest(found.theorems),
        "theorems": list(found.theorems),
        "mechanism": found.setting.run.to_json(),
    }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    bound = row.prediction.bound
    assert bound is not None
    return {
        "quantity": row.prediction.quantity,
        "theorem": row.prediction.theorem,
        "predicted": output.bound_json(bound),
        "trust": bound.trust.value,
        "level": bound.level,
        "measured": row.measured.value,
        "standard_error": row.measured.deviation,
        "measured_lower": row.measured.lower,
        "interval": row.interval,
        "ratio": row.ratio,
        "verdict": row.verdict,
    }


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> None:
    """A table without lines whose first columns are texts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for place, title in enumerate(titles):
        justify: Any = "left" if place < left else "right"
        table.add_column(title, no_wrap=True, justify=justify)
    for row in rows:
        table.add_row(*map(Text, row), style="red" if "violated" in row else None)
    console = Console(highlight=False)
    Console(highlight=False, width=max(console.width, 80)).print(table)


def _cells(row: Row) -> list[str]:
    sign = "= " if row.prediction.is_exact else "<= "
    return [
        row.prediction.theorem,
        sign + number_text(row.upper, "upper", 5),
        number_text(row.measured.value, "", 5),
        *_interval(row),
        f"{row.ratio:.3g}",
        row.verdict,
    ]


def _interval(row: Row) -> tuple[str, str]:
    """Where the true mean lies; by an exact law, where a measured one does."""
    low, high = row.interval or (row.measured.lower, None)
    return number_text(low, "lower", 4), "" if high is None else number_text(high, "upper", 4)


def print_convergence(found: Convergence) -> None:
    """A verdict, what it is about, and for each quantity what theorems say and what was seen."""
    facts = found.setting.facts
    about = [
        ("run", output.describe(found.setting.run)),
        ("steps", found.setting.words),
        ("constants", f"{facts.records} records, {facts.dimension} parameters, "
         f"{_constants(found)}"),
    ]  # fmt: skip
    if found.variance is not None:
        moment = number_text(found.variance, "upper", 5)
        about.append(("noise", f"second moment at most {moment} a step (sgd.noise)"))
    shift = getattr(found.setting.problem, "bias", None)
    if shift is not None:
        about.append(("clipping", f"true slope at the fixed point {number_text(-shift)} "
                      "(sgd.clipping_bias): f below is the clipped one"))  # fmt: skip
    output.say(f"{found.setting.problem.title}: {found.verdict}", about)
    titles = ["theorem", "predicted", "measured", "from", "to", "ratio", "verdict"]
    for name, words in QUANTITIES.items():
        rows = [row for row in found.rows if row.prediction.quantity == name]
        if rows:
            rows.sort(key=lambda row: row.upper)
            output.say(f"\n{words}")
            _table(titles, [_cells(row) for row in rows], 1)
        elif name in found.measured and not found.rows:
            mean = found.measured[name]
            output.say(f"\n{words}: measured {number_text(mean.value, '', 5)}, no bound")
    reasons: dict[str, list[str]] = {}
    for p in found.unmet:
        names = reasons.setdefault(p.missing, [])
        if p.theorem not in names:
            names.append(p.theorem)
    if reasons:
        output.say(
            "\nAssumptions that are not met:",
            [
                ("needs", f"{why.removeprefix('it needs ')}: {', '.join(names)}")
                for why, names in reasons.items()
            ],
        )
    output.say(
        f"\n{found.trajectories} trajectories, seed {found.seed}. from: the true mean is at least "
        "this; from, to: by its exact law a measured mean lies there; all of it at once but for a "
        f"chance of {found.false_alarm:.3g}, so that no true theorem is called violated",
        output.standing(found.theorems) if found.rows else [],
    )


def _constants(found: Convergence) -> str:
    facts = found.setting.facts
    parts = [f"L {facts.smoothness:.4g}"] if facts.smoothness < float("inf") else ["not smooth"]
    if facts.convexity:
        parts.append(f"mu {facts.convexity:.4g}")
    elif facts.polyak:
        parts.append(f"PL mu {facts.polyak:.4g}")
    parts.append("convex" if facts.is_convex else "not convex")
    return ", ".join(parts)


def tradeoff_json(found: Budgets, drawn: Path | None) -> dict[str, Any]:
    """The table as plain data."""
    return {
        "problem": found.floor.setting.problem.name,
        "verdict": found.verdict,
        "quantity": found.quantity,
        "delta": found.delta.text,
        "budgets": [
            {
                "epsilon": budget.epsilon.text,
                "epsilon_upper": budget.calibration.bound.upper,
                "noise_multiplier": output.value_text(budget.calibration.value),
                **convergence_json(budget.found),
            }
            for budget in found.budgets
        ],
        "floor": convergence_json(found.floor),
        "plot": None if drawn is None else str(drawn),
        "lower_bounds": ORDERS,
    }


def print_tradeoff(found: Budgets, drawn: Path | None) -> None:
    """One line for each budget and one for the floor."""
    first = found.floor.setting
    output.say(
        f"{first.problem.title}: {found.verdict}",
        [
            ("run", f"sampling rate {first.run.sampling_rate}, {first.run.steps} steps, clip norm "
             f"{first.clip_norm}, delta {found.delta}"),
            ("excess", QUANTITIES[found.quantity]),
        ],
    )  # fmt: skip
    rows = []
    for budget in [*found.budgets, None]:
        each = found.floor if budget is None else budget.found
        row = found.chief(each)
        rows.append([
            "no noise" if budget is None else str(budget.epsilon),
            "0" if budget is None else f"{float(budget.calibration.value):.4f}",
            _rate(each) if isinstance(_rate(each), str) else "falls",
            "" if row is None else "<= " + number_text(row.upper, "upper", 4),
            number_text(each.measured[found.quantity].value, "", 4),
            "" if row is None else f"{row.ratio:.3g}",
            each.verdict,
        ])  # fmt: skip
    titles = ["epsilon", "noise mult.", "step size", "predicted", "measured", "ratio", "verdict"]
    _table(titles, rows, 1)
    theorems = sorted({id for budget in found.budgets for id in budget.found.theorems})
    facts = [("plot", str(drawn))] if drawn is not None else []
    output.say(
        f"\n{found.floor.trajectories} trajectories each, seed {found.floor.seed}",
        [*facts, ("lower bounds", ORDERS), *(output.standing(theorems) if theorems else [])],
    )


def advice_json(found: Advice, epsilon: str, delta: str) -> dict[str, Any]:
    """The choices as plain data."""
    return {
        "quantity": found.quantity,
        "epsilon": epsilon,
        "delta": delta,
        "best": found.choices.index(found.best),
        "choices": [
            {
                "batch_size": choice.batch_size,
                "steps": choice.steps,
                "noise_multiplier": output.value_text(choice.calibration.value),
                "learning_rate": choice.learning_rate.text,
                "predicted": choice.upper,
                "theorem": choice.prediction.theorem,
            }
            for choice in found.choices
        ],
    }


def print_advice(found: Advice, title: str, epsilon: str, delta: str) -> None:
    """The best choice, and the next ones."""
    best = found.best
    output.say(
        f"batch size {best.batch_size}, {best.steps} steps, step size {best.learning_rate}",
        [
            ("for", f"{title}, epsilon {epsilon} at delta {delta}"),
            ("least", f"{QUANTITIES[found.quantity]}, predicted; of choices within 1 % the one "
             "that looks at the fewest records"),
        ],
    )  # fmt: skip
    rows = [
        [
            str(choice.batch_size), str(choice.steps), f"{float(choice.calibration.value):.4f}",
            str(choice.learning_rate), "<= " + number_text(choice.upper, "upper", 4),
            choice.prediction.theorem,
        ]
        for choice in found.choices[:12]
    ]  # fmt: skip
    _table(["batch", "steps", "noise mult.", "step size", "predicted", "theorem"], rows, 0)


def curve_json(found: Curve) -> dict[str, Any]:
    """The curve as plain data."""
    return {
        "problem": "transformer",
        "verdict": found.verdict,
        "learning_rate": found.learning_rate.text,
        "trajectories": found.trajectories,
        "parameters": found.parameters,
        "clipped": found.clipped,
        "not_met": list(found.failing),
        "curve": [
            {"step": step, "loss": loss, "standard_error": error}
            for step, loss, error in zip(found.steps, found.losses, found.deviations, strict=True)
        ],
        "mechanism": found.run.to_json(),
    }


def print_curve(found: Curve) -> None:
    """What was measured, and why no theorem speaks of it."""
    output.say(
        f"a transformer of {found.parameters} parameters on digits: {found.verdict}",
        [
            ("run", output.describe(found.run)),
            ("steps", f"step size {found.learning_rate}, by Opacus"),
            *(("not met", why) for why in found.failing),
        ],
    )
    output.say("\nmean cross-entropy, measured; there is no bound")
    rows = [
        [str(step), f"{loss:.4f}", f"{error:.1e}"]
        for step, loss, error in zip(found.steps, found.losses, found.deviations, strict=True)
    ]
    _table(["step", "loss", "std. err."], rows, 0)
    output.say(f"\n{found.trajectories} runs")
