"""Runs as dp_accounting describes them: its events, read and written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.errors import InputError, Unsupported, install, shown
from dpaccount.mechanisms import (
    DPSGD,
    Composed,
    DiscreteLaplace,
    Gaussian,
    Identity,
    Laplace,
    Mechanism,
    PoissonSubsampled,
    RandomizedResponse,
    SelfComposed,
)
from dpaccount.mechanisms.base import MAX_DEPTH, Release

__all__ = ["from_event", "to_event"]


def from_event(event: object) -> Mechanism:
    """The run that an event of dp_accounting describes.

    Args:
        event: A `DpEvent` made of Gaussian, Laplace, discrete Laplace, randomized response,
            Poisson-sampled and composed events. A noise
            multiplier is the decimal that the float prints as.

    Raises:
        Unsupported: For an event without a registered theorem here, such as sampling without
            replacement or a Poisson sample of a composition.
        InputError: If it is no event, or holds a value outside its domain.

    Example:
        >>> from dp_accounting import dp_event
        >>> step = dp_event.PoissonSampledDpEvent(0.01, dp_event.GaussianDpEvent(1.1))
        >>> from_event(dp_event.SelfComposedDpEvent(step, 500)).steps
        500

    Source: dp-accounting 0.6.0, `dp_accounting/dp_event.py`.
    """
    return _read(event, MAX_DEPTH)


def _read(event: Any, levels: int) -> Mechanism:
    if not levels:
        raise _bad("event", f"more than {MAX_DEPTH} events inside each other")
    name = type(event).__name__
    if not name.endswith("DpEvent"):
        raise _bad("event", shown(event))
    reader = _READERS.get(name)
    if reader is None:
        raise Unsupported(
            f"dp_accounting's {name}",
            missing="no theorem for it is registered here",
            advice="describe Poisson-sampled, composed and simple events, such as GaussianDpEvent",
        )
    try:
        return reader(event, levels - 1)
    except AttributeError as error:  # a class of that name that is not theirs
        raise _bad("event", f"a {name} without its fields") from error


def _sampled(event: Any, levels: int) -> Mechanism:
    inner = _read(event.event, levels)
    if isinstance(inner, Identity):
        return inner
    if not isinstance(inner, Release):
        raise Unsupported(
            f"a Poisson sample of a {type(event.event).__name__}",
            missing="all its releases would see one and the same batch, which has no theorem here",
            advice="sample each step, then compose",
        )
    return PoissonSubsampled(inner, event.sampling_probability)


def _discrete_laplace(event: Any, levels: int) -> Mechanism:
    rate = _validate.positive(event.noise_parameter, "noise_parameter")
    change = _validate.count(event.sensitivity, "sensitivity", least=1)
    return DiscreteLaplace(Exact(1 / (rate * change)), change)


def _randomized_response(event: Any, levels: int) -> Mechanism:
    drawn = _validate.rate(event.noise_parameter, "noise_parameter")
    answers = _validate.count(event.num_buckets, "num_buckets", least=2)
    if drawn == 1:  # the answer does not depend on the record
        return Identity()
    return RandomizedResponse(Exact(1 - drawn + drawn / answers), answers)


def _composed(event: Any, levels: int) -> Mechanism:
    return Composed(tuple(_read(part, levels) for part in event.events))


_READERS: dict[str, Callable[[Any, int], Mechanism]] = {
    "NoOpDpEvent": lambda event, levels: Identity(),
    "GaussianDpEvent": lambda event, levels: Gaussian(event.noise_multiplier),
    "LaplaceDpEvent": lambda event, levels: Laplace(event.noise_multiplier),
    "DiscreteLaplaceDpEvent": _discrete_laplace,
    "RandomizedResponseDpEvent": _randomized_response,
    "PoissonSampledDpEvent": _sampled,
    "SelfComposedDpEvent": lambda event, levels: SelfComposed(
        _read(event.event, levels), event.count
    ),
    "ComposedDpEvent": _composed,
}


def to_event(mechanism: Mechanism) -> Any:
    """The event of dp_accounting that describes a run.

    Args:
        mechanism: Any run. Its exact numbers become the nearest floats.

    Raises:
        InputError: If dp_accounting is not installed, or if it is no mechanism.
        Unsupported: For a release that dp_accounting has no event for.

    Example:
        >>> to_event(DPSGD(noise_multiplier=1.1, sampling_rate="0.01", steps=500)).count
        500

    Source: dp-accounting 0.6.0, `dp_accounting/dp_event.py`.
    """
    try:
        from dp_accounting import dp_event
    except ImportError as error:
        raise InputError(
            "dp_accounting",
            given="not installed",
            allowed="dp-accounting 0.6 or later",
            advice=install("peers"),
        ) from error
    return _write(mechanism, dp_event)


def _write(mechanism: Mechanism, kinds: Any) -> Any:
    match mechanism:
        case DPSGD():
            return _write(mechanism.mechanism, kinds)
        case Identity():
            return kinds.NoOpDpEvent()
        case Gaussian():
            return kinds.GaussianDpEvent(float(mechanism.noise_multiplier))
        case Laplace():
            return kinds.LaplaceDpEvent(float(mechanism.noise_multiplier))
        case DiscreteLaplace():
            rate = 1 / (mechanism.noise_multiplier * mechanism.sensitivity)
            return kinds.DiscreteLaplaceDpEvent(float(rate), mechanism.sensitivity)
        case RandomizedResponse():
            others = Exact(mechanism.answers, mechanism.answers - 1)
            drawn = (1 - mechanism.truth_probability) * others
            return kinds.RandomizedResponseDpEvent(float(drawn), mechanism.answers)
        case PoissonSubsampled():
            inner = _write(mechanism.mechanism, kinds)
            return kinds.PoissonSampledDpEvent(float(mechanism.sampling_rate), inner)
        case SelfComposed():
            return kinds.SelfComposedDpEvent(_write(mechanism.mechanism, kinds), mechanism.steps)
        case Composed():
            return kinds.ComposedDpEvent([_write(part, kinds) for part in mechanism.mechanisms])
    if isinstance(mechanism, Release):
        raise Unsupported(
            f"an event for {type(mechanism).__name__}",
            missing="dp_accounting 0.6.0 has none",
            advice="account for it here",
        )
    raise InputError(
        "mechanism",
        given=shown(mechanism),
        allowed="a dpaccount mechanism",
        advice="give for example dpaccount.DPSGD(...)",
    )


def _bad(name: str, given: str) -> InputError:
    return InputError(
        name,
        given=given,
        allowed="a DpEvent of dp_accounting",
        advice="give for example dp_event.SelfComposedDpEvent(...)",
    )
