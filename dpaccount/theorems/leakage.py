"""What a release allows an attacker who knows more about it: where candidates lie, what is nearby.

They belong to the family `risk`; ceilings that need data of their own are here.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "IDENTIFICATION_EXACT",
    "IDENTIFICATION_PAIRS",
    "LOCAL",
    "TOKEN_GENIE",
    "TOLD",
    "VAN_TREES",
]


def _local(noise_multiplier: Any, radius: Any) -> Any:
    """The noise multiplier of a run in which the radius is the sensitivity."""
    return noise_multiplier / radius


LOCAL = theorem(
    "risk.reconstruction_local",
    "Let the clipped gradients that the secret can have lie, in every step and whatever was "
    "released before, within r C of one point that does not depend on the secret; where steps are "
    "sampled, within r C of 0. Then risk.reconstruction holds with sigma / r for each noise "
    "multiplier sigma of the run.",
    "the laws with a secret against the law with that point instead of its gradient: each step's "
    "pair has a distance of at most r C under noise of standard deviation sigma C, so it is "
    "dominated by the pair of noise multiplier sigma / r; the law of the point is one law that "
    "knows nothing of the secret, as risk.reconstruction asks for",
    assumptions=[
        Assumption(
            "a radius r, in clip norms, that is in (0, 1]",
            lambda *, radius, **_: 0 < radius <= 1,
            advice="give the radius over the clip norm; every clipped gradient is within 1 of 0",
        ),
        Assumption(
            "a ball around 0, or no sampling",
            lambda *, is_centered, sampling_rate, **_: not is_centered or sampling_rate == 1,
            advice="bound the norms of the gradients: a step without the record adds nothing",
        ),
    ],
    formula=_local,
    uses=[
        "risk.reconstruction", "pair.dimension", "pair.poisson_gaussian", "pair.composition",
        "pair.monotone",
    ],
    latex=r"Let the clipped gradients that the secret can have lie, in every step and whatever was "
    "released before, within $r C$, $0 < r \\le 1$, of one point that does not depend on the "
    r"secret; where steps are sampled, within $r C$ of $0$. Then the ceiling of "
    r"`risk.reconstruction` holds with $\sigma / r$ for each noise multiplier $\sigma$ of the run.",
    level="P",
)  # fmt: skip


def _told(prior: Any, shift: Any, sampling_rate: Any, steps: int) -> Any:
    """The mean over the number of steps with the record, which is binomial."""
    import numpy as np
    from scipy.special import ndtr, ndtri
    from scipy.stats import binom

    counts = np.linspace(0, steps, steps + 1)
    chances = ndtr(ndtri(prior) + shift * np.sqrt(counts))
    return (binom.pmf(counts, steps, sampling_rate) * chances).sum()


TOLD = theorem(
    "risk.reconstruction_told",
    "Let the secret be in each of T steps with chance q, independently of all else, and let the "
    "clipped gradients that it can have lie, in every step and whatever was released before, "
    "within r C of one point that does not depend on the secret, under noise of standard deviation "
    "sigma C in each coordinate. Who guesses it with chance at most k without the release is right "
    "with at most the chance E[Phi(Phi^-1(k) + sqrt(N) r/sigma)] with it, N binomial of T and q.",
    "whoever is told which steps have the secret can only do better, and meets N steps that all "
    "have it, which are sqrt(N) r/sigma-GDP against the law around the points",
    assumptions=[
        Assumption(
            "a chance k in (0, 1]",
            lambda *, prior, **_: 0 < prior <= 1,
            advice="give the chance of the best guess without the release, such as 1/256",
        ),
        Assumption(
            "a ratio r/sigma that is not negative",
            lambda *, shift, **_: 0 <= shift < math.inf,
            advice="divide the radius, in clip norms, by the noise multiplier",
        ),
        Assumption(
            "a chance of each step in [0, 1]",
            lambda *, sampling_rate, **_: 0 <= sampling_rate <= 1,
            advice="give the sampling rate",
        ),
        Assumption(
            "an integer number of steps from 0 to 1e6",
            lambda *, steps, **_: 0 <= steps <= 10**6 and steps % 1 == 0,
            advice="for more steps take risk.reconstruction",
        ),
    ],
    formula=_told,
    uses=["risk.reconstruction_local", "gdp.gaussian", "gdp.composition"],
    note="tight where noise is small, as then the steps with the secret are seen; loose where it "
    "is not, as nobody is told",
    latex=r"Let the secret be in each of $T$ steps with chance $q$, independently of all else, and "
    "let the clipped gradients that it can have lie, in every step and whatever was released "
    "before, within $r C$ of one point that does not depend on the secret, under noise of standard "
    r"deviation $\sigma C$ in each coordinate. Who guesses it with chance at most $k$ without the "
    r"release is right with at most the chance $E[\Phi(\Phi^{-1}(k) + \sqrt{N}\, r/\sigma)]$ with "
    "it, $N$ binomial of $T$ and $q$.",
    level="P",
)


def _token_genie(prior: Any, shift: Any) -> Any:
    """The chance of the best guess in one context."""
    from scipy.special import ndtr, ndtri

    return ndtr(ndtri(prior) + shift)


TOKEN_GENIE = theorem(
    "risk.token_genie",
    "Let k be the largest chance of any word at one place of a secret, given all the rest of it, "
    "and let the gradients of all words at that place lie within r of one point, under Gaussian "
    "noise of standard deviation s in each coordinate. An attacker names that word with at most "
    "the chance E[Phi(Phi^-1(k) + r/s)], the mean over the rest; the whole secret with at most "
    "the least of these over its places.",
    "whoever is told the rest as well can only do better, and meets gdp.gaussian and "
    "risk.reconstruction with mu = r/s in each context by itself; a whole that is right is right "
    "at each place",
    assumptions=[
        Assumption(
            "a chance k in (0, 1]",
            lambda *, prior, **_: 0 < prior <= 1,
            advice="give the chance of the likeliest word given the rest, such as 1/30522",
        ),
        Assumption(
            "a ratio r/s that is not negative",
            lambda *, shift, **_: 0 <= shift < math.inf,
            advice="divide the radius by the noise's standard deviation",
        ),
    ],
    formula=_token_genie,
    uses=["risk.reconstruction", "gdp.gaussian"],
    note="k and r belong to one context: their means taken apart bound nothing",
    latex=r"Let $k$ be the largest chance of any word at one place of a secret, given all the rest "
    "of it, and let the gradients of all words at that place lie within $r$ of one point, under "
    r"Gaussian noise of standard deviation $s$ in each coordinate. An attacker names that word "
    r"with at most the chance $E[\Phi(\Phi^{-1}(k) + r/s)]$, the mean over the rest; the whole "
    "secret with at most the least of these over its places.",
    level="P",
)


def _identification(t: Any, candidates: int, mu: Any, ops: Any) -> Any:
    """The density of the right score at t, with all others below it; `ops` must have ncdf."""
    density = ops.exp(-(t - mu) * (t - mu) / 2) / ops.sqrt(2 * ops.pi)
    return density * ops.ncdf(t) ** (candidates - 1)


IDENTIFICATION_EXACT = theorem(
    "risk.identification_exact",
    "Of K equally likely gradients that are orthogonal and mu s long, under Gaussian noise of "
    "standard deviation s, the best attacker names the right one with the chance integral "
    "phi(t - mu) Phi(t)^(K-1) dt, exactly. Of K corners of a regular simplex at mu s from its "
    "center, with mu sqrt(K/(K-1)) for mu.",
    "the scores of the orthogonal directions are independent normals, one of them with mean mu, "
    "and the largest is the likeliest; corners of a simplex are orthogonal vectors sqrt(K/(K-1)) "
    "times as long, seen from their mean",
    assumptions=[
        Assumption(
            "an integer number of candidates >= 2",
            lambda *, candidates, **_: candidates >= 2 and candidates % 1 == 0,
            advice="count the candidates",
        ),
        Assumption(
            "a mu that is not negative",
            lambda *, mu, **_: 0 <= mu < math.inf,
            advice="divide the gradients' length by the noise's standard deviation",
        ),
    ],
    formula=_identification,
    latex=r"Of $K$ equally likely gradients that are orthogonal and $\mu s$ long, under Gaussian "
    r"noise of standard deviation $s$, the best attacker names the right one with the chance "
    r"$\int \varphi(t - \mu) \Phi(t)^{K-1} dt$, exactly. Of $K$ corners of a regular simplex at "
    r"$\mu s$ from its center, with $\mu \sqrt{K/(K-1)}$ for $\mu$.",
    level="P",
)


def _pairs(distance: Any, noise_std: Any, ops: Any = math) -> Any:
    """The mu of orthogonal gradients that are so far from each other."""
    return distance / (ops.sqrt(2) * noise_std)


IDENTIFICATION_PAIRS = theorem(
    "risk.identification_pairs",
    "Of K equally likely gradients, any two of which are at most d apart, under Gaussian noise of "
    "standard deviation s, no attacker names the right one with a larger chance than that of "
    "risk.identification_exact for K orthogonal gradients of mu = d/(sqrt(2) s), which are all d "
    "apart. Where all are d apart, such as two always are, the best attacker reaches it.",
    "the chance of the likeliest answer rises with every distance: an interpolation between both "
    "Gaussian laws, as in Slepian's inequality, for (sum_j e^(p x_j))^(1/p) with p to infinity",
    assumptions=[
        Assumption(
            "an integer number of candidates >= 2",
            lambda *, candidates, **_: candidates >= 2 and candidates % 1 == 0,
            advice="count the candidates",
        ),
        Assumption(
            "a distance that is not negative",
            lambda *, distance, **_: 0 <= distance < math.inf,
            advice="give the largest distance of two candidates' clipped gradients",
        ),
        Assumption(
            "noise above 0",
            lambda *, noise_std, **_: 0 < noise_std < math.inf,
            advice="without noise there is no such bound",
        ),
    ],
    formula=_pairs,
    uses=["risk.identification_exact", "leak.likelihood"],
    note="for one release, or T of the same gradients with s / sqrt(T) for s; not for sampled "
    "steps",
    latex=r"Of $K$ equally likely gradients, any two of which are at most $d$ apart, under "
    r"Gaussian noise of standard deviation $s$, no attacker names the right one with a larger "
    r"chance than that of `risk.identification_exact` for $K$ orthogonal gradients of $\mu = d / "
    r"(\sqrt{2} s)$, which are all $d$ apart. Where all are $d$ apart, such as two always are, the "
    "best attacker reaches it.",
    level="P",
)


def _information(information: Any, prior_information: Any, noise_std: Any) -> Any:
    """What release and prior know together; numbers or matrices."""
    return information / (noise_std * noise_std) + prior_information


VAN_TREES = theorem(
    "risk.van_trees",
    "Let a secret x in R^d have a density p that is smooth and vanishes at the edge of its "
    "support, with information J_p = E[(grad log p)(grad log p)^T], and let g(x) be released with "
    "Gaussian noise of standard deviation s in each coordinate, J the Jacobian of g. Every "
    "attacker's error has E[(x' - x)(x' - x)^T] >= (E[J^T J] / s^2 + J_p)^-1, the biased ones too.",
    "the Cauchy-Schwarz inequality between the error and the score of the joint law; van Trees "
    "1968, Detection, Estimation, and Modulation Theory I, section 2.4; Gill and Levit 1995, "
    "Bernoulli 1(1/2)",
    assumptions=[
        Assumption(
            "noise above 0",
            lambda *, noise_std, **_: 0 < noise_std < math.inf,
            advice="without noise there is no such bound",
        ),
    ],
    formula=_information,
    note="item numbers quoted from memory",
    latex=r"Let a secret $x \in \mathbb{R}^d$ have a density $p$ that is smooth and vanishes at "
    r"the edge of its support, with information $J_p = E[(\nabla \log p)(\nabla \log p)^T]$, and "
    "let $g(x)$ be released with Gaussian noise of standard deviation $s$ in each coordinate, "
    r"$J$ the Jacobian of $g$. Every attacker's error has $E[(x' - x)(x' - x)^T] \succeq "
    r"(E[J^T J] / s^2 + J_p)^{-1}$, the biased ones too.",
    level="P",
)
