"""The least of rate e^eps + delta(eps) over all real eps, from both sides.

With k = e^eps, g(k) = rate k + delta(log k) is convex: delta is the supremum over events E of
P(E) - k Q(E). Any one point gives an upper end. A lower end needs points around the least one:
between and beyond them g lies above the chords through neighboring points, extended.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dpaccount._search import least
from dpaccount.guarantees.bound import Bound
from dpaccount.theorems import risk

__all__ = ["HIGHEST", "LOWEST", "Point", "guess", "infimum", "lower_end"]

#: Below -64, e^eps adds nothing that a float could hold.
LOWEST, HIGHEST = -64.0, 2.0**30
_GRID = sorted([0.0] + [s * 2.0**k for k in range(-6, 31) for s in (-1, 1) if s * 2.0**k >= LOWEST])
#: What a handful of float operations may lose, relatively: with values, and with lengths in k,
#: whose exponents go up to `_SPAN`.
_LOSS, _LOSS_OF_LENGTHS = 2.0**-48, 2.0**-41
_SPAN = 600.0


@dataclass(frozen=True)
class Point:
    """One eps, what delta is there, and the ends of log g."""

    epsilon: float
    delta: Bound
    log_lower: float | None
    log_upper: float

    @staticmethod
    def at(epsilon: float, delta: Bound, log_rate: float) -> Point:
        """Evaluate g where delta is known."""
        assert delta.log_upper is not None  # the caller has refused what is no guarantee
        # the rate's own logarithm, the sums and the sum's logarithm are rounded
        slack = 2.0**-49 * (1.0 + abs(log_rate) + abs(epsilon))
        high = float(risk.TPR(log_rate, epsilon, delta.log_upper))
        high += slack + 2.0**-49 * abs(high)
        if delta.log_lower is None:
            return Point(epsilon, delta, None, high)
        low = float(risk.TPR(log_rate, epsilon, delta.log_lower))
        return Point(epsilon, delta, low - slack - 2.0**-49 * abs(low), high)


def guess(log_delta: Callable[[float], float], log_rate: float) -> float:
    """An eps near the least g, from a doubling grid and a search around its best point.

    Nothing rests on it but tightness.
    """

    def value(eps: float) -> float:
        return float(risk.TPR(log_rate, eps, log_delta(eps)))

    top = min(max(-log_rate, 0.0), HIGHEST)  # beyond it g exceeds 1
    grid = [*(x for x in _GRID if x < top), top]
    values = [value(x) for x in grid]
    best = min(range(len(grid)), key=values.__getitem__)
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = [(values[best], grid[best]), least(value, low, high, 1e-8 * (high - low))]
    # where g is flat, rounding decides which point is the least one; it may fall at the far end
    last = max(i for i, g in enumerate(values) if g <= values[best] + 1e-9)
    if last > best and last + 1 < len(grid):
        low, high = grid[last], grid[last + 1]
        found.append(least(value, low, high, 1e-8 * (high - low)))
    return min(found)[1]


def infimum(delta: Callable[[Fraction], Bound], log_rate: float, start: float) -> list[Point]:
    """Points around the least g: three after a good guess and never more than fifteen.

    One alone where delta has no lower ends.

    Args:
        delta: Delta at an exact eps.
        log_rate: Logarithm of the rate, finite.
        start: Where the least g is thought to be; nothing rests on it but tightness.
    """

    def at(eps: float) -> Point:
        # the exact value of the float, not the decimal that it prints as
        return Point.at(eps, delta(Fraction(eps)), log_rate)

    points, target = _around(at, log_rate, start)
    for _ in range(2):
        best = min(points, key=lambda p: p.log_upper)
        if best.log_lower is None or best.epsilon == start:
            break
        if not best.log_upper - lower_end(points, log_rate) > max(1e-8, 30.0 * target):
            break
        start = best.epsilon  # the guess was off: once more from where it led
        points += _around(at, log_rate, start)[0]
    return points


def _around(
    at: Callable[[float], Point], log_rate: float, start: float
) -> tuple[list[Point], float]:
    """At most five points around the least g, near `start`, and the width hoped for."""
    middle = at(start)
    if middle.log_lower is None:
        return [middle], 0.0
    noise = middle.log_upper - middle.log_lower
    assert middle.delta.log_upper is not None  # as in Point.at
    # where the loss falls off as e^(-c x) beyond eps, c = rate e^eps / delta is log g's curvature
    log_c = min(max(start + log_rate - middle.delta.log_upper, -40.0), 80.0)
    target = min(max(2.0**-36, 16.0 * noise), 1.0)
    h = max(math.sqrt(target * math.exp(-log_c)), abs(start) * 2.0**-44, 2.0**-60)
    h = min(h, 1.0)
    left, right = at(start - h), at(start + h)
    points = [left, middle, right]
    width = middle.log_upper - lower_end(points, log_rate)
    if width <= 2.0 * target or left.log_lower is None or right.log_lower is None:
        return points, target
    rise = math.log(1e3 * noise) - log_rate  # there rate e^eps alone stands out of the noise
    if middle.log_upper > -1e-6 and rise > start + h:
        return [*points, at(rise)], target
    f1, f2, f3 = (0.5 * ((p.log_lower or 0.0) + p.log_upper) for p in points)
    slope, bend = 0.5 * (f3 - f1) / h, (f1 - 2.0 * f2 + f3) / h**2
    if not max(abs(slope) * h, bend * h**2) > 4.0 * noise:  # as flat as far as one can see
        far = 64.0 * h if h < 2.0**-6 else 8.0 * h
        return [*points, at(start - far), at(start + far)], target
    step = -slope / (bend if bend > 0.0 else math.exp(log_c))
    if not abs(step) > 1.5 * h:
        return [*points, at(start + math.copysign(2.0 * h, step))], target
    step = math.copysign(min(abs(step), 1.0 + 0.5 * abs(start)), step)
    beyond = start + step + math.copysign(math.sqrt(h * abs(step)), step)
    return [*points, at(start + step), at(beyond)], target


def _rising(above: float, below: float, run: float) -> float:
    """At least the slope from a number >= `below` to one <= `above`, and at least 0."""
    return max(above - below, 0.0) / run * (1.0 + _LOSS_OF_LENGTHS)


def _line(start: float, fall: float, run: float) -> float:
    """At most `start` less `fall` a unit."""
    return start * (1.0 - _LOSS) - fall * run * (1.0 + _LOSS_OF_LENGTHS)


def lower_end(points: Sequence[Point], log_rate: float) -> float:
    """At most the logarithm of the least g over all k > 0.

    Left of k_i the chord through k_i and k_{i+1} lies below g, right of k_{i+1} too; everywhere g
    is at least rate k, and left of k_i at least delta there.
    """
    log_ref = min(p.log_upper for p in points)
    # what is far above the least would overflow and says nothing
    known = [p for p in points if p.log_lower is not None and p.log_upper < log_ref + _SPAN]
    ends = [p.epsilon for p in known]
    origin = 0.5 * (min(ends) + max(ends)) if ends else 0.0
    near = sorted((p for p in known if abs(p.epsilon - origin) < _SPAN), key=lambda p: p.epsilon)
    known = near[:1]
    for p in near:  # what coincides, or is too close for its distance to be a float, is left out
        if p.epsilon - known[-1].epsilon > 2.0**-100:
            known.append(p)
    # a test that tosses a coin reaches the rate itself
    coin = log_rate - 2.0**-49 * (1.0 + abs(log_rate))
    if not known:
        return coin

    def scaled(log: float | None, side: float) -> float:
        return math.exp((-math.inf if log is None else log) - log_ref) * (1.0 + side * _LOSS)

    low = [scaled(p.log_lower, -1) for p in known]
    high = [scaled(p.log_upper, 1) for p in known]
    delta = [scaled(p.delta.log_lower, -1) for p in known]
    size = 1.0 + abs(log_rate) + max(abs(p.epsilon) for p in known)
    line = [scaled(p.epsilon + log_rate - 2.0**-49 * size, -1) for p in known]
    k = [math.exp(p.epsilon - origin) for p in known]  # in units of e^origin
    gap = [
        -math.exp(b.epsilon - origin) * math.expm1(a.epsilon - b.epsilon)
        for a, b in itertools.pairwise(known)
    ]
    last = len(known) - 1

    found = [delta[0], line[last]]  # left of the first, right of the last
    if last:
        fall = _rising(high[1], low[0], gap[0])
        found[0] = max(found[0], _line(low[0], fall, k[0]))
        fall = _rising(high[last - 1], low[last], gap[last - 1])
        # the falling chord meets the rising rate k no further than there
        rise = line[last] / k[last] * (1.0 - _LOSS_OF_LENGTHS)
        meet = max(low[last] - line[last], 0.0) / (fall + rise) * (1.0 + _LOSS) if fall else 0.0
        found[1] = max(found[1], _line(low[last], fall, meet))
    for i in range(last):
        between = [line[i] + delta[i + 1]]
        if i:
            between.append(_line(low[i], _rising(high[i - 1], low[i], gap[i - 1]), gap[i]))
        if i + 1 < last:
            fall = _rising(high[i + 2], low[i + 1], gap[i + 1])
            between.append(_line(low[i + 1], fall, gap[i]))
        found.append(max(between))
    value = min(found)
    if not value > 0.0:
        return coin
    total = math.log(value) + log_ref
    return max(coin, total - 2.0**-48 * (1.0 + abs(total) + abs(log_ref)))
