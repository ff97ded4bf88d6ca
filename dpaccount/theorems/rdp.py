"""Renyi differential privacy: curves, composition, conversion."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "ADD_BELOW_REMOVE",
    "ATOMS",
    "COMPOSITION",
    "GAUSSIAN",
    "GAUSSIAN_OPTIMAL_ORDER",
    "MIXTURE",
    "POISSON",
    "PURE",
    "TO_DP_IMPROVED",
    "TO_DP_MIRONOV",
    "TO_LOG_DELTA",
]

_UNCHECKED = "item number quoted from memory; the statement is checked numerically in the tests"

GAUSSIAN = theorem(
    "rdp.gaussian",
    "The Renyi divergence of order a of N(1, sigma^2) from N(0, sigma^2) is a / (2 sigma^2).",
    "Mironov 2017, arXiv 1702.07476v3, Prop 7",
    formula=lambda order, mu_squared: order * mu_squared / 2,
    note=_UNCHECKED,
    latex=r"$D_\alpha(N(1, \sigma^2) \| N(0, \sigma^2)) = \frac{\alpha}{2 \sigma^2}$, the Renyi "
    r"divergence of order $\alpha$.",
    level="K",
)

POISSON = theorem(
    "rdp.poisson",
    "The Renyi divergence of order a of one Poisson-sampled step is ln E[r^a] / (a-1) for "
    "removing and ln E[r^(1-a)] / (a-1) for adding, where r = 1 - q + q L is the likelihood ratio "
    "of its dominating pair and the expectation is over the law without the record.",
    "Mironov, Talwar and Zhang 2019, arXiv 1908.10530v1, Thm 4 (Gaussian)",
    uses=("pair.poisson_gaussian", "pair.laplace"),
    note="evaluated by quadrature whose discretization error is bounded and added",
    latex=r"The Renyi divergence of order $\alpha$ of one Poisson-sampled step is "
    r"$\frac{1}{\alpha-1} \ln E[r^{\alpha}]$ for removing and $\frac{1}{\alpha-1} \ln "
    r"E[r^{1-\alpha}]$ for adding, where $r = 1 - q + q L$ is the likelihood ratio of its "
    "dominating pair and the expectation is over the law without the record.",
    level="P",
)

ATOMS = theorem(
    "rdp.atoms",
    "A release whose loss takes single values l_k, with probabilities w_k under the denominator of "
    "its dominating pair, has Renyi divergence ln(sum w_k e^(a l_k)) / (a-1) of order a.",
    "by definition; Mironov 2017, arXiv 1702.07476v3, section II",
    uses=("pair.poisson",),
    note="summed as non-negative terms; what is left out of an infinite sum is bounded and added",
    latex=r"A release whose loss takes single values $\ell_k$, with probabilities $w_k$ under the "
    r"denominator of its dominating pair, has Renyi divergence $\frac{1}{\alpha-1} \ln "
    r"\sum_k w_k e^{\alpha \ell_k}$ of order $\alpha$.",
    level="P",
)

PURE = theorem(
    "rdp.pure",
    "A pure eps-DP mechanism has Renyi divergence of every order a > 1 at most eps.",
    "Mironov 2017, arXiv 1702.07476v3, section III",
    formula=lambda epsilon: epsilon,
    note=_UNCHECKED,
    latex=r"A pure $\varepsilon$-DP mechanism has Renyi divergence of every order $\alpha > 1$ at "
    r"most $\varepsilon$.",
    level="K",
)


def _mixture(moment: Any, sampling_rate: Any, ops: Any = math) -> Any:
    """Log moment of the sampled step from that of the unsampled one."""
    if moment > 600:  # expm1 would overflow a float, and -q is below the rounding of the rest
        log_part = ops.log(sampling_rate) + moment
        return max(log_part, 0) + ops.log1p(ops.exp(-abs(log_part)))
    return ops.log1p(sampling_rate * ops.expm1(moment))


MIXTURE = theorem(
    "rdp.mixture",
    "If the log moment of a step at an order is K, that of the step on a Poisson sample of rate q "
    "is at most ln(1 + q (e^K - 1)), in both directions.",
    "r^a and r^(1-a) are convex in the ratio r, and r is the mixture of 1 and the unsampled ratio",
    formula=_mixture,
    uses=("pair.poisson", "rdp.poisson"),
    level="K",
    note="used where quadrature would need too many nodes, below sigma = 0.02",
    latex="If the log moment of a step at an order is $K$, that of the step on a Poisson sample "
    r"of rate $q$ is at most $\ln(1 + q (e^K - 1))$, in both directions.",
)

ADD_BELOW_REMOVE = theorem(
    "rdp.add_below_remove",
    "For a Poisson-sampled step whose two laws are mirror images, the Renyi divergence for adding "
    "a record is at most the one for removing it, at every order > 1.",
    "Mironov, Talwar and Zhang 2019, arXiv 1908.10530v1, Thm 5",
    note="item number quoted from memory; checked by quadrature in the tests",
    latex="For a Poisson-sampled step whose two laws are mirror images, the Renyi divergence for "
    r"adding a record is at most the one for removing it, at every order $\alpha > 1$.",
    level="K",
)

COMPOSITION = theorem(
    "rdp.composition",
    "Renyi divergences of one order add under adaptive composition.",
    "Mironov 2017, arXiv 1702.07476v3, Prop 1",
    formula=lambda divergences_steps: sum(d * t for d, t in divergences_steps),
    note=_UNCHECKED,
    latex=r"$D_\alpha$ of an adaptive composition is at most $\sum_i D_\alpha^{(i)}$, the sum of "
    "the Renyi divergences of one order.",
    level="K",
)


def _to_dp_mironov(divergence: Any, order_minus_one: Any, log_delta: Any) -> Any:
    """Epsilon at delta."""
    return divergence - log_delta / order_minus_one


TO_DP_MIRONOV = theorem(
    "rdp.to_dp_mironov",
    "A mechanism of Renyi divergence R at order a is (R + ln(1/delta)/(a-1), delta)-DP.",
    "Mironov 2017, arXiv 1702.07476v3, Prop 3",
    formula=_to_dp_mironov,
    note=_UNCHECKED + "; kept for comparison, no accountant uses it",
    assumptions=[
        Assumption("order > 1", lambda order_minus_one, **_: order_minus_one > 0),
        Assumption("0 < delta < 1", lambda log_delta, **_: log_delta < 0),
    ],
    latex=r"A mechanism of Renyi divergence $R$ at order $\alpha > 1$ is $\left(R + "
    r"\frac{\ln(1/\delta)}{\alpha-1}, \delta\right)$-DP for $0 < \delta < 1$.",
    level="K",
)


def _gaussian_optimal_order(mu_squared: Any, log_delta: Any, ops: Any = math) -> Any:
    """The order."""
    return 1 + ops.sqrt(-2 * log_delta / mu_squared)


GAUSSIAN_OPTIMAL_ORDER = theorem(
    "rdp.gaussian_optimal_order",
    "Of all orders a > 1, a = 1 + sqrt(2 ln(1/delta)) / mu makes a mu^2/2 + ln(1/delta)/(a-1) "
    "least, which is then mu^2/2 + mu sqrt(2 ln(1/delta)).",
    "the inequality of the arithmetic and the geometric mean",
    formula=_gaussian_optimal_order,
    uses=("rdp.gaussian", "rdp.to_dp_mironov"),
    level="K",
    note="the value is that of zcdp.to_dp at rho = mu^2/2",
    assumptions=[
        Assumption("mu > 0", lambda mu_squared, **_: mu_squared > 0, "epsilon is 0"),
        Assumption("0 < delta < 1", lambda log_delta, **_: log_delta < 0),
    ],
    latex=r"Of all orders $\alpha > 1$, $\alpha = 1 + \sqrt{2 \ln(1/\delta)}/\mu$ makes $\alpha "
    r"\mu^2/2 + \frac{\ln(1/\delta)}{\alpha-1}$ least, which is then $\mu^2/2 + \mu \sqrt{2 "
    r"\ln(1/\delta)}$.",
)


def _to_dp_improved(divergence: Any, order_minus_one: Any, log_delta: Any, ops: Any = math) -> Any:
    """Epsilon at delta."""
    log_order = ops.log1p(order_minus_one)
    log_ratio = ops.log(order_minus_one) - log_order
    return divergence + log_ratio - (log_delta + log_order) / order_minus_one


TO_DP_IMPROVED = theorem(
    "rdp.to_dp_improved",
    "A mechanism of Renyi divergence R at order a is (R + ln(1 - 1/a) - (ln delta + ln a)/(a-1), "
    "delta)-DP.",
    "Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6, Prop 12; Balle et al. 2020, "
    "arXiv 1905.09982v2, Thm 21",
    formula=_to_dp_improved,
    note=_UNCHECKED,
    assumptions=[
        Assumption("order > 1", lambda order_minus_one, **_: order_minus_one > 0),
        Assumption("0 < delta < 1", lambda log_delta, **_: log_delta < 0),
    ],
    latex=r"A mechanism of Renyi divergence $R$ at order $\alpha > 1$ is $\left(R + \ln\left(1 - "
    r"\frac{1}{\alpha}\right) - \frac{\ln\delta + \ln\alpha}{\alpha-1}, \delta\right)$-DP "
    r"for $0 < \delta < 1$.",
    level="K",
)


def _to_log_delta(moment: Any, order_minus_one: Any, epsilon: Any, ops: Any = math) -> Any:
    """Log delta at epsilon; the log moment is (order - 1) times the divergence."""
    log_order = ops.log1p(order_minus_one)
    log_ratio = ops.log(order_minus_one) - log_order
    return moment - order_minus_one * epsilon + order_minus_one * log_ratio - log_order


TO_LOG_DELTA = theorem(
    "rdp.to_log_delta",
    "A mechanism of Renyi divergence R at order a has delta(eps) <= e^((a-1)(R-eps)) "
    "(1 - 1/a)^(a-1) / a for every real eps.",
    "Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6, Prop 12, solved for delta",
    formula=_to_log_delta,
    note="stated there for eps >= 0; the pointwise bound (1 - e^-u)_+ <= c e^((a-1) u) behind it "
    "asks nothing of eps",
    assumptions=[Assumption("order > 1", lambda order_minus_one, **_: order_minus_one > 0)],
    latex=r"A mechanism of Renyi divergence $R$ at order $\alpha > 1$ has $\delta(\varepsilon) "
    r"\le \frac{e^{(\alpha-1)(R-\varepsilon)}}{\alpha} \left(1 - "
    r"\frac{1}{\alpha}\right)^{\alpha-1}$ for every $\varepsilon \in \mathbb{R}$.",
    level="K",
)
