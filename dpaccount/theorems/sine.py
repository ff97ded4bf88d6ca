"""Noisy descent over waves: noise that is wide beside a wave leaves half of its squared slope."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["SINE"]


def _sine(slopes: Any, learning_rate: Any, noise_std: Any, steps: int) -> Any:
    """Mean over the steps of the expected squared gradient."""
    width = 2 * learning_rate * learning_rate * noise_std * noise_std
    after = slopes * (1 + 1 / (1 + width + width * width / 2)) / 2
    return (slopes + (steps - 1) * after) / steps


SINE = theorem(
    "sgd.sine",
    "For f(x) = sum_j s_j (1 - cos(x_j - o_j)), steps that are not projected and noise with an "
    "independent Gaussian part of variance tau^2 in each coordinate, with w = 2 eta^2 tau^2, the "
    "mean of E|g(x_t)|^2 over t = 0, ..., T-1 is at most (S + (T - 1) S (1 + 1 / (1 + w + w^2 / "
    "2)) / 2) / T for S >= sum_j s_j^2.",
    "sin^2 = (1 - cos 2x) / 2, and E cos(a + b Z) = cos(a) e^(-b^2 / 2)",
    formula=_sine,
    assumptions=[
        given.STEP,
        Assumption(
            "a finite noise and a sum of squares that is not negative",
            lambda slopes, noise_std, **_: 0 <= noise_std < math.inf and slopes >= 0,
            "give numbers",
        ),
        given.SOME_STEPS,
    ],
    level="P",
    latex=r"For $f(x) = \sum_j s_j (1 - \cos(x_j - o_j))$, steps that are not projected and noise "
    r"with an independent Gaussian part of variance $\tau^2$ in each coordinate, with $w = 2 "
    r"\eta^2 \tau^2$: $\frac{1}{T} \sum_{t=0}^{T-1} E|g(x_t)|^2 \le \frac{1}{T} \left(S + "
    r"\frac{(T - 1) S}{2} \left(1 + \frac{1}{1 + w + w^2/2}\right)\right)$ for $S \ge \sum_j "
    r"s_j^2$.",
)
