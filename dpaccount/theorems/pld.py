"""The privacy loss on a grid: from above, from below, and what transforms and floats may lose.

Measures of losses are under the numerator; h is the width of the grid. The derivations are in
docs/explanation/grid-accountant.md.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "CHORD_ABOVE",
    "CONNECT_THE_DOTS",
    "DOMINATED",
    "FFT",
    "INFINITE",
    "SHIFT",
    "SPECTRUM",
    "TILTED",
    "WRAP",
]

_OWN = "derived in docs/explanation/grid-accountant.md"


def _share(rise: Any, width: Any, ops: Any = math) -> Any:
    """Share of a loss `rise` above a grid point that goes to the next one."""
    return ops.expm1(-rise) / ops.expm1(-width)


CONNECT_THE_DOTS = theorem(
    "pld.connect_the_dots",
    "Move a loss y above a grid point to the next one with probability (1 - e^-y) / (1 - e^-h), "
    "else down to the point: both laws keep their mass, delta(eps) is unchanged at grid points and "
    "linear in e^eps between them, so no smaller anywhere, for one step and for compositions.",
    "Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, arXiv 2207.04380, section 4",
    formula=_share,
    uses=("pair.composition",),
    assumptions=[
        Assumption(
            "0 <= y <= h",
            lambda rise, width, **_: 0 <= rise <= width,
            "measure from the grid point below",
        ),
        Assumption("h > 0", lambda width, **_: width > 0, "give a positive width"),
    ],
    note="item number quoted from memory",
    latex=r"Move a loss $y \in [0, h]$ above a grid point to the next one with probability $w = "
    r"\frac{1 - e^{-y}}{1 - e^{-h}}$, else down to the point: both laws keep their mass, "
    r"$\delta(\varepsilon)$ is unchanged at grid points and linear in $e^{\varepsilon}$ "
    "between them, so no smaller anywhere, for one step and for compositions.",
    level="S",
)


def _chord_above(share: Any, rise: Any, width: Any, ops: Any = math) -> Any:
    """What a loss adds to the bound on how far the chord lies above the curve in its cell."""
    return share * (1 - share) * ops.exp(rise) * -ops.expm1(-width)


CHORD_ABOVE = theorem(
    "pld.chord_above",
    "In e^eps, the chord of a convex curve over a cell lies above it by at most the integral of "
    "G(r, r) over its second derivative, G the Green's function of the cell: by the mean of w (1 - "
    "w) e^y (1 - e^-h) over the cell's losses, w their share of `pld.connect_the_dots`.",
    _OWN,
    formula=_chord_above,
    uses=("pld.connect_the_dots",),
    level="S",
    latex=r"In $e^{\varepsilon}$, the chord of a convex curve over a cell lies above it by at "
    "most the integral of $G(r, r)$ over its second derivative, $G$ the Green's function "
    "of the cell: by the mean of $w (1-w) e^{y} (1 - e^{-h})$ over the cell's losses, $w$ "
    "their share of pld.connect_the_dots.",
)


def _dominated(mass: Any, before: Any, here: Any, after: Any, width: Any, ops: Any = math) -> Any:
    """Mass at a grid point of the curve that was lowered by `before`, `here`, `after` there."""
    return mass - ((after - here) - ops.exp(width) * (here - before)) / ops.expm1(width)


DOMINATED = theorem(
    "pld.dominated",
    "Lower the connected dots at each grid point by c_j, at least the chord's height above the "
    "curve in both cells beside it: the curve lies above, for one step and for compositions. Its "
    "mass at a point is p_j - ((c_(j+1) - c_j) - e^h (c_j - c_(j-1))) / (e^h - 1); it is a curve "
    "of losses where no mass is negative.",
    _OWN,
    formula=_dominated,
    uses=("pld.connect_the_dots", "pld.chord_above", "pair.composition"),
    assumptions=[Assumption("h > 0", lambda width, **_: width > 0, "give a positive width")],
    level="P",
    latex="Lower the connected dots at each grid point by $c_j$, at least the chord's height "
    "above the curve in both cells beside it: the curve lies above, for one step and for "
    r"compositions. Its mass at a point is $p_j - \frac{(c_{j+1} - c_j) - e^h (c_j - "
    "c_{j-1})}{e^h - 1}$; it is a curve of losses where no mass is negative.",
)


def _tilted(tilt: Any, above: Any, ops: Any = math) -> Any:
    """Weight of tilted mass at a loss `above` epsilon."""
    return ops.exp(-tilt * above) * -ops.expm1(-above)


TILTED = theorem(
    "pld.tilted",
    "With nu the law tilted by s, d nu = e^(s l - K(s)) dP for its log moment K(s), delta(eps) is "
    "e^(K(s) - s eps) times the nu-mean of e^(-s (l - eps)) (1 - e^(-(l - eps))) over losses l > "
    "eps.",
    "by definition of the hockey-stick divergence",
    formula=_tilted,
    assumptions=[Assumption("l > eps", lambda above, **_: above > 0, "leave out the others")],
    level="K",
    latex=r"With $d\nu = e^{s \ell - K(s)} dP$ for the log moment $K(s) = \ln E_P[e^{s \ell}]$, "
    r"$\delta(\varepsilon) = e^{K(s) - s \varepsilon} E_\nu\left[e^{-s (\ell - "
    r"\varepsilon)} (1 - e^{-(\ell - \varepsilon)}) 1_{\ell > \varepsilon}\right]$.",
)


def _wrap(transform: Any, tilted: Any, more: Any, edge: Any) -> Any:
    """Log of the tilted mass beyond an edge; `more` has the sign of the side."""
    return transform - tilted - more * edge


WRAP = theorem(
    "pld.wrap",
    "The law tilted by s has at most the mass e^(K(s+t) - K(s) - t b) above b for t > 0, and below "
    "b for t < 0: what a transform of finite length folds into its window.",
    "Chernoff's bound under the tilted law",
    formula=_wrap,
    assumptions=[Assumption("t is not 0", lambda more, **_: more < 0 or more > 0, "tilt further")],
    level="S",
    latex="The law tilted by $s$ has at most the mass $e^{K(s+t) - K(s) - t b}$ above $b$ for $t "
    "> 0$, and below $b$ for $t < 0$: what a transform of finite length folds into its "
    "window.",
)


def _spectrum(magnitudes: Any, errors: Any, steps: Any, ops: Any = math) -> Any:
    """Error of a product of powers of factors known to within `errors`."""
    log, each = 0, 0
    for magnitude, error, count in zip(magnitudes, errors, steps, strict=True):
        most = magnitude + error
        log = log + count * ops.log(most)
        each = each + count * error / most
    return ops.exp(log) * each


SPECTRUM = theorem(
    "pld.spectrum",
    "If |x_i - y_i| <= e_i and |x_i| <= m_i, then prod x_i^T_i and prod y_i^T_i differ by at most "
    "prod (m_i + e_i)^T_i sum_i T_i e_i / (m_i + e_i).",
    "exchange the factors one by one",
    formula=_spectrum,
    assumptions=[
        Assumption(
            "magnitudes and errors are not negative",
            lambda magnitudes, errors, **_: (
                all(m >= 0 for m in magnitudes) and all(e > 0 for e in errors)
            ),
            "give absolute values",
        ),
    ],
    level="P",
    latex=r"If $|x_i - y_i| \le e_i$ and $|x_i| \le m_i$, then $\left|\prod_i x_i^{T_i} - \prod_i "
    r"y_i^{T_i}\right| \le \prod_i (m_i + e_i)^{T_i} \sum_i \frac{T_i e_i}{m_i + e_i}$.",
)


def _fft(levels: Any, unit: Any) -> Any:
    """Error of every output of a transform of length 2^levels, per unit of the inputs' sum."""
    return 8 * (levels + 1) * unit


