"""The hockey-stick divergence of one Gaussian, stable from delta = 1 to below the floats.

With a = mu/2 - eps/mu and t = -a, delta = phi(a) (m(t) - m(t + mu)), where m(t) = Phi(-t)/phi(t) is
the Mills ratio: e^eps phi(t + mu) = phi(t) exactly, so nothing overflows and only the difference of
two Mills ratios can cancel. That cancellation is bounded and added.
"""

from __future__ import annotations

import math
from functools import lru_cache

from dpaccount.errors import NotConverged

__all__ = ["gaussian_epsilon", "gaussian_epsilon_upper", "gaussian_log_delta"]

_UNIT = 2.0**-53
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def gaussian_log_delta(mu: float, epsilon: float) -> tuple[float, float]:
    """Lower and upper end of log delta(eps) of N(0, 1) against N(mu, 1), for any real eps.

    Float64 rounding is allowed for to first order (scipy's erfcx and ndtr are taken as good to
    8 units in the last place).
    """
    from scipy.special import erfcx, log_ndtr, ndtr

    a = mu / 2.0 - epsilon / mu
    # a itself carries the rounding of its two terms
    wobble = 4.0 * _UNIT * (mu + abs(epsilon) / mu)
    if a > 0.0:
        value = float(ndtr(a)) - math.exp(min(epsilon + float(log_ndtr(a - mu)), 0.0))
        slack = 16.0 * _UNIT * (1.0 + abs(epsilon)) + wobble
        if value <= 4.0 * slack:  # tiny mu: only the absolute error is known
            return -math.inf, math.log(max(value, 0.0) + slack)
        return math.log(value - slack), min(math.log(value + slack), 0.0)
    if not a > -1e140:  # a^2 would overflow; delta <= phi(a)/|a| is below e^-1e279
        return -math.inf, -1e279
    t = -a
    root = math.sqrt(math.pi / 2.0)
    first = root * float(erfcx(t / math.sqrt(2.0)))
    second = root * float(erfcx((t + mu) / math.sqrt(2.0)))
    difference = first - second
    slack = 16.0 * _UNIT * first
    base = -0.5 * a * a - _HALF_LOG_2PI
    wobble = wobble * (t + 1.0) + 8.0 * _UNIT * abs(base)
    high = base + math.log(max(difference, 0.0) + slack) + wobble
    low = base + math.log(difference - slack) - wobble if difference > slack else -math.inf
    return low, min(high, 0.0)


def gaussian_epsilon(mu: float, log_delta: float) -> tuple[float, float]:
    """Lower and upper end of the least eps >= 0 with delta(eps) <= e^log_delta."""
    return _crossing(mu, log_delta, 0), _crossing(mu, log_delta, 1)


@lru_cache(maxsize=65536)
def gaussian_epsilon_upper(mu: float, log_delta: float) -> float:
    """The upper end of `gaussian_epsilon` alone."""
    return _crossing(mu, log_delta, 1)


def _crossing(mu: float, log_delta: float, end: int) -> float:
    """Bisect to neighboring floats: the last known above the target, or the first known below."""
    if gaussian_log_delta(mu, 0.0)[end] <= log_delta:
        return 0.0
    low, high = 0.0, mu * (mu / 2.0 + math.sqrt(-2.0 * log_delta) + 2.0)
    while not gaussian_log_delta(mu, high)[end] <= log_delta:
        low, high = high, high * 2.0
        if not high < 1e300:
            raise NotConverged("Gaussian epsilon: no upper end was found")
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high if end else low
        if gaussian_log_delta(mu, middle)[end] <= log_delta:
            high = middle
        else:
            low = middle
