"""The exact law of a quadratic under full batches, and what floats add to a simulation of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dpaccount.convergence.enclosures import ends, evaluate
from dpaccount.convergence.intervals import GaussianForm
from dpaccount.convergence.problem import Array
from dpaccount.convergence.setting import Decaying, Setting
from dpaccount.theorems.descent import QUADRATIC_LAW

__all__ = ["gaussian_form", "law_interval"]

#: Half the distance of two floats near 1.
_UNIT = 2.0**-53
#: Standard deviations of the noise that count as its size.
_WIDE = 8.0


def gaussian_form(setting: Setting, quantity: str) -> GaussianForm | None:
    """The exact law of a quantity (sgd.quadratic_law); None where the noise is not all Gaussian."""
    facts = setting.facts
    if quantity not in ("distance", "excess") or not facts.coordinates:
        return None
    if setting.run.sampling_rate != 1 or isinstance(setting.learning_rate, Decaying):
        return None
    rate = Fraction(setting.learning_rate)
    tau = setting.exact_std
    curvatures, starts, kept = _axes(setting)
    # in balls: at tiny steps 1 - a^2 is nothing but rounding in floats
    variances = [
        ends(
            evaluate(QUADRATIC_LAW, curvature=Fraction(axis.curvature), learning_rate=rate,
                     noise_std=tau, steps=setting.run.steps),
            QUADRATIC_LAW.id,
        )[1]
        for axis in facts.coordinates
    ]  # fmt: skip
    weights = np.ones(len(starts)) if quantity == "distance" else curvatures / 2
    means = kept**setting.run.steps * starts
    return GaussianForm(weights, means, np.sqrt(np.array(variances)))


def _axes(setting: Setting) -> tuple[Array, Array, Array]:
    """The curvatures, the starts, and what a step keeps of each."""
    axes = setting.facts.coordinates
    curvatures = np.array([axis.curvature for axis in axes])
    starts = np.array([axis.start for axis in axes])
    return curvatures, starts, 1.0 - float(setting.learning_rates[0]) * curvatures


def law_interval(
    setting: Setting, form: GaussianForm, count: int, log_error: float
) -> tuple[float, float]:
    """Where the mean of some simulated values lies by its law, rounding included.

    Args:
        setting: As `setting_of` makes it.
        form: The law, as `gaussian_form` makes it.
        count: How many values.
        log_error: Logarithm of the chance to be outside, on each side.
    """
    low, high = form.interval(count, log_error)
    room = _rounding(setting, form)
    return max(low - room, 0.0), high + room


def _rounding(setting: Setting, form: GaussianForm) -> float:
    """How far the mean of simulated values may be from that of exact ones.

    A step rounds the position, its gradient (a sum over the records) and the noise; later steps
    multiply that error by no more than |1 - eta lambda|, so that min(T, 1 / (1 - |a|)) of them add
    up. Where the noise is of the size of these errors a narrower interval would call them a
    violation.
    """
    facts, rate = setting.facts, float(setting.learning_rates[0])
    curvatures, starts, kept = _axes(setting)
    places = np.abs(setting.problem.optimum) + np.abs(starts) + _WIDE * form.deviations
    slopes = facts.largest_gradient + _WIDE * setting.noise_std
    step = places * (2.0 + 4.0 * rate * curvatures) + rate * (facts.records + 8.0) * slopes
    lasting = np.minimum(setting.run.steps, 1.0 / np.maximum(1.0 - np.abs(kept), _UNIT))
    error = _UNIT * step * lasting
    sizes = np.sqrt(form.means**2 + form.deviations**2)
    total = float((form.weights * error * (2.0 * sizes + error)).sum())
    return total + 64 * _UNIT * form.mean
