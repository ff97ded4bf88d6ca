"""A lean plan for the float64 tier: untrusted, well below a millisecond for one release.

The saddle point approximation along the lattice of `chart` gives eps or log delta without a search;
a line is then chosen among the points of the lattice.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import Array
from dpaccount.accountants.saddlepoint.fast.chart import PER_OCTAVE, Chart, Shelf, ladder, prospect
from dpaccount.certificates import Grid, Line, Run, Window

__all__ = ["MAX_NODES", "Outlook"]

MAX_NODES = 30_000
_MAX_WORK = 40_000_000
_HEIGHTS = np.geomspace(0.8, 6.0, 11)
_ANGLES = np.geomspace(0.4, 4.0, 7)
_STRIPS = np.concatenate([np.geomspace(0.01, 0.8, 9), [1.05, 1.3, 1.56]])
_COSINES, _ONES = np.cos(_STRIPS), np.ones(len(_STRIPS))
_MARGINS = np.array([0.15, 0.4, 0.7, 1.0])


class Outlook:
    """A run over the lattice: where eps and delta lie, and lines for them."""

    def __init__(self, run: Run, shelf: Shelf, log_delta: float, epsilon: float = 0.0) -> None:
        self.run = run
        places, keys = prospect(run, log_delta, epsilon)
        self.first = places[0]
        mu_squared = float(run.mu_squared)
        y = 2.0 ** (np.arange(places[0], places[1] + 1) / PER_OCTAVE)
        self.c = 1.0 + y
        self.y = self.c - 1.0  # exact
        self.log_m = 0.5 * mu_squared * self.c * self.y
        self.mean = mu_squared * (self.c - 0.5)
        self.spread = mu_squared + 0.0 * y
        self.charts, self.offsets, self.steps = [], [], []
        for release, key in zip(run.releases, keys, strict=True):
            chart = shelf.chart(key, places)
            offset = places[0] - chart.places[0]
            inside = slice(offset, offset + len(y))
            steps = float(release.steps)
            self.log_m = self.log_m + steps * chart.log_moment[inside]
            self.mean = self.mean + steps * chart.mean[inside]
            self.spread = self.spread + steps * chart.variance[inside]
            self.charts.append(chart)
            self.offsets.append(offset)
            self.steps.append(steps)
        self.log_poles = np.log(self.c * self.y)
        self.log_factor = self.y * np.log1p(-1.0 / self.c) - np.log(self.c)
        self.epsilons, self.logs = self._curve(1.0)

    def _curve(self, times: float) -> tuple[Array, Array]:
        """The saddle point approximation of so many such runs: eps and log delta for each c."""
        epsilons = times * self.mean - 1.0 / self.c - 1.0 / self.y
        curvature = times * self.spread + 1.0 / self.c**2 + 1.0 / self.y**2
        logs = (
            times * self.log_m - self.y * epsilons - self.log_poles
            - 0.5 * np.log(2.0 * math.pi * curvature)
        )  # fmt: skip
        return epsilons, logs

    def epsilon_at(self, log_delta: float, times: float = 1.0) -> float:
        """About the eps of a delta, for so many such runs."""
        epsilons, logs = (self.epsilons, self.logs) if times == 1.0 else self._curve(times)
        below = np.nonzero(logs <= log_delta)[0]
        if not below.size:
            return float(epsilons[-1])
        k = int(below[0])
        if k == 0:
            return float(epsilons[0])
        part = (log_delta - logs[k - 1]) / (logs[k] - logs[k - 1])
        return float(epsilons[k - 1] + part * (epsilons[k] - epsilons[k - 1]))

    def slope_at(self, epsilon: float) -> float:
        """About -d log delta / d eps."""
        k = int(np.searchsorted(self.epsilons, epsilon))
        return float(self.y[min(k, len(self.y) - 1)])

    def log_delta_at(self, epsilon: float) -> float:
        """About the log delta of an eps."""
        front = self.log_m - self.y * epsilon - self.log_poles
        k = int(np.argmin(front))
        curvature = self.spread[k] + 1.0 / self.c[k] ** 2 + 1.0 / self.y[k] ** 2
        return min(float(front[k]) - 0.5 * math.log(2.0 * math.pi * float(curvature)), -1e-3)

    def line(self, epsilon: float, log_delta: float, log_tolerance: float) -> Line | None:
        """A line for delta(eps) near e^log_delta, to about e^log_tolerance relative to it."""
        plan = self.plan(epsilon, log_delta, log_tolerance)
        return plan and plan[0]

    def plan(
        self, epsilon: float, log_delta: float, log_tolerance: float, *, room: float = 0.0,
        steps: float = 1.0, times: float = 1.0,
    ) -> tuple[Line, int, int, list[float]] | None:  # fmt: skip
        """`line`, the places of c and c', and about the logarithms of the releases' decays.

        Args:
            epsilon: Where delta is asked for.
            log_delta: About its logarithm.
            log_tolerance: The error that is aimed at, relatively, as a logarithm,
            room: and how far below it the line's own errors are to stay.
            steps: The grids are to do for so many times the steps, and for as much fewer,
            times: and the line for so many times the steps, each with the eps of its own.
        """
        floor = log_delta + log_tolerance - room
        pull = most = self.log_m - self.y * epsilon
        front = pull - self.log_poles
        is_near = front <= front.min() + 2.5
        if times > 1.0:
            other = times * self.log_m - self.y * self.epsilon_at(log_delta, times)
            front, most = other - self.log_poles, np.maximum(pull, other)
            is_near &= front <= front.min() + 2.5
        rows = np.nonzero(is_near)[0]
        if not rows.size:
            return None
        y = self.y[rows]
        rise = np.maximum(most - floor, 1.0)
        right = 2.0 * math.pi * (self.y - y[:, None]) / rise
        reach = right.max(axis=1)
        spacing = np.minimum(2.0 * math.pi * y / -floor, reach)
        best = int(np.argmax(spacing))
        i, j = int(rows[best]), int(np.argmax(right[best]))
        height = _short(float(spacing[best]))
        if not (height > 0.0 and j > i):
            return None
        end = self._end(i, float(pull[i]), floor, height)
        if end is None:
            return None
        top, shifts, log_decays = end
        nodes = max(math.ceil(top / height), 2)
        grids, work = [], 0
        for chart, offset, own, shift in zip(
            self.charts, self.offsets, self.steps, shifts, strict=True
        ):
            tolerance = log_tolerance - room - 2.0 * math.log(steps)
            grid = self._grid(chart, offset, own / steps, i, j, nodes * height, shift, tolerance)
            work += (grid.last - grid.first) * nodes if grid else 0
            if grid is None or work > _MAX_WORK:
                return None
            grids.append(grid)
        line = Line(
            float(self.c[i]), float(self.c[j]), height, nodes, 1.0, 2.0, 64, tuple(grids)
        )  # fmt: skip
        return line, i, j, log_decays

    def exponent(self, epsilon: float, log_delta: float) -> int | None:
        """The place of a c whose Chernoff bound is at most delta; None if there is none."""
        bound = self.log_m - self.y * epsilon + self.log_factor
        i = int(np.argmin(bound))
        return i if bound[i] < log_delta - 0.01 else None

    def line_of_one(self, i: int, *, steps: float = 1.0) -> Line | None:
        """A line of one node, for Chernoff's bound; `steps` as for `plan`."""
        grids = []
        for chart, offset, own in zip(self.charts, self.offsets, self.steps, strict=True):
            shift = min(0.3 / chart.noise, 0.3)  # there is no decay to bound
            tolerance = -8.0 - 2.0 * math.log(steps)
            grid = self._grid(chart, offset, own / steps, i, i, 0.0, shift, tolerance)
            if grid is None:
                return None
            grids.append(grid)
        c = float(self.c[i])
        return Line(c, 2.0 * c, _short(1.0 / c), 1, 1.0, 2.0, 64, tuple(grids))

    def _end(
        self, i: int, pull: float, floor: float, height: float
    ) -> tuple[float, list[float], list[float]] | None:
        """The height at which the sum may end; the angle and the decay for each release."""
        need = max(pull - floor, 1.0)
        start = math.sqrt(2.0 * need / float(self.spread[i]))
        tables = []
        power = -float(self.y[i]) if self.run.add else float(self.c[i])
        for chart, offset in zip(self.charts, self.offsets, strict=True):
            slope = float(chart.slope[i + offset])
            tables.append(_Decay(chart, power, i + offset, start * slope / chart.noise**2))
        heights = start * _HEIGHTS
        while heights[0] <= MAX_NODES * height:
            total = pull - np.log(math.pi * heights) - 0.5 * float(self.run.mu_squared) * heights**2
            for table, steps in zip(tables, self.steps, strict=True):
                total = total + steps * np.minimum(table.at(heights), 0.0)
            good = np.nonzero(total <= floor)[0]
            if good.size:
                k = int(good[0])
                top = float(heights[k])
                if k:
                    part = (floor - total[k - 1]) / (total[k] - total[k - 1])
                    top = float(heights[k - 1] + part * (heights[k] - heights[k - 1]))
                if not top <= MAX_NODES * height:
                    return None
                angles, decays = zip(*[table.best(top) for table in tables], strict=True)
                return top, list(angles), list(decays)
            heights = heights * 6.0
            for table in tables:
                table.widen()
        return None

    def _grid(
        self, chart: Chart, offset: int, steps: float, i: int, j: int, top: float,
        shift: float, log_tolerance: float,
    ) -> Grid | None:  # fmt: skip
        """Spacing and range in x."""
        noise, variance = chart.noise, chart.noise**2
        share = math.log(steps * len(self.steps) * 4.0)
        goal = min(share - log_tolerance, 36.0 + share)
        depth = 0.5 * (shift * noise) ** 2  # of the decay bound, below the moment
        goal = max(goal, depth + 40.0 / steps + 6.0) + 1.0
        strips = _STRIPS
        spread = 0.5 * (strips * noise) ** 2
        s = -float(self.y[i]) if self.run.add else float(self.c[i])
        cosines = _COSINES if self.run.add else _ONES  # Bernoulli
        exponents = np.multiply.outer(strips * top, chart.turns) - chart.a
        exponents += np.multiply.outer(s * cosines, chart.loss)
        if chart.cut:
            exponents += chart.raised(strips * variance)
        highest = exponents.max(axis=1)
        area = np.log(np.exp(exponents - highest[:, None]).sum(axis=1)) + highest
        area += chart.log_scale
        if not (chart.most_beyond(s * cosines, strips * top) <= area).all():
            area = np.maximum(area, chart.beyond(s * cosines, strips * top))
        area += s * (1.0 - cosines) * chart.log_rest
        wanted = goal + spread + np.maximum(area - chart.log_moment[i + offset], 0.0) + 1.5
        if self.run.add:
            loss = -chart.log_rest * self.y[j] - chart.log_moment[j + offset]
            wanted = np.maximum(wanted, goal + spread + (1.0 - cosines) * max(float(loss), 0.0))
        units = 2.0 * math.pi * strips / wanted
        best = int(units.argmax())  # a NaN, if there is one
        if not math.isfinite(units[best]):
            best = int(np.argmax(np.where(np.isfinite(units), units, 0.0)))
        unit, strip = float(units[best]), float(strips[best])
        # the margin of the decay bound
        room = 1.5692 - shift
        margins = room * _MARGINS
        wanted = 0.5 * (margins * noise) ** 2 + goal
        if chart.cut:
            wanted = wanted + 0.5 * (margins * variance / chart.cut.width) ** 2 + 3.0
        if self.run.add:
            loss = (1.0 - np.cos(shift + margins)) * (
                -chart.log_rest * self.y[i] - chart.log_moment[i + offset]
            )
            wanted = wanted + np.maximum(loss, 0.0)
        limits = 2.0 * math.pi * margins / wanted
        best = int(limits.argmax())
        unit, margin = min(unit, float(limits[best]), 0.9 / noise), float(margins[best])
        if not unit > 0.0:
            return None
        spacing = ladder(unit * variance)
        # the range: what the tails may leave out, and the end of what bounds the quadrature error
        c, far = float(self.c[i]), float(self.c[j])
        if self.run.add:
            rest = -chart.log_rest * (far - 1.0) - float(chart.log_moment[j + offset])
            low = -noise * math.sqrt(2.0 * (goal + max(rest, 0.0)))
            start = 0.0
        else:
            low = -noise * math.sqrt(2.0 * goal)
            start = max(far, c)
        if chart.cut:
            width = chart.cut.width
            high = chart.cut.center + 7.0 * width + width**2 * start / variance
            return self._range(spacing, low, high, strip, shift, margin, chart.cut)
        high = start + noise * math.sqrt(2.0 * goal)
        for _ in range(3):
            needed = min(strip * top * chart.turn_at(high), 3.0 * goal) + 6.0
            high = max(high, start + noise * math.sqrt(2.0 * needed) + 0.5 * noise)
        return self._range(spacing, low, high, strip, shift, margin, None)

    def _range(
        self, spacing: float, low: float, high: float, strip: float, shift: float, margin: float,
        cut: Window | None,
    ) -> Grid | None:  # fmt: skip
        first, last = math.floor(low / spacing / 16.0) * 16, math.ceil(high / spacing / 16.0) * 16
        if not last - first <= 20_000:
            return None
        return Grid(spacing, first, last, strip, shift, margin, cut)


