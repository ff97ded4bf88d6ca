"""What an axis is written as: a value, a list of values, or a range `low:high:count[:log]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.errors import InputError, shown

__all__ = ["MOST_VALUES", "read_axis"]

MOST_VALUES = 100_000
#: Significant digits of the values inside a range; its ends are as they were given.
_DIGITS = 12
#: decimal rounds correctly, so a range has the same values on every machine.
_CONTEXT = Context(prec=60, Emax=10**9, Emin=-(10**9))
_ALLOWED = "a number, a list of them, or low:high:count[:log]"

Check = Callable[[object], Exact | int]


def read_axis(value: object, name: str, check: Check) -> tuple[Exact, ...]:
    """The values of an axis, in the order given.

    Args:
        value: A number, a list of numbers, or text: numbers and ranges with commas between them.
        name: What the axis is called.
        check: The domain of one value; one that gives an int rounds the insides of ranges.

    Raises:
        InputError: For anything else, for no value at all and for too many.
    """
    found: list[Exact] = []
    for item in _items(value, name):
        if isinstance(item, str) and ":" in item:
            found += _range(item, name, check)
        else:
            found.append(_exact(check(item)))
        if len(found) > MOST_VALUES:
            raise _too_many(name, f"more than {MOST_VALUES} values")
    if not found:
        raise InputError(name, given="no value", allowed=_ALLOWED, advice=f"give {name}")
    return tuple(found)


def _items(value: object, name: str) -> Iterable[object]:
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if isinstance(value, (list, tuple, range)):
        if len(value) > MOST_VALUES:
            raise _too_many(name, f"{len(value)} values")
        return value
    if isinstance(value, Iterable) and not isinstance(value, (bytes, np.ndarray)):
        raise InputError(name, given=shown(value), allowed=_ALLOWED, advice="give a list")
    return [value]


def _exact(number: Exact | int) -> Exact:
    return number if isinstance(number, Exact) else Exact(number)


def _too_many(name: str, given: str) -> InputError:
    return InputError(
        name,
        given=given,
        allowed=f"at most {MOST_VALUES} on one axis",
        advice="cut the axis into several sweeps",
    )


def _range(text: str, name: str, check: Check) -> list[Exact]:
    low_text, high_text, count, log = _parts(text, name)
    ends = check(low_text), check(high_text)
    low, high = map(_exact, ends)
    whole = not isinstance(ends[0], Exact)
    if not low < high or (log and not low > 0):
        raise InputError(
            name,
            given=text,
            allowed="low < high" + (", and low > 0 for log" if log else ""),
            advice="give the smaller end first",
        )
    found = [low]
    for place in range(1, count - 1):
        share = Fraction(place, count - 1)
        inside = _geometric(low, high, share) if log else low + (high - low) * share
        value = Exact(round(inside)) if whole else _short(inside)
        if whole and not found[-1] < value < high:
            continue  # of integers that coincide, one
        if not found[-1] < value < high:
            raise InputError(
                name,
                given=text,
                allowed=f"values that differ in {_DIGITS} digits",
                advice="ask for fewer",
            )
        found.append(_exact(check(value)))
    return [*found, high]


def _parts(text: str, name: str) -> tuple[str, str, int, bool]:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3 and parts[3:] != ["log"]:
        raise InputError(
            name,
            given=text,
            allowed=_ALLOWED,
            advice="write for example 0.5:3.0:50 or 100:20000:20:log",
        )
    count = _validate.count(parts[2], f"the count of {name}", least=2)
    if count > MOST_VALUES:
        raise _too_many(name, f"{count} values")
    return parts[0], parts[1], count, len(parts) == 4


def _decimal(value: Fraction, context: Context = _CONTEXT) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _geometric(low: Fraction, high: Fraction, share: Fraction) -> Fraction:
    """low^(1-share) high^share, to far more digits than are kept."""
    rise = _CONTEXT.ln(_decimal(high / low))
    factor = _CONTEXT.exp(_CONTEXT.multiply(rise, _decimal(share)))
    return low * Fraction(factor)


def _short(value: Fraction) -> Exact:
    """The nearest decimal of few digits, written as people do."""
    short = _decimal(value, Context(prec=_DIGITS, Emax=10**9, Emin=-(10**9)))
    short = short.normalize(_CONTEXT)
    text = f"{short:f}" if -5 < short.adjusted() < 16 else f"{short:e}"
    return Exact(Fraction(short), text=text)
