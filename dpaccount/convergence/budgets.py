"""Privacy against excess risk: the noise of each budget, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.calibration import Calibration, calibrate
from dpaccount.convergence.check import HOLDS, UNMET, VIOLATED, Convergence, Row, check, ready
from dpaccount.convergence.problem import Problem
from dpaccount.convergence.problems import problem_of
from dpaccount.convergence.setting import Decaying
from dpaccount.convergence.step_size import CHIEF
from dpaccount.errors import InputError, shown
from dpaccount.mechanisms import DPSGD

__all__ = ["FLOOR", "Budget", "Budgets", "excess_of_budgets"]

#: The noise of the non-private floor: a run without any is no `DPSGD`.
FLOOR = "1e-12"
_MOST_BUDGETS = 100


@dataclass(frozen=True)
class Budget:
    """One budget.

    Args:
        epsilon: What was asked for.
        calibration: The noise that keeps it, and the bound that shows so.
        found: What was predicted and measured with that noise.
    """

    epsilon: Exact
    calibration: Calibration
    found: Convergence


@dataclass(frozen=True)
class Budgets:
    """Budgets, and the same training without privacy.

    Args:
        budgets: In the order asked for.
        floor: What the same batches and steps come to without noise.
        delta: Of every budget.
    """

    budgets: tuple[Budget, ...]
    floor: Convergence
    delta: Exact

    @property
    def quantity(self) -> str:
        """What the rows are judged by: the first of the chief ones that all of them have."""
        every = [budget.found for budget in self.budgets] + [self.floor]
        for name in CHIEF:
            if all(name in found.tightest for found in every):
                return name
        return next(iter(self.floor.measured))

    def chief(self, found: Convergence) -> Row | None:
        """The row of the quantity that all are judged by; None where no theorem applies."""
        return found.tightest.get(self.quantity)

    @property
    def verdict(self) -> str:
        """The worst of all: "violated", "assumptions not met", "holds"."""
        verdicts = {budget.found.verdict for budget in self.budgets} | {self.floor.verdict}
        return next(word for word in (VIOLATED, UNMET, HOLDS) if word in verdicts)


def excess_of_budgets(
    run: DPSGD | Mapping[str, Any],
    problem: Problem | str,
    *,
    epsilons: Iterable[Number],
    delta: Number,
    learning_rate: Number | Decaying | None = None,
    trajectories: int = 1000,
    seed: int = 0,
    false_alarm: Number = "1e-6",
    method: Accountant | str | None = None,
    on_row: Callable[[str], object] | None = None,
) -> Budgets:
    """The excess risk of several budgets: noise by calibration, then theorem and measurement.

    Guarantee: each noise keeps its budget (as by `calibrate`); each prediction is an upper bound by
    the theorem that it names.

    Args:
        run: The run, or its fields as a mapping, without its noise.
        problem: A problem or its name.
        epsilons: Targets > 0, at most 100 of them.
        delta: In (0, 1); never guessed.
        learning_rate: The step size of all; None: of each, the one whose predicted bound is least.
        trajectories: How many runs are simulated for each budget.
        seed: What their noise is drawn from.
        false_alarm: The chance that a true theorem is called violated, over the whole table.
        method: The theory that calibrates; None for the tightest.
        on_row: Called with words for each budget as it is done.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: As `calibrate` and `converge`.
    """
    targets = _targets(epsilons)
    chance = _validate.false_alarm(false_alarm)
    count = _validate.count(trajectories, "trajectories", least=2, most=10**7)
    fields = _fields(run, problem)
    share = float(Fraction(chance) / (len(targets) + 1))
    tick = on_row or (lambda words: None)

    def measured(noise: object) -> Convergence:
        made = DPSGD(**{**fields, "noise_multiplier": noise})
        return check(ready(made, problem, learning_rate), count, seed=seed, false_alarm=share)

    floor = measured(FLOOR)
    tick("no noise")
    budgets = []
    for target in targets:
        found = calibrate(fields, epsilon=target, delta=delta, method=method)
        budgets.append(Budget(target, found, measured(found.value)))
        tick(f"epsilon {target}")
    return Budgets(tuple(budgets), floor, _validate.delta(delta))


def _targets(epsilons: Iterable[Number]) -> list[Exact]:
    try:
        given = [epsilons] if isinstance(epsilons, (str, bytes)) else list(epsilons)
    except TypeError:
        given = []
    if not 1 <= len(given) <= _MOST_BUDGETS:
        raise InputError(
            "epsilons",
            given=shown(epsilons) if not given else f"{len(given)} of them",
            allowed=f"from 1 to {_MOST_BUDGETS} numbers",
            advice="give for example [1, 2, 4, 8]",
        )
    return [_validate.positive(value, "epsilon", advice="give a target above 0") for value in given]


def _fields(run: object, problem: object) -> dict[str, Any]:
    """The fields of a run without noise, with the problem's number of records."""
    if isinstance(run, DPSGD):
        names = ("batch_size", "dataset_size", "epochs", "sampling_rate", "steps", "clip_norm")
        fields = {name: getattr(run, name) for name in names if getattr(run, name) is not None}
    elif isinstance(run, Mapping):
        fields = {str(name): value for name, value in run.items()}
        for name in ("noise_multiplier", "noise_std", "kind"):
            fields.pop(name, None)
    else:
        raise InputError(
            "run", given=shown(run), allowed="a DPSGD, or its fields", advice="give a mapping"
        )
    if "batch_size" in fields:
        fields.setdefault("dataset_size", problem_of(problem).records)
    return fields
