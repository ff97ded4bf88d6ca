"""The second moment of what DP-SGD adds to the gradient: the V of the theorems."""

from __future__ import annotations

import math
from fractions import Fraction

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.convergence.setting import Setting
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, Trust, up
from dpaccount.mechanisms import DPSGD
from dpaccount.theorems.matrix import MATRIX_NOISE
from dpaccount.theorems.sgd_noise import NOISE, POISSON_VARIANCE

__all__ = ["gradient_noise", "matrix_moment", "second_moment"]


def second_moment(setting: Setting, mean_square: float | Fraction | None = None) -> Fraction:
    """V, exactly as the theorem sgd.noise has it.

    Args:
        setting: The run and the problem.
        mean_square: At least the mean of |g_i|^2 where the iterates are; by default the problem's
            own bound, or the square of the clip norm if that is less.

    Raises:
        Unsupported: If a gradient may be longer than the clip norm.
    """
    facts = setting.facts
    clip = setting.clip_norm
    if mean_square is None:
        mean_square = (
            min(Fraction(facts.mean_square), clip**2)
            if (math.isfinite(facts.mean_square))
            else clip**2
        )
    return _moment(
        setting.run, facts.records, facts.dimension, clip, _largest(setting), mean_square
    )


def matrix_moment(setting: Setting) -> Fraction:
    """Q, exactly as the theorem sgd.matrix_noise has it.

    Args:
        setting: The run and the problem, whose matrix is known.

    Raises:
        Unsupported: If a gradient may be longer than the clip norm.
    """
    facts = setting.facts
    values = {
        "sampling_rate": Fraction(setting.run.sampling_rate),
        "dataset_size": facts.records,
        "matrix_square": Fraction(facts.matrix_square),
        "trace": Fraction(facts.trace),
        "noise_multiplier": Fraction(setting.run.noise_multiplier),
        "clip_norm": Fraction(setting.clip_norm),
    }
    MATRIX_NOISE.require(largest_gradient=_largest(setting), **values)
    found = MATRIX_NOISE(**values)
    assert isinstance(found, Fraction)
    return found


def _largest(setting: Setting) -> float | Fraction:
    """At least the norm of any gradient, in the numbers of the run.

    Trajectories clip to the float nearest to the clip norm, and so does a problem that knows it.
    """
    largest = setting.facts.largest_gradient
    if largest <= float(setting.clip_norm):
        return min(Fraction(setting.clip_norm), Fraction(largest))
    return largest


def _moment(
    run: DPSGD,
    records: int,
    dimension: int,
    clip_norm: Fraction,
    largest_gradient: float | Fraction,
    mean_square: float | Fraction,
) -> Fraction:
    values = {
        "sampling_rate": Fraction(run.sampling_rate),
        "dataset_size": records,
        "dimension": dimension,
        "noise_multiplier": Fraction(run.noise_multiplier),
        "clip_norm": Fraction(clip_norm),
        "mean_square": Fraction(mean_square),
    }
    NOISE.require(largest_gradient=largest_gradient, **values)
    moment = NOISE(**values)
    assert isinstance(moment, Fraction)
    return moment


def gradient_noise(
    run: DPSGD,
    *,
    dimension: int,
    largest_gradient: Number,
    mean_square: Number | None = None,
) -> Bound:
    """The second moment of what a step of DP-SGD adds to the mean gradient.

    Guarantee: upper (sgd.noise, sgd.poisson_variance): E|noise|^2 given all that came before, of
    the Gaussian and of the Poisson sampling together, wherever no record's gradient is clipped.

    Args:
        run: A `DPSGD` with a dataset size and a clip norm.
        dimension: Number of parameters, an integer >= 1.
        largest_gradient: At least the norm of every record's gradient wherever the iterates may
            be, a number >= 0.
        mean_square: At least the mean of the squared norms there, a number >= 0; by default
            largest_gradient^2.

    Returns:
        An upper end; `details` holds its two parts, "gaussian" and "sampling".

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If a gradient may be longer than the clip norm; clipping then bends the mean
            gradient, and no theorem here speaks of that.

    Example:
        >>> run = DPSGD(noise_multiplier=1, batch_size=10, dataset_size=100, steps=1, clip_norm=1)
        >>> noise = gradient_noise(run, dimension=20, largest_gradient=1)
        >>> print(noise, noise.details)
        <= 0.2900001 {'gaussian': 0.2, 'sampling': 0.09}

    Source: the variance of a weighted sum of independent indicators; registered here with a proof.
    """
    if not isinstance(run, DPSGD):
        raise InputError(
            "run", given=shown(run), allowed="a DPSGD", advice="describe the training by DPSGD"
        )
    for name in ("dataset_size", "clip_norm"):
        if getattr(run, name) is None:
            raise InputError(
                name, given="nothing", allowed="a number > 0", advice=f"give the run its {name}"
            )
    assert run.dataset_size is not None
    assert run.clip_norm is not None
    size = _validate.count(dimension, "dimension", least=1)
    largest = _not_negative(largest_gradient, "largest_gradient")
    square = largest**2 if mean_square is None else _not_negative(mean_square, "mean_square")
    args = (run, run.dataset_size, size, run.clip_norm, largest)
    total, gaussian = _moment(*args, square), _moment(*args, Fraction(0))
    return Bound(
        None,
        up(float(total)),
        None,
        "sgd",
        Trust.PROVED,
        (NOISE.id, POISSON_VARIANCE.id),
        {"gaussian": float(gaussian), "sampling": float(total - gaussian)},
    )


def _not_negative(value: object, name: str) -> Fraction:
    number = _validate.exact(value, name, allowed="a number >= 0")
    if not number >= 0:
        raise InputError(
            name, given=number.text, allowed="a number >= 0", advice="give a bound on norms"
        )
    return Fraction(number)
