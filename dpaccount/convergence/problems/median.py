"""The geometric median: convex and Lipschitz, with a kink at the minimum."""

from __future__ import annotations

import numpy as np

from dpaccount.convergence.problem import Array, Facts, Look, Problem
from dpaccount.guarantees import up

__all__ = ["Median"]


class Median(Problem):
    """f(x) = mean_i |x - a_i| in a ball about 0: no gradient is longer than 1.

    Three quarters of the records lie at 0, the others in opposite pairs: the minimum is at 0.

    Args:
        dimension: Number of parameters.
        records: Number of records, a multiple of 8.
        radius: Of the ball that steps are projected to, at least 2.
        seed: Of the pairs.
    """

    name, title = "median", "a geometric median: convex and Lipschitz, not smooth"

    def __init__(
        self, dimension: int = 5, *, records: int = 40, radius: float = 4.0, seed: int = 3
    ) -> None:
        """Draw the pairs."""
        rng = np.random.default_rng(seed)
        pairs = rng.standard_normal((records // 8, dimension))
        self.centers = np.concatenate(
            [np.zeros((records - 2 * len(pairs), dimension)), pairs, -pairs]
        )
        self.records, self.radius = len(self.centers), radius
        self.optimum = np.zeros(dimension)
        self.start = np.full(dimension, 2.0 / np.sqrt(dimension))
        self.least = float(np.linalg.norm(self.centers, axis=1).mean())

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        return Facts(
            dimension=self.dimension,
            records=self.records,
            is_convex=True,
            distance_squared=up(float(self.start @ self.start), 64),
            gap=up(float(self.look(self.start[None, :]).excess()[0]), 64),
            gradient_squared=1.0,
            largest_gradient=1.0,
            mean_square=1.0,
            optimum_square=1.0,
            radius=self.radius,
        )

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return 1.0

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Seen(self, points)


class _Seen(Look):
    def __init__(self, problem: Median, points: Array) -> None:
        self.problem, self.points = problem, points
        away = points[:, None, :] - problem.centers
        self.lengths = np.linalg.norm(away, axis=2)
        # the subgradient 0 where a record lies
        self.units = away / np.maximum(self.lengths, 1e-300)[:, :, None]

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        units = self.units * min(1.0, clip_norm)
        return np.asarray(units.sum(1) if chosen is None else (chosen[:, :, None] * units).sum(1))

    def public(self) -> float:
        return 0.0

    def excess(self) -> Array:
        return np.asarray(self.lengths.mean(axis=1) - self.problem.least)

    def gradient(self) -> Array:
        return np.asarray(self.units.mean(axis=1))
