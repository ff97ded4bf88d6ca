"""What the float64 tier assumes of floating point, bounds as logarithms, and the weight of a cut.

U is half an ulp of 1. What is assumed of numpy: exp, expm1, log, log1p, sin, cos and arctan2 are
within 4 ulp (8 U, relatively); a sum of n products, in any order, is within n U of the sum of their
sizes; `math.fsum` rounds once; scipy's log_ndtr, v, is within (32 |v| + 4) U. sigma and q are
within 2 U of the exact ones. Bounds are first order, with constants larger than the count of
operations; what is of second order is below a millionth of them, because `NotKnown` is raised where
a first-order term is not small, and the factor OVER covers it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from dpaccount.certificates import Window

__all__ = [
    "OVER",
    "SLACK",
    "Array",
    "Cut",
    "NotKnown",
    "U",
    "add_logs",
    "exp",
    "log_expm1",
    "log_tail",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
U = 2.0**-53
OVER = 1.001
#: Added to logarithms of bounds: their own rounding, for exponents below 1e5.
SLACK = 1e-9
_TOP = 0.918  # below log sqrt(2 pi)


class NotKnown(ArithmeticError):  # noqa: N818  # it is an answer
    """The float64 evaluation has nothing to say here."""


def log_expm1(z: float) -> float:
    """log(e^z - 1); -inf for z <= 0."""
    if not z > 0.0:
        return -math.inf
    return z + math.log(-math.expm1(-z))


def add_logs(*values: float) -> float:
    """Logarithm of the sum of exponentials; NaN stays NaN."""
    top = max(values)
    if not math.isfinite(top) or math.isnan(sum(values)):
        return math.nan if any(math.isnan(v) for v in values) else top
    return top + math.log(math.fsum([math.exp(v - top) for v in values]))


def exp(log: float) -> float:
    """e^log; inf where it overflows."""
    return math.inf if log > 700.0 else math.exp(log)


def log_tail(z: float) -> float:
    """At least log Phi(-z)."""
    return -0.5 * z * z * (1.0 - 1e-12) - 0.693 if z >= 0.0 else 0.0


class Cut:
    """The weight v(x) = Phi((X - x)/w) on given outputs.

    For shifts of x by up to i a its majorant is v + (a/w) e^(a^2/(2 w^2)) phi((x - X)/w), theorem
    invert.window. Bounds are logarithms: far out v underflows.
    """

    def __init__(self, window: Window, x: Array) -> None:
        self.center, self.width = window.center, window.width
        self.places = (x - window.center) / window.width  # within 2 U
        self.log_values = log_ndtr(-self.places)
        # |p| (|p| + 1) 2 U from the place, where p^2 / 2 <= |log v|; its sum with other exponents
        self.errors = U * (48.0 * np.abs(self.log_values) + 12.0)
        # on the cells between neighbors: the nearest place
        self._inner = np.maximum(np.maximum(self.places[:-1], -self.places[1:]), 0.0)
        self._cells: dict[float, Array] = {}

    def log_spread(self, a: float) -> float:
        """Log of the factor of phi((x - X)/w) for shifts up to a; -inf for a = 0."""
        ratio = a / self.width
        return math.log(ratio) + 0.5 * ratio * ratio + 1e-12 if a > 0.0 else -math.inf

    def _log_majorant(self, places: Array, bumps: Array, a: float) -> Any:
        tails = np.where(places > 0.0, -0.5 * places * places - 0.693, 0.0)
        if a == 0.0:
            return tails * (1.0 - 1e-12)
        raised = np.logaddexp(tails, self.log_spread(a) - 0.5 * bumps * bumps - _TOP)
        return raised + 1e-12 * (np.abs(raised) + 1.0)

    def log_on_nodes(self, a: float) -> Array:
        """At least the majorant's logarithm on the nodes."""
        found: Array = self._log_majorant(self.places, self.places, a)
        return found

    def log_on_cells(self, a: float) -> Array:
        """At least its largest value on each cell between neighbors; kept."""
        if a not in self._cells:
            self._cells[a] = self._log_majorant(self.places[:-1], self._inner, a)
        return self._cells[a]

    def log_left(self, a: float) -> float:
        """At least its largest value left of the first node."""
        place = min(float(self.places[0]), 0.0)
        return math.log1p(exp(self.log_spread(a) - 0.5 * place * place - _TOP)) + 1e-12

    def log_top(self, a: float) -> float:
        """At least its largest value anywhere."""
        return math.log1p(0.4 * exp(self.log_spread(a))) + 1e-12

    def log_front(self, a: float) -> float:
        """Beyond X the majorant is at most e^(this) e^(-(x - X)^2 / (2 w^2))."""
        return math.log(0.5 + 0.4 * exp(self.log_spread(a))) + 1e-12

    def log_lost(self, noise: float, rate: float) -> float:
        """At least log(1 - E[v]) under the law with the record."""
        scale = math.hypot(noise, self.width) * (1.0 + 1e-12)
        lost = math.exp(log_tail(self.center / scale))
        lost += rate * math.exp(log_tail((self.center - 1.0) / scale))
        return math.log(max(lost, 1e-300)) + 1e-9
