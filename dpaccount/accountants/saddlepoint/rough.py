"""The inversion in float64, without error bounds: where to look, never what to answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpaccount.accountants.saddlepoint.model import Axis
from dpaccount.certificates import Grid, Line, Release, Run

__all__ = ["Rough"]


class Rough:
    """delta(eps) and its slope from the nodes of a line."""

    def __init__(self, run: Run, line: Line) -> None:
        """Evaluate the nodes."""
        self.run, self.c, self.height = run, line.c, line.height
        self.heights = line.height * np.arange(line.nodes + 1)
        self.z = line.c + 1j * self.heights
        cores = all(grid.core for grid in line.grids) and bool(line.grids)
        log_values = self._log_nodes(line, core=False)
        self.log_front = float(log_values[0].real)
        values = np.exp(log_values - self.log_front)
        if cores:
            values -= np.exp(self._log_nodes(line, core=True) - self.log_front)
        self.terms = values / (self.z * (self.z - 1.0))
        self.terms[0] /= 2.0
        self.base = (0.0, 0.0)
        if cores and run.add:
            self.base = self._base(line)
        elif not run.add and not run.mu_squared and any(grid.cut for grid in line.grids):
            self.base = self._cut_base(line)

    def _log_nodes(self, line: Line, *, core: bool) -> Any:
        mu_squared = float(self.run.mu_squared)
        total = mu_squared * self.z * (self.z - 1.0) / 2.0
        for release, grid in zip(self.run.releases, line.grids, strict=True):
            total = total + release.steps * self._log_release(release, grid, core)
        return total

    def _log_release(self, release: Release, grid: Grid, core: bool) -> Any:
        axis = Axis(release, grid.spacing * np.arange(grid.first, grid.last + 1), grid.spacing)
        s = 1.0 - self.c if self.run.add else self.c
        weight = axis.log_weight(grid.cut)
        if core:
            weight = weight + axis.log_weight(grid.core)
        terms = axis.log_mass + s * axis.loss + weight
        top = terms.max()
        masses = np.exp(terms - top)
        loss = -axis.loss if self.run.add else axis.loss
        keep = masses > 1e-19 * masses.max()
        masses, loss = masses[keep], loss[keep]
        # powers k1 + k2 n: all of them are one product of two small matrices
        count = len(self.heights)
        n = math.isqrt(count - 1) + 1
        small = np.exp(1j * self.height * np.multiply.outer(np.arange(n), loss)) * masses
        large = np.exp(1j * self.height * n * np.multiply.outer(np.arange(-(-count // n)), loss))
        return np.log((large @ small.T).ravel()[:count]) + top

    def _base(self, line: Line) -> tuple[float, float]:
        """M of the cores at 1 and 0."""
        from scipy.special import ndtr

        one = zero = 1.0
        for release, grid in zip(self.run.releases, line.grids, strict=True):
            assert grid.core is not None  # cores come in all grids or none
            scale = math.hypot(float(release.noise_multiplier), grid.core.width)
            q, place = float(release.sampling_rate), grid.core.center
            without, with_record = ndtr(place / scale), ndtr((place - 1.0) / scale)
            one *= without**release.steps
            zero *= ((1.0 - q) * without + q * with_record) ** release.steps
        return float(one), float(zero)

    def _cut_base(self, line: Line) -> tuple[float, float]:
        """What cuts leave out with and without the record; 0 where the floats have it in a log."""
        from scipy.special import ndtr

        one = zero = 0.0
        for release, grid in zip(self.run.releases, line.grids, strict=True):
            if grid.cut is not None:
                scale = math.hypot(float(release.noise_multiplier), grid.cut.width)
                q, place = float(release.sampling_rate), grid.cut.center
                without, with_record = ndtr(-place / scale), ndtr((1.0 - place) / scale)
                one += release.steps * math.log1p(-(1.0 - q) * without - q * with_record)
                zero += release.steps * math.log1p(-without)
        one, zero = -math.expm1(one), -math.expm1(zero)
        return (one, zero) if one > 1e-200 else (0.0, 0.0)

    def blur(self, epsilon: float) -> float:
        """About the logarithm of the rounding error of delta(eps)."""
        front = self.log_front - (self.c - 1.0) * epsilon + math.log(self.height)
        size = float(np.abs(self.terms).sum())
        return front + (math.log(size) if size > 0.0 else math.inf) - 32.0

    def log_delta(self, epsilon: float) -> tuple[float, float]:
        """Log delta and its derivative; NaN where the sum is not positive."""
        turned = self.terms * np.exp(-1j * self.heights * epsilon)
        front = self.log_front - (self.c - 1.0) * epsilon + math.log(self.height / math.pi)
        value = math.exp(min(front, 700.0)) * float(turned.real.sum())
        slope = math.exp(min(front, 700.0)) * float((turned * (1.0 - self.z)).real.sum())
        one, zero = self.base
        known = one - math.exp(min(epsilon, 700.0)) * zero
        if known > 0.0 or self.run.add:
            value += known
            slope -= math.exp(min(epsilon, 700.0)) * zero
        if front < -600.0 and not one:  # below the floats: in logarithms
            total = float(turned.real.sum())
            if not total > 0.0:
                return math.nan, math.nan
            return front + math.log(total), float((turned * (1.0 - self.z)).real.sum()) / total
        if not value > 0.0:
            return math.nan, math.nan
        return math.log(value), slope / value
