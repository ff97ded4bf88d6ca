"""Which batch size, steps and step size make the predicted bound least at a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.calibration import Calibration, calibrate
from dpaccount.convergence.problem import Problem
from dpaccount.convergence.problems import problem_of
from dpaccount.convergence.rates import Prediction
from dpaccount.convergence.setting import setting_of
from dpaccount.convergence.step_size import best_step_size
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.mechanisms import DPSGD

__all__ = ["Advice", "Choice", "advise"]

_STEPS = (10, 30, 100, 300, 1000, 3000)
_MOST = 400
_QUICK = "saddlepoint.fast"


@dataclass(frozen=True)
class Choice:
    """One batch size and number of steps, with the best step size for them.

    Args:
        batch_size: Expected batch size.
        steps: Number of steps.
        calibration: The least noise that keeps the budget.
        learning_rate: The step size whose predicted bound is least.
        prediction: That bound.
    """

    batch_size: int
    steps: int
    calibration: Calibration
    learning_rate: Exact
    prediction: Prediction

    @property
    def run(self) -> DPSGD:
        """The run."""
        return self.calibration.run

    @property
    def upper(self) -> float:
        """The predicted bound."""
        assert self.prediction.bound is not None
        assert self.prediction.bound.upper is not None
        return self.prediction.bound.upper


@dataclass(frozen=True)
class Advice:
    """Every choice that was looked at, the best one first.

    Args:
        choices: In the order of their bounds.
        quantity: What the bounds are of.
    """

    choices: tuple[Choice, ...]
    quantity: str

    @property
    def best(self) -> Choice:
        """Of the choices within 1 % of the least bound the one that looks at the fewest records."""
        near = [c for c in self.choices if c.upper <= 1.01 * self.choices[0].upper]
        return min(near, key=lambda choice: choice.batch_size * choice.steps)


def advise(
    problem: Problem | str,
    *,
    epsilon: Number,
    delta: Number,
    batch_sizes: Iterable[Number] | None = None,
    steps: Iterable[Number] | None = None,
    clip_norm: Number | None = None,
    method: Accountant | str | None = None,
    on_row: Callable[[str], object] | None = None,
) -> Advice:
    """The batch size, steps and step size that make the predicted bound least at a budget.

    Guarantee: each choice keeps the budget (as by `calibrate`), and its bound is an upper one by
    the theorem that it names. That the choice of the least bound is the best one is not: what
    decides is how tight the bounds are.

    Args:
        problem: A problem or its name.
        epsilon: Target > 0.
        delta: Target in (0, 1).
        batch_sizes: Expected batch sizes to look at, integers up to the number of records; None:
            seven, each twice the one before, the last of them all records.
        steps: Numbers of steps to look at; None: six, from 10 to 3000.
        clip_norm: None: the problem's own.
        method: The theory that calibrates; None for "saddlepoint.fast", a few ms for each.
        on_row: Called with words for each choice as it is done.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no theorem applies to any choice.

    Example:
        >>> found = advise("wells", epsilon=2, delta="1e-3", batch_sizes=[10, 40], steps=[20, 80])
        >>> found.best.batch_size, found.best.steps, found.quantity
        (40, 80, 'gradient')
    """
    clip = None if clip_norm is None else float(_validate.positive(clip_norm, "clip_norm"))
    made = problem_of(problem, clip)
    sizes = _listed(batch_sizes, "batch_sizes", _halves(made.records))
    counts = _listed(steps, "steps", _STEPS)
    if not len(sizes) * len(counts) <= _MOST:
        raise InputError(
            "batch_sizes",
            given=f"{len(sizes)} of them, with {len(counts)} numbers of steps",
            allowed=f"at most {_MOST} pairs",
            advice="give fewer",
        )
    found = []
    for size in sizes:
        for count in counts:
            fields: dict[str, Number] = {
                "batch_size": size, "dataset_size": made.records, "steps": count,
            }  # fmt: skip
            if clip_norm is not None:
                fields["clip_norm"] = clip_norm
            known = calibrate(
                fields, epsilon=epsilon, delta=delta, method=_QUICK if method is None else method
            )
            best = best_step_size(setting_of(known.run, made, 1))
            if best is not None:
                found.append(Choice(size, count, known, best.learning_rate, best.prediction))
            if on_row is not None:
                on_row(f"batch size {size}, {count} steps")
    if not found:
        raise Unsupported(
            f"advice for {made.name}",
            missing="no theorem applies to any choice",
            advice="give a clip norm that is not reached, or another problem",
        )
    found.sort(key=lambda choice: choice.upper)
    return Advice(tuple(found), found[0].prediction.quantity)


def _halves(records: int) -> list[int]:
    return sorted({max(1, records >> k) for k in range(7)})


def _listed(values: Iterable[Number] | None, name: str, default: Iterable[int]) -> list[int]:
    try:
        given = list(default if values is None else values)
    except TypeError:
        given = []
    if not given or isinstance(values, (str, bytes)):
        raise InputError(
            name, given=shown(values), allowed="a list of integers", advice="give for example [64]"
        )
    return [_validate.count(value, name, least=1) for value in given]
