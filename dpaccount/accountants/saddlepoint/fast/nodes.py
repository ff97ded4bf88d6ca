"""Moments, transform and decay of one sampled release in float64, every error bounded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.fast.bounds import (
    OVER,
    Array,
    NotKnown,
    U,
    add_logs,
    exp,
)
from dpaccount.accountants.saddlepoint.fast.outputs import Outputs
from dpaccount.certificates import Window

__all__ = ["Nodes", "Tilt", "Wave"]

_LOG_2 = math.log(2.0)


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


@dataclass(frozen=True)
class Wave:
    """phi on the heights of a line, as `Nodes.transform` gives it, and what any power of it needs.

    Args:
        center: m.
        real: Real part of phi - 1.
        imag: Imaginary part.
        error: Bound of the error of phi.
    """

    center: float
    real: Array
    imag: Array
    error: Array

    def __post_init__(self) -> None:
        """Compute what does not depend on the power."""
        a, b = self.real, self.imag
        # a^2 + b^2 + 2 a within 3 U of its terms
        square = a * a + b * b
        change = 2.0 * a + square
        least_square = np.maximum(1.0 + change, 2.0**-50)
        root = np.sqrt(least_square)
        shrunk = 0.5 * np.log1p(np.maximum(change, -1.0 + 2.0**-50))
        turned = np.arctan2(b, 1.0 + a)
        found = {
            "shrunk": shrunk,
            "turned": turned,
            # where |phi| is resolved
            "resolved": change > -1.0 + 2.0**-40,
            "relative": self.error / root,
            "rounding": 2.0 * (2.0 * np.abs(a) + square) / least_square + 2.0 * np.abs(b) / root,
            "size": np.abs(shrunk) + np.abs(turned),
            "log_most": np.log(np.hypot(1.0 + a, b) * (1.0 + 8.0 * U) + self.error),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    shrunk: Array = field(init=False)
    turned: Array = field(init=False)
    resolved: Any = field(init=False)
    relative: Array = field(init=False)
    rounding: Array = field(init=False)
    size: Array = field(init=False)
    log_most: Array = field(init=False)


class Nodes(Outputs):
    """The sums on the grid."""

    def __init__(
        self, noise: float, rate: float, add: bool, spacing: float, first: int, last: int,
        cut: Window | None = None,
    ) -> None:  # fmt: skip
        """See `Outputs`."""
        super().__init__(noise, rate, add, spacing, first, last, cut)
        self._tilts: dict[tuple[float, float, float], Tilt] = {}
        self._waves: dict[tuple[float, float, float, float, int, float], Wave] = {}
        self._decays: dict[tuple[float, ...], float] = {}

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
        small = self.masses * np.expm1(np.minimum(np.maximum(exponents, -1.0), 1.0))
        parts = np.where(size < 1.0, small, terms - self.masses)
        # where s L is not small, |parts| >= .3 (terms + masses), so that (8 a + 16) U of both
        # are within (26 a + 60) U of |parts|; the error of s L counts with the term itself
        rounding = U * float(np.abs(parts) @ (26.0 * self.a + 60.0))
        if not math.isfinite(rounding):  # as is every part, then
            raise NotKnown("overflow")
        total = math.fsum(parts.tolist())
        if self.cut:
            rounding += 3.0 * float(np.abs(parts) @ self.cut.errors)
        rounding += float((abs(power) * self.d_loss + (2.0 * U) * size) @ terms)
        left, right = self._log_outside(power)
        rest = exp(add_logs(left, right, self.log_ripple(power, height, strip)))
        error = OVER * (rounding + rest + self._unity_error(strip)) + 2.0 * U * abs(total) + 1e-300
        if not (total > -0.5 and error < 0.5 * (1.0 + total)):
            raise NotKnown("a moment that is not resolved")
        moment, log_moment = 1.0 + total, math.log1p(total)
        low = max(moment - error, 0.5)
        return Tilt(
            power, terms, exponents, moment, log_moment,
            OVER * error / low + 10.0 * U * abs(log_moment), rest,
        )  # fmt: skip

    def wave(self, tilt: Tilt, strip: float, height: float, count: int, least: float) -> Wave:
        """`transform`; kept, because it does not depend on the steps."""
        key = tilt.power, strip, tilt.discretization, height, count, least
        if key not in self._waves:
            self._waves[key] = Wave(*self.transform(tilt, height, count, least))
        return self._waves[key]

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
        relative += U * (1.5 * (2 * len(a) + 6) + 64.0)
        if not (float(relative.max()) < 1e-6 and tilt.error < 1e-3):
            raise NotKnown("errors that are not small")
        relative += OVER * tilt.error
        slope = float(weights @ (relative * np.abs(away) + d_loss))
        fixed = 2.0 * (tilt.discretization / max(tilt.moment * (1.0 - tilt.error), 0.5) + dropped)
        heights: Array = height * np.arange(1.0, count + 1.0)
        return (
            center, real.ravel()[1 : count + 1], imag.ravel()[1 : count + 1],
            OVER * (slope * heights + fixed),
        )  # fmt: skip

    def log_decay(self, tilt: Tilt, height: float, shift: float, margin: float) -> float:
        """At least log |E[r^(s + it)]| for all t >= height (theorem invert.decay); kept."""
        key = tilt.power, tilt.log_upper, height, shift, margin
        if key not in self._decays:
            self._decays[key] = self._find_decay(tilt, height, shift, margin)
        return self._decays[key]

    def _find_decay(self, tilt: Tilt, height: float, shift: float, margin: float) -> float:
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
        return found + OVER * error
