"""What a problem is: gradients that can be run, and constants that theorems may know."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dpaccount import _validate
from dpaccount.errors import InputError

__all__ = ["Array", "Coordinate", "Facts", "Look", "Problem", "refuse", "shrink"]

Array = NDArray[np.float64]

_POSITIVE = ("smoothness", "radius")
_NOT_NEGATIVE = (
    "distance_squared", "gap", "gradient_squared", "largest_gradient", "mean_square",
    "optimum_square", "slope", "bend", "record_smoothness", "trace", "matrix_square", "waves",
)  # fmt: skip


@dataclass(frozen=True)
class Coordinate:
    """One axis of a quadratic.

    Args:
        curvature: The eigenvalue lambda of the Hessian, > 0.
        start: x_0 - x* along it.
        mean_square: Mean over the records of their squared gradients along it.
    """

    curvature: float
    start: float
    mean_square: float


@dataclass(frozen=True)
class Facts:
    """What theorems may know of f and of its records; each number is rounded to the safe side.

    Squared norms are of records' private gradients unless said otherwise. What is not known is 0
    for a lower and inf for an upper bound.

    Args:
        dimension: Number of parameters.
        records: Number of records.
        smoothness: L, at least the Lipschitz constant of f's gradient.
        convexity: Mu of strong convexity.
        polyak: Mu of the Polyak-Lojasiewicz inequality.
        is_convex: Whether f is convex.
        curvature: c such that f - c |x|^2 / 2 is convex; -L always is one.
        secant: m such that (g - m d).(L d - g) >= 0, d = x - x*, at every x; mu always is one.
        distance_squared: At least |x_0 - x*|^2.
        gap: At least f(x_0) - f*.
        gradient_squared: At least |grad f|^2 on the domain.
        largest_gradient: At least the norm of any record's gradient on the domain.
        mean_square: At least the mean over the records of |g_i|^2, on the domain.
        optimum_square: At least that mean at x*.
        slope: b such that the mean at x* + d is at most `optimum_square` + 2 b |d| + w |d|^2.
        bend: w of that bound.
        record_smoothness: l such that the mean of |g_i(x) - g_i(x*)|^2 is at most 2 l (f(x) - f*).
        trace: At least the trace of a matrix M <= L that f is smooth with.
        matrix_square: At least the mean over the records of g_i.M g_i, on the domain.
        waves: At least sum_j s_j^2, where f is sum_j s_j (1 - cos(x_j - o_j)).
        radius: Steps are projected to the ball of this radius about 0; inf: they are not.
        is_quadratic: Whether f is a quadratic.
        coordinates: The axes of a quadratic, where the noise does not depend on x.
        theorems: Ids of theorems that these facts themselves stand on.

    Raises:
        InputError: For NaN, and for what cannot be a bound.
    """

    dimension: int
    records: int
    smoothness: float = math.inf
    convexity: float = 0.0
    polyak: float = 0.0
    is_convex: bool = False
    curvature: float = -math.inf
    secant: float = 0.0
    distance_squared: float = math.inf
    gap: float = math.inf
    gradient_squared: float = math.inf
    largest_gradient: float = math.inf
    mean_square: float = math.inf
    optimum_square: float = math.inf
    slope: float = math.inf
    bend: float = math.inf
    record_smoothness: float = math.inf
    trace: float = math.inf
    matrix_square: float = math.inf
    waves: float = math.inf
    radius: float = math.inf
    is_quadratic: bool = False
    coordinates: tuple[Coordinate, ...] = ()
    theorems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no bound: NaN would be smaller than nothing and larger than nothing."""
        for name in ("dimension", "records"):
            if not getattr(self, name) >= 1:
                raise refuse(name, getattr(self, name), "an integer >= 1", "count them")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise refuse(name, getattr(self, name), "a number > 0, or inf", "bound it above")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise refuse(name, getattr(self, name), "a number >= 0, or inf", "bound it above")
        if not self.curvature < math.inf:
            raise refuse("curvature", self.curvature, "a number, or -inf", "bound it below")
        for name in ("convexity", "polyak", "secant"):
            if not 0 <= getattr(self, name) < math.inf:
                raise refuse(name, getattr(self, name), "a number >= 0", "0 if none is known")
        for name in ("is_convex", "is_quadratic"):
            _validate.flag(getattr(self, name), name)

    @property
    def least_curvature(self) -> float:
        """The best known c such that f - c |x|^2 / 2 is convex."""
        if self.convexity > 0.0 or self.is_convex:
            return max(self.convexity, self.curvature, 0.0)
        return max(self.curvature, -self.smoothness)


class Look(ABC):
    """A problem seen from some points, one a row; what several questions need is computed once."""

    @abstractmethod
    def clipped_sum(self, chosen: Array | None, clip_norm: float) -> Array:
        """The sum of the clipped private gradients of the chosen records.

        Args:
            chosen: A 1 for each record that is in the batch of each point, shape (points,
                records); None: all are.
            clip_norm: The largest norm of one record's gradient.
        """

    @abstractmethod
    def public(self) -> Array | float:
        """The gradient of what does not depend on the records; neither clipped nor noised."""

    @abstractmethod
    def excess(self) -> Array:
        """The value of f above its infimum, for each point."""

    @abstractmethod
    def gradient(self) -> Array:
        """The gradient of f, the function that `Problem.facts` speaks of."""


class Problem(ABC):
    """A function of n records to be made small, with constants that are known.

    f is a public part plus the mean of one private part for each record; DP-SGD clips, samples and
    noises the gradients of the private parts.
    """

    name: str
    #: In words, for people.
    title: str
    start: Array
    optimum: Array
    records: int

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return len(self.start)

    @property
    def floats(self) -> int:
        """How many floats the gradients of all records take at one point."""
        return self.records * (1 + self.dimension)

    @abstractmethod
    def facts(self, clip_norm: float) -> Facts:
        """The constants, where gradients are clipped to this norm.

        Raises:
            Unsupported: If the problem has none for that clip norm.
        """

    @abstractmethod
    def default_clip_norm(self) -> float:
        """A clip norm that is never reached, unless the problem is about reaching it."""

    @abstractmethod
    def look(self, points: Array) -> Look:
        """The problem seen from some points, shape (points, dimension)."""

    def project(self, points: Array, radius: float) -> Array:
        """The nearest points of the ball about 0."""
        if math.isinf(radius):
            return points
        norms = np.sqrt(np.einsum("ij,ij->i", points, points))
        return np.asarray(points * shrink(norms, radius)[:, None])


def shrink(norms: Array, clip_norm: float) -> Array:
    """By how much gradients of these norms are multiplied so that none is longer."""
    return np.asarray(np.minimum(1.0, clip_norm / np.maximum(norms, 1e-300)))


def refuse(name: str, given: Any, allowed: str, advice: str) -> InputError:
    """The refusal of a problem's argument."""
    return InputError(name, given=given, allowed=allowed, advice=advice)
