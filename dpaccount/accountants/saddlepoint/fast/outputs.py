"""The outputs of one sampled release on a grid, and bounds of what is not on the grid.

The same integrals as in `certificates/release.py`, in float64; `bounds` says what is assumed.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import (
    SLACK,
    Array,
    Cut,
    NotKnown,
    U,
    add_logs,
    exp,
    log_expm1,
    log_tail,
)
from dpaccount.certificates import Window

__all__ = ["Outputs"]

_MOST = 1e5
_LOG_2 = math.log(2.0)
_STRETCHES = 1.1 ** np.arange(101) - 1.0


class Outputs:
    """A release, in one direction, on the outputs x = j spacing, j = first .. last.

    Raises:
        NotKnown: Outside what the bounds are made for.
    """

    def __init__(
        self, noise: float, rate: float, add: bool, spacing: float, first: int, last: int,
        cut: Window | None = None,
    ) -> None:  # fmt: skip
        short = math.ldexp(math.frexp(spacing)[0], 24)
        allowed = (
            1e-100 < noise < 1e100
            and 1e-290 < rate <= 0.999
            and 0.0 < spacing < 1e100
            and short == math.floor(short)
            and -(2**28) < first < 0 < last < 2**28
            and (cut is None or (not add and cut.width > 0.0))
        )
        if not allowed:
            raise NotKnown("a setting or a grid that the bounds are not made for")
        self.noise, self.rate, self.add, self.spacing = noise, rate, add, spacing
        self.variance = noise * noise
        twice = 2.0 * self.variance  # within 5 U
        x: Array = spacing * np.arange(first, last + 1.0)  # exact
        self.count = len(x)
        self.first, self.last = float(x[0]), float(x[-1])
        # log mass = log scale - a: a within 7 U, scale within 5 U
        self.a = x * x / twice
        self.u = (2.0 * x - 1.0) / twice  # within 7 U
        if not (self.u[-1] <= 300.0 and self.a[0] <= _MOST and self.a[-1] <= _MOST):
            raise NotKnown("outputs too far out")
        self.scale = spacing / (noise * math.sqrt(2.0 * math.pi))
        # within (16 + 8 a) U, a cut's own errors apart
        self.cut = Cut(cut, x) if cut else None
        self.log_density = self.cut.log_values - self.a if self.cut else -self.a
        self.masses = self.scale * np.exp(self.log_density)
        # r - 1 = q expm1(u) within (18 + 7 max(u, 0)) U, as u e^u / (e^u - 1) <= 1 + max(u, 0)
        excess = rate * np.expm1(self.u)
        self.loss = np.log1p(excess)
        self.d_loss = U * (
            9.0 * np.abs(self.loss)
            + (20.0 + 8.0 * np.maximum(self.u, 0.0)) * np.abs(excess) / (1.0 + excess)
        )
        self.log_rest = math.log1p(-rate)
        self.odds = rate / (1.0 - rate)
        self.grown = self.odds * np.exp(self.u)
        self.share = self.grown / (1.0 + self.grown)
        self.signed = -self.loss if add else self.loss
        self._outsides: dict[tuple[float, float], tuple[float, float]] = {}
        self._unities: dict[float, float] = {}

    @cached_property
    def _turns(self) -> Array:
        """m(l) of theorem invert.angle, at the right ends of the cells."""
        square = self.grown * self.grown
        turns: Array = np.maximum(self.share, square / (1.0 + square))
        return turns[1:] * (1.0 + 1e-12)

    @cached_property
    def _cell_a(self) -> Array:
        """-log of the largest mass on each cell, without the scale; 0 is a node."""
        return np.minimum(self.a[1:], self.a[:-1])

    @cached_property
    def _most_d_loss(self) -> float:
        return float(self.d_loss.max())

    @cached_property
    def _most_loss(self) -> float:
        return max(float(np.abs(self.loss).max()), -self.log_rest)

    def _check(self, power: float, turn: float = 0.0) -> float:
        """What a logarithm of a bound has to be raised by, for its own rounding."""
        if not (abs(power) * self._most_loss < _MOST and turn < _MOST):
            raise NotKnown("an exponent too large")
        return SLACK + abs(power) * self._most_d_loss

    # -- bounds of what is not on the nodes ---------------------------------------------------

    def _log_outside(self, power: float, a: float = 0.0) -> tuple[float, float]:
        key = power, a
        if key not in self._outsides:
            self._outsides[key] = self._find_outside(power, a)
        return self._outsides[key]

    def _find_outside(self, power: float, a: float) -> tuple[float, float]:
        """At least the logarithms of the sum and of the integral of phi r^s v left and right.

        Left of the grid r^s is at most its value at the edge (s >= 0) or (1-q)^s; right of it,
        for s >= 0, r <= r(X) e^(u - u(X)), a Gaussian around s, the narrower one of a cut included;
        for s < 0 it falls. For a > 0, the integral of the majorant for shifts of v up to a.
        """
        slack = self._check(power)
        left = power * (float(self.loss[0]) if power >= 0.0 else self.log_rest)
        if power >= 0.0:
            middle, wide, peak = power, self.noise, 0.5 * (power / self.noise) ** 2
            front = power * (float(self.loss[-1]) - float(self.u[-1]))
            front -= 0.5 * power / self.variance
            size = power * float(self.u[-1]) + peak
            if self.cut:
                left += self.cut.log_left(a)
                if self.last >= self.cut.center:
                    ratio = self.cut.center / self.cut.width
                    wide = self.noise / math.hypot(1.0, self.noise / self.cut.width)
                    middle = (power / self.variance + ratio / self.cut.width) * wide * wide
                    peak = 0.5 * (middle / wide) ** 2
                    size += peak + ratio * ratio
                    peak -= 0.5 * ratio * ratio
                    front += self.cut.log_front(a)
                else:
                    front += self.cut.log_top(a)
            place = (self.last - middle) / wide
            # where the peak lies beyond, one cell more
            more = math.log1p(self.scale * self.noise / wide) if place < 0.0 else 0.0
            right = front + peak + math.log(wide / self.noise) + log_tail(place) + more
            slack += 1e-14 * (size + place * place)
        else:
            right = power * float(self.loss[-1]) + log_tail(self.last / self.noise)
        return left + log_tail(-self.first / self.noise) + slack, right + slack

    def _log_beyond(self, power: float, turn: float, a: float, right: float) -> float:
        """At least the logarithm of the integral of phi r^s e^(turn m(l)) right of the grid.

        m <= 1; or by stretches, with the largest r^s and m of each and the tail of phi from its
        left end on. `right` is the bound without m.
        """
        if turn == 0.0:
            return right
        whole = right + turn
        x = self.last + 4.0 * self.noise * _STRETCHES
        u = (2.0 * x - 1.0) / (2.0 * self.variance)
        log_grown = u + math.log(self.odds)
        grown = np.maximum(log_grown, 0.0) + np.log1p(np.exp(-np.abs(log_grown)))
        turns = 1.0 / (1.0 + np.exp(-np.maximum(log_grown, 2.0 * log_grown)))
        pull = power * (grown + self.log_rest)
        tails = -(0.5 - 1e-12) * (x / self.noise) ** 2
        if self.cut:
            tails += self.cut.log_top(a)
            if self.last >= self.cut.center:
                places = (x - self.cut.center) / self.cut.width
                tails += self.cut.log_front(a) - (0.5 - 1e-12) * places * places
        values = (pull[1:] if power >= 0.0 else pull[:-1]) + tails[:-1] + turn * turns[1:]
        # what each is rounded by
        values += 1e-12 * (np.abs(pull[1:]) + turn * turns[1:]) + abs(power) * self._most_d_loss
        # from the last one on, as `_log_outside`
        last = float(pull[-1]) + turn + (self.cut.log_top(a) if self.cut else 0.0)
        size = abs(float(pull[-1])) + turn
        if power >= 0.0:
            shift = power * (power - 1.0) / (2.0 * self.variance) - power * float(u[-1])
            last += shift + log_tail((float(x[-1]) - power) / self.noise)
            size += abs(shift) + 2.0 * power * float(u[-1])
        else:
            last += float(tails[-1])
        last += 1e-13 * size
        return min(whole, add_logs(float(values.max()) + math.log(len(values)), last) + SLACK)

    def _log_area(self, power: float, turn: float, a: float) -> float:
        """At least the logarithm of the integral of phi r^s e^(turn m(l)) v, cell by cell.

        `a` as in `_log_outside`: the majorant of v for shifts up to a.
        """
        slack = self._check(power, turn * float(self._turns[-1]))
        ends = self.loss[1:] if power >= 0.0 else self.loss[:-1]
        exponents = power * ends - self._cell_a + turn * self._turns
        if self.cut:
            exponents += self.cut.log_on_cells(a)
        top = float(exponents.max())
        inside = top + math.log(self.scale * float(np.exp(exponents - top).sum())) + 2.0 * slack
        left, right = self._log_outside(power, a)
        beyond = right + turn  # as m <= 1; as a rule it does not matter
        if not beyond < inside - 30.0:
            beyond = self._log_beyond(power, turn, a, right)
        return add_logs(inside, left + turn * float(self._turns[0]), beyond) + SLACK

    def log_ripple(self, power: float, height: float, strip: float) -> float:
        """At least log |sum - integral| of phi r^(s + it), |t| <= height (theorem invert.strip).

        The sum is over all integers; `_log_outside` bounds what the grid leaves out.
        """
        if not 0.0 < strip < 1.57:
            raise NotKnown("a strip outside (0, pi/2)")
        cosine, a = math.cos(strip), strip * self.variance * (1.0 + 1e-12)
        if power >= 0.0:
            area = self._log_area(power, height * strip, a)
        else:  # |1 + l e^(it)| >= (1+l)^cos(t), Bernoulli
            area = self._log_area(power * cosine, height * strip, a)
            area += power * (1.0 - cosine) * self.log_rest + self._check(power)
        area += 0.5 * (strip * self.noise) ** 2
        return area + _LOG_2 - self._log_unit(strip) + SLACK

    def _log_unit(self, strip: float) -> float:
        """log(e^(2 pi a / hx) - 1)."""
        z = 2.0 * math.pi * strip * self.variance / self.spacing
        if not z < _MOST:
            raise NotKnown("an exponent too large")
        return log_expm1(z)

    def _unity_error(self, strip: float) -> float:
        """Bound of |sum of the masses on the grid - 1|; kept, as the power has no part in it."""
        if strip not in self._unities:
            self._unities[strip] = self._find_unity_error(strip)
        return self._unities[strip]

    def _find_unity_error(self, strip: float) -> float:
        left, right = self._log_outside(0.0)
        if self.cut:
            lost = self.cut.log_lost(self.noise, self.rate)  # at least as likely as under Q
            return exp(add_logs(self.log_ripple(0.0, 0.0, strip), left, right)) + exp(lost)
        # here a = 2 pi sigma^2 / hx is best
        ratio = self.noise / self.spacing
        ripple = _LOG_2 + 2.0 * (math.pi * ratio) ** 2 - log_expm1(4.0 * (math.pi * ratio) ** 2)
        return exp(add_logs(ripple + SLACK, left, right))
