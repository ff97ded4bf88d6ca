"""Both ends of eps and delta in float64, rounding bounded a priori: proved, not certified.

The same inversion as `certificates/inversion.py` on the same kind of line, in floats; each error
has a term in `Inversion`, and what is assumed of floating point stands in `fast_nodes`. Where a
bound gets wide the bracket gets wide, and where anything overflows or is not a number the end is
None, "not known": the caller then asks the ball arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from dpaccount._validate import Exact, log_of
from dpaccount.accountants.saddlepoint.fast_nodes import Nodes, NotKnown, U, add_logs, exp
from dpaccount.accountants.saddlepoint.fast_plan import MAX_NODES, Outlook, Shelf
from dpaccount.certificates import Line, Run

__all__ = ["FastEnds", "Inversion", "fast_delta", "fast_epsilon", "fast_epsilons", "fast_log_delta"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_OVER = 1.001
_WIDTH = 1e-10
_TRIES = np.array([1.0, 1.03, 1.3, 2.5, 10.0, 100.0])


@dataclass(frozen=True)
class FastEnds:
    """Both ends, as far as they are known.

    Args:
        lower: At most the truth; None: not known.
        upper: At least the truth; None: not known.
        log_lower: Of delta only: its logarithm; -inf where nothing better is known.
        log_upper: Of delta only.
        line: The line that shows them.
    """

    lower: float | None
    upper: float | None
    log_lower: float | None = None
    log_upper: float | None = None
    line: Line | None = None


_NOTHING = FastEnds(None, None)


class Inversion:
    """delta(eps) from one line, in float64, and a bound of every error.

    Everything is kept relative to e^F h / pi, F = log M(c) - (c-1) eps.

    Raises:
        NotKnown: Where the line or the run is not one that the bounds are made for.
    """

    def __init__(self, run: Run, line: Line, shelf: Shelf | None = None) -> None:
        short = math.ldexp(math.frexp(line.height)[0], 24)
        if not (
            1.0 < line.c < line.beyond < 1e12
            and 0.0 < line.height < 1e100
            and short == math.floor(short)
            and 1 <= line.nodes <= 10 * MAX_NODES
            and len(line.grids) == len(run.releases)
            and not any(grid.core for grid in line.grids)
        ):
            raise NotKnown("a line that the bounds are not made for")
        self.run, self.line, self.c, self.height = run, line, line.c, line.height
        self.y = line.c - 1.0  # exact, as are the heights below
        self.mu_squared = float(run.mu_squared)
        self.heights = line.height * np.arange(1, line.nodes + 1)
        self.top = line.height * line.nodes
        with np.errstate(all="ignore"):  # what overflows is not finite, and so not known
            self._evaluate(shelf.kept if shelf else {})

    def _nodes(self, kept: dict[Any, Any]) -> list[Nodes]:
        found = []
        for release, grid in zip(self.run.releases, self.line.grids, strict=True):
            noise, rate = float(release.noise_multiplier), float(release.sampling_rate)
            key = (noise, rate, self.run.add, grid.spacing, grid.first, grid.last, grid.cut)
            if key not in kept:
                kept[key] = Nodes(*key)
            found.append(kept[key])
        return found

    def _power(self, c: float) -> float:
        return 1.0 - c if self.run.add else c

    def _evaluate(self, kept: dict[Any, Any]) -> None:
        run, line, t = self.run, self.line, self.heights
        terms = len(run.releases) + 4
        # at c: F + (c-1) eps, its error, and the tail; at c': log M from above
        gauss = 0.5 * self.mu_squared * self.c * self.y
        self.log_front, self.front_error, size = gauss, 8.0 * U * gauss, gauss
        log_tail = -0.5 * self.mu_squared * self.top**2 * (1.0 - 1e-12)
        self.log_beyond = 0.5 * self.mu_squared * line.beyond * (line.beyond - 1.0) * (1.0 + 1e-12)
        center = self.mu_squared * (self.c - 0.5)
        center_size = center
        log_size = -0.5 * self.mu_squared * t * t
        angle = np.zeros_like(t)
        rounding = 8.0 * U * np.abs(log_size)
        self.log_lost = -math.inf
        relative, log_most = np.zeros_like(t), log_size.copy()
        for release, grid, nodes in zip(run.releases, line.grids, self._nodes(kept), strict=True):
            steps = float(release.steps)
            tilt = nodes.tilt(self._power(self.c), grid.strip, self.top)
            far = nodes.tilt(self._power(line.beyond), grid.strip)
            self.log_front += steps * tilt.log_moment
            self.front_error += steps * tilt.error
            size += steps * abs(tilt.log_moment)
            self.log_beyond += steps * far.log_upper + 1e-12 * steps * abs(far.log_upper)
            if nodes.cut:  # invert.cut
                lost = math.log(steps) + nodes.cut.log_lost(nodes.noise, nodes.rate)
                self.log_lost = add_logs(self.log_lost, lost + 1e-9)
            decay = nodes.log_decay(tilt, self.top, grid.shift, grid.margin)
            log_tail += steps * (decay - tilt.log_moment)
            log_tail += 8.0 * U * steps * (abs(decay) + abs(tilt.log_moment))
            least = 1e-17 / steps
            m, a, b, error = nodes.transform(tilt, self.height, line.nodes, least)
            center += steps * m
            center_size += steps * abs(m)
            # log of the power; a^2 + b^2 + 2 a within 3 U of its terms
            square = a * a + b * b
            change = 2.0 * a + square
            large = np.hypot(1.0 + a, b) * (1.0 + 8.0 * U)
            shrunk = 0.5 * np.log1p(np.maximum(change, -1.0 + 2.0**-50))
            turned = np.arctan2(b, 1.0 + a)
            least_square = np.maximum(1.0 + change, 2.0**-50)
            relative += steps * error / np.sqrt(least_square)
            rounding += (steps * U) * (
                2.0 * (2.0 * np.abs(a) + square) / least_square
                + (10.0 + terms) * (np.abs(shrunk) + np.abs(turned))
                + 2.0 * np.abs(b) / np.sqrt(least_square)
            )
            log_size = log_size + steps * shrunk
            angle = angle + steps * turned
            log_most = log_most + steps * np.log(large + error)
        self.center = center
        self.center_error = (terms + 4.0) * U * center_size
        self.front_error += terms * U * size
        self.front_error *= _OVER
        self.tail = exp(log_tail + 1e-9) / (self.height * self.top) * _OVER
        # P + i Q = z (z - 1); |P| <= c y + t^2 <= |z (z-1)|
        c, y = self.c, self.y
        p, q = c * y - t * t, t * (c + y)
        poles = np.sqrt((c * c + t * t) * (y * y + t * t))
        # (1 + x/T)^T - 1 <= 1.3 x for x <= 1/2; what is less well known counts as an error
        known = (relative < 0.5) & (rounding < 1e-3)
        value = np.where(known, np.exp(log_size) / poles, 0.0)
        count = float(len(t))
        errors = value * (1.3 * relative + 1.1 * rounding + U * (80.0 + 3.0 * count))
        # |phi| <= 1, whatever is known of it
        most = np.exp(np.minimum(log_most * (1.0 - 1e-9) + 1e-9, 0.0)) / poles
        errors += np.where(known, 0.0, most * (1.0 + 1e-6))
        self.first = 0.5 / (c * y)
        self.by_cosine, self.by_sine, self.angle = value * p / poles, value * q / poles, angle
        # of the angle t (center - eps) + angle, apart from what eps adds
        self.sum_error = _OVER * (
            float(errors.sum()) + U * (count + 20.0) * self.first
            + float(value @ (2.0 * U * np.abs(angle) + t * self.center_error))
        )  # fmt: skip
        self.moved = float(value @ t) * _OVER
        self.log_chernoff = self.y * math.log1p(-1.0 / self.c) - math.log(self.c) + 1e-12
        self.log_unit = math.log(self.height / math.pi)
        self.left = 2.0 * math.pi * y / self.height
        self.right = 2.0 * math.pi * (line.beyond - c) / self.height
        if not (self.front_error < 0.5 and self.left < 1e6 and self.right < 1e6):
            raise NotKnown("rounding that is not small")

    def rough(self, epsilon: float) -> tuple[float, float]:
        """About log delta and its derivative; NaN where the sum is not positive."""
        turns = self.heights * (self.center - epsilon) + self.angle
        sine, cosine = np.sin(turns), np.cos(turns)
        value = self.first + float(self.by_cosine @ cosine + self.by_sine @ sine)
        slope = float((self.by_cosine * sine - self.by_sine * cosine) @ self.heights)
        if not value > 0.0:
            return math.nan, math.nan
        front = self.log_front - self.y * epsilon + self.log_unit
        return front + math.log(value), slope / value - self.y

    def spread(self, epsilon: float, log_delta: float) -> tuple[float, float]:
        """About how far log delta may be above and below its estimate there; untrusted."""
        front = self.log_front - self.y * epsilon
        value = exp(log_delta - front - self.log_unit)
        above = self.log_beyond - (self.line.beyond - 1.0) * epsilon
        alias = exp(-self.left - front) + exp(above - front - self.right)
        drift = 1.3 * (self.front_error + 8.0 * U * (abs(self.y * epsilon) + abs(front)))
        drift += 32.0 * U * (abs(front) + abs(self.log_unit) + 1.0)
        lost = exp(self.log_lost - front) * math.pi / self.height
        up = (self.sum_error + self.tail + lost) / value + drift
        down = up + alias * math.pi / self.height / value
        return min(up * 1.02, 3.0), min(down * 1.02, 3.0)

    def log_bounds(self, epsilons: Array, inexact: float = 0.0) -> tuple[Array, Array]:
        """Logarithms of both ends of delta at each eps; -inf and inf are true, NaN is not known.

        Args:
            epsilons: Floats, taken as they are,
            inexact: or as numbers within so much of them, relatively.
        """
        with np.errstate(all="ignore"):
            return self._log_bounds(epsilons, inexact)

    def _log_bounds(self, epsilons: Array, inexact: float) -> tuple[Array, Array]:
        size = np.abs(epsilons)
        offset = self.center - epsilons
        turns = np.multiply.outer(offset, self.heights) + self.angle
        value = self.first + np.cos(turns) @ self.by_cosine + np.sin(turns) @ self.by_sine
        error = self.sum_error + self.moved * (4.0 * U * np.abs(offset) + inexact * size)
        pulled = self.y * epsilons
        front = self.log_front - pulled
        drift = self.front_error + (4.0 * U + inexact) * np.abs(pulled) + 4.0 * U * np.abs(front)
        # the two alias sums; their exponents are within a billionth
        scale = math.pi / self.height * (1.0 + 1e-6)
        left = np.exp(-self.left * (1.0 - 1e-12) - front + drift) / -math.expm1(-self.left)
        above = self.log_beyond - (self.line.beyond - 1.0) * epsilons
        above += (self.line.beyond - 1.0) * (inexact + 4.0 * U) * size + drift
        right = np.exp(above - front - self.right * (1.0 - 1e-12)) / -math.expm1(-self.right)
        lost = np.exp(self.log_lost - front + drift) * scale
        high = (value + error) * (1.0 + 1.3 * drift) + self.tail + lost
        low = np.maximum(value - error, 0.0) * (1.0 - 1.3 * drift)
        low = np.maximum(low - self.tail - scale * (left + right), 0.0)
        good = (drift < 0.5) & np.isfinite(high) & np.isfinite(low) & (high > 0.0)
        log_high = front + self.log_unit + np.log(high)
        log_low = front + self.log_unit + np.log(low)
        slack = 16.0 * U * (np.abs(front) + abs(self.log_unit) + 1.0)
        log_high += slack + 16.0 * U * np.abs(np.log(high))
        log_low -= slack + 16.0 * U * np.where(low > 0.0, np.abs(np.log(low)), 0.0)
        # invert.chernoff holds on any line
        chernoff = np.logaddexp(front + (1.3 * drift + self.log_chernoff + slack), self.log_lost)
        chernoff += 4.0 * U * np.abs(chernoff)
        log_high = np.where(good & (log_high < chernoff), log_high, chernoff)
        log_high = np.where(drift < 0.5, log_high, np.nan)
        return np.where(good, log_low, np.nan), log_high


def _covers(run: Run) -> bool:
    """Whether there is a line to invert; one Gaussian or one release has a closed form."""
    return bool(run.releases) and (
        bool(run.mu_squared) or len(run.releases) > 1 or run.releases[0].steps > 1
    )


def fast_epsilon(run: Run, delta: Exact, width: float = _WIDTH) -> FastEnds:
    """The least eps >= 0 with delta(eps) <= delta, from both sides.

    Args:
        run: One direction.
        delta: In (0, 1).
        width: Relative width that is aimed at.
    """
    with np.errstate(all="ignore"):
        return _epsilon(run, log_of(delta), width, Shelf())


def fast_epsilons(runs: Sequence[Run], delta: Exact, width: float = _WIDTH) -> list[FastEnds]:
    """`fast_epsilon` of many runs; equal settings share what does not depend on steps."""
    log_delta, shelf = log_of(delta), Shelf()
    with np.errstate(all="ignore"):
        try:
            shelf.reserve((run for run in runs if _covers(run)), log_delta)
        except (ArithmeticError, ValueError):  # each by itself, then
            shelf = Shelf()
        return [_epsilon(run, log_delta, width, shelf) for run in runs]


def _epsilon(run: Run, log_delta: float, width: float, shelf: Shelf) -> FastEnds:
    if not _covers(run):
        return _NOTHING
    try:
        return _solve(run, log_delta, width, shelf)
    except (ArithmeticError, ValueError):  # NotKnown, and overflow of Python's own floats
        return _NOTHING


def _solve(run: Run, log_delta: float, width: float, shelf: Shelf) -> FastEnds:
    outlook = Outlook(run, shelf, log_delta)
    epsilon = max(outlook.epsilon_at(log_delta), 0.0)
    best = _NOTHING
    least = -36.0
    for _ in range(4):
        k = int(np.searchsorted(outlook.epsilons, epsilon))
        slope = float(outlook.y[min(k, len(outlook.y) - 1)])
        wanted = math.log(max(0.05 * width * max(epsilon, 1e-6 / slope) * slope, 1e-300))
        found = outlook.line(epsilon, log_delta, min(max(wanted, least), -6.0))
        if found is None:  # too many nodes: fewer
            if least >= -12.0:
                break
            least = -20.0 if least < -20.0 else -12.0
            continue
        inversion = Inversion(run, found, shelf)
        lower, upper, middle = _ends(inversion, epsilon, log_delta)
        best = _tighter(best, FastEnds(lower, upper, line=found))
        moved, epsilon = abs(middle - epsilon) * inversion.y, middle
        if lower is not None and upper is not None and (
            upper - lower <= width * upper or moved < 0.7
        ):  # fmt: skip
            break
    return best


def _tighter(one: FastEnds, other: FastEnds) -> FastEnds:
    """What both know."""
    lower = _best(max, one.lower, other.lower)
    upper = _best(min, one.upper, other.upper)
    return FastEnds(lower, upper, line=other.line if upper == other.upper else one.line)


def _best(
    pick: Callable[[float, float], float], one: float | None, other: float | None
) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return pick(one, other)


def _newton(inversion: Inversion, epsilon: float, log_delta: float) -> tuple[float, float]:
    """About the eps with that delta, and the slope there."""
    slope = inversion.y
    for _ in range(12):
        value, derivative = inversion.rough(epsilon)
        if not (math.isfinite(value) and derivative < 0.0):
            epsilon -= 0.5 / slope  # to the right of what the line resolves
            continue
        slope = -derivative
        step = min(max((value - log_delta) / slope, -3.0 / slope), 3.0 / slope)
        epsilon += step
        if abs(step) * slope < 1e-6:  # the next one would be of second order
            break
    return epsilon, slope


def _ends(
    inversion: Inversion, guess: float, log_delta: float
) -> tuple[float | None, float | None, float]:
    """Ends that were seen to hold on one line, and about where delta is met."""
    target_error = 8.0 * U * abs(log_delta)
    root, slope = _newton(inversion, guess, log_delta)
    if not math.isfinite(root):
        return None, None, guess
    if root <= 0.0:
        _, high = inversion.log_bounds(np.zeros(1))
        if high[0] <= log_delta - target_error:
            return 0.0, 0.0, 0.0
        root = 0.0
    up, down = inversion.spread(root, log_delta)
    least = 4.0 * math.ulp(root) + 1e-300
    candidates = np.concatenate([
        root + _TRIES * (up / slope + least),
        np.maximum(root - _TRIES * (down / slope + least), 0.0),
    ])  # fmt: skip
    lows, highs = inversion.log_bounds(candidates)
    count = len(_TRIES)
    fits = np.nonzero(highs[:count] <= log_delta - target_error)[0]
    upper = float(candidates[fits[0]]) if fits.size else None
    fits = np.nonzero(lows[count:] >= log_delta + target_error)[0]
    lower = float(candidates[count + fits[0]]) if fits.size else None
    if lower is None and candidates[-1] == 0.0:
        lower = 0.0  # eps is not negative
    return lower, upper, max(root, 0.0)


def fast_delta(run: Run, epsilon: Exact, width: float = _WIDTH) -> FastEnds:
    """Both ends of delta(eps) at any real eps, and of its logarithm.

    Args:
        run: One direction.
        epsilon: Any real number.
        width: Relative width of delta that is aimed at.
    """
    if not _covers(run):
        return _NOTHING
    if epsilon < 0:
        other = fast_delta(replace(run, add=not run.add), Exact(-epsilon), width)
        return _reflected(other, float(epsilon))
    with np.errstate(all="ignore"):
        try:
            return _delta(run, epsilon, width)
        except (ArithmeticError, ValueError):
            return _NOTHING


def _delta(run: Run, epsilon: Fraction, width: float) -> FastEnds:
    value, shelf = float(epsilon), Shelf()
    if run.add and not run.mu_squared:  # invert.support
        edge = -sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)
        if value >= edge * (1.0 + 1e-9):
            return FastEnds(0.0, 0.0, -math.inf, -math.inf)
    outlook = Outlook(run, shelf, -30.0, value)
    log_delta = outlook.log_delta_at(value)
    if log_delta < -40.0:
        outlook = Outlook(run, shelf, log_delta, value)
        log_delta = outlook.log_delta_at(value)
    low, high, line = -math.inf, 0.0, None
    for log_tolerance in (math.log(width) - 3.0, math.log(width) - 3.0, -12.0):
        found = outlook.line(value, log_delta, log_tolerance)
        if found is None:
            continue
        inversion = Inversion(run, found, shelf)
        lows, highs = inversion.log_bounds(np.array([value]), inexact=2.0 * U)
        if lows[0] > low:
            low, line = float(lows[0]), found
        if highs[0] < high:
            high, line = float(highs[0]), found
        if high - low <= width:
            break
        rough, _ = inversion.rough(value)
        if math.isfinite(rough):
            log_delta = rough
    return FastEnds(_exp_below(low), _exp_above(high), low, high, line)


def _reflected(other: FastEnds, epsilon: float) -> FastEnds:
    """pair.reflection: delta(eps) = 1 - e^eps + e^eps delta'(-eps), with the other direction's."""
    front, factor = -math.expm1(epsilon), math.exp(epsilon)
    # known even where delta' is not: it lies in [0, 1]; all within 20 U
    low = front + factor * (other.lower or 0.0)
    high = front + factor * (1.0 if other.upper is None else other.upper)
    low, high = low * (1.0 - 32.0 * U), min(high * (1.0 + 32.0 * U), 1.0)
    return FastEnds(
        low, high, math.log(low) - 8.0 * U, min(math.log(high) + 8.0 * U, 0.0), other.line
    )


def _exp_below(log: float) -> float:
    """At most e^log."""
    return max(math.exp(log) * (1.0 - 16.0 * U) - 1e-320, 0.0)


def _exp_above(log: float) -> float:
    """At least e^log; never 0."""
    return min(math.exp(log) * (1.0 + 16.0 * U) + 1e-320, 1.0)


def fast_log_delta(run: Run) -> Callable[[float], float]:
    """About log delta as a function of eps, cheap to call often; untrusted.

    Lines are kept: an eps near an earlier one costs a few microseconds. NaN where nothing is known.
    """
    shelf, lines = Shelf(), []  # type: ignore[var-annotated]

    def curve(epsilon: float) -> float:
        with np.errstate(all="ignore"):
            try:
                for inversion in reversed(lines):
                    lows, highs = inversion.log_bounds(np.array([epsilon]))
                    if highs[0] - lows[0] < 1e-8:
                        return float(0.5 * (lows[0] + highs[0]))
                outlook = Outlook(run, shelf, -60.0, epsilon)
                log_delta = outlook.log_delta_at(epsilon)
                for _ in range(3):
                    line = outlook.line(epsilon, log_delta, -26.0)
                    if line is None:
                        return log_delta
                    inversion = Inversion(run, line, shelf)
                    found, _ = inversion.rough(epsilon)
                    lines.append(inversion)
                    if not math.isfinite(found) or abs(found - log_delta) < 2.0:
                        break
                    log_delta = found
                return found
            except (ArithmeticError, ValueError):
                return math.nan

    return curve
