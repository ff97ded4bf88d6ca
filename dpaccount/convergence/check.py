"""The check of one against the other: what theorems predict, and what trajectories came to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.convergence.intervals import GaussianForm, lower_mean
from dpaccount.convergence.law import gaussian_form, law_interval
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.problem import Array, Problem
from dpaccount.convergence.rates import Prediction, predictions
from dpaccount.convergence.setting import Decaying, Setting, setting_of
from dpaccount.convergence.simulate import simulate
from dpaccount.convergence.step_size import best_step_size, check_stable
from dpaccount.errors import InputError, Unsupported
from dpaccount.mechanisms import DPSGD

__all__ = [
    "HOLDS", "UNMET", "VIOLATED", "Convergence", "Mean", "Row", "check", "converge", "ready",
]  # fmt: skip

HOLDS, VIOLATED, UNMET = "holds", "violated", "assumptions not met"


@dataclass(frozen=True)
class Mean:
    """The mean of some trajectories.

    Args:
        value: The mean.
        deviation: Its standard error, which is no guarantee.
        lower: At most the true mean, but for the chance that the check allows.
    """

    value: float
    deviation: float
    lower: float


@dataclass(frozen=True)
class Row:
    """One prediction against what was measured.

    Args:
        prediction: What a theorem says.
        measured: The mean of that quantity.
        verdict: "holds" or "violated".
        interval: Where the mean of the trajectories lies by the exact law, if there is one.
    """

    prediction: Prediction
    measured: Mean
    verdict: str
    interval: tuple[float, float] | None = None

    @property
    def upper(self) -> float:
        """The predicted bound."""
        assert self.prediction.bound is not None
        assert self.prediction.bound.upper is not None
        return self.prediction.bound.upper

    @property
    def ratio(self) -> float:
        """The predicted bound over the measured mean."""
        return self.upper / self.measured.value if self.measured.value > 0 else math.inf


@dataclass(frozen=True)
class Convergence:
    """What a training was predicted to come to, and came to.

    Args:
        setting: The run, the problem and the steps.
        rows: Each theorem that applies, against what was measured.
        unmet: Those that do not, and why.
        measured: The mean of each quantity that was measured.
        trajectories: How many runs were simulated.
        seed: What their noise was drawn from.
        false_alarm: The chance that a true theorem is called violated, over all rows.
        variance: At least E|noise|^2; None where clipping may be active.
    """

    setting: Setting
    rows: tuple[Row, ...]
    unmet: tuple[Prediction, ...]
    measured: dict[str, Mean]
    trajectories: int
    seed: int
    false_alarm: float
    variance: float | None

    @property
    def verdict(self) -> str:
        """Whether all of it holds, some is violated, or no theorem applies."""
        if any(row.verdict == VIOLATED for row in self.rows):
            return VIOLATED
        return HOLDS if self.rows else UNMET

    @property
    def tightest(self) -> dict[str, Row]:
        """For each quantity the row of the least bound."""
        found: dict[str, Row] = {}
        for row in self.rows:
            known = found.get(row.prediction.quantity)
            # of two that are equal the first: equalities stand there
            if known is None or row.upper < known.upper * (1.0 - 1e-9):
                found[row.prediction.quantity] = row
        return found

    @property
    def theorems(self) -> tuple[str, ...]:
        """Every theorem that a prediction stands on."""
        bounds = [row.prediction.bound for row in self.rows]
        return tuple(sorted({id for bound in bounds if bound for id in bound.theorems}))


def check(
    setting: Setting,
    trajectories: int,
    *,
    seed: int = 0,
    false_alarm: float = 1e-6,
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Convergence:
    """Predict, simulate, compare.

    Args:
        setting: As `setting_of` makes it.
        trajectories: How many runs are simulated.
        seed: What their noise is drawn from.
        false_alarm: The chance that a true theorem is called violated, over all rows together.
        threads: As `simulate` takes it.
        on_done: As `simulate` takes it.
    """
    every = predictions(setting)
    met = [p for p in every if p.bound is not None]
    quantities = {p.quantity for p in met} or {"distance", "excess"}
    found = simulate(
        setting, trajectories, seed=seed, quantities=sorted(quantities), threads=threads,
        on_done=on_done,
    )  # fmt: skip
    forms = {p.quantity: gaussian_form(setting, p.quantity) for p in met if p.is_exact}
    # what may go wrong: one lower end for each quantity, and two ends of each exact law
    events = len(found.values) + 2 * sum(form is not None for form in forms.values())
    log_error = math.log(false_alarm / events)
    means = {name: _mean(values, log_error) for name, values in found.values.items()}
    rows = [
        _row(setting, p, means[p.quantity], forms.get(p.quantity), trajectories, log_error)
        for p in met
    ]
    try:
        variance = float(second_moment(setting))
    except Unsupported:
        variance = None
    return Convergence(
        setting, tuple(rows), tuple(p for p in every if p.bound is None), means, trajectories, seed,
        false_alarm, variance,
    )  # fmt: skip


def _mean(values: Array, log_error: float) -> Mean:
    mean = float(values.mean())
    # by the largest: squares of what floats hold may not be floats
    largest = float(values.max()) or 1.0
    spread = largest * float((values / largest).std(ddof=1)) if len(values) > 1 else math.inf
    return Mean(mean, spread / math.sqrt(len(values)), lower_mean(values, log_error))


def _row(
    setting: Setting, p: Prediction, mean: Mean, form: GaussianForm | None, count: int,
    log_error: float,
) -> Row:  # fmt: skip
    assert p.bound is not None
    assert p.bound.upper is not None
    # written so that NaN is a violation, as is a mean that is no number
    holds = mean.lower <= p.bound.upper and mean.value < math.inf
    interval = None
    if p.is_exact and form is not None:
        interval = law_interval(setting, form, count, log_error)
        holds = holds and interval[0] <= mean.value <= interval[1]
    return Row(p, mean, HOLDS if holds else VIOLATED, interval)


def converge(
    run: DPSGD,
    problem: Problem | str,
    *,
    learning_rate: Number | Decaying | None = None,
    trajectories: int = 1000,
    seed: int = 0,
    false_alarm: Number = "1e-6",
    on_done: Callable[[int], object] | None = None,
) -> Convergence:
    """What the noise of a run costs on a problem: predicted by theorems, measured, and compared.

    Guarantee: each prediction is an upper bound, or both ends where the theorem is an equality, by
    the theorem that it names (family sgd), where its assumptions hold; they are checked. A
    true prediction is called violated with at most the chance `false_alarm`, over all rows.

    Args:
        run: A `DPSGD` with 1 to 10,000,000 steps. Its dataset size, if given, is the problem's;
            without a clip norm it takes the least that is never reached.
        problem: A problem or its name, such as "quadratic", "logistic-cancer", "wells".
        learning_rate: The step size, > 0; or `Decaying`; None: the one whose predicted bound is
            least.
        trajectories: How many runs are simulated, from 2 to 10,000,000.
        seed: What their noise is drawn from, an integer >= 0.
        false_alarm: In [1e-300, 1).
        on_done: Called with the number of simulated steps since the last time.

    Raises:
        InputError: For anything outside its domain, and for steps of 2/L or more.
        Unsupported: If what the problem needs is not installed, or no theorem can choose the step
            size.
        NotConverged: If a trajectory leaves the floats.

    Example:
        >>> run = DPSGD(noise_multiplier="0.8", sampling_rate=1, steps=50)
        >>> found = converge(run, "quadratic", learning_rate="0.5", trajectories=200)
        >>> row = found.tightest["distance"]
        >>> print(found.verdict, row.prediction.theorem, 0.9 < row.ratio < 1.1)
        holds sgd.quadratic_exact True
    """
    chance = _validate.false_alarm(false_alarm)
    count = _validate.count(trajectories, "trajectories", least=2, most=10**7)
    setting = ready(run, problem, learning_rate)
    return check(setting, count, seed=seed, false_alarm=float(Fraction(chance)), on_done=on_done)


def ready(run: object, problem: object, learning_rate: Any) -> Setting:
    """A checked setting whose steps are stable; a missing step size is chosen.

    Raises:
        InputError: For anything outside its domain, and for steps of 2/L or more.
        Unsupported: If no theorem can choose the step size.
    """
    if learning_rate is not None:
        setting = setting_of(run, problem, learning_rate)
        check_stable(setting)
        return setting
    setting = setting_of(run, problem, 1)
    found = best_step_size(setting)
    if found is None:
        raise InputError(
            "learning_rate",
            given="nothing, where no theorem applies that could choose it",
            allowed="a number > 0",
            advice="give a step size, or a clip norm that is not reached",
        )
    return setting.with_values(learning_rate=found.learning_rate)
