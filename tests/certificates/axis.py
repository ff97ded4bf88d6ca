"""One release in float64 on points far beyond every grid: integrals and sums of the bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from certificates.nasty import Beyond, Step
from scipy.special import logsumexp, ndtr

from dpaccount.certificates import Grid, Release

__all__ = ["Axis", "log_beyond"]


@dataclass(frozen=True)
class Axis:
    """Outputs x in float64 with their masses, far beyond every grid."""

    release: Release
    x: np.ndarray
    spacing: float
    low: float
    high: float

    @staticmethod
    @cache
    def of(case: Step) -> Axis:
        sigma, grid = float(case.release.noise_multiplier), case.grid
        widths = [w.width for w in (grid.cut, grid.core) if w is not None]
        fine = min([sigma, sigma**2, *widths]) / 16
        low = min(case.s, 0) - 11 * sigma
        high = max(case.s, 1) + case.height + 11 * sigma
        x = np.arange(math.floor(low / fine), math.ceil(high / fine)) * fine
        return Axis(case.release, x, fine, grid.first * grid.spacing, grid.last * grid.spacing)

    def beyond(self, spacing: float, grid: Grid) -> Axis:
        """The nodes that the grid leaves out."""
        left = np.arange(math.floor(self.x[0] / spacing), grid.first)
        right = np.arange(grid.last + 1, math.ceil(self.x[-1] / spacing) + 1)
        nodes = np.concatenate([left, right]) * spacing
        return Axis(self.release, nodes, spacing, self.low, self.high)

    def all_nodes(self, grid: Grid) -> Axis:
        first = math.floor(self.x[0] / grid.spacing)
        nodes = np.arange(first, math.ceil(self.x[-1] / grid.spacing) + 1) * grid.spacing
        return Axis(self.release, nodes, grid.spacing, self.low, self.high)

    @property
    def sigma(self) -> float:
        return float(self.release.noise_multiplier)

    @property
    def mass(self):
        scale = self.spacing / (self.sigma * math.sqrt(2 * math.pi))
        return scale * np.exp(-(self.x**2) / (2 * self.sigma**2))

    @property
    def odds(self):
        q = float(self.release.sampling_rate)
        return q / (1 - q) * np.exp((2 * self.x - 1) / (2 * self.sigma**2))

    def power(self, s: float, turn: float):
        """r^s e^(turn m)."""
        odds, rest = self.odds, math.log1p(-float(self.release.sampling_rate))
        slope = np.maximum(1 / (1 + 1 / odds), 1 / (1 + 1 / odds / odds))
        return np.exp(s * (rest + np.log1p(odds)) + turn * slope)

    def moved(self, s: float, shift: float, top: float):
        """|r^(s + it)| on the moved line."""
        rest = math.log1p(-float(self.release.sampling_rate))
        moved = 1 + self.odds * np.exp(1j * shift)
        return np.exp(s * (rest + np.log(np.abs(moved))) - top * np.angle(moved))

    def majorant(self, kind, a: float):
        """The product of the windows' majorants for shifts up to a."""
        total = np.ones_like(self.x)
        for window, outer, _ in kind:
            p, ratio = (self.x - window.center) / window.width, a / window.width
            bump = np.exp(math.log(ratio) + ratio**2 / 2 - p * p / 2) if ratio else 0 * p
            total *= ndtr(p if outer else -p) + bump / math.sqrt(2 * math.pi)
        return total

    def slack(self, f) -> float:
        """Of an integral that begins or ends between two points."""
        ends = [int(np.searchsorted(self.x, edge)) for edge in (self.low, self.high)]
        return float(sum(f[max(i - 2, 0) : i + 2].max(initial=0.0) for i in ends))


def log_beyond(case: Beyond) -> float:
    """The logarithm of the integral of phi r^s e^(turn m) right of a grid, from below.

    In logarithms, for it may be far beyond floats: the trapezoid's points lie right of the grid,
    and each of its cells counts with the smaller end of the rising, then falling integrand.
    """
    sigma, q = float(case.release.noise_multiplier), float(case.release.sampling_rate)
    end = case.grid.last * case.grid.spacing
    fine = min(sigma, sigma**2) / math.sqrt(case.turn) / 16
    x = end + fine * np.arange(200_000)
    log_odds = math.log(q / (1 - q)) + (2 * x - 1) / (2 * sigma**2)
    slope = np.maximum(1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-2 * log_odds)))
    loss = math.log1p(-q) + np.logaddexp(0, log_odds)
    logs = case.s * loss + case.turn * slope - x * x / (2 * sigma**2)
    least = np.minimum(logs[1:], logs[:-1])
    return float(logsumexp(least)) + math.log(fine / (sigma * math.sqrt(2 * math.pi)))
