"""Composition on a grid by one tilted transform, with everything that it may lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dpaccount.accountants.pld.ends import GridLaw
from dpaccount.accountants.pld.tilts import least_tilt
from dpaccount.errors import NotConverged
from dpaccount.theorems import pld

__all__ = ["MOST_POINTS", "Composed", "Steps"]

Array = NDArray[np.float64]

_UNIT = 2.0**-53
MOST_POINTS = 2**21
_LEAST_POINTS = 2**10
_BLOCKS = 8192
_ALONE = 256  # grid points on each side of 0 that the choice of a tilt looks at one by one
_FOLDED = 1e-8  # of delta: what the window may leave out
_LOSABLE = 10.0  # log of the factor by which a tilt may make rounding larger than delta itself is
_FADED = 50.0  # exponent from which on tilted mass counts as if it had faded by no more
_REACH = 300.0  # exponents that running sums may have
_NEGLIGIBLE = -60.0  # log of a factor of the spectrum that is left out


@dataclass(frozen=True)
class Steps:
    """A law on the grid and how often it is added."""

    law: GridLaw
    count: int

    @cached_property
    def points(self) -> NDArray[np.intp]:
        """Indices of the grid points that have mass."""
        return np.flatnonzero(self.law.masses) + self.law.first

    @cached_property
    def log_masses(self) -> Array:
        """Logs of their masses."""
        return np.log(self.law.masses[self.points - self.law.first])

    def exponents(self, tilt: float, width: float) -> Array:
        """Logs of the tilted masses."""
        return np.asarray(self.log_masses + (tilt * width) * self.points)


class Composed:
    """Sums of losses on a grid, as an upper or as a lower end.

    Args:
        parts: The laws, all of one width.
        width: Distance of the grid points, a power of two.
        shift: By how much rounding may have moved the sum of all losses.
        is_upper: Whether answers must not be below the truth, or not above it.
    """

    def __init__(self, parts: Sequence[Steps], width: float, shift: float, is_upper: bool) -> None:
        self.parts, self.width, self.is_upper = list(parts), width, is_upper
        self._windows: list[Window] = []
        offsets = [part.count * part.law.offset for part in parts]
        shift += 8.0 * _UNIT * math.fsum(abs(offset) for offset in offsets)
        # what is to be added to a sum of grid points to have the loss, on the safe side
        self.shift = math.fsum(offsets) + (shift if is_upper else -shift)
        steps = [part.count for part in parts]
        masses = [part.law.infinite for part in parts]
        if is_upper:
            self.infinite = min(float(pld.INFINITE(masses, steps)) * (1.0 + 8.0 * _UNIT), 1.0)
        else:
            kept = math.fsum(n * math.log1p(-m) for m, n in zip(masses, steps, strict=True) if m)
            self.infinite = -math.expm1(kept) * (1.0 - 2.0**-40)

    # what a tilt is chosen by: blocks of grid points as one

    @cached_property
    def _blocks(self) -> list[tuple[Array, Array, int]]:
        found = []
        for part in self.parts:
            masses = part.law.masses
            at = part.law.first + np.arange(masses.size)
            # alone near 0, where most steps lie, and in blocks away from it
            size = -(-masses.size // _BLOCKS)
            starts = np.flatnonzero((np.abs(at) <= _ALONE) | (at % size == 0))
            starts = np.union1d(starts, [0])
            total = np.add.reduceat(masses, starts)
            first = np.add.reduceat(masses * (at * self.width), starts)
            some = total > 0.0
            found.append((np.log(total[some]), first[some] / total[some], part.count))
        return found

    @cached_property
    def support(self) -> tuple[int, int]:
        """Indices of the least and the largest sum."""
        ends = [(p.count * int(p.points[0]), p.count * int(p.points[-1])) for p in self.parts]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    @property
    def is_empty(self) -> bool:
        """Whether some step has no finite loss: nothing is known from below."""
        return any(not part.points.size for part in self.parts)

    def _rough_moment(self, tilt: float) -> float:
        """Log moment of the sum, from blocks."""
        moment = 0.0
        for log_mass, loss, count in self._blocks:
            exponent = log_mass + tilt * loss
            top = float(exponent.max())
            moment += count * (top + math.log(float(np.exp(exponent - top).sum())))
        return moment

    def _rough(self, tilt: float) -> tuple[float, float]:
        """Log moment of the sum and variance of the tilted sum, from blocks."""
        moment = variance = 0.0
        for log_mass, loss, count in self._blocks:
            exponent = log_mass + tilt * loss
            top = float(exponent.max())
            weight = np.exp(exponent - top)
            total = float(weight.sum())
            mean = float(weight @ loss) / total
            moment += count * (top + math.log(total))
            variance += count * float(weight @ (loss - mean) ** 2) / total
        return moment, variance

    def guess(self, log_delta: float) -> float:
        """Epsilon to a few digits, by the saddle-point approximation."""
        tilt = least_tilt(lambda s: (self._rough_moment(s) - log_delta) / s, self.width)
        moment, variance = self._rough(tilt)
        spread = max(tilt * (tilt + 1.0) * math.sqrt(2.0 * math.pi * variance), 1.0)
        return (moment - log_delta - math.log(spread)) / tilt + self.shift

    def guess_log_delta(self, epsilon: float) -> float:
        """Log delta to within a small factor, by the same."""
        at = epsilon - self.shift
        tilt = least_tilt(lambda s: self._rough_moment(s) - s * at, self.width)
        moment, variance = self._rough(tilt)
        spread = max(tilt * (tilt + 1.0) * math.sqrt(2.0 * math.pi * variance), 1.0)
        return min(moment - tilt * at - math.log(spread), 0.0)

    def log_moment(self, tilt: float) -> tuple[float, float]:
        """Log moment of the sum over every grid point, and a bound on its error."""
        total = size = 0.0
        for part in self.parts:
            log_sum, error = _log_sum(part, tilt, self.width)
            total += part.count * log_sum
            size += part.count * error + abs(part.count * log_sum) * 4.0 * _UNIT
        return total, size

    def chernoff(self, epsilon: float) -> float:
        """A bound on the log of the finite part of delta at an epsilon, without a transform."""
        at = epsilon - self.shift
        tilt = least_tilt(lambda s: self._rough_moment(s) - s * at, self.width)
        moment, error = self.log_moment(tilt)
        # the largest weight of `pld.tilted`, s^s / (s+1)^(s+1)
        weight = -tilt * math.log1p(1.0 / tilt) - math.log1p(tilt)
        return moment + error - tilt * at + weight + 8.0 * _UNIT * (2.0 + abs(tilt * at))

    def log_delta(self, epsilon: float, log_delta: float) -> float:
        """A bound on log delta at an epsilon, infinite losses included; a guess of it is given."""
        finite = -math.inf
        if not self.is_empty:
            finite = self._window_for(epsilon, log_delta).log_delta(epsilon)
        infinite = math.log(self.infinite) if self.infinite else -math.inf
        found = float(np.logaddexp(finite, infinite))
        if not math.isfinite(found):
            return found
        slack = 16.0 * _UNIT * (2.0 + abs(found))
        return min(found + (slack if self.is_upper else -slack), 0.0)

    def _window_for(self, epsilon: float, log_delta: float) -> Window:
        """An earlier window that serves, or a new one: a curve is asked at many places."""
        at = epsilon - self.shift
        for window in self._windows:
            lost = window.moment - window.tilt * at - log_delta
            folded = float(np.logaddexp(*window.beyond)) + lost
            if lost <= _LOSABLE and folded <= math.log(_FOLDED) and window.holds(at):
                return window
        self._windows.append(self.window(epsilon, log_delta))
        return self._windows[-1]

    def window(self, epsilon: float, log_delta: float) -> Window:
        """The sum's tilted law, where it decides delta at an epsilon.

        A large tilt makes rounding small, a small one keeps rare large losses out of the window:
        the one is taken that needs the shortest window among those that lose little to rounding.
        """
        at = epsilon - self.shift
        start = least_tilt(lambda s: self._rough_moment(s) - s * at, self.width)
        found = []
        for tilt in start * np.exp2(-0.5 * np.arange(10.0)):
            lost = self._rough_moment(tilt) - tilt * at - log_delta
            if tilt < start and lost > _LOSABLE:
                break  # it grows as the tilt falls
            low, high = self._ends(float(tilt), lost)
            found.append((high - low, float(tilt), low, high))
        _, tilt, low, high = min(found)
        least, most = (end * self.width for end in self.support)
        at = min(max(at, least), most)  # beyond them nothing changes
        low = min(max(low, least), at) - 2.0 * self.width
        high = max(min(high, most), at) + 3.0 * self.width
        points = max(math.ceil((high - low) / self.width), _LEAST_POINTS)
        points = 2 ** (points - 1).bit_length()
        if points > MOST_POINTS:
            raise NotConverged(
                f"pld: more than {MOST_POINTS} grid points of width {self.width:.3g}"
            )
        room = points - math.ceil((high - low) / self.width)
        return Window(self, tilt, math.floor(low / self.width) - room // 2, points)

    def _ends(self, tilt: float, lost: float) -> tuple[float, float]:
        """Ends beyond which the tilted law adds little to delta, by Chernoff's bound on blocks."""
        moment = self._rough_moment(tilt) + math.log(_FOLDED) - max(lost, 0.0)
        ends = []
        for sign in (-1.0, 1.0):

            def edge(t: float, sign: float = sign) -> float:
                return (self._rough_moment(tilt + sign * t) - moment) / t

            ends.append(sign * edge(least_tilt(edge, self.width, digits=2)))
        return ends[0], ends[1]


