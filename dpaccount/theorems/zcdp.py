"""Zero-concentrated differential privacy."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["COMPOSITION", "DISCRETE_GAUSSIAN", "GAUSSIAN", "PURE", "SAMPLING_NEVER_HURTS", "TO_DP"]

_UNCHECKED = "item number quoted from memory; the statement is checked numerically in the tests"

GAUSSIAN = theorem(
    "zcdp.gaussian",
    "Gaussian noise with noise multiplier sigma is rho-zCDP with rho = 1/(2 sigma^2).",
    "Bun and Steinke 2016, arXiv 1605.02065v1, Prop 1.6",
    formula=lambda mu_squared: mu_squared / 2,
    uses=("pair.dimension",),
    note=_UNCHECKED,
    latex=r"Gaussian noise with noise multiplier $\sigma$ is $\rho$-zCDP with $\rho = 1/(2 "
    r"\sigma^2)$.",
    level="K",
)

DISCRETE_GAUSSIAN = theorem(
    "zcdp.discrete_gaussian",
    "Discrete Gaussian noise of parameter sigma on an integer of sensitivity d is rho-zCDP with "
    "rho = d^2/(2 sigma^2), as continuous noise.",
    "Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6, Thm 4",
    formula=lambda mu_squared: mu_squared / 2,
    note=_UNCHECKED,
    latex=r"Discrete Gaussian noise of parameter $\sigma$ on an integer of sensitivity $d$ is "
    r"$\rho$-zCDP with $\rho = d^2/(2 \sigma^2)$, as continuous noise.",
    level="P",
)

PURE = theorem(
    "zcdp.pure",
    "A pure eps-DP mechanism is eps^2/2-zCDP.",
    "Bun and Steinke 2016, arXiv 1605.02065v1, Prop 1.4",
    formula=lambda epsilon: epsilon**2 / 2,
    note=_UNCHECKED,
    latex=r"A pure $\varepsilon$-DP mechanism is $\varepsilon^2/2$-zCDP.",
    level="K",
)

SAMPLING_NEVER_HURTS = theorem(
    "zcdp.sampling_never_hurts",
    "A Poisson-sampled step is rho-zCDP with the rho of the unsampled one. No smaller rho holds at "
    "any rate q > 0 for the Gaussian: zCDP has no amplification by sampling.",
    "joint quasi-convexity of the Renyi divergence (van Erven and Harremoes 2014, "
    "arXiv 1206.2459v2, Thm 13). Second sentence: E[r^a] >= q^a E[L^a] gives a Renyi divergence of "
    "at least a/(2 sigma^2) + ln(q) a/(a-1), which over a tends to 1/(2 sigma^2)",
    uses=("pair.poisson", "rdp.poisson"),
    note=_UNCHECKED,
    latex=r"A Poisson-sampled step is $\rho$-zCDP with the $\rho$ of the unsampled one. No "
    r"smaller $\rho$ holds at any rate $q > 0$ for the Gaussian: zCDP has no amplification "
    "by sampling.",
    level="K",
)

COMPOSITION = theorem(
    "zcdp.composition",
    "rho adds under adaptive composition.",
    "Bun and Steinke 2016, arXiv 1605.02065v1, Lemma 2.3",
    formula=sum,
    note=_UNCHECKED,
    latex=r"An adaptive composition of $\rho_i$-zCDP releases is $\sum_i \rho_i$-zCDP.",
    level="K",
)


def _to_dp(rho: Any, log_delta: Any, ops: Any = math) -> Any:
    """Epsilon at delta."""
    return rho + 2 * ops.sqrt(-rho * log_delta)


TO_DP = theorem(
    "zcdp.to_dp",
    "rho-zCDP implies (rho + 2 sqrt(rho ln(1/delta)), delta)-DP.",
    "Bun and Steinke 2016, arXiv 1605.02065v1, Prop 1.3",
    formula=_to_dp,
    assumptions=[Assumption("0 < delta < 1", lambda log_delta, **_: log_delta < 0)],
    note=_UNCHECKED,
    latex=r"$\rho$-zCDP implies $(\rho + 2 \sqrt{\rho \ln(1/\delta)}, \delta)$-DP for $0 < \delta "
    "< 1$.",
    level="K",
)
