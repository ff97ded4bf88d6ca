"""One training to be predicted and measured: a run, a problem, and the sizes of the steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.convergence.problem import Array, Facts, Problem
from dpaccount.convergence.problems import problem_of
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import number_text
from dpaccount.mechanisms import DPSGD

__all__ = ["MOST_STEPS", "Decaying", "Setting", "setting_of"]

#: Steps that are simulated one by one.
MOST_STEPS = 10_000_000


@dataclass(frozen=True)
class Decaying:
    """Step sizes that fall: scale / (offset + t) at step t = 0, 1, ...

    Args:
        scale: A number > 0; 1/mu is the usual one.
        offset: A number > 0; scale / offset is the first step.

    Raises:
        InputError: For values outside their domain.
    """

    scale: Number
    offset: Number

    def __post_init__(self) -> None:
        """Check the domains."""
        for name in ("scale", "offset"):
            object.__setattr__(self, name, _validate.positive(getattr(self, name), name))


@dataclass(frozen=True)
class Setting:
    """What `setting_of` makes: everything checked, and the problem's constants at hand."""

    problem: Problem
    run: DPSGD
    clip_norm: Exact
    learning_rate: Exact | Decaying
    #: What was computed of this setting and is asked for again; a changed setting starts anew.
    memo: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def facts(self) -> Facts:
        """The problem's constants at this clip norm.

        Raises:
            InputError: If they are not those of a problem of this size and start.
            Unsupported: If the problem has none for that clip norm.
        """
        found = self.problem.facts(float(self.clip_norm))
        _check_facts(self.problem, found)
        return found

    @property
    def batch(self) -> Fraction:
        """The expected batch size, which gradients are divided by."""
        return self.run.sampling_rate * self.problem.records

    @property
    def exact_std(self) -> Fraction:
        """Standard deviation of the Gaussian in each coordinate of the gradient: tau."""
        return Fraction(self.run.noise_multiplier * self.clip_norm / self.batch)

    @property
    def noise_std(self) -> float:
        """The same as a float."""
        return float(self.exact_std)

    @cached_property
    def learning_rates(self) -> Array:
        """The size of each step, as floats."""
        if isinstance(self.learning_rate, Decaying):
            times = np.arange(self.run.steps) + float(self.learning_rate.offset)
            return np.asarray(float(self.learning_rate.scale) / times)
        return np.full(self.run.steps, float(self.learning_rate))

    def with_values(self, **changes: Any) -> Setting:
        """The setting with some fields changed."""
        return replace(self, **changes)

    @property
    def words(self) -> str:
        """The setting in one line."""
        if isinstance(self.learning_rate, Decaying):
            size = f"{self.learning_rate.scale} / ({self.learning_rate.offset} + t)"
        else:
            size = f"{self.learning_rate}"
        return f"step size {size}, clip norm {self.clip_norm}"


def setting_of(
    run: object, problem: object, learning_rate: object, *, default_clip: bool = True
) -> Setting:
    """A run on a problem, checked.

    Args:
        run: A `DPSGD` with 1 to 10,000,000 steps and a rate above 0; its dataset size, if given,
            is the problem's.
        problem: A `Problem` or the name of one.
        learning_rate: A number > 0, or `Decaying`.
        default_clip: Whether a run without a clip norm takes the problem's own.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If the problem cannot be made.
    """
    if not isinstance(run, DPSGD):
        raise InputError(
            "run", given=shown(run), allowed="a DPSGD", advice="describe the training by DPSGD"
        )
    clip = run.clip_norm
    made = problem_of(problem, None if clip is None else float(clip))
    if clip is None:
        if not default_clip:
            raise InputError(
                "clip_norm", given="nothing", allowed="a number > 0", advice="give clip_norm"
            )
        # a decimal that people can read and repeat
        text = number_text(made.default_clip_norm(), "upper", 5)
        clip = _validate.positive(text, "clip_norm")
    if run.dataset_size is not None and run.dataset_size != made.records:
        raise InputError(
            "dataset_size",
            given=run.dataset_size,
            allowed=f"{made.records}, the records of {made.name}",
            advice="leave dataset_size out, or take another problem",
        )
    _check_steps(run.steps)
    if not run.sampling_rate > 0:
        raise InputError(
            "sampling_rate",
            given=run.sampling_rate.text,
            allowed="a rate above 0: without records there is nothing to learn from",
            advice="give the rate of a run that takes records",
        )
    size: Exact | Decaying
    if isinstance(learning_rate, Decaying):
        size = learning_rate
    else:
        size = _validate.positive(
            learning_rate, "learning_rate", advice="give a step size above 0, such as 0.1"
        )
    return Setting(made, run, clip, size)


def _check_facts(problem: Problem, facts: Facts) -> None:
    """What theorems take for granted of a problem, as far as code can see it."""
    size = (facts.dimension, facts.records)
    if size != (problem.dimension, problem.records):
        raise _inconsistent(problem, f"facts of {size[0]} parameters and {size[1]} records",
                            f"{problem.dimension} and {problem.records}")  # fmt: skip
    for name in ("start", "optimum"):
        point = np.asarray(getattr(problem, name), dtype=float)
        if not (point.shape == (problem.dimension,) and np.isfinite(point).all()):
            raise _inconsistent(problem, f"the {name} {shown(point)}", "finite numbers")
        # projections bring no point farther from x* only where x* is in the ball
        if not float(np.linalg.norm(point)) <= facts.radius * (1.0 + 1e-12):
            raise _inconsistent(problem, f"the {name} outside of the ball of radius "
                                f"{facts.radius:.6g}", "a point in the ball")  # fmt: skip


def _inconsistent(problem: Problem, given: str, allowed: str) -> InputError:
    return InputError(
        "problem",
        given=given,
        allowed=f"{allowed}, for {problem.name}",
        advice="let `facts` speak of the problem that is run",
    )


def _check_steps(steps: int) -> None:
    if not 1 <= steps <= MOST_STEPS:
        raise InputError(
            "steps",
            given=steps,
            allowed=f"from 1 to {MOST_STEPS}, which are simulated one by one",
            advice="simulate fewer steps; the privacy of more is a matter of `epsilon`",
        )
