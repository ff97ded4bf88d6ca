"""Runs, accountants and helpers that every test of the contract uses."""

from __future__ import annotations

from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount.accounting import METHODS

#: Every theory of smooth losses, by name; a new one is picked up by itself. What covers losses of
#: single values only has its contract in test_discrete.py.
# the lattice sums and the grid have contracts of their own
ALL = [name for name in METHODS if name not in ("lattice", "pld")]
#: The theories whose upper end may be relied on.
GUARANTEES = [name for name in ALL if name != "gdp_clt"]
ADJACENCIES = ["add", "remove", "add_remove"]

DELTA = "1e-5"
#: Noise large enough, and a rate small enough, for every theorem's range.
WIDE = {"noise_multiplier": "20", "sampling_rate": "0.01", "steps": 500}
#: An ordinary run; the classical theorem and the moments' closed form say nothing here.
PLAIN = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 500}
#: The same without sampling.
FULL = {"noise_multiplier": "30", "sampling_rate": 1, "steps": 8}

STEP = dpa.PoissonSubsampled(dpa.Gaussian("1.1"), "0.01")
MIXED = dpa.Composed(
    (
        dpa.DPSGD(noise_multiplier="12", sampling_rate="0.01", steps=300),
        dpa.DPSGD(noise_multiplier="9", sampling_rate="0.02", steps=100),
        dpa.SelfComposed(dpa.Gaussian(40), 3),
    )
)
LAPLACE = dpa.SelfComposed(dpa.Laplace(4), 3)
SAMPLED_LAPLACE = dpa.SelfComposed(dpa.PoissonSubsampled(dpa.Laplace(2), "0.1"), 20)

#: Ordinary settings for property tests.
sigmas = st.fractions("0.4", "40", max_denominator=1000)
rates = st.sampled_from(["0.0001", "0.003", "256/60000", "0.01", "0.1", "0.4", "1"])
counts = st.sampled_from([1, 2, 7, 100, 1000, 14_063, 10**6])
deltas = st.sampled_from(["0.5", "0.01", "1e-5", "1e-6", "1e-12", "1e-30"])


def dpsgd(base=PLAIN, **changes):
    """A run of the ordinary kind with something changed."""
    return dpa.DPSGD(**{**base, **changes})


def ask(what, argument, run, method, adjacency="add_remove"):
    """A verb's answer, or None where no theorem covers the question."""
    try:
        curve = dpa.profile(run, method=method, adjacency=adjacency)
        return getattr(curve, what)(argument)
    except dpa.Unsupported:
        return None


def epsilon(run, method, delta=DELTA, adjacency="add_remove"):
    """Epsilon as a `Bound`, or None where no theorem covers the run."""
    return ask("epsilon", delta, run, method, adjacency)


def value(bound):
    """The number that a bound is about: its upper end, or the estimate."""
    return bound.upper if bound.upper is not None else bound.estimate
