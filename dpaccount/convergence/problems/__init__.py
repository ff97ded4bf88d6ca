"""Problems whose constants, and whose optimum, are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dpaccount.convergence.problem import Problem
from dpaccount.convergence.problems.clipping import Clipping
from dpaccount.convergence.problems.linear import Logistic, Ridge
from dpaccount.convergence.problems.median import Median
from dpaccount.convergence.problems.quadratic import Quadratic
from dpaccount.convergence.problems.waves import Polyak, Wells
from dpaccount.errors import InputError, shown

__all__ = [
    "PROBLEMS", "Clipping", "Logistic", "Median", "Polyak", "Quadratic", "Ridge", "Wells",
    "problem_of",
]  # fmt: skip

_D = 20
#: How each named problem is made; those that are about clipping take the clip norm.
PROBLEMS: dict[str, Callable[[float | None], Problem]] = {
    "quadratic": lambda clip: Quadratic(np.linspace(0.1, 1.0, _D), np.ones(_D)),
    "quadratic-isotropic": lambda clip: Quadratic(
        np.full(_D, 0.5), np.ones(_D), name="quadratic-isotropic"
    ),
    "quadratic-ill": lambda clip: Quadratic(
        np.logspace(-6, 0, _D), np.ones(_D), name="quadratic-ill"
    ),
    "ridge-cancer": lambda clip: Ridge("cancer"),
    "ridge-digits": lambda clip: Ridge("digits"),
    "logistic-cancer": lambda clip: Logistic("cancer"),
    "logistic-digits": lambda clip: Logistic("digits"),
    "median": lambda clip: Median(),
    "polyak": lambda clip: Polyak(),
    "wells": lambda clip: Wells(),
    "clipping": lambda clip: Clipping(1.0 if clip is None else clip),
}


def problem_of(given: object, clip_norm: float | None = None) -> Problem:
    """A problem, or the one of that name.

    Args:
        given: A `Problem` or a name from `PROBLEMS`.
        clip_norm: For problems whose constants depend on it.

    Raises:
        InputError: For anything else.
        Unsupported: If what it needs is not installed, or its theorems do not cover the clip norm.
    """
    if isinstance(given, Problem):
        return given
    if isinstance(given, str) and given in PROBLEMS:
        return PROBLEMS[given](clip_norm)
    raise InputError(
        "problem",
        given=given if isinstance(given, str) else shown(given),
        allowed=", ".join(PROBLEMS),
        advice="name one of these",
    )