FFT = theorem(
    "pld.fft",
    "In floats of unit roundoff u a transform of length 2^k by butterflies, twiddle factors within "
    "one unit, has every output within 8 (k + 1) u times the sum of the inputs' magnitudes.",
    "each input reaches each output along one path of at most k additions and k products of "
    "complex numbers, (1 + u)^k (1 + sqrt(5) u)^k (1 + u)^k in all (Higham 2002, Accuracy and "
    "Stability of Numerical Algorithms, section 24.1)",
    formula=_fft,
    assumptions=[
        Assumption(
            "the length is a power of two, at most 2^40",
            lambda levels, **_: 0 <= levels <= 40,
            "pad the input",
        ),
    ],
    level="P",
    note="that the library's transform is built so is read from its documentation",
    latex="In floats of unit roundoff $u$ a transform of length $2^k$ by butterflies, twiddle "
    r"factors within one unit, has every output within $8 (k + 1) u \sum_j |x_j|$, $x_j$ "
    "the inputs.",
)


def _infinite(masses: Any, steps: Any) -> Any:
    """At most the probability of some infinite loss."""
    return sum(mass * count for mass, count in zip(masses, steps, strict=True))


INFINITE = theorem(
    "pld.infinite",
    "If step i has an infinite loss with probability m_i, some of T_i steps each has one with "
    "probability 1 - prod (1 - m_i)^T_i <= sum T_i m_i, which adds to delta.",
    "the union bound",
    formula=_infinite,
    level="S",
    latex="If step $i$ has an infinite loss with probability $m_i$, some of $T_i$ steps each has "
    r"one with probability $1 - \prod_i (1 - m_i)^{T_i} \le \sum_i T_i m_i$, which adds to "
    r"$\delta$.",
)

SHIFT = theorem(
    "pld.shift",
    "If each loss is known to within r_i, delta of the sum at eps lies between that of the given "
    "losses at eps + sum T_i r_i and at eps - sum T_i r_i.",
    "delta does not fall where losses under the numerator rise",
    formula=_infinite,
    level="S",
    latex=r"If each loss is known to within $r_i$, $\delta$ of the sum at $\varepsilon$ lies "
    r"between that of the given losses at $\varepsilon + \sum_i T_i r_i$ and at "
    r"$\varepsilon - \sum_i T_i r_i$.",
)
