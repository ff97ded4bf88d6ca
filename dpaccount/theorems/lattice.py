"""Sums over losses that take single values."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["CHORD_GAP", "END_GAP", "KINK", "LOST", "SUM"]


def _threshold(numerator: Any, denominator: Any, epsilon: Any, ops: Any) -> Any:
    """What the values above a threshold give: their probabilities under the two laws."""
    return numerator - ops.exp(epsilon) * denominator


SUM = theorem(
    "lattice.sum",
    "For the product of pairs whose losses take single values, delta(eps) is the probability of an "
    "infinite loss plus P(eps < L < inf) - e^eps Q(eps < L < inf), L the sum of a value of each. "
    "Any other threshold in place of eps gives at most that. On one lattice the probabilities of "
    "the sum are the coefficients of a product of polynomials.",
    "the hockey stick is attained where p > e^eps q (Neyman and Pearson)",
    formula=_threshold,
    uses=("pair.composition",),
    level="S",
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
    level="S",
    latex="If values of probability $w$ under $P$, whichever, are left out of the sum $s$ of "
    r"lattice.sum, $s \le \delta(\varepsilon) \le s + w$.",
)


def _kink(before: Any, here: Any, after: Any, width: Any, ops: Any = math) -> Any:
    """Mass at a grid point, from the curve there and at both its neighbors."""
    return ((after - here) - ops.exp(width) * (here - before)) / ops.expm1(width)


KINK = theorem(
    "lattice.kink",
    "A curve delta(eps) that is linear in e^eps between grid points a width h apart is that of "
    "losses on the grid alone: at a point where it is c, with b and a at the points before and "
    "after, the numerator has ((a - c) - e^h (c - b)) / (e^h - 1).",
    "by definition: the denominator's mass at e^eps is the change of slope there",
    formula=_kink,
    assumptions=[Assumption("h > 0", lambda width, **_: width > 0, "give a positive width")],
    level="S",
    latex=r"A curve $\delta(\varepsilon)$ that is linear in $e^\varepsilon$ between grid points a "
    r"width $h$ apart is that of losses on the grid alone: at a point where it is $c$, with $b$ "
    r"and $a$ at the points before and after, the numerator has "
    r"$\frac{(a - c) - e^h (c - b)}{e^h - 1}$.",
)


def _chord_gap(chord: Any, first: Any, last: Any, width: Any) -> Any:
    """At most the height of a chord over the curve, from its slopes at the ends."""
    return (chord - first) * (last - chord) / (last - first) * width


CHORD_GAP = theorem(
    "lattice.chord_gap",
    "A chord of slope s lies above a convex curve of slopes a and b at the chord's ends by at most "
    "(s - a)(b - s)/(b - a) times the distance of its ends.",
    "the curve lies above both end tangents, and those are lowest where they meet",
    formula=_chord_gap,
    assumptions=[
        Assumption(
            "the slopes rise",
            lambda chord, first, last, **_: first <= chord <= last and first < last,
            "a curve without a bend is its own chord",
        )
    ],
    level="S",
    latex=r"A chord of slope $s$ lies above a convex curve of slopes $a$ and $b$ at its ends "
    r"by at most $\frac{(s - a)(b - s)}{b - a}$ times the distance of its ends.",
)


def _end_gap(end: Any, slope: Any, away: Any, there: Any) -> Any:
    """Height of the curve over its tangent at the end of the grid, `away` from it."""
    return there - (end + slope * away)


END_GAP = theorem(
    "lattice.end_gap",
    "Lower connected dots as in pld.dominated, but leave the curve as it is at an end of the grid, "
    "and lower the point next to it by its height over the tangent at that end too: the lowered "
    "curve stays below.",
    "its first piece then lies below that tangent, and a convex curve lies above its tangents",
    formula=_end_gap,
    uses=("pld.dominated", "lattice.chord_gap"),
    level="S",
    latex=r"Lower connected dots as in pld.dominated, but leave the curve as it is at an end $x_0$ "
    r"of the grid, and lower the point $x_1$ next to it by "
    r"$f(x_1) - (f(x_0) + f'(x_0)(x_1 - x_0))$ too, $f'$ from inside: the lowered curve stays "
    r"below.",
)
