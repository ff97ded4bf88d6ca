"""The workloads on which the tools are set side by side, and what is known of the truth.

The truths are brackets: computed with ball arithmetic, or with grids that bound their own error.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import dpaccount as dpa
from dpaccount.comparison import _peer_phases
from dpaccount.interop.peers import PeerPhase
from dpaccount.mechanisms import canonical


@dataclass(frozen=True)
class Work:
    """A run, the delta, and the ends of the true epsilon."""

    run: dpa.Mechanism
    delta: str
    low: float
    high: float

    @property
    def phases(self) -> list[PeerPhase]:
        """The run as the peers are told it."""
        return _peer_phases(canonical(self.run))


def dpsgd(sigma, rate, steps):
    return dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)


def ramp():
    """20 phases of 500 steps: noise 2.0 to 0.7, rate 0.001 to 0.02, both linear."""
    return dpa.Composed(
        tuple(
            dpsgd(
                2 - Fraction(13, 10) * Fraction(i, 19),
                Fraction(1, 1000) + Fraction(19, 1000) * Fraction(i, 19),
                500,
            )
            for i in range(20)
        )
    )


WORK = {
    "W1": Work(dpsgd("1", 1, 1), "1e-5", 4.37717809568122, 4.37717809568123),
    "W2": Work(dpsgd("1.1", "256/60000", 14_063), "1e-5", 2.38168972613, 2.38168972615),
    "W3": Work(dpsgd("0.8", "0.01", 1000), "1e-6", 3.70618546886, 3.70618546888),
    "W4": Work(dpsgd("2.5", "16384/1281167", 72_000), "8e-7", 7.464949, 7.464984),
    "W5": Work(dpsgd("0.6", "1e-4", 100_000), "1e-9", 2.49973482128, 2.4997348213),
    "W6": Work(ramp(), "1e-5", 10.490824, 10.491086),
    "W9": Work(dpsgd("0.3", "0.05", 5000), "1e-5", 909.517, 909.581),
    "W10": Work(dpsgd("1", "0.01", 1000), "1e-15", 4.854532, 4.854538),
    "W10b": Work(dpsgd("1", "0.01", 1000), "1e-30", 9.34189, 9.341896),
}

#: W7: the least noise multiplier for epsilon 2 at delta 1e-5, and its bracket.
W7 = {"sampling_rate": "0.01", "steps": 2000}
W7_LOW, W7_HIGH = 1.149310, 1.149331

#: W8: 50 noise multipliers x 20 numbers of steps.
W8 = [
    dpsgd(f"{0.6 + 2.4 * i / 49:.6g}", "0.01", round(100 * 200 ** (j / 19)))
    for i in range(50)
    for j in range(20)
]
