"""Theorems that speak of (epsilon, delta) alone: release, sampling, composition."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "ADVANCED",
    "AMPLIFICATION_POISSON",
    "BASIC",
    "FAILURE",
    "GAUSSIAN_CLASSICAL",
    "GAUSSIAN_EXACT",
    "GAUSSIAN_MONOTONE",
    "IDENTITY",
    "LAPLACE",
    "MOMENTS_CLOSED_FORM",
    "MOMENTS_INTEGER",
    "OPTIMAL_HOMOGENEOUS",
]

_UNCHECKED = "item number quoted from memory; the statement is checked numerically in the tests"

IDENTITY = theorem(
    "dp.identity",
    "A mechanism whose output does not depend on the data is (0, 0)-DP.",
    "by definition",
    level="K",
    latex="A mechanism whose output does not depend on the data is $(0, 0)$-DP.",
)

LAPLACE = theorem(
    "dp.laplace",
    "Laplace noise of scale b times the L1 sensitivity is (1/b, 0)-DP.",
    "Dwork and Roth 2014, The Algorithmic Foundations of Differential Privacy, Thm 3.6",
    formula=lambda noise_multiplier: 1 / noise_multiplier,
    latex="Laplace noise of scale $b$ times the $L_1$ sensitivity is $(1/b, 0)$-DP.",
    level="K",
)


def _gaussian_classical(noise_multiplier: Any, log_delta: Any, ops: Any = math) -> Any:
    """Epsilon of one Gaussian release: sqrt(2 ln(1.25/delta)) / sigma."""
    return ops.sqrt(2 * (ops.log(5) - ops.log(4) - log_delta)) / noise_multiplier


GAUSSIAN_CLASSICAL = theorem(
    "dp.gaussian_classical",
    "For 0 < eps <= 1, noise sigma >= sqrt(2 ln(1.25/delta)) / eps makes a release of "
    "sensitivity 1 (eps, delta)-DP.",
    "Dwork and Roth 2014, The Algorithmic Foundations of Differential Privacy, Thm A.1",
    formula=_gaussian_classical,
    assumptions=[
        Assumption(
            "0 < eps <= 1, and gives an eps outside that range here",
            lambda eps, **_: 0 < eps <= 1,
            "use an exact chain such as closed_form.exact_basic, or rdp",
        )
    ],
    uses=("dp.gaussian_exact",),
    note="usually stated for eps < 1",
    latex=r"For $0 < \varepsilon \le 1$, noise $\sigma \ge \sqrt{2 \ln(1.25/\delta)} / "
    r"\varepsilon$ makes a release of sensitivity $1$ $(\varepsilon, \delta)$-DP.",
    level="B",
)


def _gaussian_exact(mu: Any, epsilon: Any, ops: Any) -> Any:
    """Delta of one Gaussian release; `ops` must have ncdf."""
    upper = ops.ncdf(mu / 2 - epsilon / mu)
    return upper - ops.exp(epsilon) * ops.ncdf(-mu / 2 - epsilon / mu)


GAUSSIAN_EXACT = theorem(
    "dp.gaussian_exact",
    "delta(eps) = Phi(mu/2 - eps/mu) - e^eps Phi(-mu/2 - eps/mu) with mu = 1/sigma, exactly, for "
    "every real eps.",
    "Balle and Wang 2018, arXiv 1805.06530v2, Thm 8",
    formula=_gaussian_exact,
    uses=("pair.dimension",),
    note="stated there for eps >= 0; the derivation, by the two tails beyond the point where the "
    "loss is eps, holds for every real eps",
    latex=r"$\delta(\varepsilon) = \Phi(\mu/2 - \varepsilon/\mu) - e^{\varepsilon} \Phi(-\mu/2 - "
    r"\varepsilon/\mu)$ with $\mu = 1/\sigma$, exactly, for every $\varepsilon \in "
    r"\mathbb{R}$.",
    level="K",
)


def _gaussian_slope(mu: Any, epsilon: Any, ops: Any = math) -> Any:
    """The derivative of delta in mu: the normal density at mu/2 - eps/mu."""
    at = mu / 2 - epsilon / mu
    return ops.exp(-at * at / 2) / ops.sqrt(2 * ops.pi)


GAUSSIAN_MONOTONE = theorem(
    "dp.gaussian_monotone",
    "delta of a Gaussian release rises with mu at every real eps, at the rate phi(mu/2 - eps/mu), "
    "phi the standard normal density.",
    "the derivative of dp.gaussian_exact; e^eps phi(-mu/2 - eps/mu) = phi(mu/2 - eps/mu)",
    formula=_gaussian_slope,
    uses=("dp.gaussian_exact",),
    level="K",
    assumptions=[Assumption("mu > 0", lambda mu, **_: mu > 0, "give a noise multiplier")],
    latex=r"$\frac{\partial}{\partial \mu} \delta_\mu(\varepsilon) = \phi(\mu/2 - "
    r"\varepsilon/\mu) > 0$ for a Gaussian release at every $\varepsilon \in \mathbb{R}$ "
    r"and $\mu > 0$, $\phi$ the standard normal density.",
)


def _amplification(epsilon: Any, sampling_rate: Any, ops: Any = math) -> Any:
    """Epsilon after Poisson sampling; delta becomes sampling_rate * delta."""
    return ops.log1p(sampling_rate * ops.expm1(epsilon))


AMPLIFICATION_POISSON = theorem(
    "dp.amplification_poisson",
    "If M is (eps, delta)-DP under add/remove then M on a Poisson sample of rate q is "
    "(ln(1 + q (e^eps - 1)), q delta)-DP under add/remove.",
    "Balle, Barthe and Gaboardi 2018, arXiv 1807.01647v2, Thm 8",
    formula=_amplification,
    assumptions=[Assumption("eps >= 0", lambda eps, **_: eps >= 0)],
    note=_UNCHECKED,
    latex=r"If $M$ is $(\varepsilon, \delta)$-DP under add/remove, $\varepsilon \ge 0$, then $M$ "
    r"on a Poisson sample of rate $q$ is $(\ln(1 + q (e^{\varepsilon} - 1)),\, q "
    r"\delta)$-DP under add/remove.",
    level="K",
)

BASIC = theorem(
    "dp.basic",
    "Releases that are (eps_i, delta_i)-DP are together (sum eps_i, sum delta_i)-DP, also when "
    "each depends on the outputs before.",
    "Dwork and Roth 2014, The Algorithmic Foundations of Differential Privacy, Thm 3.16; adaptive "
    "choice: appendix B",
    formula=sum,
    note=_UNCHECKED,
    latex=r"Releases that are $(\varepsilon_i, \delta_i)$-DP are together $(\sum_i \varepsilon_i, "
    r"\sum_i \delta_i)$-DP, also when each depends on the outputs before.",
    level="K",
)


FAILURE = theorem(
    "dp.failure",
    "Releases dominated by pairs that show with probability delta_i which of the two they are, and "
    "else are the pair (P_i, Q_i): together delta(eps) = 1 - K (1 - h) with K = prod (1 - delta_i) "
    "and h the hockey stick at eps of the product of the (P_i, Q_i), exactly, at every real eps.",
    "whoever is shown it once knows; with probability K under both laws nobody is. As in Murtagh "
    "and Vadhan 2016, arXiv 1507.03113v2, for equal eps_i in Kairouz, Oh and Viswanath 2015",
    formula=lambda kept, hockey: 1 - kept * (1 - hockey),
    uses=("pair.approximate_dp", "pair.composition"),
    level="K",
    latex=r"Releases dominated by pairs that show with probability $\delta_i$ which of the two "
    r"they are, and else are the pair $(P_i, Q_i)$: together $\delta(\varepsilon) = 1 - K "
    r"(1 - h)$ with $K = \prod_i (1 - \delta_i)$ and $h = \sup_E \left(\prod_i "
    r"P_i\right)(E) - e^{\varepsilon} \left(\prod_i Q_i\right)(E)$, exactly, for every "
    r"$\varepsilon \in \mathbb{R}$.",
)


def _advanced(epsilons_steps: Any, log_slack: Any, ops: Any = math) -> Any:
    """Epsilon of sum over (eps, steps) pairs at slack e^log_slack."""
    squares = sum(steps * eps * eps for eps, steps in epsilons_steps)
    drift = sum(steps * eps * ops.expm1(eps) for eps, steps in epsilons_steps)
    return ops.sqrt(-2 * log_slack * squares) + drift


ADVANCED = theorem(
    "dp.advanced",
    "Releases that are (eps_i, delta_i)-DP are together (eps', sum delta_i + delta')-DP with "
    "eps' = sqrt(2 ln(1/delta') sum eps_i^2) + sum eps_i (e^eps_i - 1).",
    "Dwork, Rothblum and Vadhan 2010, FOCS, Thm III.3; unequal eps_i as in Kairouz, Oh and "
    "Viswanath 2015, arXiv 1311.0776v4, Thm 3.5, whose drift term is smaller",
    formula=_advanced,
    assumptions=[Assumption("0 < delta' < 1", lambda log_slack, **_: log_slack < 0)],
    note=_UNCHECKED,
    latex=r"Releases that are $(\varepsilon_i, \delta_i)$-DP are together $(\varepsilon', \sum_i "
    r"\delta_i + \delta')$-DP with $\varepsilon' = \sqrt{2 \ln(1/\delta') \sum_i "
    r"\varepsilon_i^2} + \sum_i \varepsilon_i (e^{\varepsilon_i} - 1)$, for $0 < \delta' < "
    "1$.",
    level="K",
)


def _optimal(epsilon: Any, steps: int, target: Any, ops: Any) -> Any:
    """Hockey stick at `target` of `steps` randomized responses, by the definition (small steps)."""
    total: Any = 0
    for wins in range(steps + 1):
        loss = (2 * wins - steps) * epsilon
        if loss > target:
            weight = ops.binomial(steps, wins) * ops.exp(wins * epsilon)
            total += weight / (1 + ops.exp(epsilon)) ** steps * -ops.expm1(target - loss)
    return total


OPTIMAL_HOMOGENEOUS = theorem(
    "dp.optimal_homogeneous",
    "T releases, each (eps, delta)-DP, are (eps', 1 - (1-delta)^T (1 - h))-DP where h is the "
    "hockey-stick divergence at eps' of T randomized responses of parameter eps; no smaller value "
    "holds for all such releases.",
    "Kairouz, Oh and Viswanath 2015, arXiv 1311.0776v4, Thm 3.3; at every real eps' as in Murtagh "
    "and Vadhan 2016, arXiv 1507.03113v2",
    formula=_optimal,
    uses=("dp.failure", "pair.approximate_dp", "pair.composition"),
    assumptions=[
        Assumption(
            "all releases to share one (eps, delta); the optimum for unequal ones is #P-hard",
            lambda settings, **_: settings == 1,
            "use closed_form.exact_advanced or rdp",
        )
    ],
    note=_UNCHECKED,
    latex=r"$T$ releases, each $(\varepsilon, \delta)$-DP, are $(\varepsilon', 1 - (1-\delta)^T "
    r"(1 - h))$-DP where $h = \sum_{w=0}^{T} \binom{T}{w} \frac{e^{w \varepsilon}}{(1 + "
    r"e^{\varepsilon})^T} \left(1 - e^{\varepsilon' - (2w - T) \varepsilon}\right)_+$ is "
    r"the hockey-stick divergence at $\varepsilon'$ of $T$ randomized responses of "
    r"parameter $\varepsilon$; no smaller value holds for all such releases.",
    level="P",
)


def _moments_integer(order: int, sampling_rate: Any, noise_multiplier: Any, ops: Any = math) -> Any:
    """(order - 1) times the Renyi divergence at an integer order.

    The binomial weights sum to 1, so the moment minus 1 is the sum over k >= 2 of weight times
    e^(k(k-1)/(2 sigma^2)) - 1: positive terms only, nothing cancels.
    """
    log_rate, log_rest = ops.log(sampling_rate), ops.log1p(-sampling_rate)
    terms = []
    for k in range(2, order + 1):
        power = k * (k - 1) / (2 * noise_multiplier**2)
        choose = ops.lgamma(order + 1) - ops.lgamma(k + 1) - ops.lgamma(order - k + 1)
        weight = choose + (order - k) * log_rest + k * log_rate
        terms.append(weight + power + ops.log(-ops.expm1(-power)))
    top = max(terms)
    log_excess = top + ops.log(sum(ops.exp(term - top) for term in terms))
    if log_excess > 0:
        return log_excess + ops.log1p(ops.exp(-log_excess))
    return ops.log1p(ops.exp(log_excess))


MOMENTS_INTEGER = theorem(
    "dp.moments_integer",
    "At an integer order n the Renyi divergence of one Poisson-sampled Gaussian step (direction "
    "remove) is 1/(n-1) ln sum_k C(n,k) (1-q)^(n-k) q^k e^(k(k-1)/(2 sigma^2)).",
    "Mironov, Talwar and Zhang 2019, arXiv 1908.10530v1, section 3.3; Abadi et al. 2016, "
    "arXiv 1607.00133v2, introduced the moments",
    formula=_moments_integer,
    assumptions=[
        Assumption(
            "an integer order >= 2", lambda order, **_: 2 <= order < math.inf and order % 1 == 0
        )
    ],
    uses=("pair.poisson_gaussian", "rdp.add_below_remove", "rdp.poisson"),
    note=_UNCHECKED,
    latex=r"At an integer order $n \ge 2$ the Renyi divergence of one Poisson-sampled Gaussian "
    r"step (direction remove) is $\frac{1}{n-1} \ln \sum_{k=0}^{n} \binom{n}{k} (1-q)^{n-k} "
    r"q^k e^{k(k-1)/(2 \sigma^2)}$.",
    level="P",
)


def _moments_closed_form(order: Any, sampling_rate: Any, noise_multiplier: Any) -> Any:
    """Renyi divergence of one step: 2 q^2 order / sigma^2."""
    return 2 * sampling_rate**2 * order / noise_multiplier**2


def _order_in_range(order: float, sampling_rate: float, noise_multiplier: float, **_: Any) -> bool:
    if not (order > 1 and sampling_rate > 0):
        return False
    big_l = math.log1p(1 / (sampling_rate * (order - 1)))
    square = noise_multiplier**2
    first = square * big_l / 2 - 2 * math.log(noise_multiplier)
    top = square * big_l**2 / 2 - math.log(5) - 2 * math.log(noise_multiplier)
    bottom = big_l + math.log(sampling_rate * order) + 1 / (2 * square)
    return order <= first and bottom > 0 and order <= top / bottom


MOMENTS_CLOSED_FORM = theorem(
    "dp.moments_closed_form",
    "One Poisson-sampled Gaussian step has Renyi divergence at most 2 q^2 order / sigma^2 if "
    "q <= 1/5, sigma >= 4, order <= sigma^2 L/2 - 2 ln sigma and order <= (sigma^2 L^2/2 - ln 5 "
    "- 2 ln sigma) / (L + ln(q order) + 1/(2 sigma^2)), L = ln(1 + 1/(q (order-1))).",
    "Mironov, Talwar and Zhang 2019, arXiv 1908.10530v1, Thm 11",
    formula=_moments_closed_form,
    assumptions=[
        Assumption(
            "q <= 1/5",
            lambda sampling_rate, **_: sampling_rate <= 0.2,
            "use closed_form.moments_integer or rdp",
        ),
        Assumption(
            "sigma >= 4",
            lambda noise_multiplier, **_: noise_multiplier >= 4,
            "use closed_form.moments_integer or rdp",
        ),
        Assumption(
            "an order within its two limits",
            _order_in_range,
            "use closed_form.moments_integer or rdp",
        ),
    ],
    uses=("pair.poisson_gaussian", "rdp.add_below_remove"),
    note="constants quoted from memory; the bound is checked against quadrature in the tests. "
    "Abadi et al. 2016 Thm 1 has unspecified constants and gives no number.",
    latex=r"One Poisson-sampled Gaussian step has Renyi divergence of order $\alpha > 1$ at most "
    r"$2 q^2 \alpha / \sigma^2$ if $q \le 1/5$, $\sigma \ge 4$, $\alpha \le \sigma^2 L/2 - "
    r"2 \ln \sigma$ and $\alpha \le (\sigma^2 L^2/2 - \ln 5 - 2 \ln \sigma) / (L + \ln(q "
    r"\alpha) + 1/(2 \sigma^2))$, where $L = \ln(1 + 1/(q (\alpha-1)))$.",
    level="P",
)
