"""How often something happened, and what that says of its chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.errors import InputError
from dpaccount.theorems import audits

__all__ = ["ALARM", "Rate", "exceeds", "read_error"]

#: The chance that a table of true ceilings is called violated anywhere.
ALARM = 1e-6
# The incomplete beta function is right to some 1e-13 relative, and sums of up to so many chances
# to some 1e-12; no tail is taken for smaller.
_SLACK, _MOST_UNEQUAL = 1e-9, 20_000


@dataclass(frozen=True)
class Rate:
    """Successes among independent trials.

    Args:
        successes: How many; an integer from 0 to `trials`.
        trials: Of how many; an integer from 1 to 1e12.

    Raises:
        InputError: For anything else.

    Example:
        >>> rate = Rate(27, 100)
        >>> round(rate.lower(0.025), 4), round(rate.upper(0.025), 4)
        (0.1861, 0.368)

    Source: Clopper and Pearson 1934, Biometrika 26(4), for the intervals.
    """

    successes: int
    trials: int

    def __post_init__(self) -> None:
        """Check the counts."""
        keep = object.__setattr__
        keep(self, "trials", _validate.count(self.trials, "trials", least=1, most=10**12))
        keep(self, "successes", _validate.count(self.successes, "successes", most=self.trials))

    @property
    def value(self) -> float:
        """The share."""
        return self.successes / self.trials

    def lower(self, error: Number) -> float:
        """What the chance exceeds, but for a chance of error (risk.clopper_pearson).

        Args:
            error: In (0, 1).

        Source: Clopper and Pearson 1934, Biometrika 26(4).
        """
        return _lower(self.successes, self.trials, read_error(error))

    def upper(self, error: Number) -> float:
        """What the chance is below, but for a chance of error (risk.clopper_pearson)."""
        missed = _lower(self.trials - self.successes, self.trials, read_error(error))
        return min(math.nextafter(1 - missed, 2), 1)

    def interval(self, error: Number = 0.05) -> tuple[float, float]:
        """Both ends, each wrong with half the chance of error."""
        half = read_error(error) / 2
        return self.lower(half), self.upper(half)


def exceeds(successes: int, ceilings: Sequence[float], *, error: Number) -> bool:
    """Whether so many successes have a chance of at most `error` where the ceilings hold.

    Guarantee: a false alarm has at most that chance (risk.unequal_trials; for equal ceilings it
    is risk.clopper_pearson: its lower end at that error lies above the ceiling).

    Args:
        successes: Among independent trials.
        ceilings: On the chance of each trial, in [0, 1].
        error: In (0, 1).

    Raises:
        InputError: For anything else.

    Example:
        >>> exceeds(9, [0.1, 0.2] * 5, error=1e-6), exceeds(3, [0.1, 0.2] * 5, error=1e-6)
        (True, False)

    Source: see risk.unequal_trials.
    """
    rate, chance = Rate(successes, len(ceilings)), read_error(error)
    audits.UNEQUAL_TRIALS.require(chances=ceilings, successes=rate.successes)
    if len(set(ceilings)) == 1 or len(ceilings) > _MOST_UNEQUAL:
        return rate.lower(chance) > max(ceilings)
    tail = float(audits.UNEQUAL_TRIALS(rate.successes, ceilings))
    return tail * (1 + _SLACK) <= chance


def read_error(value: Number) -> float:
    """A chance to be wrong, in (0, 1).

    Raises:
        InputError: For anything else.

    Example:
        >>> read_error("1/20")
        0.05
    """
    allowed = "a number in (0, 1)"
    number = _validate.exact(value, "error", allowed=allowed)
    found = float(number)  # half an ulp: tails are taken with more room
    if not 0 < found < 1:
        raise InputError(
            "error",
            given=number.text,
            allowed=allowed,
            advice="give the chance with which the bound may be wrong, such as 0.05",
        )
    return found


def _lower(successes: int, trials: int, error: float) -> float:
    """A chance whose own tail is seen to be at most the error, near the largest."""
    audits.CLOPPER_PEARSON.require(successes=successes, trials=trials, error=error)
    if successes == 0:
        return 0.0
    from scipy.special import betaincinv

    # a first guess, lowered until the tail there is seen to be small enough
    end, step = float(betaincinv(successes, trials - successes + 1, error)), 1e-9
    while not audits.CLOPPER_PEARSON(end, successes, trials) <= error * (1 - _SLACK):
        if not step < 1:
            return 0.0
        end, step = end * (1 - step), 2 * step
    return end
