"""The best that any attack on a noised gradient can do."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["LIKELIHOOD", "LIKELIHOOD_SAMPLED"]


def _score(inner: Any, squares: Any, noise_std: Any, log_prior: Any) -> Any:
    """S(x), by <G, c(x)>, |c(x)|^2, s and ln p(x)."""
    return 2 * inner - squares + 2 * noise_std**2 * log_prior


LIKELIHOOD = theorem(
    "leak.likelihood",
    "Let G = c(x) + s n be released, x secret with the chances p(x) on a countable set, c known "
    "and n standard normal. The log posterior of x is, up to what is the same for all x, S(x)/(2 "
    "s^2) with S(x) = 2 <G, c(x)> - |c(x)|^2 + 2 s^2 ln p(x). Of all attacks that see G and know "
    "p, c and s, one that answers with the largest S is right with the largest chance.",
    "Bayes' rule: ln density = -|G - c(x)|^2/(2 s^2) + constant; an attack is right with chance "
    "E[posterior of its answer], and the largest posterior is at least that of any answer",
    formula=_score,
    assumptions=[
        Assumption(
            "noise above 0",
            lambda *, noise_std, **_: 0 < noise_std < math.inf,
            "without noise the secret is whatever fits exactly",
        ),
        Assumption(
            "a logarithm of a chance",
            lambda *, log_prior, **_: log_prior <= 0,
            "give the logarithm of the candidate's chance, or 0 for all of them",
        ),
    ],
    note="the chance of an exact match alone: the largest expected share of right tokens has "
    "another rule. A search that misses the largest S is an attack without that guarantee",
    latex=r"Let $G = c(x) + s n$ be released, $x$ secret with the chances $p(x)$ on a countable "
    "set, $c$ known and $n$ standard normal. The log posterior of $x$ is, up to what is the same "
    r"for all $x$, $S(x)/(2 s^2)$ with $S(x) = 2 \langle G, c(x)\rangle - |c(x)|^2 + 2 s^2 \ln "
    "p(x)$. Of all attacks that see $G$ and know $p$, $c$ and $s$, one that answers with the "
    "largest $S$ is right with the largest chance.",
    level="P",
)


def _step(score: Any, noise_std: Any, sampling_rate: Any, ops: Any) -> Any:
    """What one step adds to the log posterior, by its S(x), s and q; `ops` must have logaddexp."""
    within = ops.log(sampling_rate) + score / (2 * noise_std**2)
    return ops.logaddexp(ops.log1p(-sampling_rate), within)


LIKELIHOOD_SAMPLED = theorem(
    "leak.likelihood_sampled",
    "Let G_t = B_t c(x) + s n_t be released at steps t = 1, ..., T, with x secret of chances p(x) "
    "on a countable set, c known, n_t standard normal, and B_t 1 with chance q and else 0, all "
    "independent and hidden. The log posterior of x is, up to what is the same for all x, ln p(x) "
    "+ sum_t ln(1 - q + q exp(S_t(x)/(2 s^2))) with S_t(x) = 2 <G_t, c(x)> - |c(x)|^2. Of all "
    "attacks that see every G_t and know p, c, s and q, one that answers with the largest is right "
    "with the largest chance.",
    "Bayes' rule: given x the G_t are independent, each of density (1 - q) phi_s(G) + q phi_s(G - "
    "c(x)) = phi_s(G) (1 - q + q exp(S/(2 s^2))); then as leak.likelihood",
    formula=_step,
    assumptions=[
        Assumption(
            "noise above 0",
            lambda *, noise_std, **_: 0 < noise_std < math.inf,
            "without noise the secret is whatever fits exactly",
        ),
        Assumption(
            "a chance of each step in (0, 1)",
            lambda *, sampling_rate, **_: 0 < sampling_rate < 1,
            "for 1 take leak.likelihood; steps of chance 0 show nothing",
        ),
    ],
    uses=["leak.likelihood"],
    note="the formula is one step's part",
    latex=r"Let $G_t = B_t c(x) + s n_t$ be released at steps $t = 1, \dots, T$, with $x$ secret "
    r"of chances $p(x)$ on a countable set, $c$ known, $n_t$ standard normal, $B_t$ 1 with chance "
    r"$q \in (0, 1)$ and else 0, all independent and hidden. The log posterior of $x$ is, up to "
    r"what is the same for all $x$, $\ln p(x) + \sum_t \ln(1 - q + q \exp(S_t(x)/(2 s^2)))$ with "
    r"$S_t(x) = 2 \langle G_t, c(x)\rangle - |c(x)|^2$. Of all attacks that see every $G_t$ and "
    "know $p$, $c$, $s$ and $q$, one that answers with the largest is right with the largest "
    "chance.",
    level="P",
)
