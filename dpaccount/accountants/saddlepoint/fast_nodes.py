"""One sampled release in float64, every error bounded, rounding included.

The same sums as `certificates/release.py`, on a grid of outputs x, without windows. U is half an
ulp of 1. What is assumed of numpy: exp, expm1, log, log1p, sin, cos and arctan2 are within 4 ulp
(8 U, relatively); a sum of n products, in any order, is within n U of the sum of their sizes;
`math.fsum` rounds once. sigma and q are within 2 U of the exact ones. Bounds are first order, with
constants larger than the count of operations; what is of second order is below a millionth of
them, because `NotKnown` is raised where a first-order term is not small, and `_OVER` covers it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.fast_window import Cut, U, log_tail
from dpaccount.certificates import Window

__all__ = ["Nodes", "NotKnown", "Tilt", "U", "exp"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_OVER = 1.001
#: Added to logarithms of bounds: their own rounding, for exponents below `_MOST`.
_SLACK, _MOST = 1e-9, 1e5
_LOG_2 = math.log(2.0)
_STRETCHES = 1.1 ** np.arange(101) - 1.0


class NotKnown(ArithmeticError):  # noqa: N818  # it is an answer
    """The float64 evaluation has nothing to say here."""


def log_expm1(z: float) -> float:
    """log(e^z - 1); -inf for z <= 0."""
    if not z > 0.0:
        return -math.inf
    return z + math.log(-math.expm1(-z))


def add_logs(*values: float) -> float:
    """Logarithm of the sum of exponentials; NaN stays NaN."""
    top = max(values)
    if not math.isfinite(top) or any(math.isnan(v) for v in values):
        return math.nan if any(math.isnan(v) for v in values) else top
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


def exp(log: float) -> float:
    """e^log; inf where it overflows."""
    return math.inf if log > 700.0 else math.exp(log)


@dataclass(frozen=True)
class Tilt:
    """The nodes' terms of E[r^s] and what is known of their sum.

    Args:
        power: s.
        terms: mass r^s on the nodes.
        exponents: s L on the nodes.
        moment: The sum, as a float.
        log_moment: Log of it.
        error: Bound of the error of the logarithm.
        discretization: Bound of |sum - integral| of phi r^(s + it) v, for the heights asked for.
    """

    power: float
    terms: Array
    exponents: Array
    moment: float
    log_moment: float
    error: float
    discretization: float

    @property
    def log_upper(self) -> float:
        """At least log E[r^s]."""
        return self.log_moment + self.error


class Nodes:
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
        x = spacing * np.arange(first, last + 1)  # exact
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
        self._tilts: dict[tuple[float, float, float], Tilt] = {}

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
        return _SLACK + abs(power) * self._most_d_loss

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
        return min(whole, add_logs(float(values.max()) + math.log(len(values)), last) + _SLACK)

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
        beyond = self._log_beyond(power, turn, a, right)
        return add_logs(inside, left + turn * float(self._turns[0]), beyond) + _SLACK

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
        return area + _LOG_2 - self._log_unit(strip) + _SLACK

    def _log_unit(self, strip: float) -> float:
        """log(e^(2 pi a / hx) - 1)."""
        z = 2.0 * math.pi * strip * self.variance / self.spacing
        if not z < _MOST:
            raise NotKnown("an exponent too large")
        return log_expm1(z)

    def _unity_error(self, strip: float) -> float:
        """Bound of |sum of the masses on the grid - 1|."""
        left, right = self._log_outside(0.0)
        if self.cut:
            lost = self.cut.log_lost(self.noise, self.rate)  # at least as likely as under Q
            return exp(add_logs(self.log_ripple(0.0, 0.0, strip), left, right)) + exp(lost)
        # here a = 2 pi sigma^2 / hx is best
        ratio = self.noise / self.spacing
        ripple = _LOG_2 + 2.0 * (math.pi * ratio) ** 2 - log_expm1(4.0 * (math.pi * ratio) ** 2)
        return exp(add_logs(ripple + _SLACK, left, right))

    # -- sums on the nodes --------------------------------------------------------------------

    def tilt(self, power: float, strip: float, height: float = 0.0) -> Tilt:
        """What is known of E[r^s v]; kept, because it does not depend on the steps.

        Args:
            power: s.
            strip: For the quadrature error.
            height: The error is bounded for all s + it, |t| <= height.
        """
        key = power, strip, height
        if key not in self._tilts:
            self._tilts[key] = self._find_tilt(*key)
        return self._tilts[key]

    def _find_tilt(self, power: float, strip: float, height: float) -> Tilt:
        """E[r^s v] = 1 + E[(r^s - 1) v] - E[1 - v]: its error is small where r^s is near 1."""
        self._check(power)
        exponents = power * self.loss
        terms = self.scale * np.exp(exponents + self.log_density)
        size = np.abs(exponents)
        small = self.masses * np.expm1(np.clip(exponents, -1.0, 1.0))
        parts = np.where(size < 1.0, small, terms - self.masses)
        if not np.isfinite(parts).all():
            raise NotKnown("overflow")
        total = math.fsum(parts.tolist())
        # where s L is not small, |parts| >= .3 (terms + masses), so that (8 a + 16) U of both
        # are within (26 a + 60) U of |parts|; the error of s L counts with the term itself
        rounding = U * float(np.abs(parts) @ (26.0 * self.a + 60.0))
        if self.cut:
            rounding += 3.0 * float(np.abs(parts) @ self.cut.errors)
        rounding += float((abs(power) * self.d_loss + (2.0 * U) * size) @ terms)
        left, right = self._log_outside(power)
        rest = exp(add_logs(left, right, self.log_ripple(power, height, strip)))
        error = _OVER * (rounding + rest + self._unity_error(strip)) + 2.0 * U * abs(total) + 1e-300
        if not (total > -0.5 and error < 0.5):
            raise NotKnown("a moment that is not resolved")
        moment, log_moment = 1.0 + total, math.log1p(total)
        low = max(moment - error, 0.5)
        return Tilt(
            power, terms, exponents, moment, log_moment,
            _OVER * error / low + 10.0 * U * abs(log_moment), rest,
        )  # fmt: skip

    def transform(
        self, tilt: Tilt, height: float, count: int, least: float
    ) -> tuple[float, Array, Array, Array]:
        """phi(t) = E[r^(s + it)] / E[r^s] turned by e^(-i t m), at t = k h for k = 1 .. count.

        Returns m, the real and imaginary parts of phi - 1, and a bound of the error of phi. All
        of it is relative to |phi - 1| or smaller: with A = e^(i t1 d) - 1, B = e^(i t2 d) - 1, d =
        L - m and t = t1 + t2, phi - 1 is the sum of p A (1 + B) and of p B.

        Args:
            tilt: At c, for heights up to count h.
            height: h, a short number; to add, the losses change their sign instead of it.
            count: The last k.
            least: Terms below it, relatively, are left out and paid for.
        """
        weights = tilt.terms / tilt.moment
        kept = np.nonzero(weights > least)[0]
        if not kept.size:
            raise NotKnown("no weights")
        inside = slice(int(kept[0]), int(kept[-1]) + 1)
        dropped = float(weights[: inside.start].sum() + weights[inside.stop :].sum())
        weights, losses, a = weights[inside], self.signed[inside], self.a[inside]
        d_loss, exponents = self.d_loss[inside], tilt.exponents[inside]
        center = float(weights @ losses)
        away = losses - center
        n = math.isqrt(count) + 1
        # exact products: h is short
        near = np.multiply.outer(height * np.arange(n), away)
        far = np.multiply.outer(height * n * np.arange(count // n + 1), away)
        sine, half = np.sin(near), np.sin(0.5 * near)
        left = np.concatenate([(-2.0 * half * half) * weights, sine * weights], axis=1)
        b_imag, half = np.sin(far), np.sin(0.5 * far)
        b_real = -2.0 * half * half
        c_real = 1.0 + b_real
        real = np.concatenate([c_real, -b_imag], axis=1) @ left.T + (b_real @ weights)[:, None]
        imag = np.concatenate([b_imag, c_real], axis=1) @ left.T + (b_imag @ weights)[:, None]
        # the angle t d is within t (dL + 2 U |d|); A, 1 + B and B from it within 18, 40 and 18 U
        # of |A|, 1 and |B|; the products sum 2 J terms whose sizes add up to |p A|
        relative = U * (20.0 + 8.0 * a + 2.0 * np.abs(exponents)) + abs(tilt.power) * d_loss
        if self.cut:
            relative += self.cut.errors[inside]
        relative += _OVER * tilt.error + U * (1.5 * (2 * len(a) + 6) + 64.0)
        slope = float(weights @ (relative * np.abs(away) + d_loss))
        fixed = 2.0 * (tilt.discretization / max(tilt.moment * (1.0 - tilt.error), 0.5) + dropped)
        if not float(relative.max()) < 1e-6:
            raise NotKnown("rounding that is not small")
        heights = height * np.arange(1, count + 1)
        return (
            center, real.ravel()[1 : count + 1], imag.ravel()[1 : count + 1],
            _OVER * (slope * heights + fixed),
        )  # fmt: skip

    def log_decay(self, tilt: Tilt, height: float, shift: float, margin: float) -> float:
        """At least log |E[r^(s + it)]| for all t >= height (theorem invert.decay)."""
        power, wide = tilt.power, shift + margin
        if not (0.0 < shift < 1.57 and margin > 0.0 and wide < 1.57):
            raise NotKnown("a shift outside (0, pi/2)")
        slack = self._check(power)
        cosine, sine = math.cos(shift), math.sin(shift)
        modulus = 0.5 * np.log1p(self.grown * (2.0 * cosine + self.grown))
        angle = np.arctan2(self.grown * sine, 1.0 + self.grown * cosine)
        # l is within 14 + 2 q/(1-q) + 7 |u| of U; the modulus moves with log l by at most 1, the
        # angle by at most itself
        odds = 2.0 * self.odds
        of_grown = U * (14.0 + odds + 7.0 * np.abs(self.u))
        of_modulus = of_grown + U * (4.0 + 10.0 * modulus - 10.0 * self.log_rest + 2.0 * odds)
        modulus += self.log_rest
        pull, turn = power * modulus, height * angle
        exponents = pull - self.a - turn
        a = shift * self.variance * (1.0 + 1e-12)
        if self.cut:
            exponents += self.cut.log_on_nodes(a)
        errors = U * (16.0 + 8.0 * self.a + 3.0 * np.abs(pull) + 40.0 * turn)
        errors += abs(power) * of_modulus + turn * of_grown
        top = float(exponents.max())
        terms = np.exp(exponents - top)
        total = float(terms.sum())
        error = float(terms @ errors) / total + (self.count + 40.0) * U
        logs = [top + math.log(total) + math.log(self.scale)]
        error += 20.0 * U * (1.0 + abs(logs[0]) + (shift * self.noise) ** 2)
        # the continuation of the summand in x is at most (1+l)^s, or (1+l)^(s cos) for s < 0, and
        # log E[r^s] is convex with the value 0 at s = 0
        if self.cut:  # a cut's majorant grows by e^(b^2 / (2 w^2))
            area = self._log_area(power, 0.0, a)
            area += 0.5 * (margin * self.variance / self.cut.width) ** 2 * (1.0 + 1e-12)
            left, right = self._log_outside(power, a)
        elif power >= 0.0:
            area = tilt.log_upper
            left, right = self._log_outside(power)
        else:
            part = math.cos(wide)
            area = part * tilt.log_upper + power * (1.0 - part) * self.log_rest
            left, right = self._log_outside(power * cosine)
            bernoulli = power * (1.0 - cosine) * self.log_rest + slack
            left, right = left + bernoulli, right + bernoulli
        area += (
            0.5 * (margin * self.noise) ** 2 * (1.0 + 1e-12)
            + _LOG_2
            - self._log_unit(margin)
            + slack
        )
        found = add_logs(*logs, area, left, right) + 0.5 * (shift * self.noise) ** 2
        return found + _OVER * error
