"""The independent road to a log moment: mpmath, adaptive panels, and an end to the line by bounds.

E_Q[r^z] - 1 is the integral of g(r) = r^z - 1 - z (r - 1) against the law Q without the record,
because E_Q[r] = 1; at high precision its cancellation costs nothing. For z > 1 and for z < 0 the
function g is convex in r with its least value 0 at r = 1, and r grows with x. So on [a, b] the
integrand is at most the largest density times the larger of g at the two ends: no peak, however
narrow, lies in an interval that is left out.
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from mpmath import mp, mpf

#: What `log_ratio` asks for.
OPS = SimpleNamespace(
    exp=mp.exp,
    log=mp.log,
    sqrt=mp.sqrt,
    number=lambda x: mpf(x.numerator) / x.denominator,
)

_NODES = 20


def _working(digits, sigma, rate, z):
    """Digits to work with: g is about z (z-1) (r-1)^2 / 2, a difference of terms of size 1."""
    with mp.workdps(60):
        sigma, rate, z = exact(sigma), exact(rate), exact(z)
        lost = (
            2 * mp.log10((1 + sigma) / rate)
            + mp.log10(1 + 1 / abs(z - 1))
            + mp.log10(1 + 1 / abs(z))
        )
        lost += mp.log10(1 + (z / sigma) ** 2)  # the size of the exponents
        return digits + 20 + int(lost)


def exact(number):
    """A float, an int, text or a fraction, without rounding beyond the working precision."""
    if isinstance(number, str) and "/" in number:
        top, bottom = number.split("/")
        return mpf(top) / mpf(bottom)
    if hasattr(number, "numerator") and not isinstance(number, (float, int)):
        return mpf(int(number.numerator)) / int(number.denominator)
    return mpf(number)


@lru_cache(maxsize=8)
def _rule(digits):
    """Gauss-Legendre nodes on [-1, 1] to so many digits."""
    out = []
    with mp.workdps(digits + 10):
        for start in np.polynomial.legendre.leggauss(_NODES)[0]:
            x = mp.findroot(lambda t: mp.legendre(_NODES, t), mpf(float(start)))
            slope = _NODES * (x * mp.legendre(_NODES, x) - mp.legendre(_NODES - 1, x)) / (x * x - 1)
            out.append((+x, 2 / ((1 - x * x) * slope**2)))
    return out


def _panel(f, a, b):
    half, center = (b - a) / 2, (a + b) / 2
    return half * mp.fsum(w * f(center + half * x) for x, w in _rule(mp.dps))


def _adaptive(f, a, b, whole, tolerance):
    """The integral over [a, b]: halve until the two halves agree with the whole."""
    middle = (a + b) / 2
    left, right = _panel(f, a, middle), _panel(f, middle, b)
    if abs(left + right - whole) <= tolerance:
        return left + right
    if b - a < mpf(2) ** -60 * (abs(a) + abs(b)):
        raise AssertionError("the oracle does not converge")
    return _adaptive(f, a, middle, left, tolerance) + _adaptive(f, middle, b, right, tolerance)


def _gaussian(sigma, rate, z):
    """The integrand, an upper bound on an interval's integral and a lower one on the whole."""
    square = sigma**2
    scale = 1 / (sigma * mp.sqrt(2 * mp.pi))

    def split(x):
        away = rate * mp.expm1((2 * x - 1) / (2 * square))
        return away, mp.log1p(away)

    def integrand(x):
        away, log_r = split(x)
        height = -x * x / (2 * square)
        return scale * (mp.exp(z * log_r + height) - mp.exp(height) * (1 + z * away))

    def bound(a, b):
        near = min(abs(a), abs(b)) if a * b > 0 else mpf(0)
        height, values, logs = -near * near / (2 * square), [], []
        for x in (a, b):
            away, log_r = split(x)
            values.append(mp.exp(z * log_r + height) - mp.exp(height) * (1 + z * away))
            logs.append(log_r)
        best = max(values)
        # where g <= r^z, a line above z log r (a chord where it is convex, a tangent where it is
        # concave) makes the exponent a parabola: close also where r^z changes fast
        if a >= mpf(1) / 2 and z > 1:
            slope = z * (logs[1] - logs[0]) / (b - a)
            best = min(best, _parabola(z * logs[0] - slope * a, slope, a, b, square))
        elif b <= mpf(1) / 2 and z < 0:
            middle = (a + b) / 2
            away, log_r = split(middle)
            slope = z * (1 - (1 - rate) / (1 + away)) / square
            best = min(best, _parabola(z * log_r - slope * middle, slope, a, b, square))
        return scale * best * (b - a)

    def floor(x):
        # away from x = 1/2 g grows, and within this step the density falls by e^1.5 at most
        return integrand(x) * square / (abs(x) + sigma) * mp.exp(-1.5)

    return integrand, bound, floor


def _parabola(offset, slope, a, b, square):
    """The largest exp(offset + slope x - x^2 / (2 square)) on [a, b]."""
    x = min(max(slope * square, a), b)
    return mp.exp(offset + slope * x - x * x / (2 * square))


