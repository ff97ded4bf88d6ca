"""Dominating pairs: the two laws that are worst for a mechanism, one pair per direction."""

from __future__ import annotations

from dpaccount.theorems.registry import theorem

__all__ = ["DIMENSION", "LAPLACE", "MONOTONE", "POISSON_GAUSSIAN", "REFLECTION"]

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
)

POISSON_GAUSSIAN = theorem(
    "pair.poisson_gaussian",
    "With P = (1-q) N(0, sigma^2) + q N(1, sigma^2) and Q = N(0, sigma^2), (P, Q) dominates one "
    "Poisson-sampled Gaussian step for removing a record and (Q, P) for adding one; each stays "
    "dominating under composition within its own direction.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, Thm 11 and Prop 30; directions apart: Lebeda et "
    "al. 2024, arXiv 2405.20769v1",
    uses=("pair.dimension",),
    note="item numbers quoted from memory",
)

REFLECTION = theorem(
    "pair.reflection",
    "delta of the reversed pair at eps is 1 - e^eps + e^eps delta(-eps).",
    "by definition of the hockey-stick divergence",
    level="P",
)

MONOTONE = theorem(
    "pair.monotone",
    "delta at every eps, and so the least eps at every delta, of Poisson-sampled Gaussian steps "
    "does not grow with sigma, and does not fall with the rate or with the number of steps.",
    "post-processing: more noise is noise added to the output, fewer steps are outputs left out. "
    "At rate p q the pair is p times the pair at rate q and 1-p times two equal laws, and the "
    "hockey stick is jointly convex; a dominated step stays so under composition: Zhu, Dong and "
    "Wang 2022, arXiv 2106.08567v4, Thm 10",
    uses=("pair.poisson_gaussian",),
    level="P",
    note="item number quoted from memory",
)

LAPLACE = theorem(
    "pair.laplace",
    "A number of sensitivity at most C with Laplace noise of scale b C added is dominated by "
    "Lap(0, b) against Lap(1, b); sampled by Poisson, by (1-q) Lap(0, b) + q Lap(1, b) against "
    "Lap(0, b) for removing and its reverse for adding.",
    "Zhu, Dong and Wang 2022, arXiv 2106.08567v4, section 3",
    note="item numbers quoted from memory",
)
