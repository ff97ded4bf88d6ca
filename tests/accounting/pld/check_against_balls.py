"""Random budgets by the grid and by balls, which share no code: the brackets must overlap.

    python tests/accounting/pld/check_against_balls.py [COUNT [SEED [PART PARTS]]]

prints every miss, a tally every 200 cases, and how wide the brackets are; with PART of PARTS only
the cases whose number is PART modulo PARTS, so that several processes share one draw. Grids are
mostly coarse: a coarse one errs more, and costs less.
"""

import math
import sys
import time
from dataclasses import dataclass

import numpy as np

import dpaccount as dpa

SEED = 20_261


@dataclass(frozen=True)
class Case:
    run: dpa.Mechanism
    delta: str
    epsilon: float | None  # asked for delta there, or None: asked for epsilon
    adjacency: str
    width: float


@dataclass(frozen=True)
class Found:
    case: Case
    grid: tuple
    balls: tuple
    seconds: float

    @property
    def missed(self):
        return not (self.grid[0] <= self.balls[1] and self.balls[0] <= self.grid[1])

    @property
    def crossed(self):
        """Whether an end of the grid lies inside of the balls' bracket: no miss, and too near."""
        return self.grid[0] > self.balls[0] or self.grid[1] < self.balls[1]

    @property
    def gap(self):
        top = max(abs(end) for end in self.balls)
        return (self.grid[1] - self.grid[0]) / top if top else 0.0


def short(value):
    """Three digits, as text."""
    return f"{value:.3g}"


def cases(count, seed=SEED):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        phases = []
        for _ in range(1 + (rng.random() < 0.2)):
            sigma, q = np.exp(rng.uniform(np.log([0.3, 1e-5]), np.log([30, 0.9])))
            steps = round(math.exp(rng.uniform(0, math.log(1e5))))
            rate = "1" if rng.random() < 0.1 else short(q)
            phases.append(dpa.DPSGD(noise_multiplier=short(sigma), sampling_rate=rate, steps=steps))
        run = phases[0] if len(phases) == 1 else dpa.Composed(tuple(phases))
        delta = short(math.exp(rng.uniform(math.log(1e-40), math.log(0.1))))
        epsilon = float(short(rng.normal(0.5, 2))) if rng.random() < 0.2 else None
        adjacency = ("remove", "add", "add_remove")[rng.integers(3)]
        width = 2.0 ** -float(rng.integers(5, 12))
        yield Case(run, delta, epsilon, adjacency, width)


def ask(case, accountant):
    profile = accountant.profile(case.run, case.adjacency)
    if case.epsilon is None:
        bound = profile.epsilon(case.delta)
        return bound.lower or 0.0, bound.upper
    bound = profile.delta(case.epsilon)
    return bound.log_lower, bound.log_upper


def compare(case):
    start = time.perf_counter()
    grid = ask(case, dpa.PLD(width=case.width))
    seconds = time.perf_counter() - start
    return Found(case, grid, ask(case, dpa.Saddlepoint()), seconds)


def main(count=10_000, seed=SEED, part=0, parts=1):
    found, refused, missed = [], 0, 0
    start = time.perf_counter()
    for number, case in enumerate(cases(count, seed)):
        if number % parts != part:
            continue
        if number and number // parts % 200 == 0:
            print(f"{number} of {count}: {missed} misses, {refused} refused", flush=True)
        try:
            one = compare(case)
        except dpa.NotConverged:  # the work limit; nothing is claimed
            refused += 1
            continue
        found.append(one)
        if one.missed:
            missed += 1
            print("MISS", one, flush=True)
    seconds = np.array([one.seconds for one in found])
    gaps = np.array([one.gap for one in found])
    crossed = sum(one.crossed for one in found)
    print(f"{missed} misses in {len(found)} cases, {refused} refused, {crossed} inside of balls'")
    print(f"{time.perf_counter() - start:.0f} s; the grid's share {seconds.sum():.0f} s")
    quantiles = [0.01, 0.1, 0.5, 0.9, 0.99]
    print("relative width", np.quantile(gaps, quantiles))
    print("ms", 1e3 * np.quantile(seconds, [*quantiles, 1.0]))
    return missed, found


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))[0]))
