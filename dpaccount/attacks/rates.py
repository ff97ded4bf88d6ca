"""How often something happened, and what that says of its chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dpaccount import _validate
from dpaccount.errors import InputError
from dpaccount.theorems import audits

__all__ = ["Rate"]

# The incomplete beta function is right to some 1e-13 relative; no tail is taken for smaller.
_SLACK = 1e-9


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

    def lower(self, error: float) -> float:
        """What the chance exceeds, but for a chance of error (risk.clopper_pearson).

        Args:
            error: In (0, 1).

        Source: Clopper and Pearson 1934, Biometrika 26(4).
        """
        return _lower(self.successes, self.trials, error)

    def upper(self, error: float) -> float:
        """What the chance is below, but for a chance of error (risk.clopper_pearson)."""
        return min(
            math.nextafter(1 - _lower(self.trials - self.successes, self.trials, error), 2), 1
        )

    def interval(self, error: float = 0.05) -> tuple[float, float]:
        """Both ends, each wrong with half the chance of error."""
        return self.lower(error / 2), self.upper(error / 2)


def _lower(successes: int, trials: int, error: float) -> float:
    """A chance whose own tail is seen to be at most the error, near the largest."""
    if not 0 < error < 1:
        raise InputError(
            "error",
            given=error,
            allowed="a number in (0, 1)",
            advice="give the chance with which the bound may be wrong, such as 0.05",
        )
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
