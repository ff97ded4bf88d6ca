"""Functions that are not convex: one with the Polyak-Lojasiewicz inequality, one without."""

from __future__ import annotations

import math

import numpy as np

from dpaccount.convergence.problem import Array, Facts, Look, Problem, shrink
from dpaccount.guarantees import up

__all__ = ["POLYAK", "SECANT", "WAVE", "Polyak", "Wells"]

#: The height of the waves: above 1 the function is not convex.
WAVE = 1.2
#: At most the least of |f'|^2 / (2 f) for this wave; a test shows it in ball arithmetic.
POLYAK = 0.468
#: At most the least of f' / x; the same test shows it.
SECANT = 0.739


class Polyak(Problem):
    """f(x) = sum_j (x_j^2 + 1.2 sin^2 x_j) / 2 plus private forces b_i whose mean is 0.

    f'' is 1 + 1.2 cos 2x, between -0.2 and 2.2; f' / x is between 0.739 and 2.2, and |f'|^2 >= 2 *
    0.468 f everywhere (the function of Karimi, Nutini and Schmidt 2016, arXiv 1608.04636v4,
    section 2.2, with a lower wave).

    Args:
        dimension: Number of parameters.
        records: An even number of records: their forces come in opposite pairs.
        seed: Of the forces.
    """

    name, title = "polyak", "a function that is not convex, with the PL inequality"

    def __init__(self, dimension: int = 5, *, records: int = 40, seed: int = 11) -> None:
        """Draw the forces."""
        rng = np.random.default_rng(seed)
        half = rng.standard_normal((records // 2, dimension))
        half *= 0.999 / np.linalg.norm(half, axis=1).max()
        self.pulls = np.concatenate([half, -half])
        self.records = len(self.pulls)
        self.optimum = np.zeros(dimension)
        self.start = np.full(dimension, 2.5)

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        mean_square = up(float((self.pulls**2).sum(axis=1).mean()), 64)
        start = self.look(self.start[None, :])
        return Facts(
            dimension=self.dimension,
            records=self.records,
            smoothness=up(1.0 + WAVE),
            polyak=POLYAK,
            curvature=-up(WAVE - 1.0),
            secant=SECANT,
            distance_squared=up(float(self.start @ self.start), 64),
            gap=up(float(start.excess()[0]), 64),
            largest_gradient=self.default_clip_norm(),
            mean_square=mean_square,
            optimum_square=mean_square,
            slope=0.0,
            bend=0.0,
        )

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return 1.0

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Waves(self, points)


class _Waves(Look):
    def __init__(self, problem: Polyak, points: Array) -> None:
        self.problem, self.points = problem, points

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        pulls = self.problem.pulls
        kept = pulls * shrink(np.linalg.norm(pulls, axis=1), clip_norm)[:, None]
        return np.asarray(-kept.sum(axis=0) if chosen is None else -(chosen @ kept))

    def public(self) -> Array:
        return np.asarray(self.points + WAVE / 2 * np.sin(2 * self.points))

    def excess(self) -> Array:
        return np.asarray((self.points**2 + WAVE * np.sin(self.points) ** 2).sum(axis=1) / 2)

    def gradient(self) -> Array:
        return self.public()


class Wells(Problem):
    """f(x) = mean_i sum_j (1 - cos(x_j - a_ij)): smooth, bounded, with hills between the wells.

    Every private gradient is sin(x - a_i), no longer than sqrt(dimension).

    Args:
        dimension: Number of parameters.
        records: Number of records.
        spread: Standard deviation of the a_ij.
        seed: Of the a_ij.
    """

    name, title = "wells", "a smooth function with hills between its wells"

    def __init__(
        self, dimension: int = 5, *, records: int = 40, spread: float = 0.3, seed: int = 5
    ) -> None:
        """Draw the centers."""
        rng = np.random.default_rng(seed)
        self.centers = spread * rng.standard_normal((records, dimension))
        self.records = records
        turned = np.exp(1j * self.centers).mean(axis=0)
        #: f is sum_j (1 - size_j cos(x_j - optimum_j)).
        self.sizes, self.optimum = np.abs(turned), np.angle(turned)
        self.start = self.optimum + 2.2

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        # the mean of sin^2(x - a) is (1 - Re e^{2ix} mean e^{-2ia}) / 2
        twice = np.abs(np.exp(2j * self.centers).mean(axis=0))
        start = self.look(self.start[None, :])
        return Facts(
            dimension=self.dimension,
            records=self.records,
            smoothness=up(float(self.sizes.max()), 64),
            distance_squared=up(float(((self.start - self.optimum) ** 2).sum()), 64),
            gap=up(float(start.excess()[0]), 64),
            gradient_squared=up(float((self.sizes**2).sum()), 64),
            waves=up(float((self.sizes**2).sum()), 64),
            largest_gradient=self.default_clip_norm(),
            mean_square=up(float((1.0 + twice).sum() / 2), 64),
        )

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return up(math.sqrt(self.dimension))

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Wells(self, points)


class _Wells(Look):
    def __init__(self, problem: Wells, points: Array) -> None:
        self.problem, self.points = problem, points

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        away = np.sin(self.points[:, None, :] - self.problem.centers)
        away = away * shrink(np.linalg.norm(away, axis=2), clip_norm)[:, :, None]
        return np.asarray(
            away.sum(axis=1) if chosen is None else (chosen[:, :, None] * away).sum(1)
        )

    def public(self) -> float:
        return 0.0

    def excess(self) -> Array:
        half = np.sin((self.points - self.problem.optimum) / 2)
        return np.asarray((2.0 * self.problem.sizes * half**2).sum(axis=1))

    def gradient(self) -> Array:
        return np.asarray(self.problem.sizes * np.sin(self.points - self.problem.optimum))
