"""Renyi moments of (Poisson-sampled) Laplace steps: two atoms and Gauss-Legendre panels between.

Between the atoms, w = (2x-1)/b runs over [-1/b, 1/b] and the law without the record has density
e^(-(w + 1/b)/2) / 4. On a panel of half-width H the integrand is analytic inside the ellipse of
parameter rho, and 16 nodes err by at most (64/15) H M rho^-32 / (1 - rho^-2) with M its largest
modulus there (Trefethen 2008, SIAM Review 50, Thm 4.5), bounded from real values at the ellipse's
ends as in `gaussian`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dpaccount.adjacency import Direction
from dpaccount.privacy_loss.loss import LaplaceLoss
from dpaccount.privacy_loss.quadrature.kappa import log_kappa, log_moment_from
from dpaccount.privacy_loss.ratio import log_ratio

__all__ = ["log_moment_bracket"]

Array = NDArray[np.float64]

_NODES = 16
_MAX_PANELS = 4_000
_RHO = 6.0  # the ellipse reaches 2.92 H to each side of the axis
_LEAST_LOSS = 1e-120  # its square is still far from underflow


def log_moment_bracket(loss: LaplaceLoss, order_minus_one: Array) -> tuple[Array, Array]:
    """Lower and upper ends of the log moment at each order.

    Orders too large for the panels, and losses too near to underflow, fall back on the bounded
    loss: 0 <= log moment <= e * sup L.
    """
    _, sup = loss.support
    lower, upper = np.zeros_like(order_minus_one), order_minus_one * (sup * (1.0 + 1e-15))
    rate, noise = float(loss.sampling_rate), float(loss.noise_multiplier)
    if not min(rate, rate / noise) >= _LEAST_LOSS:
        return lower, upper
    # the largest slope of log r: a rare record hardly bends the integrand
    largest = sup if loss.direction is Direction.REMOVE else -loss.support[0]
    slope = math.exp(min(math.log(rate) + 1.0 / noise - largest, 0.0))
    for i, e in enumerate(order_minus_one):
        half_width = min(0.5, 2.0 / (1.0 + e * slope))
        panels = math.ceil(1.0 / (float(loss.noise_multiplier) * half_width))
        if panels <= _MAX_PANELS:
            ends = _bracket(loss, float(e), panels)
            lower[i] = max(lower[i], min(ends[0], upper[i]))
            upper[i] = min(upper[i], ends[1])
    return lower, upper


def _heights(w: Array, e: float, loss: LaplaceLoss) -> Array:
    """Log of (density of the denominator) * kappa, where the density without is 1."""
    q = loss.sampling_rate
    log_r = w if q == 1 else log_ratio(w, np.asarray(float(q)), np.asarray(float(1 - q)))
    add = loss.direction is Direction.ADD
    value = log_kappa(-log_r if add else log_r, np.asarray(e))
    return value + log_r if add else value


def _log_away(w: Array) -> Array:
    """Log |e^w - 1| without overflow."""
    far = np.abs(w) > 30.0
    near = np.log(np.abs(np.expm1(np.where(far, 1.0, w))))
    return np.asarray(np.where(far, np.maximum(w, 0.0), near), dtype=np.float64)


def _bracket(loss: LaplaceLoss, e: float, panels: int) -> tuple[float, float]:
    inverse, q = 1.0 / float(loss.noise_multiplier), float(loss.sampling_rate)
    half = inverse / panels
    centers = -inverse + half * (2.0 * np.arange(panels) + 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    w = centers[:, None] + half * nodes
    heights = _heights(w, e, loss) - 0.5 * (w + inverse) - math.log(4.0)
    atoms = _heights(np.array([-inverse, inverse]), e, loss)
    # masses of x <= 0 and x >= 1 under the law without the record
    atoms = atoms + np.array([-math.log(2.0), -math.log(2.0) - inverse])
    top = max(float(heights.max()), float(atoms.max()))
    inner = half * float((np.exp(heights - top) * weights).sum())
    total = inner + float(np.exp(atoms - top).sum())

    # modulus on the ellipse, from real values at its ends
    theta = half * (_RHO - 1.0 / _RHO) / 2.0
    spread = half * (_RHO + 1.0 / _RHO) / 2.0
    z = -e if loss.direction is Direction.ADD else 1.0 + e
    edge = centers + (spread if z >= 2.0 else -spread)
    sine = math.sin(theta / 2.0) ** 2
    share = np.minimum(
        0.25, q * np.exp(np.minimum(centers + spread, 0.0)) + (0.0 if q < 0.25 else 1.0)
    )
    log_square = np.logaddexp(
        2.0 * _log_away(np.abs(centers) + spread), centers + spread + math.log(4.0 * sine)
    )
    at_edge = np.where(np.abs(edge) < 1e-8, 1e-8, edge)
    log_mean = _heights(at_edge, e, loss) - 2.0 * _log_away(at_edge)
    log_m = (
        log_mean
        + log_square
        - 0.5 * (centers - spread + inverse)
        - math.log(4.0)
        - 0.5 * max(2.0 - z, 0.0) * np.log1p(-4.0 * share * sine)
    )
    decay = math.log(64.0 / 15.0 * half) - 2 * _NODES * math.log(_RHO) - math.log1p(-(_RHO**-2))
    error = float(np.exp(np.minimum(log_m + decay - top, 300.0)).sum())
    error += total * 2.0**-53 * (128.0 + 8.0 * (1.0 + e) * inverse)
    low = math.log(max(total - error, 1e-300)) + top
    high = math.log(total + error) + top
    return float(log_moment_from(low, e)), float(log_moment_from(high, e))
