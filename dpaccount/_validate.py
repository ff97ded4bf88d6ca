"""Every domain, checked once; each check is written so that NaN fails it.

A number is kept as the exact rational that its text says: a float means the decimal that `repr`
prints, so `0.01`, `"0.01"` and `"1/100"` are one number.
"""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from numbers import Rational
from typing import Any

from dpaccount.errors import InputError, shown

__all__ = [
    "MAX_STEPS",
    "Exact",
    "Number",
    "count",
    "delta",
    "epsilon",
    "exact",
    "fpr",
    "log_of",
    "positive",
    "prior",
    "rate",
    "steps",
]

#: What a person may hand in wherever a number is asked for.
Number = float | int | str | Fraction | Decimal

MAX_STEPS = 10**15
# Text beyond these is refused before it is expanded: 1e-999999999 would be a gigabyte of digits.
_MAX_TEXT = 400
_MAX_EXPONENT = 20_000
_MAX_BITS = 14_000
_HUGE = Fraction(10**100)

_DECIMAL = re.compile(r"[+-]?(\d+(_\d+)*(\.\d*)?|\.\d+)([eE]([+-]?\d+))?", re.ASCII)


class Exact(Fraction):
    """A rational number that remembers the text it was given as.

    It compares, hashes and computes as the `Fraction` it is; `text` is for echoing it.
    """

    __slots__ = ("_kept_hash", "text")
    text: str
    _kept_hash: int

    def __new__(
        cls,
        value: Rational | int = 0,
        denominator: int | None = None,
        *,
        text: str | None = None,
    ) -> Exact:
        """Make the number `value` (/ `denominator`), to be echoed as `text`."""
        self = super().__new__(cls, value, denominator)
        self.text = Fraction.__str__(self) if text is None else text
        return self

    def __hash__(self) -> int:  # type: ignore[override]  # the stubs hide that numbers hash
        """The hash of the `Fraction`, which takes long to compute, kept."""
        try:
            return self._kept_hash
        except AttributeError:
            self._kept_hash = super().__hash__()
            return self._kept_hash

    def __eq__(self, other: object) -> bool:
        """Equality of numbers; quick between two of this kind."""
        if isinstance(other, Exact):
            return self.numerator == other.numerator and self.denominator == other.denominator
        return super().__eq__(other)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the text through pickling and copying."""
        return _rebuild, (int(self.numerator), int(self.denominator), self.text)

    def __copy__(self) -> Exact:
        """Return itself: it is immutable."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Exact:
        """Return itself: it is immutable."""
        return self

    def __repr__(self) -> str:
        """Show the text that was given."""
        return self.text

    __str__ = __repr__


def _rebuild(numerator: int, denominator: int, text: str) -> Exact:
    return Exact(numerator, denominator, text=text)


def _refuse(name: str, given: object, allowed: str, advice: str) -> InputError:
    return InputError(name, given=given, allowed=allowed, advice=advice)


@lru_cache(maxsize=4096)  # a run's numbers are read again wherever it is put into another form
def _parse_text(text: str) -> Fraction | None:
    """The rational that `text` writes as a decimal or as a ratio of two decimals."""
    parts = text.split("/")
    if len(text) > _MAX_TEXT or len(parts) > 2:
        return None
    values: list[Fraction] = []
    for part in parts:
        match = _DECIMAL.fullmatch(part.strip())
        if match is None or abs(int(match.group(5) or 0)) > _MAX_EXPONENT:
            return None
        values.append(Fraction(part.strip()))
    if len(values) == 1:
        return values[0]
    return values[0] / values[1] if values[1] != 0 else None


def _is_too_long(text: str) -> bool:
    """Whether text writes a number that is refused for its length alone."""
    return all(_DECIMAL.fullmatch(part.strip()) for part in text.split("/")[:2]) and (
        "/" not in text or not re.search(r"/\s*[+-]?[0.]*$", text)
    )


def exact(
    value: object,
    name: str,
    *,
    allowed: str = "a finite number",
    advice: str = "give a number, as a decimal or as a ratio such as 256/60000",
) -> Exact:
    """Read `value` as an exact rational.

    Args:
        value: An int, a finite float, text ("0.01", "1e-5", "256/60000"), a `Fraction`, a
            `Decimal` or a numpy scalar. Not a bool.
        name: What to call it in the message.
        allowed: The domain to name in the message.
        advice: What to do instead of giving what is no number.

    Raises:
        InputError: For anything else, NaN and infinities included.
    """
    if value is None:
        raise _refuse(name, "nothing", allowed, "give it")
    if isinstance(value, Exact):
        return value
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        raise _refuse(name, value, allowed, advice)
    if isinstance(value, (Fraction, numbers.Integral)):
        number = value if isinstance(value, Fraction) else Fraction(int(value))
        bits = max(number.numerator.bit_length(), number.denominator.bit_length())
        if bits > _MAX_BITS:  # too long to be written out; text is refused before it is expanded
            raise _refuse(name, f"a number of {bits} bits", allowed, advice)
        return Exact(number)
    if isinstance(value, (str, Decimal, numbers.Real)):
        # str() of a numpy scalar is the shortest decimal of its precision, as repr is of a float
        text = float.__repr__(value) if isinstance(value, float) else str(value).strip()
        parsed = _parse_text(text)
        if parsed is None:
            if isinstance(value, str) and _is_too_long(text):
                allowed += f", in at most {_MAX_TEXT} signs and powers of ten to {_MAX_EXPONENT}"
            raise _refuse(name, value, allowed, advice)
        return Exact(parsed, text=text)
    raise _refuse(name, shown(value), allowed, advice)


