"""What can be solved for: its domain, which way is safe, and how its values are rounded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount._validate import MAX_STEPS, Exact, Number
from dpaccount.errors import InputError
from dpaccount.mechanisms import DPSGD

__all__ = ["SHARP", "Unknown", "Value", "unknown_of", "with_placeholder"]

Value = Exact | int

#: How near, relatively, a value that does not do is looked for.
SHARP = Fraction(1, 10**9)
_DIGITS = 12
_MANY = Context(prec=60)


@dataclass(frozen=True)
class Unknown:
    """One of `CHANGEABLE`.

    Args:
        name: Its name.
        sense: 1 if more of it costs more epsilon, -1 if less.
        slope: About d log epsilon / d log value, for a first step.
        start: Where the search begins.
        least: The least value there is, or that is looked at.
        most: The largest.
        whole: Whether it is an integer.
        end: What stands at the costly end of its domain, in words.
        advice: What else to change where no value will do.
    """

    name: str
    sense: int
    slope: float
    start: float
    least: Fraction
    most: Fraction
    whole: bool
    end: str
    advice: str

    @property
    def costliest(self) -> Fraction:
        """The end of the domain at which epsilon is largest."""
        return self.most if self.sense > 0 else self.least

    def near(self, log_value: float) -> Value:
        """The value nearest to e^log_value."""
        return self._rounded(log_value, ROUND_HALF_EVEN)

    def safe(self, log_value: float) -> Value:
        """The value nearest to e^log_value on the safe side of it."""
        return self._rounded(log_value, ROUND_FLOOR if self.sense > 0 else ROUND_CEILING)

    def next_costly(self, value: Value) -> Value | None:
        """The next integer, or a value within `SHARP` that costs more; None at the domain's end."""
        if value == self.costliest:
            return None
        if isinstance(value, int):
            return value + self.sense
        return self._moved(value, self.sense * SHARP, ROUND_FLOOR, ROUND_CEILING)

    def safer(self, value: Value, share: float) -> Value:
        """A value on the safe side of this one, by about that share of it."""
        if isinstance(value, int):
            return self._integer(value - self.sense * max(int(share * value), 1))
        step = -self.sense * Fraction(max(share, 2e-12))
        return self._moved(value, step, ROUND_CEILING, ROUND_FLOOR)

    def _moved(self, value: Exact, step: Fraction, up: str, down: str) -> Exact:
        """The value times 1 + step; rounded `up` if that is more of it and `down` if it is less."""
        return self._decimal(value * (1 + step), up if step > 0 else down)

    def _rounded(self, log_value: float, rounding: str) -> Value:
        low, high = math.log(self.least), math.log(self.most)
        if not low < log_value < high:
            value = self.most if log_value >= high else self.least
        else:
            value = Fraction(math.exp(log_value))
        if not self.whole:
            return self._decimal(value, rounding)
        exact = {ROUND_FLOOR: math.floor, ROUND_CEILING: math.ceil}.get(rounding, round)
        return self._integer(exact(value))

    def _integer(self, value: int) -> int:
        return min(max(value, int(self.least)), int(self.most))

    def _decimal(self, value: Fraction, rounding: str) -> Exact:
        """In 12 digits, and in the domain."""
        value = min(max(value, self.least), self.most)
        exact = _MANY.divide(Decimal(value.numerator), Decimal(value.denominator))
        short = Context(prec=_DIGITS, rounding=rounding).create_decimal(exact)
        return _validate.exact(str(short.normalize()), "value")


def unknown_of(run: DPSGD, name: str) -> Unknown:
    """What is solved for in a run: `name` is one of `CHANGEABLE`.

    Raises:
        InputError: For the batch size without a data set's size.
    """
    if name == "noise_multiplier":
        return Unknown(
            name, -1, -1.3, 1.0, Fraction(1, 10**6), Fraction(10**12), False,
            "no noise multiplier below 1e-6 is looked at",
            "raise epsilon or delta: no noise up to 1e12 meets this target",
        )  # fmt: skip
    if name == "sampling_rate":
        return Unknown(
            name, 1, 1.0, 0.01, Fraction(1, 10**15), Fraction(1), False,
            "no rate is above 1", "raise the noise, or epsilon or delta",
        )  # fmt: skip
    advice = f"raise the noise, or epsilon: {name} = 1 costs more already"
    if name == "steps":
        return Unknown(
            name, 1, 0.6, 1000.0, Fraction(1), Fraction(MAX_STEPS), True,
            "no run has more than 1e15 steps", advice,
        )  # fmt: skip
    size = run.dataset_size
    if size is None:
        raise InputError(
            "dataset_size",
            given="nothing",
            allowed="an integer >= 1",
            advice="give dataset_size to solve for the batch size",
        )
    return Unknown(
        name, 1, 0.6, 0.01 * size, Fraction(1), Fraction(size), True,
        "the batch is the whole data set", advice,
    )  # fmt: skip


#: Any legal value of the unknown; it is replaced before anything is computed.
_PLACEHOLDER: dict[str, Number] = {
    "noise_multiplier": 1,
    "steps": 1,
    "sampling_rate": "0.5",
    "batch_size": 1,
}


def with_placeholder(run: DPSGD | Mapping[str, Any], solve_for: str) -> DPSGD:
    """The run; where it is given by fields, the unknown may be left out of them."""
    if isinstance(run, DPSGD):
        return run
    if not isinstance(run, Mapping):
        raise InputError(
            "run",
            given=f"a {type(run).__name__}",
            allowed="a DPSGD, or its fields",
            advice="calibration changes a DP-SGD run; describe it as dpaccount.DPSGD",
        )
    fields = {name: value for name, value in run.items() if name != "kind" and value is not None}
    known = list(DPSGD.__dataclass_fields__)
    for name in fields:
        if name not in known:
            raise InputError(
                str(name),
                given="an unknown field",
                allowed=", ".join(known),
                advice="remove it or correct its name",
            )
    missing_rate = "sampling_rate" not in fields and "batch_size" not in fields
    if solve_for == "sampling_rate" and "batch_size" not in fields:
        fields.setdefault("sampling_rate", _PLACEHOLDER["sampling_rate"])
    elif solve_for == "batch_size" and missing_rate and "dataset_size" in fields:
        fields["batch_size"] = _PLACEHOLDER["batch_size"]
    elif solve_for == "steps" and "epochs" not in fields:
        fields.setdefault("steps", _PLACEHOLDER["steps"])
    elif solve_for == "noise_multiplier" and "noise_std" not in fields:
        fields.setdefault("noise_multiplier", _PLACEHOLDER["noise_multiplier"])
    return DPSGD(**fields)
