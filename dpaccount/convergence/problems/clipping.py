"""The smallest problem that clipping bends: one record far from the others."""

from __future__ import annotations

import numpy as np

from dpaccount.convergence.problem import Array, Facts, Look, Problem
from dpaccount.errors import Unsupported
from dpaccount.guarantees import up
from dpaccount.theorems.sgd_noise import CLIPPED_LINE, CLIPPING_BIAS

__all__ = ["Clipping"]

_ZEROS, _OUTLIER = 9, 10.0


class Clipping(Problem):
    """f(x) = mean_i (x - a_i)^2 / 2, nine a_i at 0 and one at 10; clipping is active everywhere.

    On a line, descent with clipped gradients is descent on the mean of Huber's functions
    (sgd.clipped_line): `facts` and `excess` are of that mean, whose least point is C / 9 and not
    the true 1 (sgd.clipping_bias).
    """

    name, title = "clipping", "nine records at 0, one at 10: clipping moves the optimum"
    records = _ZEROS + 1

    def __init__(self, clip_norm: float = 1.0) -> None:
        """Set the clip norm, which the minimum depends on."""
        CLIPPING_BIAS.require(zeros=_ZEROS, outlier=_OUTLIER, clip_norm=clip_norm)
        self.clip_norm = clip_norm
        self.centers = np.array([0.0] * _ZEROS + [_OUTLIER])
        self.optimum = np.array([clip_norm / _ZEROS])
        self.start = np.array([3.0])
        self.least = float(self._huber(self.optimum[None, :])[0])

    @property
    def bias(self) -> float:
        """The true slope where clipped descent comes to rest."""
        return float(CLIPPING_BIAS(_ZEROS, _OUTLIER, self.clip_norm))

    def _huber(self, points: Array) -> Array:
        far = np.abs(points - self.centers)
        near = np.minimum(far, self.clip_norm)
        return np.asarray((near * (far - near / 2)).mean(axis=1))

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        if clip_norm != self.clip_norm:
            raise Unsupported(
                f"the problem {self.name} at clip norm {clip_norm}",
                missing=f"its constants are those of clip norm {self.clip_norm}",
                advice="make the problem with the clip norm of the run",
            )
        CLIPPED_LINE.require(dimension=1, clip_norm=clip_norm)
        square = up(clip_norm**2)
        return Facts(
            dimension=1,
            records=self.records,
            smoothness=1.0,
            is_convex=True,
            distance_squared=up(float(((self.start - self.optimum) ** 2).sum()), 64),
            gap=up(float(self._huber(self.start[None, :])[0]) - self.least, 64),
            gradient_squared=square,
            largest_gradient=clip_norm,
            mean_square=square,
            theorems=(CLIPPED_LINE.id, CLIPPING_BIAS.id),
        )

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return self.clip_norm

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Seen(self, points)


class _Seen(Look):
    def __init__(self, problem: Clipping, points: Array) -> None:
        self.problem, self.points = problem, points
        self.slopes = points - problem.centers

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        slopes = np.clip(self.slopes, -clip_norm, clip_norm)
        kept = slopes if chosen is None else slopes * chosen
        return np.asarray(kept.sum(axis=1, keepdims=True))

    def public(self) -> float:
        return 0.0

    def excess(self) -> Array:
        return np.asarray(self.problem._huber(self.points) - self.problem.least)

    def gradient(self) -> Array:
        slopes = np.clip(self.slopes, -self.problem.clip_norm, self.problem.clip_norm)
        return np.asarray(slopes.mean(axis=1, keepdims=True))
