"""What a budget allows any attacker."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["ADVANTAGE", "MEMBERSHIP", "RECONSTRUCTION", "TPR"]


def _log_point(log_rate: Any, epsilon: Any, log_delta: Any, ops: Any = math) -> Any:
    """log(rate e^eps + delta), for a rate above 0."""
    first = log_rate + epsilon
    high, low = max(first, log_delta), min(first, log_delta)
    return high + ops.log1p(ops.exp(low - high))


TPR = theorem(
    "risk.tpr",
    "In a direction whose numerator is the law that should be detected, a test with false positive "
    "rate a has true positive rate at most the infimum over all real eps of e^eps a + delta(eps).",
    "Wasserman and Zhou 2010, arXiv 0811.2501v3, Thm 2.4; Kairouz, Oh and Viswanath 2015, "
    "arXiv 1311.0776v4",
    formula=_log_point,
    note="Wasserman and Zhou state it for pure DP; for any delta it is the definition of the "
    "hockey-stick divergence applied to the test's region. The formula is the logarithm at one "
    "eps, from log a and log delta(eps)",
    latex="In a direction whose numerator is the law that should be detected, a test with false "
    r"positive rate $a$ has true positive rate at most $\inf_{\varepsilon \in \mathbb{R}} "
    r"\left(e^{\varepsilon} a + \delta(\varepsilon)\right)$.",
    level="K",
)

ADVANTAGE = theorem(
    "risk.advantage",
    "The largest difference of true and false positive rate is delta(0), the total variation "
    "distance.",
    "by definition of the hockey-stick divergence",
    level="K",
    latex=r"The largest difference of true and false positive rate is $\delta(0)$, the total "
    "variation distance.",
)

RECONSTRUCTION = theorem(
    "risk.reconstruction",
    "Let k be the largest chance of guessing a secret record right without the release. With it no "
    "attacker is right with more than the chance B_k, the infimum over all real eps of e^eps k + "
    "delta(eps), where (eps, delta(eps)) bounds the law with the record, whichever it is, against "
    "one law that does not depend on it.",
    "Balle, Cherubin and Hayes 2022, arXiv 2201.04845; Hayes, Mahloujifar and Balle 2023, "
    "arXiv 2302.07225",
    assumptions=[
        Assumption(
            "a chance k of guessing right that is in (0, 1]",
            lambda *, prior, **_: 0 < prior <= 1,
            advice="give the chance of the best guess without the release, such as 1/256",
        ),
        Assumption(
            "the direction REMOVE: the law with the record against the law without it",
            lambda *, direction, **_: direction == "remove",
            advice="use adjacency remove or add_remove",
        ),
    ],
    formula=_log_point,
    uses=["risk.tpr"],
    note="item numbers not checked. With E_z the outputs on which z is answered: sum p_z P_z(E_z) "
    "<= sum p_z B(Q(E_z)) <= B(sum p_z Q(E_z)) <= B_k, as B is concave and Q knows nothing of z. "
    "eps >= 0 alone is valid and loose. The formula is the logarithm at one eps, from log k and "
    "log delta(eps)",
    latex=r"Let $k \in (0, 1]$ be the largest chance of guessing a secret record right without "
    "the release. With it no attacker is right with more than the chance $B_k = "
    r"\inf_{\varepsilon \in \mathbb{R}} \left(e^{\varepsilon} k + "
    r"\delta(\varepsilon)\right)$, where $(\varepsilon, \delta(\varepsilon))$ bounds the "
    "law with the record, whichever it is, against one law that does not depend on it.",
    level="K",
)


def _membership(prior: Any, delta: Any) -> Any:
    """Chance of the best Bayes decision at the eps of `_even`."""
    return (1 - prior) + prior * delta


MEMBERSHIP = theorem(
    "risk.membership",
    "If a record is in the data with chance p, an attacker says right whether it is with at most "
    "the chance (1 - p) + p delta(eps) at e^eps = (1 - p)/p, where delta bounds the law with the "
    "record against the law without it; the likelier answer reaches it where delta is exact.",
    "by the definition of the hockey-stick divergence: an attacker who says yes on E is right with "
    "chance p P(E) + (1 - p) (1 - Q(E))",
    assumptions=[
        Assumption(
            "a chance p of membership that is in (0, 1)",
            lambda *, prior, **_: 0 < prior < 1,
            advice="give the chance that the record is in the data, such as 1/2",
        ),
        Assumption(
            "the direction REMOVE: the law with the record against the law without it",
            lambda *, direction, **_: direction == "remove",
            advice="use adjacency remove or add_remove",
        ),
    ],
    formula=_membership,
    uses=["risk.tpr"],
    latex=r"If a record is in the data with chance $p \in (0, 1)$, an attacker says right whether "
    r"it is with at most the chance $(1 - p) + p\, \delta(\varepsilon)$ at $e^{\varepsilon} = "
    r"(1 - p)/p$, where $\delta$ bounds the law with the record against the law without it; the "
    r"likelier answer reaches it where $\delta$ is exact.",
    level="K",
)