def _cover(bound, floor, low, high, width, drop):
    """Intervals of [low, high] no wider than `width`, less those that hold a share below `drop`.

    Each comes with its upper bound; the share is of a lower bound on the whole.
    """
    intervals, least = [(low, high)], mpf(0)
    while True:
        bounds = [bound(a, b) for a, b in intervals]
        least = max(least, *(floor(x) for interval in intervals for x in interval))
        kept = [
            (*interval, size)
            for interval, size in zip(intervals, bounds, strict=True)
            if size > drop * least
        ]
        if all(b - a <= width for a, b, _ in kept):
            return kept
        intervals = []
        for a, b, _ in kept:
            middle = (a + b) / 2
            intervals += [(a, middle), (middle, b)] if b - a > width else [(a, b)]


def moment_minus_one(sigma, rate, z, *, digits=18, panel=1):
    """E_Q[r^z] - 1 of a Poisson-sampled Gaussian step to about so many digits.

    `panel` scales the widest panel: two scales and two precisions are how it is checked.
    """
    with mp.workdps(_working(digits, sigma, rate, z)):
        sigma, rate, z = exact(sigma), exact(rate), exact(z)
        integrand, bound, floor = _gaussian(sigma, rate, z)
        # beyond these the log of the integrand falls by 40 or more for each sigma
        low, high = min(z, mpf(0)) - 40 * sigma, max(z, mpf(1)) + 40 * sigma + 2
        cover = _cover(bound, floor, low, high, panel * sigma, mpf(10) ** (-digits - 6))
        wholes = [_panel(integrand, a, b) for a, b, _ in cover]
        total, before = mp.fsum(wholes), mpf(0)
        # the first sum may be far off where panels are wide: the tolerance follows the result
        while not before / 2 < total < before * 2:
            before, tolerance = total, abs(total) * mpf(10) ** (-digits) / 100
            total = mp.fsum(
                _adaptive(integrand, a, b, whole, tolerance)
                for (a, b, size), whole in zip(cover, wholes, strict=True)
                if size > tolerance / 100
            )
        return total


def log_moment(sigma, rate, order_minus_one, direction, *, digits=18, panel=1):
    """(order - 1) times the Renyi divergence."""
    with mp.workdps(digits + 45):
        e = exact(order_minus_one)
        z = 1 + e if direction == "remove" else -e
        return mp.log1p(moment_minus_one(sigma, rate, z, digits=digits, panel=panel))


def binomial(sigma, rate, order):
    """The same for removing at an integer order, by the closed sum (Mironov et al. 2019)."""
    with mp.workdps(80):
        sigma, rate = exact(sigma), exact(rate)
        # the sum less 1, term by term: the plain binomial weights sum to 1
        return mp.log1p(
            mp.fsum(
                math.comb(order, k)
                * (1 - rate) ** (order - k)
                * rate**k
                * mp.expm1(mpf(k * (k - 1)) / (2 * sigma**2))
                for k in range(2, order + 1)
            )
        )


def laplace_log_moment(scale, rate, order_minus_one, direction):
    """The same for Laplace noise: the two atoms, and the integral between them."""
    with mp.workdps(50):
        b, q, e = exact(scale), exact(rate), exact(order_minus_one)
        z = 1 + e if direction == "remove" else -e

        def g(w):
            away = q * mp.expm1(w)
            log_r = mp.log1p(away) if w > -1 else mp.log(1 - q + q * mp.exp(w))
            return mp.expm1(z * log_r) - z * away

        def between(w):
            return g(w) * mp.exp(-(w + 1 / b) / 2) / 4

        def bound(low, high):
            return max(g(low), g(high)) * mp.exp(-(low + 1 / b) / 2) / 4 * (high - low)

        ends = g(-1 / b) / 2 + mp.exp(-1 / b) * g(1 / b) / 2
        cover = _cover(bound, lambda _: ends, -1 / b, 1 / b, mpf(1) / 2, mpf("1e-24"))
        wholes = [_panel(between, low, high) for low, high, _ in cover]
        tolerance = ends * mpf(10) ** -19  # of the atoms alone, so no larger than of the whole
        inner = mp.fsum(
            _adaptive(between, low, high, whole, tolerance)
            for (low, high, size), whole in zip(cover, wholes, strict=True)
            if size > tolerance / 100
        )
        return mp.log1p(ends + inner)


def kappa(v, order_minus_one):
    """log of (r^a - 1 - a (r - 1)) / (a (a - 1)) at r = e^v."""
    with mp.workdps(60):
        v, e = mpf(v), mpf(order_minus_one)
        # digits lost: v^2 against 1, e against 1, and a v against 1
        lost = -2 * mp.log10(min(abs(v) * min(1, 1 + e), 1)) - 2 * mp.log10(min(e, 1))
    with mp.workdps(60 + int(lost)):
        a = 1 + e
        return mp.log((mp.expm1(a * v) - a * mp.expm1(v)) / (a * e))
