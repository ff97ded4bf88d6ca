"""The runs that the claims are measured on, and small changes that make every call a new one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import dpaccount as dpa

__all__ = ["RUNS", "Workload", "varied"]


@dataclass(frozen=True)
class Workload:
    """One setting, as every accountant takes it."""

    name: str
    sigma: float
    rate: Fraction
    steps: int
    delta: float

    @property
    def run(self) -> dpa.DPSGD:
        return dpa.DPSGD(noise_multiplier=self.sigma, sampling_rate=self.rate, steps=self.steps)


RUNS = {
    "W2": Workload("W2", 1.1, Fraction(256, 60_000), 14_063, 1e-5),
    "W3": Workload("W3", 0.8, Fraction(1, 100), 1000, 1e-6),
    "W4": Workload("W4", 2.5, Fraction(16_384, 1_281_167), 72_000, 8e-7),
    "W5": Workload("W5", 0.6, Fraction(1, 10_000), 100_000, 1e-9),
}


def varied(workload: Workload, ask: Callable[[Workload], object]) -> Callable[[], object]:
    """Ask with a noise multiplier that differs from call to call, so that nothing can be kept."""
    counter: Iterator[int] = itertools.count(1)

    def call() -> object:
        sigma = round(workload.sigma * (1.0 + 1e-6 * next(counter)), 12)
        return ask(Workload(workload.name, sigma, workload.rate, workload.steps, workload.delta))

    return call
