"""Quadratics: a public bowl, and records that pull at it with forces that do not change."""

from __future__ import annotations

import numpy as np

from dpaccount.convergence.problem import Array, Coordinate, Facts, Look, Problem, refuse, shrink
from dpaccount.guarantees import up

__all__ = ["Quadratic"]


class Quadratic(Problem):
    """f(x) = sum lambda_j x_j^2 / 2 - mean_i b_i . x, with |b_i| <= 1.

    The private gradients -b_i do not depend on x: nothing is ever clipped at clip norm 1, and the
    second moment of the noise is one known number, the same everywhere.

    Args:
        curvatures: The eigenvalues lambda, all above 0.
        start: x_0 - x*, of the same length.
        records: Number of records, >= 1.
        lean: Norm of the mean of the b_i, in [0, 1/2]: how far from each other the raw second
            moment and that about the mean are.
        seed: Of the random directions of the pulls.
        name: What it is called.
    """

    def __init__(
        self,
        curvatures: Array,
        start: Array,
        *,
        records: int = 50,
        lean: float = 0.4,
        seed: int = 7,
        name: str = "quadratic",
    ) -> None:
        """Draw the pulls, and find the minimum that they lead to."""
        _check(curvatures, start, records, lean)
        self.name, self.title = name, f"a quadratic in {len(curvatures)} dimensions"
        self.curvatures = np.asarray(curvatures, dtype=float)
        self.records = records
        self.pulls = _pulls(self.curvatures, records, lean, np.random.default_rng(seed))
        self.optimum = self.pulls.mean(axis=0) / self.curvatures
        self.offset = np.asarray(start, dtype=float)
        self.start = self.optimum + self.offset

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        low, high = float(self.curvatures.min()), float(self.curvatures.max())
        squares = (self.pulls**2).mean(axis=0)
        mean_square = _up(squares.sum())
        return Facts(
            dimension=self.dimension,
            records=self.records,
            smoothness=high,
            convexity=low,
            polyak=low,
            is_convex=True,
            distance_squared=_up((self.offset**2).sum()),
            gap=_up((self.curvatures * self.offset**2).sum() / 2),
            largest_gradient=self.default_clip_norm(),
            mean_square=mean_square,
            optimum_square=mean_square,
            slope=0.0,
            bend=0.0,
            record_smoothness=0.0,
            is_quadratic=True,
            coordinates=tuple(
                Coordinate(float(c), float(s), float(m))
                for c, s, m in zip(self.curvatures, self.offset, squares, strict=True)
            ),
        )

    @property
    def floats(self) -> int:
        """See `Problem.floats`: one factor for each record."""
        return self.records

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return 1.0  # `_pulls` leaves none longer

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Seen(self, points)


def _check(curvatures: Array, start: Array, records: int, lean: float) -> None:
    every, away = np.asarray(curvatures, dtype=float), np.asarray(start, dtype=float)
    if not (every.ndim == 1 and len(every) and (every > 0).all() and np.isfinite(every).all()):
        raise refuse(
            "curvatures", every, "a list of finite numbers > 0: mu > 0 is what is claimed",
            "leave directions without curvature out",
        )  # fmt: skip
    if not (away.shape == every.shape and np.isfinite(away).all()):
        raise refuse("start", away, f"{len(every)} finite numbers", "give one for each curvature")
    if not (isinstance(records, int) and records >= 1):
        raise refuse("records", records, "an integer >= 1", "give the number of records")
    if not 0.0 <= lean <= 0.5:
        raise refuse("lean", lean, "a number in [0, 1/2]", "lean less")


def _up(value: float) -> float:
    return up(float(value), 64)


def _pulls(curvatures: Array, records: int, lean: float, rng: np.random.Generator) -> Array:
    """Vectors no longer than 1 whose mean is H u, so that the minimum u is a sane one."""
    towards = curvatures * rng.standard_normal(len(curvatures))
    towards *= lean / np.linalg.norm(towards)
    spread = rng.standard_normal((records, len(curvatures)))
    spread -= spread.mean(axis=0)
    longest = np.linalg.norm(spread, axis=1).max()
    spread *= (0.999 - lean) / longest if longest > 0 else 0.0
    return np.asarray(towards + spread)


class _Seen(Look):
    def __init__(self, problem: Quadratic, points: Array) -> None:
        self.problem, self.points = problem, points

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        pulls = self.problem.pulls
        kept = pulls * shrink(np.linalg.norm(pulls, axis=1), clip_norm)[:, None]
        return np.asarray(-kept.sum(axis=0) if chosen is None else -(chosen @ kept))

    def public(self) -> Array:
        return self.problem.curvatures * self.points

    def excess(self) -> Array:
        away = self.points - self.problem.optimum
        return np.asarray(np.einsum("ij,j,ij->i", away, self.problem.curvatures, away) / 2)

    def gradient(self) -> Array:
        return self.problem.curvatures * (self.points - self.problem.optimum)
