"""Renyi moments of Poisson-sampled Gaussian steps, by the trapezoid rule on the line.

The integrand is analytic in a strip |Im x| <= a < pi sigma^2, so the rule with step h errs by at
most 2N / (e^(2 pi a/h) - 1), where N bounds the integral of its modulus along the strip's edges.
With u = (2x-1)/(2 sigma^2), theta = a/sigma^2 and kappa = (r-1)^2 times a mean of r_t^(z-2)
(r_t = 1 - tq + tq e^u, z the exponent of r):

    |phi| grows by e^(a^2 / (2 sigma^2)),
    |r - 1|^2 = q^2 ((e^u - 1)^2 + 4 e^u sin^2(theta/2)),
    |r_t|^(z-2) <= r_t^(z-2) (1 - 4 min(1/4, s) sin^2(theta/2))^min((z-2)/2, 0),  s = q e^u / r.

Where z < 2 the plain bound |kappa| <= (|r|^z + 1 + |z| |r-1|) / (z (z-1)) is taken if smaller, with
|r|^2 = r(x)^2 (1 - 4 s (1-s) sin^2(theta/2)). N is summed on the same nodes, with a factor 4 to
spare; the error is returned, never dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dpaccount.errors import NotConverged
from dpaccount.privacy_loss.quadrature.kappa import log_kappa
from dpaccount.privacy_loss.ratio import log_ratio

__all__ = ["Rows", "log_j"]

Array = NDArray[np.float64]

_DEPTH = 42.0  # windows end where the integrand is e^-42 of its peak
_TOLERANCE = 1e-11  # largest discretization error accepted before the step is halved
_MAX_NODES = 400_000
_CHUNK = 400_000
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Rows:
    """One integral per row: a step's setting, its direction and the order.

    Args:
        sigma: Noise multipliers.
        rate: Sampling rates in (0, 1).
        rest: 1 - rate, rounded from the exact value.
        add: Whether the direction is ADD.
        order_minus_one: Orders minus one, > 0.
    """

    sigma: Array
    rate: Array
    rest: Array
    add: NDArray[np.bool_]
    order_minus_one: Array

    def take(self, index: NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        return Rows(
            self.sigma[index],
            self.rate[index],
            self.rest[index],
            self.add[index],
            self.order_minus_one[index],
        )

    def columns(self) -> Rows:
        """The same, ready to broadcast against nodes."""
        return Rows(
            self.sigma[:, None],
            self.rate[:, None],
            self.rest[:, None],
            self.add[:, None],
            self.order_minus_one[:, None],
        )

    @property
    def exponent(self) -> Array:
        """The exponent z of the ratio r: order for REMOVE, 1 - order for ADD."""
        return np.where(self.add, -self.order_minus_one, 1.0 + self.order_minus_one)


def _log_integrand(x: Array, rows: Rows) -> tuple[Array, Array, Array]:
    """Log of phi * kappa * sigma sqrt(2 pi), and u and log r."""
    u = (2.0 * x - 1.0) / (2.0 * rows.sigma**2)
    log_r = log_ratio(u, rows.rate, rows.rest)
    loss = np.where(rows.add, -log_r, log_r)
    base = -0.5 * (x / rows.sigma) ** 2 + np.where(rows.add, log_r, 0.0)
    return base + log_kappa(loss, rows.order_minus_one), u, log_r


def _root(start: Array, low: Array, high: Array, z: Array, rows: Rows, center: Array) -> Array:
    """Solve z s(w) = center + sigma^2 w in [low, high] (left side larger at low), roughly."""
    from scipy.special import expit

    square = rows.sigma**2
    w, step = start, high - low
    for _ in range(80):
        s = expit(w)
        value = z * s - center - square * w
        low, high = np.where(value >= 0, w, low), np.where(value < 0, w, high)
        slope = z * s * (1.0 - s) - square
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = w - value / slope
        # Newton's step must stay inside and shrink, or it can swing from end to end for ever
        good = (newton > low) & (newton < high) & (slope < 0) & (2 * np.abs(newton - w) < step)
        after = np.where(good, newton, 0.5 * (low + high))
        step = np.abs(after - w)
        w = after
        if (step * rows.sigma).max(initial=0.0) < 0.05:  # sigma w is x in units of sigma
            break
    return w


def _windows(rows: Rows) -> tuple[Array, Array, Array, Array, Array]:
    """Two intervals per row that hold all of the mass (equal ends = none), and the lower mode.

    The log of phi r^z has its maxima where x = z s(x), s = q e^u / r: one, or for z > 4 sigma^2
    up to two. Below |z log r| = 1 the mass of kappa lies around [0, 2].
    """
    z, square = rows.exponent, rows.sigma**2
    center = 0.5 + square * (np.log(rows.rest) - np.log(rows.rate))  # x where q e^u = 1 - q
    at_zero, at_z = -center / square, (z - center) / square
    above = np.maximum(z, 1.0)  # only used where z > 1, which is REMOVE
    fold = np.maximum(1.0 - 4.0 * square / above, 0.0)
    two = (z > 0) & (fold > 0)
    # turning points of z s(w) - center - sigma^2 w: s = (1 -+ sqrt(fold)) / 2
    s_low = 2.0 * square / above / (1.0 + np.sqrt(fold))
    with np.errstate(divide="ignore", over="ignore"):
        turn = np.where(two, np.log1p(-np.minimum(s_low, 0.5)) - np.log(s_low), 0.0)
    has_low = ~two | (z * s_low - center + square * turn < 0)
    has_high = two & (z * (1.0 - s_low) - center - square * turn > 0)
    left, right = np.minimum(at_zero, at_z), np.maximum(at_zero, at_z)
    # s is nearly 0 at most low roots and nearly 1 at most high ones
    low_w = _root(at_zero, left, np.where(two, np.maximum(-turn, left), right), z, rows, center)
    low_x = np.where(has_low, center + square * low_w, 0.0)
    high_x = np.zeros_like(low_x)
    if has_high.any():
        high_w = _root(right, np.where(two, np.minimum(turn, right), right), right, z, rows, center)
        high_x = np.where(has_high, center + square * high_w, 0.0)

    reach = 9.5 * rows.sigma
    starts = np.stack(
        [
            np.minimum(low_x, 0.0) - reach,
            np.maximum(low_x, 2.0) + reach,
            high_x - reach,
            high_x + reach,
        ],
        axis=1,
    )
    samples = np.stack(
        [low_x, high_x, np.full_like(low_x, 2.0), rows.sigma + 0.5, 0.5 - rows.sigma], axis=1
    )
    low_a, low_b, high_a, high_b = _move_out(starts, samples, has_high, rows).T
    merged = has_high & (high_a <= low_b)
    low_a = np.where(merged, np.minimum(low_a, high_a), low_a)
    low_b = np.where(merged, np.maximum(low_b, high_b), low_b)
    gone = ~has_high | merged
    return low_a, low_b, np.where(gone, 0.0, high_a), np.where(gone, 0.0, high_b), low_x


_STRIDES = np.concatenate([[0.0], np.cumsum(1.5 * 1.5 ** np.arange(80))])
_BLOCK = 4
_OUTWARD = np.array([-1.0, 1.0, -1.0, 1.0])
_OF_LOW = np.array([True, True, False, False])


def _move_out(starts: Array, samples: Array, has_high: NDArray[np.bool_], rows: Rows) -> Array:
    """Move each end outward, in growing strides, until the integrand is negligible there.

    Args:
        starts: The ends of the lower and of the higher window, a row each.
        samples: Where the integrand may be largest.
        has_high: Whether the higher window counts.
        rows: What is integrated.
    """
    strides = np.multiply.outer(_OUTWARD, _STRIDES[:_BLOCK])
    tried = starts[:, :, None] + strides * rows.sigma[:, None, None]
    places = np.concatenate([samples, tried.reshape(len(starts), -1)], axis=1)
    height = _log_integrand(places, rows.columns())[0]
    floor = height[:, : samples.shape[1]].max(axis=1) - _DEPTH
    below = height[:, samples.shape[1] :].reshape(tried.shape) < floor[:, None, None]
    first = below.argmax(axis=2)[:, :, None]
    ends: Array = np.take_along_axis(tried, first, axis=2)[:, :, 0]
    row, end = np.nonzero(~below.any(axis=2) & (has_high[:, None] | _OF_LOW))
    for block in range(_BLOCK, _STRIDES.size, _BLOCK):
        if not row.size:
            break
        here = rows.take(row)
        away = _OUTWARD[end, None] * _STRIDES[block : block + _BLOCK] * here.sigma[:, None]
        tried_here = starts[row, end][:, None] + away
        under = _log_integrand(tried_here, here.columns())[0] < floor[row, None]
        found = under.any(axis=1)
        ends[row[found], end[found]] = tried_here[found, under[found].argmax(axis=1)]
        row, end = row[~found], end[~found]
    if row.size:
        raise NotConverged("quadrature: no end to the integrand was found")
    return ends


def _sum_window(
    a: Array, b: Array, h: Array, theta: Array, rows: Rows
) -> tuple[Array, Array, Array]:
    """Per row: log integral, log of the strip bound N, and mean size of the exponents."""
    count = np.ceil((b - a) / h).astype(np.int64) + 1
    if count.max() > _MAX_NODES:
        raise NotConverged("quadrature: more nodes needed than the work limit allows")
    out = [np.empty_like(a) for _ in range(3)]
    order = np.argsort(count, kind="stable")
    start = 0
    while start < order.size:
        stop = start + 1
        while stop < order.size and (stop + 1 - start) * count[order[stop]] <= _CHUNK:
            stop += 1
        index = order[start:stop]
        for target, value in zip(
            out,
            _sum_rows(a[index], h[index], theta[index], count[index], rows.take(index)),
            strict=True,
        ):
            target[index] = value
        start = stop
    return out[0], out[1], out[2]


def _sum_rows(
    a: Array, h: Array, theta: Array, count: NDArray[np.int64], rows: Rows
) -> tuple[Array, Array, Array]:
    nodes = np.arange(int(count.max()))
    x = a[:, None] + h[:, None] * nodes
    columns = rows.columns()
    height, u, log_r = _log_integrand(x, columns)
    # a longer window beside it must not carry a row's nodes into its other window
    outside = nodes >= count[:, None]
    height[outside] = -np.inf
    top = height.max(axis=1, keepdims=True)
    weight = np.exp(height - top)
    total = weight.sum(axis=1)
    log_total = top[:, 0] + np.log(total) + np.log(h / (rows.sigma * math.sqrt(2.0 * math.pi)))
    # exponents lose absolute accuracy in proportion to their size
    loss = np.where(columns.add, -log_r, log_r)
    size = np.where(loss > 0.0, (1.0 + columns.order_minus_one) * loss, -loss)
    size += np.abs(log_r) + (x / columns.sigma) ** 2 + np.abs(u)
    mean_size = (weight * size).sum(axis=1) / total

    half = np.sin(theta / 2.0)[:, None] ** 2
    z = rows.exponent
    # near u = 0 kappa vanishes and the majorant does not; the clip keeps 0/0 away
    spread = np.sinh(np.clip(np.abs(u) / 2.0, 1e-12, 300.0)) ** 2
    growth = weight * (1.0 + half / spread)
    low = np.flatnonzero(z < 2.0)
    if low.size:
        growth[low] = _growth_below_two(
            growth[low], top[low], x[low], u[low], log_r[low], half[low], rows.take(low).columns()
        )
        growth[outside] = 0.0
    log_n = (
        log_total
        - np.log(total)
        + np.log(growth.sum(axis=1))
        + 0.5 * (theta * rows.sigma) ** 2
        + math.log(4.0)
    )
    return log_total, log_n, mean_size


def _growth_below_two(
    growth: Array, top: Array, x: Array, u: Array, log_r: Array, half: Array, rows: Rows
) -> Array:
    """The smaller of the two majorants for exponents below 2, in units of e^top."""
    z = rows.exponent
    share = np.exp(np.minimum(np.log(rows.rate) + u - log_r, 0.0))
    rest = np.exp(np.minimum(np.log(rows.rest) - log_r, 0.0))
    power = -0.5 * (2.0 - z) * np.log1p(-4.0 * np.minimum(share, 0.25) * half)
    first = growth * np.exp(np.minimum(power, 600.0))
    grown = np.exp(np.minimum(u, 300.0))
    away = rows.rate * np.sqrt((grown - 1.0) ** 2 + 4.0 * grown * half)
    log_away = np.log1p(np.abs(z) * away)
    if u.max(initial=0.0) > 300.0:  # there |r - 1| <= q (e^u + 1)
        far = np.logaddexp(0.0, np.log(np.abs(z)) + np.log(rows.rate) + u + 1e-12)
        log_away = np.where(u > 300.0, far, log_away)
    modulus = log_r + 0.5 * np.log1p(-4.0 * np.minimum(share * rest, 0.25) * half)
    log_plain = np.logaddexp(z * modulus, log_away) - np.log(z * (z - 1.0))
    second = np.exp(np.minimum(log_plain - 0.5 * (x / rows.sigma) ** 2 - top, 600.0))
    return np.asarray(np.minimum(first, second), dtype=np.float64)


def _integrate(a: Array, b: Array, mode: Array, rows: Rows) -> tuple[Array, Array]:
    """Log J over one window per row, and its relative error."""
    square = rows.sigma**2
    target = 42.0
    # the mass around a mode x = z s < 0 of r^z, z < 0, is narrower by 1 + |x| (1-s) / sigma^2
    z = rows.exponent
    narrower = np.abs(mode) * (1.0 - np.clip(mode / z, 0.0, 1.0)) / square
    bend = (1.0 + np.where(z < 2.0, narrower, 0.0)) / (2.0 * square)
    # for z < 0 the ratio must not come near its zero: within pi/2, |1 + l e^(i theta)| >= 1
    widest = np.where(z < 0.0, 0.5, 0.95) * math.pi * square
    reach = np.minimum(np.sqrt(target / bend), widest)
    h = 2.0 * math.pi * reach / (target + bend * reach**2)
    log_value, error = np.empty_like(a), np.full_like(a, np.inf)
    todo = np.arange(a.size)
    for _ in range(12):
        some, step, edge = rows.take(todo), h[todo], reach[todo]
        value, log_n, size = _sum_window(a[todo], b[todo], step, edge / square[todo], some)
        decay = 2.0 * math.pi * edge / step
        log_error = math.log(2.0) + log_n - value - decay - np.log1p(-np.exp(-decay))
        log_value[todo] = value
        error[todo] = np.exp(np.minimum(log_error, 300.0)) + _UNIT * (128.0 + 4.0 * size)
        failed = ~(log_error < math.log(_TOLERANCE))
        todo = todo[failed]
        if not todo.size:
            # 1e-15 for what lies outside the windows, and log J carries its own rounding
            return log_value, error + 1e-15 + 4.0 * _UNIT * (2.0 + np.abs(log_value))
        h[todo] *= 0.5
        reach[todo] *= 0.8
    raise NotConverged("quadrature: the error bound stays above its tolerance")


def log_j(rows: Rows) -> tuple[Array, Array]:
    """Log J (see `kappa`) of each row and its relative error, discretization and rounding."""
    low_a, low_b, high_a, high_b, low_mode = _windows(rows)
    index = np.flatnonzero(high_b > high_a)
    every = np.concatenate([np.arange(low_a.size), index])
    values, errors = _integrate(
        np.concatenate([low_a, high_a[index]]),
        np.concatenate([low_b, high_b[index]]),
        np.concatenate([low_mode, np.zeros(index.size)]),
        rows.take(every),
    )
    value, error = values[: low_a.size], errors[: low_a.size]
    if index.size:
        other, other_error = values[low_a.size :], errors[low_a.size :]
        both = np.logaddexp(value[index], other)
        error[index] = error[index] * np.exp(value[index] - both) + other_error * np.exp(
            other - both
        )
        value[index] = both
    return value, error
