"""One RDP budget takes at most as long as Opacus's, with all real orders instead of a list."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from measure import Result, side_by_side
from opacus.accountants import RDPAccountant

import dpaccount as dpa
from dpaccount.accountants import orders

RUNS = {
    "W2": ("1.1", "256/60000", 14_063, "1e-5"),
    "W3": ("0.8", "0.01", 1000, "1e-6"),
    "W4": ("2.5", "16384/1281167", 72_000, "8e-7"),
    "W5": ("0.6", "1e-4", 100_000, "1e-9"),
}


def ours(sigma: str, rate: str, steps: int, delta: str) -> float | None:
    orders.forget()  # moments are kept from call to call; a first call is what is claimed
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)
    return dpa.epsilon(run, delta, method="rdp").upper


def theirs(sigma: str, rate: str, steps: int, delta: str) -> float:
    accountant = RDPAccountant()
    accountant.history = [(float(sigma), float(Fraction(rate)), steps)]
    return float(accountant.get_epsilon(float(delta)))


def results() -> Iterator[Result]:
    for name, run in RUNS.items():
        yield side_by_side(
            f"rdp on {name} ({', '.join(map(str, run))}) takes no longer than Opacus's RDP",
            lambda run=run: ours(*run),
            lambda run=run: theirs(*run),
            limit=1.0,
            rounds=25,
        )