class _Decay:
    """log of the decay bound relative to the moment, for a few angles, on the chart."""

    def __init__(self, chart: Chart, power: float, row: int, start: float) -> None:
        self.chart, self.power, self.row, self.start = chart, power, row, start
        self._tabulate(start * _ANGLES)

    def _tabulate(self, angles: Array) -> None:
        chart = self.chart
        self.angles = np.minimum(angles, 1.45)
        cosine, sine = np.cos(self.angles)[:, None], np.sin(self.angles)[:, None]
        # relative to r: |1 + l e^(i t)|^2 / (1+l)^2 = 1 - 2 l (1 - cos t) / (1+l)^2
        lost = 2.0 * chart.share * (1.0 - chart.share) * (1.0 - cosine)
        modulus = 0.5 * np.log1p(-lost)
        self.turns = np.arctan2(chart.share * sine, 1.0 - chart.share * (1.0 - cosine))
        self.base = np.exp(self.power * modulus) * chart.weights[self.row]
        if chart.cut:
            self.base *= np.exp(chart.raised(self.angles * chart.noise**2))
        self.cost = 0.5 * (self.angles * chart.noise) ** 2

    def _table(self, heights: Array) -> Any:
        turned = np.exp(heights[:, None, None] * -self.turns)
        return np.log(np.einsum("taj,aj->ta", turned, self.base)) + self.cost

    def at(self, heights: Array) -> Array:
        """The least over the angles."""
        found: Array = self._table(heights).min(axis=1)
        return found

    def best(self, height: float) -> tuple[float, float]:
        """The best angle at a height, and the decay there."""
        row = self._table(np.array([height]))[0]
        k = int(row.argmin())
        return float(self.angles[k]), float(row[k])

    def widen(self) -> None:
        """Try larger angles."""
        self.start *= 6.0
        self._tabulate(np.minimum(self.start, 0.6) * _ANGLES)


def _short(value: float) -> float:
    """A float of 20 bits, just below."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.floor(mantissa * 2.0**20), exponent - 20)
