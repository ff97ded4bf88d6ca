"""The best that any attack on a noised gradient can do."""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["LIKELIHOOD"]


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
