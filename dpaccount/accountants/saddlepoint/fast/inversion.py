"""delta(eps) from one line in float64, with a term for every error.

The same inversion as `certificates/inversion.py` on the same kind of line.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import OVER, NotKnown, U, add_logs, exp
from dpaccount.accountants.saddlepoint.fast.chart import Shelf
from dpaccount.accountants.saddlepoint.fast.nodes import Nodes
from dpaccount.accountants.saddlepoint.fast.plan import MAX_NODES
from dpaccount.certificates import Grid, Line, Run

__all__ = ["Inversion", "log_chernoff"]


def _nodes_of(run: Run, line: Line, kept: dict[Any, Any]) -> list[Nodes]:
    """The grids of a line with their sums, made once for equal ones."""
    found = []
    for release, grid in zip(run.releases, line.grids, strict=True):
        noise, rate = float(release.noise_multiplier), float(release.sampling_rate)
        key = (noise, rate, run.add, grid.spacing, grid.first, grid.last, grid.cut)
        if key not in kept:
            kept[key] = Nodes(*key)
        found.append(kept[key])
    return found


def _log_lost(steps: float, nodes: Nodes) -> float:
    """At least the logarithm of what the cut of so many steps loses (invert.cut)."""
    if not nodes.cut:
        return -math.inf
    return math.log(steps) + nodes.cut.log_lost(nodes.noise, nodes.rate) + 1e-9


def _chernoff_factor(c: float) -> float:
    """Logarithm of the factor of theorem invert.chernoff, from above."""
    return (c - 1.0) * math.log1p(-1.0 / c) - math.log(c) + 1e-12


def log_chernoff(run: Run, line: Line, epsilon: float, shelf: Shelf) -> float:
    """At least log delta(eps), eps >= 0, by the exponent c of a line alone (invert.chernoff)."""
    c, y = line.c, line.c - 1.0
    exponent, lost = 0.5 * float(run.mu_squared) * c * y, -math.inf
    size = exponent
    for release, grid, nodes in zip(
        run.releases, line.grids, _nodes_of(run, line, shelf.kept), strict=True
    ):
        steps, power = float(release.steps), 1.0 - c if run.add else c
        log_moment = steps * nodes.tilt(power, grid.strip).log_upper
        exponent, size = exponent + log_moment, size + abs(log_moment)
        lost = add_logs(lost, _log_lost(steps, nodes))
    size += y * epsilon + 10.0  # of all terms, the factor included
    found = exponent - y * epsilon + _chernoff_factor(c) + 1e-12 * size
    return add_logs(found, lost) + 1e-12 * size


class Inversion:
    """delta(eps) from one line, in float64, and a bound of every error.

    Everything is kept relative to e^F h / pi, F = log M(c) - (c-1) eps.

    Args:
        run: One direction.
        line: Where to invert.
        shelf: What runs share.
        upper_only: Whether lower ends are not wanted; what lies right of c is not looked at then.

    Raises:
        NotKnown: Where the line or the run is not one that the bounds are made for.
    """

    def __init__(
        self, run: Run, line: Line, shelf: Shelf | None = None, *, upper_only: bool = False
    ) -> None:
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
        self.upper_only = upper_only
        self.y = line.c - 1.0  # exact, as are the heights below
        self.mu_squared = float(run.mu_squared)
        self.heights = line.height * np.arange(1, line.nodes + 1)
        self.top = line.height * line.nodes
        with np.errstate(all="ignore"):  # what overflows is not finite, and so not known
            self._evaluate(shelf.kept if shelf else {})

    def _power(self, c: float) -> float:
        return 1.0 - c if self.run.add else c

    def _beyond(self, nodes: Nodes, grid: Grid, steps: float) -> float:
        """At least a release's part of log M(c')."""
        far = steps * nodes.tilt(self._power(self.line.beyond), grid.strip).log_upper
        return far + 1e-12 * abs(far)

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
        angle = 0.0 * t
        rounding = (8.0 + terms) * U * np.abs(log_size)  # one addition for each release
        self.log_lost = -math.inf
        # where |phi| is resolved
        large_enough, relative, log_most = t > 0.0, 0.0 * t, log_size
        for release, grid, nodes in zip(
            run.releases, line.grids, _nodes_of(run, line, kept), strict=True
        ):
            steps = float(release.steps)
            tilt = nodes.tilt(self._power(self.c), grid.strip, self.top)
            self.log_front += steps * tilt.log_moment
            self.front_error += steps * tilt.error
            size += steps * abs(tilt.log_moment)
            self.log_beyond += math.inf if self.upper_only else self._beyond(nodes, grid, steps)
            self.log_lost = add_logs(self.log_lost, _log_lost(steps, nodes))
            decay = nodes.log_decay(tilt, self.top, grid.shift, grid.margin)
            log_tail += steps * (decay - tilt.log_moment)
            log_tail += 8.0 * U * steps * (abs(decay) + abs(tilt.log_moment))
            # one of few, so that runs can share what is computed with it
            least = 1e-17 / 16.0 ** math.ceil(math.log2(steps) / 4.0)
            wave = nodes.wave(tilt, grid.strip, self.height, line.nodes, least)
            center += steps * wave.center
            center_size += steps * abs(wave.center)
            large_enough &= wave.resolved
            relative += steps * wave.relative
            rounding += (steps * U) * (wave.rounding + (10.0 + terms) * wave.size)
            log_size = log_size + steps * wave.shrunk
            angle = angle + steps * wave.turned
            log_most = log_most + steps * wave.log_most
        self.center = center
        self.center_error = (terms + 4.0) * U * center_size
        self.front_error += terms * U * size
        self.front_error *= OVER
        self.tail = exp(log_tail + 1e-9) / (self.height * self.top) * OVER
        # P + i Q = z (z - 1); |P| <= c y + t^2 <= |z (z-1)|
        c, y = self.c, self.y
        p, q = c * y - t * t, t * (c + y)
        poles = np.sqrt((c * c + t * t) * (y * y + t * t))
        # (1 + x/T)^T - 1 <= 1.3 x for x <= 1/2; what is less well known counts as an error
        known = large_enough & (relative < 0.5) & (rounding < 1e-3)
        value = np.where(known, np.exp(log_size) / poles, 0.0)
        count = float(len(t))
        errors = value * (1.3 * relative + 1.1 * rounding + U * (80.0 + 3.0 * count))
        # |phi| <= 1, whatever is known of it
        most = np.exp(np.minimum(log_most * (1.0 - 1e-9) + 1e-9, 0.0)) / poles
        errors += np.where(known, 0.0, most * (1.0 + 1e-6))
        self.first = 0.5 / (c * y)
        self.by_cosine, self.by_sine, self.angle = value * p / poles, value * q / poles, angle
        # of the angle t (center - eps) + angle, apart from what eps adds
        self.sum_error = OVER * (
            float(errors.sum()) + U * (count + 20.0) * self.first
            + float(value @ (2.0 * U * np.abs(angle) + t * self.center_error))
        )  # fmt: skip
        self.moved = float(value @ t) * OVER
        self.log_chernoff = _chernoff_factor(self.c)
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

    def log_bounds(self, epsilon: float, inexact: float = 0.0) -> tuple[float, float]:
        """Logarithms of both ends of delta; -inf and inf are true, NaN is not known.

        Args:
            epsilon: A float, taken as it is,
            inexact: or as a number within so much of it, relatively.
        """
        size, offset = abs(epsilon), self.center - epsilon
        with np.errstate(all="ignore"):  # what is not finite is not known
            turns = self.heights * offset + self.angle
            waves = np.cos(turns) @ self.by_cosine + np.sin(turns) @ self.by_sine
        value = self.first + float(waves)
        error = self.sum_error + self.moved * (4.0 * U * abs(offset) + inexact * size)
        pulled = self.y * epsilon
        front = self.log_front - pulled
        drift = self.front_error + (4.0 * U + inexact) * abs(pulled) + 4.0 * U * abs(front)
        if not drift < 0.5:
            return math.nan, math.nan
        # the two alias sums; their exponents are within a billionth
        scale = math.pi / self.height * (1.0 + 1e-6)
        left = exp(-self.left * (1.0 - 1e-12) - front + drift) / -math.expm1(-self.left)
        above = self.log_beyond - (self.line.beyond - 1.0) * epsilon
        above += (self.line.beyond - 1.0) * (inexact + 4.0 * U) * size + drift
        right = exp(above - front - self.right * (1.0 - 1e-12)) / -math.expm1(-self.right)
        lost = exp(self.log_lost - front + drift) * scale
        # value, error and tail are relative to the exact front, within `drift` of this one
        tail = self.tail * (1.0 + 1.3 * drift)
        high = (value + error) * (1.0 + 1.3 * drift) + tail + lost
        low = max(value - error, 0.0) * (1.0 - 1.3 * drift)  # NaN stays NaN
        low = max(low - tail - scale * (left + right), 0.0)
        slack = 16.0 * U * (abs(front) + abs(self.log_unit) + 1.0)
        # invert.chernoff holds on any line
        chernoff = add_logs(front + (1.3 * drift + self.log_chernoff + slack), self.log_lost)
        chernoff += 4.0 * U * abs(chernoff)
        if not (math.isfinite(high) and math.isfinite(low) and high > 0.0):
            return math.nan, chernoff
        # a NaN in the first place stays
        log_high = min(chernoff, self._log_above(high, front, slack))
        return self._log_below(low, front, slack), log_high

    def _log_above(self, high: float, front: float, slack: float) -> float:
        log_high = math.log(high)
        return front + self.log_unit + log_high + slack + 16.0 * U * abs(log_high)

    def _log_below(self, low: float, front: float, slack: float) -> float:
        if not low > 0.0:
            return -math.inf
        log_low = math.log(low)
        return front + self.log_unit + log_low - slack - 16.0 * U * abs(log_low)
