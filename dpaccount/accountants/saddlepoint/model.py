"""Float64 view of one direction of a run, for planning: nothing here is trusted.

Logarithms throughout, so that no setting overflows. The functions mirror the enclosures in
`certificates/release.py` in size, not in rigor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.effort import TooCostly
from dpaccount.certificates import Release, Run, Window

__all__ = ["Axis", "Model", "log_sum", "quantile"]

Array = np.ndarray[Any, np.dtype[Any]]
_MOST_OUTPUTS = 40_000


def log_sum(values: Array) -> Any:
    """Logarithm of the sum of exponentials over the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(values - top).sum(axis=-1))


@dataclass(frozen=True)
class Axis:
    """Outputs x of one release on a grid fine enough to plan with."""

    release: Release
    x: Array
    spacing: float

    @staticmethod
    def of(release: Release, low: float, high: float, fineness: float = 1.0) -> Axis:
        """A grid over [low, high]."""
        sigma = float(release.noise_multiplier)
        spacing = min(0.4 * sigma, 0.5 * sigma * sigma) / fineness
        if not (high - low) <= _MOST_OUTPUTS * spacing:
            raise TooCostly("noise so small that the outputs need too fine a grid")
        return Axis(
            release, np.arange(math.floor(low / spacing), math.ceil(high / spacing) + 1) * spacing,
            spacing,
        )  # fmt: skip

    def resolved(self, spacing: float) -> Axis:
        """The same axis, or one of that spacing if it is finer."""
        if spacing >= self.spacing:
            return self
        return Axis.of(self.release, self.x[0], self.x[-1], self.spacing / spacing)

    def beyond(self) -> Axis:
        """Few outputs far to the right of the axis, up to where the odds l are large."""
        start, step = max(float(self.x[-1]), self.sigma), 0.25 * self.sigma
        near = max(self.sigma**2 * (3.0 - self.log_odds), start)
        count = min(math.ceil((near - start) * 8.0 / self.sigma**2), 400)
        x = start + self.sigma**2 / 8.0 * np.arange(count + 1)
        x = np.concatenate([x, x[-1] + step * np.cumsum(1.125 ** np.arange(60))])
        return Axis(self.release, x, self.spacing)

    @cached_property
    def sigma(self) -> float:
        """The noise multiplier."""
        return float(self.release.noise_multiplier)

    @cached_property
    def log_odds(self) -> float:
        """Log of q/(1-q)."""
        q = self.release.sampling_rate
        return math.log(float(q)) - self.log_rest

    @cached_property
    def log_rest(self) -> float:
        """Log of 1 - q."""
        return math.log1p(-float(self.release.sampling_rate))

    @cached_property
    def log_mass(self) -> Array:
        """Log of the nodes' weights under N(0, sigma^2)."""
        scale = math.log(self.spacing / (self.sigma * math.sqrt(2.0 * math.pi)))
        return scale - self.x * self.x / (2.0 * self.sigma**2)

    @cached_property
    def log_grown(self) -> Array:
        """Log l."""
        return self.log_odds + (2.0 * self.x - 1.0) / (2.0 * self.sigma**2)

    @cached_property
    def grown(self) -> Array:
        """The odds l, kept finite."""
        return np.exp(np.minimum(self.log_grown, 600.0))

    @cached_property
    def excess(self) -> Array:
        """log(1 + l)."""
        return np.logaddexp(0.0, self.log_grown)

    @cached_property
    def loss(self) -> Array:
        """Log r, right in relative terms where r is near 1."""
        q = float(self.release.sampling_rate)
        u = (2.0 * self.x - 1.0) / (2.0 * self.sigma**2)
        return np.where(u < 30.0, np.log1p(q * np.expm1(np.minimum(u, 30.0))),
                        self.excess + self.log_rest)  # fmt: skip

    @cached_property
    def turns(self) -> Array:
        """The angle's slope m(l)."""
        return _turns(self.log_grown)

    @cached_property
    def next_turns(self) -> Array:
        """m(l) a hop further on, as the enclosure takes it beyond its grid."""
        return _turns(self.log_grown + 0.125)

    def log_weight(self, window: Window | None, a: float = 0.0, *, outer: bool = False) -> Any:
        """Logarithm of a window's majorant for shifts up to a; of its complement if `outer`."""
        return 0.0 if window is None else self.log_weights(window, np.array(a), outer=outer)

    def log_weights(self, window: Window, shifts: Array, *, outer: bool = False) -> Any:
        """`log_weight` for many shifts: x is the last axis."""
        from scipy.special import log_ndtr

        p = (self.x - window.center) / window.width
        value = log_ndtr(p if outer else -p)
        if not np.any(shifts):
            return value
        ratio = (shifts / window.width)[..., None]
        bump = np.log(ratio) + ratio * ratio / 2 - p * p / 2 - 0.9189385
        return np.logaddexp(value, bump)

    def log_moment(self, s: Array | float, weight: Any = 0.0) -> Any:
        """Log E_Q[r^s v], to an absolute error of about 1e-15."""
        column = np.asarray(s, dtype=float)[..., None]
        return log_sum(self.log_mass + column * self.loss + weight)

    def log_area(self, s: float, turn: Any, weight: Any = 0.0) -> Any:
        """Log of the integral of phi r^s e^(turn m) v, for an array of turns."""
        column = np.asarray(turn, dtype=float)[..., None]
        return log_sum(self.log_mass + s * self.loss + column * self.turns + weight)

    def log_cells(self, s: float, turn: float, weight: Any, unit: float) -> Any:
        """Log of the same on cells of spacing unit sigma^2, each factor at its larger end."""
        share = 1.0 / (1.0 + np.exp(-self.log_grown.clip(-700, 700)))
        square = self.turns * (1.0 - self.turns)
        steepness = np.where(self.log_grown < 0.0, square, 2.0 * square)
        spread = turn * steepness + abs(s) * share + np.abs(self.x)
        return log_sum(
            self.log_mass + s * self.loss + turn * self.turns + weight + 0.5 * unit * spread
        )

    def log_decay(self, s: float, heights: Array, angles: Array, weights: Any = 0.0) -> Any:
        """Log of the bound of |E[r^(s+it) v]| by moving x by i angle sigma^2.

        Heights, angles and weights are broadcast; the last axis of the weights is x.
        """
        angle = angles[..., None]
        odds = self.grown
        modulus = 0.5 * np.log1p(odds * (2.0 * np.cos(angle) + odds))
        modulus = np.where(self.log_grown > 300.0, self.excess, modulus) + self.log_rest
        turn = np.arctan2(odds * np.sin(angle), 1.0 + odds * np.cos(angle))
        terms = self.log_mass + s * modulus + weights - heights[..., None] * turn
        return log_sum(terms) + 0.5 * (angles * self.sigma) ** 2

    def angles(self, *windows: Window | None) -> Array:
        """Strips worth trying: parts of the largest, multiples of 1/sigma and of the windows."""
        lengths = [1.0 / self.sigma] + [w.width / self.sigma**2 for w in windows if w is not None]
        scaled = np.multiply.outer(lengths, [0.5, 1.0, 2.0, 3.5, 5.0, 7.0, 9.0, 12.0, 16.0]).ravel()
        fixed = np.array([0.003, 0.01, 0.03, 0.06, 0.12, 0.25, 0.45, 0.7, 1.0, 1.3, 1.5])
        return np.unique(np.concatenate([fixed, scaled[scaled < 1.5]]))

    def shifts(self, s: float, heights: Array, weight: Any, window: Window | None) -> Array:
        """Angles worth trying for a decay bound at each height, one row each.

        Of theta^2 sigma^2/2 - t theta E[m] the least is at theta = t E[m] / sigma^2.
        """
        terms = self.log_mass + s * self.loss + weight
        mean = np.exp(log_sum(terms + np.log(self.turns + 1e-300)) - log_sum(terms))
        guess = np.multiply.outer([0.3, 0.6, 1.0, 1.6], heights * mean / self.sigma**2)
        fixed = np.multiply.outer([0.3, 0.6, 0.9, 1.15, 1.35], np.ones_like(heights))
        narrow: Any = [] if window is None else np.array([1.0, 2.0, 4.0, 7.0]) * window.width
        scaled = np.multiply.outer(np.asarray(narrow) / self.sigma**2, np.ones_like(heights))
        return np.concatenate([guess, fixed, scaled]).clip(1e-12, 1.4)


