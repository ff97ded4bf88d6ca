"""The independent road: closed forms, quadrature and brute force in mpmath."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf

#: The functions that formulas and facts ask for, at the working precision.
MP = SimpleNamespace(
    exp=mp.exp,
    log=mp.log,
    log1p=mp.log1p,
    expm1=mp.expm1,
    sqrt=mp.sqrt,
    lgamma=mp.loggamma,
    ncdf=mp.ncdf,
    binomial=mp.binomial,
    number=lambda x: mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x),
)


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


def close(value: Any, truth: Any, relative: float = 1e-40) -> bool:
    """Whether two numbers agree; written so that NaN fails."""
    return bool(abs(value - truth) <= relative * abs(truth))


# Quadrature: 24 Gauss-Legendre nodes on equal panels.


@lru_cache(maxsize=4)
def _rule(digits: int) -> list[tuple[mpf, mpf]]:
    nodes = []
    with mp.workdps(digits + 10):
        for start in np.polynomial.legendre.leggauss(24)[0]:
            x = mp.findroot(lambda t: mp.legendre(24, t), mpf(float(start)))
            slope = 24 * (x * mp.legendre(24, x) - mp.legendre(23, x)) / (x * x - 1)
            nodes.append((+x, 2 / ((1 - x * x) * slope**2)))
    return nodes


def integrate(f: Callable[[mpf], mpf], low: Any, high: Any, panel: Any) -> mpf:
    """The integral over [low, high] in panels no wider than `panel`."""
    rule = _rule(mp.dps)
    low, high = mpf(low), mpf(high)
    panels = max(1, math.ceil((high - low) / mpf(panel)))
    half = (high - low) / (2 * panels)
    total = mpf(0)
    for i in range(panels):
        center = low + (2 * i + 1) * half
        total += mp.fsum(weight * f(center + half * node) for node, weight in rule)
    return total * half


def _active(sigma: float, rate: float, z: float) -> list[tuple[float, float]]:
    """Intervals outside which the divergence integrand is below e^-60 of its peak, in floats."""
    square = sigma**2
    knee = 0.5 + square * (math.log1p(-rate) - math.log(rate))
    low, high = min(0.0, z) - 40 * sigma, max(2.0, z) + 40 * sigma
    fine = min(sigma, square) / 4
    grids = [
        np.arange(-40 * sigma, 2 + 40 * sigma, sigma / 4),
        np.arange(z - 40 * sigma, z + 40 * sigma, sigma / 4),
        np.arange(max(knee - 60 * square, low), min(knee + 60 * square, high), fine),
        np.linspace(low, high, 4000),
    ]
    x = np.unique(np.concatenate(grids))
    u = (2 * x - 1) / (2 * square)
    log_r = np.logaddexp(math.log1p(-rate), math.log(rate) + u)
    with np.errstate(divide="ignore"):
        # r^z - 1 - z (r - 1) is about z (z-1)/2 (log r)^2 where z log r is small
        flat = 2 * np.log(np.abs(log_r) + 1e-300) + np.maximum(z * log_r, 0) + 5
        steep = np.logaddexp(z * log_r, np.logaddexp(0, math.log(abs(z)) + np.maximum(log_r, 0)))
        flat += math.log(abs(z * (z - 1)) + 1e-300)
    height = np.minimum(flat, steep) - 0.5 * (x / sigma) ** 2
    inside = height > height.max() - 60
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    intervals: list[tuple[float, float]] = []
    for first, last in edges.reshape(-1, 2):
        start, stop = x[max(first - 1, 0)], x[min(last, x.size - 1)]
        if intervals and start <= intervals[-1][1]:
            intervals[-1] = (intervals[-1][0], float(stop))
        else:
            intervals.append((float(start), float(stop)))
    return intervals


def log_moment(sigma: Any, rate: Any, exponent: Any) -> mpf:
    """log E_Q[r^z] of one Poisson-sampled Gaussian step, by quadrature that checks itself.

    r^z - 1 - z (r - 1) has the same integral as r^z - 1, because E_Q[r] = 1, and no cancellation.
    """
    with mp.workdps(60):
        sigma, rate, z = mpf(sigma), mpf(rate), mpf(exponent)
        intervals = _active(float(sigma), float(rate), float(z))
        two_square, scale = 2 * sigma**2, 1 / (sigma * mp.sqrt(2 * mp.pi))

        def integrand(x: mpf) -> mpf:
            away = rate * mp.expm1((2 * x - 1) / two_square)
            # the density joins the exponents, so that nothing grows before it is damped
            log_r = mp.log1p(away)
            return scale * mp.exp(-x * x / two_square) * (mp.expm1(z * log_r) - z * away)

        panel, before = 3 * min(sigma**2, sigma / 2), None
        for _ in range(6):
            total = mp.fsum(integrate(integrand, a, b, panel) for a, b in intervals)
            if before is not None and close(total, before, 1e-15):
                return mp.log1p(total)
            before, panel = total, panel * mpf("0.6")
    raise AssertionError("the oracle does not agree with itself")


# Hockey sticks in closed form.


def hockey_gaussian(mu: Any, eps: Any) -> mpf:
    """N(mu, 1) against N(0, 1), by the two tails beyond the point where the loss is eps."""
    mu, eps = mpf(mu), mpf(eps)
    if mu == 0:
        return max(1 - mp.exp(eps), mpf(0))
    at = eps / mu + mu / 2
    return mp.ncdf(mu - at) - mp.exp(eps) * mp.ncdf(-at)


def hockey_poisson(sigma: Any, rate: Any, eps: Any, direction: str) -> mpf:
    """One Poisson-sampled Gaussian step, by the tails beyond the point where the loss is eps."""
    sigma, rate, eps = mpf(sigma), mpf(rate), mpf(eps)
    ratio = mp.exp(eps if direction == "remove" else -eps)  # of the mixture to the plain law
    if ratio <= 1 - rate:  # the loss is always larger, or never
        return 1 - mp.exp(eps) if direction == "remove" else mpf(0)
    x = sigma**2 * mp.log((ratio - 1 + rate) / rate) + mpf(1) / 2
    if direction == "remove":
        plain, shifted = mp.ncdf(-x / sigma), mp.ncdf((1 - x) / sigma)
        return (1 - rate) * plain + rate * shifted - mp.exp(eps) * plain
    plain, shifted = mp.ncdf(x / sigma), mp.ncdf((x - 1) / sigma)
    return plain - mp.exp(eps) * ((1 - rate) * plain + rate * shifted)


# Discrete laws.

Law = Sequence[Any]
#: Weights of two laws on one small support, of any kind.
weight_pairs = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(1, 10**6) | st.integers(1, 9), min_size=n, max_size=n),
        st.lists(st.integers(1, 10**6) | st.integers(1, 9), min_size=n, max_size=n),
    )
)


def law(weights: Sequence[int]) -> list[mpf]:
    total = sum(weights)
    return [mpf(w) / total for w in weights]


def hockey(p: Law, q: Law, eps: Any) -> mpf:
    """The hockey-stick divergence by its definition."""
    factor = mp.exp(eps)
    return mp.fsum(max(a - factor * b, mpf(0)) for a, b in zip(p, q, strict=True))


def moment(p: Law, q: Law, order: Any) -> mpf:
    """log E_Q[(p/q)^order] by its definition."""
    return mp.log(mp.fsum(b * (a / b) ** order for a, b in zip(p, q, strict=True)))


def product(first: Law, second: Law) -> list[Any]:
    return [a * b for a, b in itertools.product(first, second)]


def mixture(p: Law, q: Law, rate: Any) -> list[Any]:
    """The law with the record after Poisson sampling; q is the law without it."""
    rate = mpf(rate)  # 1 - rate would be rounded to a float
    return [(1 - rate) * b + rate * a for a, b in zip(p, q, strict=True)]


def response(eps: Any) -> tuple[list[mpf], list[mpf]]:
    """Randomized response, the worst pair among those that are eps-DP."""
    # each by itself: 1 - win would lose the digits of a small chance
    win, lose = (1 / (1 + mp.exp(sign * mpf(eps))) for sign in (-1, 1))
    return [win, lose], [lose, win]


def leaky_response(eps: Any, delta: Any) -> tuple[list[mpf], list[mpf]]:
    """The worst pair among those that are (eps, delta)-DP (Kairouz, Oh, Viswanath 2015)."""
    (win, lose), _ = response(eps)
    delta = mpf(delta)
    p = [delta, (1 - delta) * win, (1 - delta) * lose, mpf(0)]
    return p, p[::-1]


def responses(groups: Sequence[tuple[Any, int]]) -> Iterator[tuple[mpf, mpf]]:
    """Loss and probability of each outcome of (eps, steps) randomized responses."""
    each = []
    for eps, steps in groups:
        (win, lose), _ = response(eps)
        each.append(
            [
                ((2 * k - steps) * mpf(eps), math.comb(steps, k) * win**k * lose ** (steps - k))
                for k in range(steps + 1)
            ]
        )
    for outcome in itertools.product(*each):
        yield mp.fsum(loss for loss, _ in outcome), mp.fprod(mass for _, mass in outcome)


def hockey_responses(groups: Sequence[tuple[Any, int]], target: Any) -> mpf:
    return mp.fsum(
        mass * -mp.expm1(target - loss) for loss, mass in responses(groups) if loss > target
    )
