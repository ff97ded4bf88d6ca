"""Random budgets by the float64 tier and by balls: the two brackets must overlap.

    python tests/accounting/saddlepoint/check_fast_against_balls.py [COUNT [SEED]]

prints every miss, and how much wider the bound is than the error that it bounds.
"""

import math
import sys
import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dpaccount._validate import Exact
from dpaccount.accountants.saddlepoint.fast import fast_epsilon
from dpaccount.accountants.saddlepoint.solve import solve_epsilon
from dpaccount.certificates import Release, Run

SEED = 20_260


@dataclass(frozen=True)
class Found:
    run: Run
    delta: Exact
    fast: tuple
    balls: tuple
    seconds: tuple

    @property
    def missed(self):
        lower, upper = self.fast
        return (lower is not None and not lower <= self.balls[1]) or (
            upper is not None and not upper >= self.balls[0]
        )

    @property
    def width(self):
        lower, upper = self.fast
        if lower is None or upper is None:
            return math.inf
        return (upper - lower) / upper if upper else 0.0

    @property
    def ratio(self):
        """Half the width over the distance of the middles; NaN where the balls are no finer."""
        half = (self.fast[1] - self.fast[0]) / 2
        away = abs((self.fast[0] + self.fast[1]) - (self.balls[0] + self.balls[1])) / 2
        finer = self.balls[1] - self.balls[0] < 0.3 * max(away, 1e-300)
        return half / away if finer and away else math.nan


def short(value):
    """Three digits, as an exact rational."""
    return Fraction(f"{value:.3g}")


def cases(count, seed=SEED):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        sigma, q = np.exp(rng.uniform(np.log([0.3, 1e-5]), np.log([20, 0.9])))
        steps, delta = np.exp(rng.uniform(np.log([10, 1e-14]), np.log([1e6, 0.1])))
        add = bool(rng.integers(2))
        release = Release(short(sigma), short(q), round(steps))
        yield Run(Fraction(0), (release,), add), Exact(short(delta))


def compare(run, delta, width=1e-12):
    start = time.perf_counter()
    fast = fast_epsilon(run, delta)
    middle = time.perf_counter()
    balls = solve_epsilon(run, delta, width)
    seconds = (middle - start, time.perf_counter() - middle)
    return Found(run, delta, (fast.lower, fast.upper), (balls.lower, balls.upper), seconds)


def main(count=10_000, seed=SEED):
    from rich.progress import track

    found, missed = [], 0
    start = time.perf_counter()
    for run, delta in track(cases(count, seed), total=count):
        one = compare(run, delta)
        found.append(one)
        if one.missed:
            missed += 1
            print("MISS", one, flush=True)
    widths = np.array([one.width for one in found])
    known = np.isfinite(widths)
    ratios = np.array([one.ratio for one in found if math.isfinite(one.width)])
    ratios = ratios[np.isfinite(ratios)]
    quantiles = (0.01, 0.1, 0.5, 0.9, 0.99)
    print(f"{missed} misses in {len(found)} cases, {time.perf_counter() - start:.0f} s")
    print(f"known {known.mean():.4f}; eps is 0 in {np.mean(widths == 0):.4f}")
    for limit in (1e-10, 1e-9, 1e-6, 1e-3):
        print(f"width below {limit:g}: {np.mean(widths < limit):.4f}")
    print("width", np.quantile(widths[known], quantiles))
    print(f"bound / error, {len(ratios)} cases", np.quantile(ratios, [0.0, *quantiles]))
    for name, k in (("fast", 0), ("balls", 1)):
        print(name, "ms", 1e3 * np.quantile([one.seconds[k] for one in found], [*quantiles, 1.0]))
    return missed, found


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))[0]))
