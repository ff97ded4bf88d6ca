"""Ridge and logistic regression: losses of a.x whose constants and optimum are computed."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property

import numpy as np

from dpaccount.convergence.problem import Array, Facts, Look, Problem, refuse, shrink
from dpaccount.convergence.problems.data import rows_of
from dpaccount.errors import NotConverged
from dpaccount.guarantees import up

__all__ = ["Logistic", "Ridge"]

#: How far from the true optimum the one that is used may be.
PRECISION = 1e-12


class _Linear(Problem):
    """f(x) = mean_i loss(a_i . x, y_i) + penalty |x|^2 / 2; the penalty is public.

    Args:
        table: Which data: "cancer" or "digits".
        penalty: Weight of the squared norm, > 0: what makes f strongly convex.
    """

    kind: str
    #: The largest second derivative of the loss.
    largest_bend: float

    def __init__(self, table: str, *, penalty: float = 0.01) -> None:
        """Read the data, and find the optimum by Newton's method."""
        if not 0.0 < penalty < math.inf:
            raise refuse(
                "penalty",
                penalty,
                "a number > 0: without it mu would be 0",
                "give 0.01",
            )
        self.name, self.penalty = f"{self.kind}-{table}", penalty
        self.rows, self.labels = rows_of(table)
        self.records = len(self.labels)
        self.norms = np.linalg.norm(self.rows, axis=1)
        self.title = f"{self.kind} regression on {table}, {self.records} records"
        self.start = np.zeros(self.rows.shape[1])
        self.optimum = self._optimum()
        self.least = self._value(self.optimum)

    @abstractmethod
    def slopes(self, margins: Array) -> Array:
        """The derivatives of the losses, records in the last axis."""

    @abstractmethod
    def bends(self, margins: Array) -> Array:
        """The second derivatives."""

    @abstractmethod
    def losses(self, margins: Array) -> Array:
        """The losses."""

    def _value(self, x: Array) -> float:
        return float(self.losses(self.rows @ x).mean() + self.penalty * (x @ x) / 2)

    def true_gradient(self, x: Array) -> Array:
        """The gradient of f at one point."""
        return np.asarray(self.slopes(self.rows @ x) @ self.rows / self.records + self.penalty * x)

    def _optimum(self) -> Array:
        x = self.start
        for _ in range(50):
            gradient = self.true_gradient(x)
            # strong convexity: |x - x*| <= |gradient| / penalty; the last steps cost nothing
            hessian = (self.rows.T * self.bends(self.rows @ x)) @ self.rows / self.records
            step = np.linalg.solve(hessian + self.penalty * np.eye(len(x)), gradient)
            x = x - step
            if float(np.linalg.norm(step)) < 1e-15:
                break
        if not self.miss(x) <= PRECISION:
            raise NotConverged(
                f"the optimum of {self.name} is only known to {self.miss(x):.2g}; do: take a "
                "larger penalty"
            )
        return x

    def miss(self, x: Array) -> float:
        """At least the distance of a point from the optimum, but for rounding."""
        return float(np.linalg.norm(self.true_gradient(x))) / self.penalty

    @cached_property
    def _largest(self) -> float:
        """At least the largest eigenvalue of the mean of a a^T."""
        return _top(self.rows.T @ self.rows / self.records)

    @cached_property
    def _weighted(self) -> float:
        """At least the largest eigenvalue of the mean of |a|^2 a a^T."""
        return _top((self.rows.T * self.norms**2) @ self.rows / self.records)

    @cached_property
    def _along(self) -> Array:
        """For each record, the length of its row in the matrix that f is smooth with."""
        matrix = self.largest_bend * (self.rows.T @ self.rows) / self.records
        matrix += self.penalty * np.eye(self.dimension)
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", self.rows @ matrix, self.rows)))

    @property
    def radius(self) -> float:
        """Steps are projected to this ball about 0."""
        return math.inf

    @property
    def floats(self) -> int:
        """See `Problem.floats`: one factor for each record."""
        return self.records

    @abstractmethod
    def _largest_slopes(self) -> Array:
        """For each record, at least the largest |derivative| on the domain."""

    def facts(self, clip_norm: float) -> Facts:
        """See `Problem.facts`."""
        bend = self.largest_bend
        # the true optimum is this near, and slopes bend by no more on the way
        still = np.abs(self.slopes(self.rows @ self.optimum)) + bend * self.norms * PRECISION
        squares = (self.norms * still) ** 2
        largest = self.norms * self._largest_slopes()
        at_optimum = _up(squares.mean())
        weighted = _up(bend**2 * self._weighted)
        return Facts(
            dimension=self.dimension,
            records=self.records,
            smoothness=_up(bend * self._largest + self.penalty),
            convexity=self.penalty,
            polyak=self.penalty,
            is_convex=True,
            distance_squared=_up(
                (float(np.linalg.norm(self.optimum - self.start)) + PRECISION) ** 2
            ),
            gap=_up(self._value(self.start) - self.least + PRECISION),
            gradient_squared=self._gradient_squared(largest),
            largest_gradient=self.default_clip_norm(),
            mean_square=_up((largest**2).mean()),
            optimum_square=at_optimum,
            slope=_up(math.sqrt(at_optimum * weighted)),
            bend=weighted,
            record_smoothness=_up(bend * float((self.norms**2).max())),
            trace=_up(bend * float((self.norms**2).mean()) + self.penalty * self.dimension),
            matrix_square=_up(float((self._along**2 * self._largest_slopes() ** 2).mean())),
            radius=self.radius,
            is_quadratic=self.kind == "ridge",
        )

    def _gradient_squared(self, largest: Array) -> float:
        if math.isinf(self.radius):
            return math.inf
        return _up((float(largest.mean()) + self.penalty * self.radius) ** 2)

    def default_clip_norm(self) -> float:
        """See `Problem.default_clip_norm`."""
        return self.longest

    @cached_property
    def longest(self) -> float:
        """At least the norm of any record's gradient on the domain."""
        return _up(float((self.norms * self._largest_slopes()).max()))

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _Seen(self, points)