def _binary_size(number: Fraction) -> int:
    """Log2 of a positive number to within 1, at no cost."""
    return number.numerator.bit_length() - number.denominator.bit_length()


def positive(value: object, name: str, *, advice: str = "give a number above 0") -> Exact:
    """Read a number in (0, inf); beyond 1e-100 to 1e100 it is a mistake of unit."""
    allowed = "a number in (0, inf)"
    number = exact(value, name, allowed=allowed)
    if not number > 0:
        raise _refuse(name, number.text, allowed, advice)
    if abs(_binary_size(number)) > 300 and not 1 / _HUGE <= number <= _HUGE:
        raise _refuse(name, number.text, "a number in [1e-100, 1e100]", "check the unit")
    return number


def noise_multiplier(value: object) -> Exact:
    """Read a noise multiplier; 0 has a word of its own."""
    name = "noise_multiplier"
    number = exact(value, name, allowed="a number in (0, inf)")
    if number == 0:
        raise _refuse(
            name, number.text, "a number in (0, inf)", "add noise: without it there is no privacy"
        )
    return positive(
        number, name, advice="give the noise standard deviation divided by the clip norm"
    )


def rate(value: object, name: str = "sampling_rate") -> Exact:
    """Read a probability in [0, 1]."""
    allowed = "a number in [0, 1]"
    number = exact(value, name, allowed=allowed)
    if not 0 <= number <= 1:
        raise _refuse(name, number.text, allowed, "give batch size divided by dataset size")
    if number and _binary_size(number) < -900 and number < Fraction(1, 10**300):
        raise _refuse(name, number.text, "0, or a number in [1e-300, 1]", "check the unit")
    return number


def count(value: object, name: str, *, least: int = 0, most: int = MAX_STEPS) -> int:
    """Read an integer; `2.0` and `"1e6"` are integers, `2.5` is not."""
    allowed = f"an integer from {least} to {most}"
    advice = "give a whole number in that range"
    number = exact(value, name, allowed=allowed, advice=advice)
    if number.denominator != 1 or not least <= number <= most:
        raise _refuse(name, number.text, allowed, advice)
    return int(number)


def steps(value: object) -> int:
    """Read a number of steps."""
    return count(value, "steps")


def delta(value: object, *, zero: bool = False) -> Exact:
    """Read a delta in (0, 1); 0 only where `zero` says that the loss is bounded."""
    allowed = "a number in [0, 1)" if zero else "a number in (0, 1)"
    number = exact(value, "delta", allowed=allowed)
    if number == 0 and not zero:
        raise _refuse(
            "delta",
            number.text,
            allowed + " (the privacy loss is unbounded, so no finite epsilon holds at delta 0)",
            "give a delta well below 1/dataset_size",
        )
    if not (number >= 0 if zero else number > 0) or not number < 1:
        raise _refuse("delta", number.text, allowed, "give a delta well below 1/dataset_size")
    return number


def epsilon(value: object, *, target: bool = False) -> Exact:
    """Read a finite epsilon: any real, or >= 0 where it is a target."""
    allowed = "a number in [0, 1e150]" if target else "a number in [-1e150, 1e150]"
    number = exact(value, "epsilon", allowed=allowed)
    if (target and not number >= 0) or not abs(number) <= 10**150:
        raise _refuse("epsilon", number.text, allowed, "give the privacy budget, such as 2 or 0.5")
    return number


def fpr(value: object) -> Exact:
    """Read a false positive rate in [0, 1]."""
    number = exact(value, "fpr", allowed="a number in [0, 1]")
    if not 0 <= number <= 1:
        raise _refuse("fpr", number.text, "a number in [0, 1]", "give a rate such as 0.001")
    return number


def prior(value: object) -> Exact:
    """Read a chance of guessing right, in (0, 1]."""
    allowed = "a number in (0, 1]"
    number = exact(value, "prior", allowed=allowed)
    if not 0 < number <= 1:
        raise _refuse("prior", number.text, allowed, "give a chance such as 1/256")
    return number


def false_alarm(value: object) -> Exact:
    """Read a chance to be wrong that is not 0, in [1e-300, 1)."""
    allowed = "a number in [1e-300, 1)"
    number = exact(value, "false_alarm", allowed=allowed)
    if not Fraction(1, 10**300) <= number < 1:
        raise _refuse("false_alarm", number.text, allowed, "give a small chance, such as 1e-6")
    return number


def flag(value: object, name: str) -> bool:
    """Read a yes or no: no other value, since "no" is true to an `if`."""
    if not isinstance(value, bool):
        raise _refuse(name, shown(value), "True or False", "say one of them")
    return value


def log_of(number: Fraction) -> float:
    """The natural logarithm of a positive rational of any size, to about 2 ulp."""
    if number > Fraction(1, 2) and number < 2:
        return math.log1p(float(number - 1))
    as_float = float(number) if 1e-290 < number < 1e290 else 0.0
    if as_float:
        return math.log(as_float)
    # beyond the floats: split off a power of two, so that the rest is near 1
    shift = _binary_size(number)
    rest = number / (Fraction(2) ** shift)
    return math.log(float(rest)) + shift * math.log(2.0)
