"""Dominating pairs: the two laws that are worst for a mechanism, one pair per direction."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "APPROXIMATE_DP",
    "COMPOSITION",
    "DIMENSION",
    "DISCRETE_GAUSSIAN",
    "DISCRETE_LAPLACE",
    "INTEGER_SHIFT",
    "LAPLACE",
    "LAPLACE_CURVE",
    "MONOTONE",
    "POISSON",
    "POISSON_GAUSSIAN",
    "PURE_DP",
    "RANDOMIZED_RESPONSE",
    "REFLECTION",
]

DIMENSION = theorem(
    "pair.dimension",
    "A vector of L2 sensitivity at most C with N(0, (sigma C)^2 I) added is dominated by N(0, "
    "sigma^2) against N(1, sigma^2), and so is its Poisson-sampled form by the pair of one "
    "dimension.",
    "rotate so that the difference lies on one axis: the other coordinates have the same law on "
    "both sides; a shorter difference is a post-processing (scale down and add noise). Sampled: "
    "given the other records' sample the pair is the one-dimensional one, and the hockey stick is "
    "jointly convex over that sample",
    level="P",
    latex=r"A vector of $L_2$ sensitivity at most $C$ with $N(0, (\sigma C)^2 I)$ added is "
    r"dominated by $N(0, \sigma^2)$ against $N(1, \sigma^2)$, and so is its Poisson-sampled "
    "form by the pair of one dimension.",
)

POISSON_GAUSSIAN = theorem(
    "pair.poisson_gaussian",
    "With P = (1-q) N(0, sigma^2) + q N(1, sigma^2) and Q = N(0, sigma^2), (P, Q) dominates one "
    "Poisson-sampled Gaussian step for removing a record and (Q, P) for adding one; each stays "
    "dominating under composition within its own direction.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, Thm 11 and Prop 30; directions apart: Lebeda et "
    "al. 2024, arXiv 2405.20769v1",
    uses=("pair.dimension", "pair.composition"),
    note="item numbers quoted from memory",
    latex=r"With $P = (1-q) N(0, \sigma^2) + q N(1, \sigma^2)$ and $Q = N(0, \sigma^2)$, $(P, Q)$ "
    "dominates one Poisson-sampled Gaussian step for removing a record and $(Q, P)$ for "
    "adding one; each stays dominating under composition within its own direction.",
    level="P",
)

REFLECTION = theorem(
    "pair.reflection",
    "delta of the reversed pair at eps is 1 - e^eps + e^eps delta(-eps).",
    "by definition of the hockey-stick divergence",
    level="K",
    latex=r"$\delta_{(Q,P)}(\varepsilon) = 1 - e^{\varepsilon} + e^{\varepsilon} "
    r"\delta_{(P,Q)}(-\varepsilon)$.",
)

MONOTONE = theorem(
    "pair.monotone",
    "delta at every eps, and so the least eps at every delta, of Poisson-sampled Gaussian steps "
    "does not grow with sigma, and does not fall with the rate or with the number of steps.",
    "post-processing: more noise is noise added to the output, fewer steps are outputs left out. "
    "At rate p q the pair is p times the pair at rate q and 1-p times two equal laws, and the "
    "hockey stick is jointly convex; a dominated step stays so under composition: Zhu, Dong and "
    "Wang 2022, arXiv 2106.08567v4, Thm 10",
    uses=(
        "pair.poisson_gaussian",
        "dp.gaussian_monotone",
        "invert.one_step",
        "invert.one_step_added",
    ),
    level="P",
    note="item number quoted from memory",
    latex=r"$\delta(\varepsilon)$ at every $\varepsilon$, and so the least $\varepsilon$ at every "
    r"$\delta$, of Poisson-sampled Gaussian steps does not grow with $\sigma$, and does not "
    "fall with the rate $q$ or with the number of steps $T$.",
)

LAPLACE = theorem(
    "pair.laplace",
    "A number of sensitivity at most C with Laplace noise of scale b C added is dominated by "
    "Lap(0, b) against Lap(1, b); sampled by Poisson, by (1-q) Lap(0, b) + q Lap(1, b) against "
    "Lap(0, b) for removing and its reverse for adding.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, section 3",
    note="item numbers quoted from memory",
    latex="A number of sensitivity at most $C$ with Laplace noise of scale $b C$ added is "
    "dominated by $Lap(0, b)$ against $Lap(1, b)$; sampled by Poisson, by $(1-q) Lap(0, b) "
    "+ q Lap(1, b)$ against $Lap(0, b)$ for removing and its reverse for adding.",
    level="P",
)


def _laplace_curve(above: Any, rate: Any, inverse_scale: Any, ops: Any = math) -> Any:
    """Delta and its slope in e^eps, where that is 1 - q + `above`, between the two atoms."""
    root = ops.sqrt(above / rate)
    far = ops.exp(-inverse_scale / 2)
    return rate * (1 - far * root), -far / (2 * root)


LAPLACE_CURVE = theorem(
    "pair.laplace_curve",
    "For removing a record from a Laplace step of scale b at rate q, with y = (e^eps - 1 + q)/q: "
    "delta is 1 - e^eps where y <= e^(-1/b), 0 where y >= e^(1/b), and q (1 - e^(-1/(2b)) sqrt(y)) "
    "between.",
    "at the threshold where the likelihood ratio is y: integrals of two exponentials",
    formula=_laplace_curve,
    uses=("pair.laplace",),
    assumptions=[
        Assumption(
            "e^(-1/b) <= y <= e^(1/b)",
            lambda above, rate, inverse_scale, ops=math, **_: (
                above > 0 and rate > 0 and -inverse_scale <= ops.log(above / rate) <= inverse_scale
            ),
            "outside the curve is a line",
        )
    ],
    level="Y",
    latex=r"For removing a record from a Laplace step of scale $b$ at rate $q$, with $y = "
    r"(e^\varepsilon - 1 + q)/q$: $\delta$ is $1 - e^\varepsilon$ where $y \le e^{-1/b}$, $0$ "
    r"where $y \ge e^{1/b}$, and $q (1 - e^{-1/(2b)} \sqrt{y})$ between.",
    note="the formula gives the slope in e^eps as well",
)

COMPOSITION = theorem(
    "pair.composition",
    "If (P_i, Q_i) dominates the i-th release whatever came out before it, the product of the P_i "
    "and the product of the Q_i dominate all of them together, in each direction by itself.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, Thm 10",
    note="item number quoted from memory; the statement is checked numerically in the tests",
    latex=r"If $(P_i, Q_i)$ dominates the $i$-th release whatever came out before it, $(\prod_i "
    r"P_i, \prod_i Q_i)$ dominates all of them together, in each direction by itself.",
    level="K",
)

POISSON = theorem(
    "pair.poisson",
    "If (P, Q) dominates a release for removing a record, then on a Poisson sample of rate q "
    "((1-q) Q + q P, Q) dominates it for removing; and if (Q, P) dominates it for adding one, then "
    "(Q, (1-q) Q + q P) does on the sample.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, Thm 11",
    note="item number quoted from memory; the statement is checked numerically in the tests",
    latex="If $(P, Q)$ dominates a release for removing a record, then on a Poisson sample of "
    r"rate $q$ $((1-q) Q + q P,\, Q)$ dominates it for removing; and if $(Q, P)$ dominates "
    r"it for adding one, then $(Q,\, (1-q) Q + q P)$ does on the sample.",
    level="K",
)

RANDOMIZED_RESPONSE = theorem(
    "pair.randomized_response",
    "k answers, the true one reported with chance p in (1/k, 1) and each other with chance "
    "(1-p)/(k-1): any two answers have the same pair of laws, whose ratio is odds, 1 or 1/odds, "
    "with odds = p (k-1) / (1-p).",
    "by definition: a permutation of the answers maps any two to any two others",
    formula=lambda truth, answers: truth * (answers - 1) / (1 - truth),
    assumptions=[
        Assumption(
            "1/k < p < 1",
            lambda truth, answers, **_: truth * answers > 1 and truth < 1,
            "report another answer now and then",
        )
    ],
    level="K",
    latex=r"$k$ answers, the true one reported with chance $p \in (1/k, 1)$ and each other with "
    "chance $(1-p)/(k-1)$: any two answers have the same pair of laws, whose ratio is $o$, "
    "$1$ or $1/o$, with $o = p (k-1)/(1-p)$.",
)

INTEGER_SHIFT = theorem(
    "pair.integer_shift",
    "Integer noise whose probabilities are log-concave, at shifts 0 and d: the hockey stick rises "
    "with d, in both directions. So the largest shift dominates every integer query of that "
    "sensitivity.",
    "the ratio p(x)/p(x-d) falls in x, so the best test is a threshold, and delta(eps) is the most "
    "of F(t) - e^eps F(t-d) over t, each of which rises with d as F is monotone; the other "
    "direction is its mirror image",
    level="P",
    latex="Integer noise whose probabilities are log-concave, at shifts $0$ and $d$: "
    r"$\delta(\varepsilon)$ rises with $d \ge 0$, in both directions. So the largest shift "
    "dominates every integer query of that sensitivity.",
)


def _discrete_laplace(k: Any, between: bool, inverse: Any, ops: Any = math) -> Any:
    """Log probability of output k; where not `between`, of the whole tail that starts there."""
    tail = -k * inverse - ops.log1p(ops.exp(-inverse))
    return tail + ops.log(-ops.expm1(-inverse)) if between else tail


DISCRETE_LAPLACE = theorem(
    "pair.discrete_laplace",
    "Integer noise of probability (1-s)/(1+s) s^|x|, s = e^(-1/b), added to an integer of "
    "sensitivity d is dominated by the noise at d against the noise at 0. The loss is "
    "(2x - d)/b at outputs x from 0 to d, where 0 stands for all below and d for all above; "
    "Q(x >= k) = s^k / (1+s) for k >= 0, Q the noise at 0.",
    "sums of geometric series; Ghosh, Roughgarden and Sundararajan 2012, arXiv 0811.2841v3, "
    "introduced the mechanism",
    formula=_discrete_laplace,
    uses=("pair.integer_shift",),
    level="Y",
    latex=r"Integer noise of probability $\frac{1-s}{1+s} s^{|x|}$, $s = e^{-1/b}$, added to an "
    "integer of sensitivity $d$ is dominated by the noise at $d$ against the noise at $0$. "
    r"The loss is $(2x - d)/b$ at outputs $0 \le x \le d$, where $0$ stands for all below "
    r"and $d$ for all above; $Q(x \ge k) = s^k/(1+s)$ for $k \ge 0$, $Q$ the noise at $0$.",
)

DISCRETE_GAUSSIAN = theorem(
    "pair.discrete_gaussian",
    "Integer noise of probability proportional to e^(-x^2/(2 v)), added to an integer of "
    "sensitivity d, is dominated by the noise at d against the noise at 0: the loss at output "
    "d + k is (2k + d) d / (2 v). The noise's tails are those of a Gaussian: P(x >= t) <= "
    "e^(-t^2/(2 v)) for t >= 0.",
    "Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6 (the law and its tails)",
    formula=lambda k, sensitivity, variance: -((k + sensitivity) ** 2) / (2 * variance),
    uses=("pair.integer_shift",),
    note="item numbers were not at hand; the tail is checked numerically in the tests. The formula "
    "is the log probability at output d + k without the record, but for the normalizer",
    latex="Integer noise of probability proportional to $e^{-x^2/(2v)}$, added to an integer of "
    "sensitivity $d$, is dominated by the noise at $d$ against the noise at $0$: the loss "
    r"at output $d + k$ is $(2k + d) d/(2v)$. The noise's tails are those of a Gaussian: $P(x \ge "
    r"t) \le e^{-t^2/(2v)}$ for $t \ge 0$.",
    level="P",
)


def _pure(k: Any, epsilon: Any, ops: Any = math) -> Any:
    """Log probability, without the record, of the answer at loss (2k - 1) epsilon."""
    return -k * epsilon - ops.log1p(ops.exp(-epsilon))


PURE_DP = theorem(
    "pair.pure_dp",
    "Every eps-DP release is dominated by randomized response of parameter eps: probabilities "
    "e^eps/(1+e^eps) and 1/(1+e^eps) against the reverse, in both directions; and that is eps-DP.",
    "Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4, Thm 3.4 and its proof",
    formula=_pure,
    note="item number quoted from memory; the statement is checked numerically in the tests",
    latex=r"Every $\varepsilon$-DP release is dominated by randomized response of parameter "
    r"$\varepsilon$: probabilities $\left(\frac{e^{\varepsilon}}{1+e^{\varepsilon}}, "
    r"\frac{1}{1+e^{\varepsilon}}\right)$ against the reverse, in both directions; and that "
    r"is $\varepsilon$-DP.",
    level="K",
)

APPROXIMATE_DP = theorem(
    "pair.approximate_dp",
    "Every (eps, delta)-DP release is dominated by the pair that with probability delta shows "
    "which of the two it is, and else is the pair of eps-DP; and that pair is (eps, delta)-DP.",
    "Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4, Thm 3.4 and its proof",
    uses=("pair.pure_dp",),
    note="item number quoted from memory; the statement is checked numerically in the tests",
    latex=r"Every $(\varepsilon, \delta)$-DP release is dominated by the pair that with "
    r"probability $\delta$ shows which of the two it is, and else is the pair of "
    r"$\varepsilon$-DP; and that pair is $(\varepsilon, \delta)$-DP.",
    level="K",
)