class Ridge(_Linear):
    """Least squares with a penalty; steps are projected, as no gradient bound holds everywhere.

    Args:
        table: Which data: "cancer" or "digits".
        penalty: Weight of the squared norm, > 0.
        reach: The domain's radius, in norms of the optimum, >= 1.
    """

    kind, largest_bend = "ridge", 1.0

    def __init__(self, table: str, *, penalty: float = 0.01, reach: float = 1.5) -> None:
        """Read the data, and find the optimum."""
        if not 1.0 <= reach < math.inf:
            raise refuse("reach", reach, "a number >= 1: the optimum lies inside", "give 1.5")
        self.reach = reach
        super().__init__(table, penalty=penalty)

    def slopes(self, margins: Array) -> Array:
        """See `_Linear.slopes`."""
        return margins - self.labels

    def bends(self, margins: Array) -> Array:
        """See `_Linear.bends`."""
        return np.ones_like(margins)

    def losses(self, margins: Array) -> Array:
        """See `_Linear.losses`."""
        return np.asarray((margins - self.labels) ** 2 / 2)

    @property
    def radius(self) -> float:
        """See `_Linear.radius`."""
        return self.reach * float(np.linalg.norm(self.optimum))

    def _largest_slopes(self) -> Array:
        return np.asarray(self.norms * self.radius + np.abs(self.labels))

    @cached_property
    def hessian(self) -> Array:
        """The second derivative of f, the same everywhere."""
        penalty = self.penalty * np.eye(self.dimension)
        return np.asarray(self.rows.T @ self.rows / self.records + penalty)

    def look(self, points: Array) -> Look:
        """See `Problem.look`."""
        return _SeenQuadratic(self, points)


class Logistic(_Linear):
    """Logistic regression with a penalty: no gradient is longer than its row.

    Args:
        table: Which data: "cancer" or "digits".
        penalty: Weight of the squared norm, > 0.
    """

    kind, largest_bend = "logistic", 0.25

    def slopes(self, margins: Array) -> Array:
        """See `_Linear.slopes`."""
        return -self.labels * _expit(-self.labels * margins)

    def bends(self, margins: Array) -> Array:
        """See `_Linear.bends`."""
        return _expit(margins) * _expit(-margins)

    def losses(self, margins: Array) -> Array:
        """See `_Linear.losses`."""
        against = -self.labels * margins
        return np.asarray(np.log1p(np.exp(-np.abs(against))) + np.maximum(against, 0.0))

    def _largest_slopes(self) -> Array:
        return np.ones(self.records)


class _Seen(Look):
    def __init__(self, problem: _Linear, points: Array) -> None:
        self.problem, self.points = problem, points
        self.margins = points @ problem.rows.T
        self.slopes = problem.slopes(self.margins)

    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        slopes = self.slopes
        if clip_norm < self.problem.longest or math.isfinite(self.problem.radius):
            slopes = slopes * shrink(np.abs(slopes) * self.problem.norms, clip_norm)
        return (slopes if chosen is None else slopes * chosen) @ self.problem.rows

    def public(self) -> Array:
        return self.problem.penalty * self.points

    def excess(self) -> Array:
        squares = np.einsum("ij,ij->i", self.points, self.points)
        values = self.problem.losses(self.margins).mean(axis=1) + self.problem.penalty * squares / 2
        return np.asarray(values - self.problem.least)

    def gradient(self) -> Array:
        mean = self.slopes @ self.problem.rows / self.problem.records
        return np.asarray(mean + self.problem.penalty * self.points)


class _SeenQuadratic(_Seen):
    """Values and slopes by the Hessian, which is smaller than the table."""

    problem: Ridge

    def excess(self) -> Array:
        away = self.points - self.problem.optimum
        return np.asarray(np.einsum("ij,ij->i", away @ self.problem.hessian, away) / 2)

    def gradient(self) -> Array:
        return np.asarray((self.points - self.problem.optimum) @ self.problem.hessian)


def _expit(values: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(values))


def _top(matrix: Array) -> float:
    """At least the largest eigenvalue: LAPACK's, and some of its size more for rounding."""
    return float(np.linalg.eigvalsh(matrix)[-1]) * (1.0 + 1e-12)


def _up(value: float) -> float:
    """A little more, for the rounding of a sum over records."""
    return up(float(value) * (1.0 + 1e-13))
