"""What an attack that was seen to succeed says about a privacy claim, from below."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["AUDIT_EPSILON", "AUDIT_MU", "CLOPPER_PEARSON", "UNEQUAL_TRIALS"]


def _tail(chance: Any, successes: Any, trials: Any) -> Any:
    """The chance of at least so many successes, for at least one."""
    from scipy.special import betainc

    return betainc(successes, trials - successes + 1, chance)


CLOPPER_PEARSON = theorem(
    "risk.clopper_pearson",
    "Let v of n independent trials that succeed with chance p have succeeded, v >= 1. The largest "
    "q with P(Bin(n, q) >= v) <= a is above p with chance at most a; for v = 0 take q = 0. The "
    "chance is the regularized incomplete beta function I_q(v, n - v + 1).",
    "Clopper and Pearson 1934, Biometrika 26(4): P(Bin(n, q) >= v) rises with q, so q > p means "
    "P(Bin(n, p) >= v) <= a, and a number of successes whose own tail is at most a comes up with "
    "chance at most a",
    formula=_tail,
    assumptions=[
        Assumption(
            "an integer number of trials >= 1",
            lambda *, trials, **_: trials >= 1 and trials % 1 == 0,
            "count the trials",
        ),
        Assumption(
            "an integer number of successes from 0 to that of trials",
            lambda *, successes, trials, **_: 0 <= successes <= trials and successes % 1 == 0,
            "count the successes",
        ),
        Assumption(
            "a chance of error in (0, 1)",
            lambda *, error, **_: 0 < error < 1,
            "give the chance with which the bound may be wrong, such as 0.05",
        ),
    ],
    latex=r"Let $v \ge 1$ of $n$ independent trials that succeed with chance $p$ have succeeded. "
    r"The largest $q$ with $P(\mathrm{Bin}(n, q) \ge v) \le a$ is above $p$ with chance at most "
    r"$a$; for $v = 0$ take $q = 0$. The chance is the regularized incomplete beta function "
    r"$I_q(v, n - v + 1)$.",
    level="P",
)


def _at_least(successes: int, chances: Any) -> Any:
    """The chance that so many of the events happen, by their law's convolutions."""
    import numpy as np

    law = np.array([1])
    for chance in chances:
        law = np.convolve(law, [1 - chance, chance])
    return law[successes:].sum()


UNEQUAL_TRIALS = theorem(
    "risk.unequal_trials",
    "Let n independent trials succeed with chances at most b_1, ..., b_n. The chance of at least v "
    "successes is at most the chance that at least v of n independent events of the chances b_1, "
    "..., b_n happen.",
    "coupling: let trial i succeed where a uniform number U_i is below its chance; then U_i < b_i "
    "too, so the events are at least as many as the successes",
    formula=_at_least,
    assumptions=[
        Assumption(
            "chances in [0, 1]",
            lambda *, chances, **_: all(0 <= chance <= 1 for chance in chances),
            "give the ceiling on each trial",
        ),
        Assumption(
            "an integer number of successes from 0 to that of trials",
            lambda *, successes, chances, **_: (
                0 <= successes <= len(chances) and successes % 1 == 0
            ),
            "count the successes",
        ),
    ],
    note="equal chances give the tail of risk.clopper_pearson: it is at most a where the lower end "
    "there is at least the chance",
    latex=r"Let $n$ independent trials succeed with chances at most $b_1, \dots, b_n$. The chance "
    "of at least $v$ successes is at most the chance that at least $v$ of $n$ independent events "
    r"of the chances $b_1, \dots, b_n$ happen.",
    level="P",
)


def _epsilon(reached: Any, allowed: Any, delta: Any, ops: Any = math) -> Any:
    """The least eps; below 0 where the attack shows nothing."""
    return ops.log((reached - delta) / allowed)


AUDIT_EPSILON = theorem(
    "risk.audit_epsilon",
    "Let an attack be right with chance at least a, and be right with chance at most b where the "
    "release comes from one law that knows nothing of the secret. Every (eps, delta), eps real, "
    "that bounds the laws with the secret against that law has eps >= ln((a - delta)/b).",
    "by risk.tpr and risk.reconstruction a <= e^eps b + delta",
    formula=_epsilon,
    assumptions=[
        Assumption(
            "a chance to be right in (0, 1)",
            lambda *, reached, **_: 0 < reached < 1,
            "give a lower confidence bound on the attack's success",
        ),
        Assumption(
            "a chance in (0, 1) without the release",
            lambda *, allowed, **_: 0 < allowed < 1,
            "give the chance of the best guess, or an upper bound on the false positive rate",
        ),
        Assumption(
            "a delta in [0, a)",
            lambda *, reached, delta, **_: 0 <= delta < reached,
            "the attack's success is no larger than delta and shows nothing",
        ),
    ],
    uses=["risk.tpr", "risk.reconstruction"],
    note="a test of membership: a its true, b its false positive rate; of K equally likely "
    "candidates: b = 1/K. The other way about, a the true negative rate and b the false negative "
    "rate, it speaks of the direction ADD",
    latex="Let an attack be right with chance at least $a$, and be right with chance at most $b$ "
    "where the release comes from one law that knows nothing of the secret. Every "
    r"$(\varepsilon, \delta)$, $\varepsilon \in \mathbb{R}$, that bounds the laws with the secret "
    r"against that law has $\varepsilon \ge \ln\frac{a - \delta}{b}$.",
    level="P",
)


def _mu(reached: Any, allowed: Any) -> Any:
    """The least mu; below 0 where the attack shows nothing."""
    from scipy.special import ndtri

    return ndtri(reached) - ndtri(allowed)


AUDIT_MU = theorem(
    "risk.audit_mu",
    "Let an attack be right with chance at least a, and be right with chance at most b where the "
    "release comes from one law that knows nothing of the secret. Where the laws with the secret "
    "are mu-GDP against that law, mu >= Phi^-1(a) - Phi^-1(b).",
    "mu-GDP lets no event of chance b become likelier than Phi(Phi^-1(b) + mu), which rises with b "
    "and is concave in it, so that the mean over secrets obeys it too; Nasr et al. 2023, "
    "arXiv 2302.07956, use it for tests",
    formula=_mu,
    assumptions=[
        Assumption(
            "a chance to be right in (0, 1)",
            lambda *, reached, **_: 0 < reached < 1,
            "give a lower confidence bound on the attack's success",
        ),
        Assumption(
            "a chance in (0, 1) without the release",
            lambda *, allowed, **_: 0 < allowed < 1,
            "give the chance of the best guess, or an upper bound on the false positive rate",
        ),
    ],
    uses=["gdp.gaussian", "risk.reconstruction"],
    note="item number not checked; see risk.audit_epsilon for a and b",
    latex="Let an attack be right with chance at least $a$, and be right with chance at most $b$ "
    "where the release comes from one law that knows nothing of the secret. Where the laws with "
    r"the secret are $\mu$-GDP against that law, $\mu \ge \Phi^{-1}(a) - \Phi^{-1}(b)$.",
    level="P",
)