def _turns(log_grown: Array) -> Array:
    ratio = 1.0 / (1.0 + np.exp(-log_grown.clip(-700, 700)))
    square = 1.0 / (1.0 + np.exp(-2.0 * log_grown.clip(-300, 300)))
    found: Array = np.maximum(ratio, square)
    return found


class Model:
    """One direction of a run on axes wide enough for a target."""

    def __init__(self, run: Run, log_least: float) -> None:
        """`log_least`: log of the probability that may be left out altogether."""
        self.run, self.mu_squared = run, float(run.mu_squared)
        self.add = run.add
        self.axes, self.cuts = [], []
        self.epsilon, self.telling = math.inf, [math.inf] * len(run.releases)
        for release in run.releases:
            sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
            least = log_least - math.log(release.steps * len(run.releases))
            reach = sigma * quantile(least)
            with_record = 1.0 + sigma * quantile(min(least - math.log(q), -1.0))
            high = max(reach, with_record)
            self.cuts.append(Window(1.118 * high + 0.1 * sigma, 0.5 * sigma))
            self.axes.append(Axis.of(release, -1.05 * reach - 2 * sigma, 1.118 * high + 4 * sigma))

    def log_transform(self, z: Array) -> Array:
        """Log M at real points, outputs beyond the cuts left out."""
        total = self.mu_squared * z * (z - 1.0) / 2.0
        s = 1.0 - z if self.add else z
        for axis, cut in zip(self.axes, self.cuts, strict=True):
            weight = 0.0 if self.add else axis.log_weight(cut)
            if not self.add and axis.x[-1] < cut.center:
                weight = 0.0
            total = total + axis.release.steps * axis.log_moment(s, weight)
        return total

    def look_at(self, epsilon: float) -> None:
        """Find the outputs of one step beyond which all losses together exceed an epsilon."""
        self.epsilon, edge = epsilon, self.edge()
        bounded = not self.add and not self.mu_squared and edge < epsilon
        for i, axis in enumerate(self.axes):
            q = float(axis.release.sampling_rate)
            loss = epsilon - edge + axis.log_rest
            far = math.log1p(math.expm1(min(loss, 700.0)) / q) if bounded else math.inf
            self.telling[i] = axis.sigma**2 * far + 0.5

    def resolve(self, spacings: list[float]) -> None:
        """Axes at least so fine, for edges narrower than what the law needs.

        Raises:
            TooCostly: If that is too fine.
        """
        self.axes = [
            axis.resolved(spacing) for axis, spacing in zip(self.axes, spacings, strict=True)
        ]

    @property
    def size(self) -> float:
        """What one plan costs, as `effort` counts."""
        return sum(300.0 + len(axis.x) for axis in self.axes)

    def edge(self) -> float:
        """The end of the loss that all steps share: sum of T log(1-q), to remove."""
        return sum(a.release.steps * a.log_rest for a in self.axes)


def quantile(log_tail: float) -> float:
    """About the x with Phi(-x) = e^log_tail, never below it."""
    return math.sqrt(max(-2.0 * log_tail, 1.0))