def _log_sum(part: Steps, tilt: float, width: float) -> tuple[float, float]:
    """Log moment of one step and a bound on its error."""
    exponent = part.exponents(tilt, width)
    top = float(exponent.max())
    weight = np.exp(exponent - top)
    total = float(weight.sum())
    sizes = np.abs(part.log_masses) + np.abs((tilt * width) * part.points)
    size = float(weight @ sizes) / total + abs(top)
    return top + math.log(total), 8.0 * _UNIT * (8.0 + size)


class Window:
    """The law of the sum, tilted, at `points` grid points from `first` on.

    Args:
        composed: What is summed.
        tilt: s > 0.
        first: Index of the first grid point.
        points: A power of two, or three times one.
    """

    def __init__(self, composed: Composed, tilt: float, first: int, points: int) -> None:
        self.composed, self.tilt = composed, tilt
        self.first, self.points, self.width = first, points, composed.width
        self.moment, self.moment_error = composed.log_moment(tilt)

    def holds(self, at: float) -> bool:
        """Whether a sum lies inside, away from both ends."""
        low, high = self.first * self.width, (self.first + self.points) * self.width
        return low + 2.0 * self.width < at < high - 0.25 * (high - low)

    @cached_property
    def beyond(self) -> tuple[float, float]:
        """Logs of bounds on the tilted mass below and above the window."""
        (least, most), last = self.composed.support, self.first + self.points
        return (
            self._beyond(-1.0, self.first) if least < self.first else -math.inf,
            self._beyond(1.0, last) if most >= last else -math.inf,
        )

    def _beyond(self, sign: float, index: int) -> float:
        edge = index * self.width
        rough = self.composed._rough_moment
        more = sign * least_tilt(
            lambda t: pld.WRAP(rough(self.tilt + sign * t), 0.0, sign * t, edge), self.width
        )
        moment, error = self.composed.log_moment(self.tilt + more)
        log = float(pld.WRAP(moment, self.moment, more, edge))
        return min(
            log + error + self.moment_error + 8.0 * _UNIT * (self.tilt + abs(more)) * abs(edge), 0.0
        )

    @cached_property
    def law(self) -> tuple[Array, float]:
        """Tilted masses in the window, with what is folded in, and a bound on the error of each."""
        from scipy.fft import irfft, rfft  # quicker than numpy's, by the same butterflies

        # a factor 3 is a butterfly of two levels
        levels = self.points.bit_length() + (0 if self.points.bit_count() == 1 else 1)
        unit = float(pld.FFT(levels, _UNIT))
        factors, errors = [], []
        log_most = np.zeros(self.points // 2 + 1)
        for part in self.composed.parts:
            folded = self._folded(part)
            factors.append(rfft(folded) / float(folded.sum()))
            # each weight is off by what its exponent lost, and so is their sum
            lost = 2.0 * _log_sum(part, self.tilt, self.width)[1]
            times = part.points.size / self.points  # folded onto one another
            errors.append(unit + lost + (8.0 + times) * _UNIT)
            log_most += part.count * np.log(np.abs(factors[-1]) + errors[-1])
        some = log_most > _NEGLIGIBLE
        steps = [part.count for part in self.composed.parts]
        magnitudes = [np.abs(factor[some]) for factor in factors]
        angles = [np.angle(factor[some]) for factor in factors]
        with np.errstate(divide="ignore"):
            log_size = sum(n * np.log(m) for n, m in zip(steps, magnitudes, strict=True))
        angle = sum(n * a for n, a in zip(steps, angles, strict=True))
        with np.errstate(divide="ignore"):
            sizes = sum(
                n * (np.abs(a) - np.log(np.minimum(m + 1e-300, 1.0)))
                for n, a, m in zip(steps, angles, magnitudes, strict=True)
            )
        product = np.zeros(log_most.size, dtype=np.complex128)
        product[some] = np.exp(log_size) * np.exp(1j * angle)
        size = np.abs(product[some])
        with np.errstate(over="ignore", invalid="ignore"):
            each = pld.SPECTRUM(magnitudes, errors, steps, ops=np)
        each = each + size * 8.0 * _UNIT * (2.0 + sizes)
        if not np.isfinite(each).all():
            raise NotConverged("pld: too many steps for floats to keep their sum apart")
        doubled = 2.0 / self.points
        error = doubled * (float(each.sum()) + unit * float(size.sum())) + math.exp(_NEGLIGIBLE)
        law = irfft(product, self.points)
        return np.roll(law, -(self.first % self.points)), error * (1.0 + 1e-9)

    def _folded(self, part: Steps) -> Array:
        """Tilted masses of one step, scaled, folded to the length of the transform."""
        exponent = part.exponents(self.tilt, self.width)
        weight = np.exp(exponent - exponent.max())
        folded = np.bincount(part.points % self.points, weight, minlength=self.points)
        return np.asarray(folded, dtype=np.float64)

    def log_delta(self, epsilon: float) -> float:
        """A bound on the log of the finite part of delta at an epsilon inside of the window."""
        law, error = self.law
        at = epsilon - self.composed.shift
        start = math.floor(at / self.width) + 1 - self.first
        least, most = self.composed.support
        if start < 0 and least >= self.first:
            start = 0
        if start >= self.points and most < self.first + self.points:
            return -math.inf
        if not 0 <= start < self.points:
            raise NotConverged("pld: epsilon outside of the window")
        stop = min(start + math.ceil(_FADED / (self.tilt * self.width)), self.points)
        losses = (self.first + np.arange(start, stop)) * self.width - at
        weight = pld.TILTED(self.tilt, np.maximum(losses, 0.0), ops=np)
        below, above = (math.exp(log) for log in self.beyond)
        total = float((weight * law[start:stop]).sum())  # in pairs: its error grows as log2 n
        slack = error * float(weight.sum())
        slack += 128.0 * _UNIT * (abs(total) + 2.0 * slack)
        scale = self.moment - self.tilt * at
        rounding = self.moment_error + 8.0 * _UNIT * (abs(self.moment) + abs(self.tilt * at))
        if self.composed.is_upper:
            edge = (self.first + self.points) * self.width - at
            value = total + slack + above * math.exp(-self.tilt * edge)
            value += math.exp(-_FADED) if stop < self.points else 0.0
            return math.log(value) + scale + rounding if value > 0.0 else -math.inf
        value = total - slack - (below + above)
        return math.log(value) + scale - rounding if value > 0.0 else -math.inf

    def epsilon(self, log_delta: float, guess: float) -> float:
        """The least epsilon >= 0 whose bound on the finite part of delta is at most the target."""
        sign = 1.0 if self.composed.is_upper else -1.0
        root = self._root(log_delta, guess)
        step = 4e-12 * (1.0 + abs(root))
        root = max(root + sign * step, 0.0)
        # whatever the running sums said, an end is only what holds by the bound itself
        while (root > 0.0 or sign > 0.0) and not sign * (self.log_delta(root) - log_delta) <= 0.0:
            root, step = max(root + sign * step, 0.0), 4.0 * step
        return root

    def _root(self, log_delta: float, guess: float) -> float:
        """Epsilon by running sums, which round more than `log_delta` does."""
        law, error = self.law
        sign = 1.0 if self.composed.is_upper else -1.0
        center = guess - self.composed.shift
        reach = _REACH / (self.tilt + 1.0)  # no exponent below overflows
        low, high = (
            min(max(math.ceil(end / self.width) - self.first, 0), self.points - 1)
            for end in (center - reach, center + reach)
        )
        if high - low < 2 or not center - reach < (self.first + high) * self.width:
            raise NotConverged("pld: epsilon outside of the window")
        losses = (self.first + np.arange(low, high + 1)) * self.width - center
        some = law[low : high + 1] + sign * error
        # delta at grid point j takes the losses above it, and between points is linear in e^eps
        above, beyond = (
            np.append(np.cumsum((some * np.exp(-tilt * losses))[:0:-1])[::-1], 0.0)
            for tilt in (self.tilt, self.tilt + 1.0)
        )
        scale = self.moment + sign * self.moment_error - self.tilt * center
        target = math.exp(min(max(log_delta - scale, -700.0), 700.0))
        folded = sum(math.exp(log) for log in self.beyond) if sign < 0.0 else 0.0
        above -= folded * np.exp(-self.tilt * losses)
        under = np.flatnonzero(above - np.exp(losses) * beyond > target)
        j = min(int(under[-1]), losses.size - 2) if under.size else 0
        # in the cell's own units
        share = (above[j] - target) / (beyond[j] * math.exp(losses[j])) if beyond[j] > 0.0 else 1.0
        at = float(losses[j]) + (math.log(share) if share > 1.0 else 0.0)
        return guess + min(at, float(losses[j]) + self.width)
