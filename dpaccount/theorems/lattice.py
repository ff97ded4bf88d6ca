"""Sums over losses that take single values."""

from __future__ import annotations

from typing import Any

from dpaccount.theorems.registry import theorem

__all__ = ["LOST", "SUM"]


def _threshold(numerator: Any, denominator: Any, epsilon: Any, ops: Any) -> Any:
    """What the values above a threshold give: their probabilities under the two laws."""
    return numerator - ops.exp(epsilon) * denominator


SUM = theorem(
    "lattice.sum",
    "For the product of pairs whose losses take single values, delta(eps) is the probability of an "
    "infinite loss plus P(L > eps) - e^eps Q(L > eps), L the sum of a value of each. Any other "
    "threshold in place of L > eps gives at most that. On one lattice the probabilities of the sum "
    "are the coefficients of a product of polynomials.",
    "the hockey stick is attained where p > e^eps q (Neyman and Pearson)",
    formula=_threshold,
    uses=("pair.composition",),
    level="P",
    latex=r"For the product of pairs whose losses take single values, $\delta(\varepsilon) = P(L "
    r"= \infty) + P(\varepsilon < L < \infty) - e^{\varepsilon} Q(\varepsilon < L < "
    r"\infty)$, $L$ the sum of a value of each. Any other threshold in place of $L > "
    r"\varepsilon$ gives at most that. On one lattice the probabilities of the sum are the "
    "coefficients of a product of polynomials.",
)

LOST = theorem(
    "lattice.lost",
    "If values of probability w under P, whichever, are left out of the sum of lattice.sum, delta "
    "lies between that sum and that sum plus w.",
    "each value adds between 0 and its probability under P",
    formula=lambda found, lost: found + lost,
    uses=("lattice.sum",),
    level="P",
    latex="If values of probability $w$ under $P$, whichever, are left out of the sum $s$ of "
    r"lattice.sum, $s \le \delta(\varepsilon) \le s + w$.",
)
