"""Theorems that are only cited, each with the reason; whatever is not listed here has a proof."""

from __future__ import annotations

__all__ = ["CITED_BECAUSE"]

_NOT_REDONE = "the proof of its source was not redone here"
_KAIROUZ = "that no pair is worse is the argument of its source, which was not redone here"
_ZHU = "the source's proof, by disintegration of general laws, was not redone here"

#: Every theorem of level C. What its property test checks numerically is no proof.
CITED_BECAUSE: dict[str, str] = {
    "dp.advanced": _NOT_REDONE + ": a tail bound for martingales",
    "dp.amplification_poisson": _NOT_REDONE + ": advanced joint convexity",
    "dp.basic": _NOT_REDONE + " for adaptive choice over general spaces",
    "dp.gaussian_classical": _NOT_REDONE + ": a tail inequality over an unbounded range",
    "dp.gaussian_exact": _NOT_REDONE + ": two normal tails at the point where the loss is eps",
    "dp.laplace": _NOT_REDONE + ": the triangle inequality in the exponent",
    "dp.moments_closed_form": "its source's estimates are long and were not redone here",
    "dp.moments_integer": _NOT_REDONE + ": a binomial expansion under the integral",
    "dp.optimal_homogeneous": _KAIROUZ,
    "gdp.clt": "a limit theorem without an error bound; it is never used as a guarantee",
    "gdp.composition": _NOT_REDONE + ": that a Gaussian trade-off is attained by composition",
    "gdp.gaussian": _NOT_REDONE + ": the Neyman-Pearson lemma for two Gaussians",
    "invert.formula": _NOT_REDONE + ": Fubini's theorem and the Laplace transform of (e^s - e^e)_+",
    "invert.strip": _NOT_REDONE + ": contour integration",
    "pair.approximate_dp": _KAIROUZ,
    "pair.composition": _ZHU,
    "pair.discrete_gaussian": "the bound on its tails is the source's, and was not redone here",
    "pair.laplace": _ZHU,
    "pair.poisson": _ZHU,
    "pair.poisson_gaussian": _ZHU,
    "pair.pure_dp": _KAIROUZ,
    "pld.connect_the_dots": _NOT_REDONE + " for compositions of general laws",
    "rdp.add_below_remove": _NOT_REDONE + ": an inequality between two integrals",
    "rdp.atoms": "the definition of the divergence, for a dominating pair as its source has it",
    "rdp.composition": _NOT_REDONE + " for adaptive choice over general spaces",
    "rdp.gaussian": _NOT_REDONE + ": completing the square under the integral",
    "rdp.poisson": "the definition of the divergence, for the dominating pair as its source has it",
    "rdp.pure": _NOT_REDONE + ": the divergence is at most the largest loss",
    "rdp.to_dp_improved": _NOT_REDONE + ": an optimum over one variable",
    "rdp.to_dp_mironov": _NOT_REDONE + ": Hoelder's inequality",
    "rdp.to_log_delta": _NOT_REDONE + ": an optimum over one variable",
    "risk.reconstruction": "its note has the proof in outline; " + _NOT_REDONE,
    "risk.tpr": "the definition of the divergence, applied to a test's region",
    "zcdp.composition": _NOT_REDONE + " for adaptive choice over general spaces",
    "zcdp.discrete_gaussian": _NOT_REDONE + ": a theta function of the shift",
    "zcdp.gaussian": "as rdp.gaussian, at every order",
    "zcdp.pure": _NOT_REDONE + ": an inequality of hyperbolic functions",
    "zcdp.sampling_never_hurts": "joint quasi-convexity of the divergence is its source's",
    "zcdp.to_dp": "as rdp.to_dp_mironov, at the best order",
}
