"""The independent road to what a certificate encloses: float64 sums and mpmath on the real line.

Everything comes as a ball with an allowance for the road's own error.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from flint import acb, arb, ctx
from mpmath import mp, mpf
from properties.oracles import hockey_gaussian, hockey_poisson
from scipy.special import ndtr

from dpaccount.certificates import Grid, Release, Run

__all__ = ["delta_of", "excludes", "moment", "moments"]


def ball(value, radius):
    """A ball around a float or an mpf."""
    if isinstance(value, mpf):
        return arb(mp.nstr(value, 45)) + arb(0, radius)
    return arb(float(value), radius)


def excludes(low, high, truth):
    """Whether an enclosure certainly misses the truth; NaN ends exclude nothing but count."""
    return bool(low > truth) or bool(high < truth) or low.is_nan() or high.is_nan()


# -- one release: E_Q[r^z v] -------------------------------------------------------------------


def _weight(x, window, *, outer=False):
    if window is None:
        return 1.0
    p = (x - window.center) / window.width
    return ndtr(p if outer else -p)


@cache
def moments(release: Release, cut, core, outer: bool, s: float, heights: tuple) -> tuple:
    """E_Q[r^(s + it) v] in float64 for many t, and about how far off they may be."""
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    widths = [w.width for w in (cut, core) if w is not None]
    fine = min([sigma, sigma**2, *widths]) / 24.0
    top = max([abs(t) for t in heights], default=0.0)
    fine = min(fine, 2.0 * sigma**2 / (4.0 + top))
    # phi r^s has its modes at 0 and between 0 and s
    low, high = min(s, 0.0) - 10.0 * sigma, max(s, 1.0) + 10.0 * sigma
    x = np.arange(math.floor(low / fine), math.ceil(high / fine)) * fine
    u = (2.0 * x - 1.0) / (2.0 * sigma**2)
    loss = np.where(u < 30, np.log1p(q * np.expm1(np.minimum(u, 30))), np.log(q) + u)
    mass = -x * x / (2 * sigma**2) + math.log(fine / (sigma * math.sqrt(2 * math.pi)))
    terms = np.exp(mass + s * loss) * _weight(x, cut) * _weight(x, core, outer=outer)
    values = tuple(complex((terms * np.exp(1j * t * loss)).sum()) for t in heights)
    return values, 1e-12 * float(terms.sum()) * (1.0 + abs(s) + top)


def moment(release: Release, grid: Grid, s: float, height=0.0, *, core=False, outer=False):
    """One of them as a complex ball."""
    chosen = grid.core if core or outer else None
    (value,), radius = moments(release, grid.cut, chosen, outer, s, (height,))
    return acb(arb(value.real, radius), arb(value.imag, radius))


# -- delta -------------------------------------------------------------------------------------


def _one(release: Release, eps, *, add: bool):
    """delta of one sampled release in float64, for an array of eps."""
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    eps = np.asarray(eps, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.exp(-eps if add else eps)  # of the mixture to the plain law
        x = sigma**2 * np.log((ratio - 1 + q) / q) + 0.5
        inside = ratio > 1 - q
        if add:
            plain, moved = ndtr(x / sigma), ndtr((x - 1) / sigma)
            found = plain - np.exp(eps) * ((1 - q) * plain + q * moved)
            return np.where(inside, np.maximum(found, 0.0), 0.0)
        plain, moved = ndtr(-x / sigma), ndtr((1 - x) / sigma)
        found = (1 - q) * plain + q * moved - np.where(plain > 0, np.exp(eps) * plain, 0.0)
        return np.where(inside, np.maximum(found, 0.0), 1 - np.exp(eps))


def _gaussian(mu, eps):
    at = eps / mu + mu / 2
    tail = ndtr(-at)
    return ndtr(mu - at) - np.where(tail > 0, np.exp(np.minimum(eps, 700.0)) * tail, 0.0)


@cache
def delta_of(run: Run, eps: float):
    """delta of a run of at most two sampled releases, or of one and a Gaussian, as a ball."""
    steps = [r for r in run.releases for _ in range(r.steps)]
    direction = "add" if run.add else "remove"
    with mp.workdps(50), ctx.workprec(200):
        mu = mp.sqrt(mpf(int(run.mu_squared.numerator)) / int(run.mu_squared.denominator))
        if not steps:
            return ball(hockey_gaussian(mu, eps), 1e-38)
        if len(steps) == 1 and not mu:
            first = steps[0]
            exact = [
                mpf(int(v.numerator)) / int(v.denominator)
                for v in (first.noise_multiplier, first.sampling_rate)
            ]
            return ball(hockey_poisson(*exact, eps, direction), 1e-38)
    assert len(steps) + bool(mu) == 2
    found = [_nested(steps, float(mu), eps, run.add, fineness) for fineness in (1500.0, 1000.0)]
    radius = 3e-12 * max(1.0, math.exp(min(eps, 20.0))) + 10.0 * abs(found[0] - found[1])
    return arb(found[0], radius)


def _nested(steps, mu: float, eps: float, add: bool, fineness: float) -> float:
    """Given the first output, the rest faces what is left of eps.

    Where that reaches log(1-q) the curve of the rest is smooth but not analytic: many nodes.
    """
    sigma, q = float(steps[0].noise_multiplier), float(steps[0].sampling_rate)
    fine = min(sigma, sigma**2) / fineness
    x = np.arange(-12 * sigma, 1 + 12 * sigma, fine)
    plain = np.exp(-x * x / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi)) * fine
    log_r = np.log1p(q * np.expm1((2 * x - 1) / (2 * sigma**2)))
    law, left = (plain, eps + log_r) if add else (plain * np.exp(log_r), eps - log_r)
    rest = _one(steps[1], left, add=add) if len(steps) == 2 else _gaussian(mu, left)
    return float((law * rest).sum())
