"""Gaussian differential privacy."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import theorem

__all__ = ["CLT", "COMPOSITION", "GAUSSIAN", "PURE", "SAMPLING_NEVER_HURTS"]

GAUSSIAN = theorem(
    "gdp.gaussian",
    "Gaussian noise with noise multiplier sigma is mu-GDP with mu = 1/sigma: its trade-off "
    "function is Phi(Phi^-1(1 - fpr) - mu), exactly.",
    "Dong, Roth and Su 2022, arXiv 1905.02383v3, Thm 2.7",
    uses=("pair.dimension",),
    note="item number quoted from memory",
    latex=r"Gaussian noise with noise multiplier $\sigma$ is $\mu$-GDP with $\mu = 1/\sigma$: its "
    r"trade-off function is $G_\mu(x) = \Phi(\Phi^{-1}(1 - x) - \mu)$, $x$ the false "
    "positive rate, exactly.",
    level="P",
)

COMPOSITION = theorem(
    "gdp.composition",
    "mu_i-GDP mechanisms are together sqrt(sum mu_i^2)-GDP; for Gaussian mechanisms exactly so.",
    "Dong, Roth and Su 2022, arXiv 1905.02383v3, Cor 3.3",
    uses=("gdp.gaussian", "pair.composition"),
    note="item number quoted from memory",
    latex=r"$\mu_i$-GDP mechanisms are together $\sqrt{\sum_i \mu_i^2}$-GDP; for Gaussian "
    "mechanisms exactly so.",
    level="P",
)

SAMPLING_NEVER_HURTS = theorem(
    "gdp.sampling_never_hurts",
    "A Poisson-sampled step is mu-GDP with the mu of the unsampled one. No smaller mu holds at any "
    "rate q > 0 for the Gaussian.",
    "joint convexity of the hockey-stick divergence: the step is a mixture of the unsampled pair "
    "and of two equal laws. Second sentence: TPR >= q TPR_mu(fpr), and as fpr goes to 0 the ratio "
    "of TPR_mu to TPR of any smaller mu grows without bound",
    uses=("pair.dimension",),
    level="P",
    latex=r"A Poisson-sampled step is $\mu$-GDP with the $\mu$ of the unsampled one. No smaller "
    r"$\mu$ holds at any rate $q > 0$ for the Gaussian.",
)


def _pure(epsilon: Any) -> Any:
    """Mu of a pure DP mechanism: -2 Phi^-1(1 / (1 + e^eps)); the first form cannot cancel."""
    from scipy.special import erfinv, log_expit, ndtri_exp

    if epsilon < 1:
        return 2 * math.sqrt(2) * erfinv(math.tanh(epsilon / 2))
    return -2 * ndtri_exp(log_expit(-epsilon))


PURE = theorem(
    "gdp.pure",
    "A pure eps-DP mechanism is mu-GDP with mu = -2 Phi^-1(1/(1 + e^eps)): G_mu is convex and "
    "meets the broken line of eps at its three corners.",
    "convexity of the Gaussian trade-off function",
    formula=_pure,
    level="P",
    latex=r"A pure $\varepsilon$-DP mechanism is $\mu$-GDP with $\mu = -2 \Phi^{-1}(1/(1 + "
    r"e^{\varepsilon}))$: $G_\mu$ is convex and meets the broken line $x \mapsto \max(0,\, "
    r"1 - e^{\varepsilon} x,\, e^{-\varepsilon} (1 - x))$ of $\varepsilon$ at its three "
    "corners.",
)


def _clt(settings: Any, ops: Any = math) -> Any:
    """Limit mu of (rate, steps, 1/sigma^2) settings."""
    return ops.sqrt(sum(q * q * t * ops.expm1(s) for q, t, s in settings))


CLT = theorem(
    "gdp.clt",
    "As steps grow with rate * sqrt(steps) held fixed, Poisson-sampled Gaussian steps approach "
    "mu-GDP with mu = sqrt(sum q^2 (e^(1/sigma^2) - 1)). An approximation without an error bound, "
    "on either side of the truth: never a guarantee.",
    "Bu, Dong, Long and Su 2020, arXiv 1911.11607v3, section 2, after the limit theorem of Dong, "
    "Roth and Su 2022",
    formula=_clt,
    latex=r"As steps grow with $q_i \sqrt{T_i}$ held fixed, Poisson-sampled Gaussian steps "
    r"approach $\mu$-GDP with $\mu = \sqrt{\sum_i q_i^2 T_i (e^{1/\sigma_i^2} - 1)}$. An "
    "approximation without an error bound, on either side of the truth: never a guarantee.",
    uses=("pair.poisson_gaussian", "pair.reflection"),
    level="P",
)
