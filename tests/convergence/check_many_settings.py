"""The whole table: 200 random quadratics by their exact law, and more than 300 settings.

Run as a script it checks them all (some ten minutes on two cores), prints how tight the bounds are,
and leaves with 1 if one is violated. The table resumes: the same command continues what was
interrupted. The everyday tests check a small sample of both.

    python tests/convergence/check_many_settings.py table.csv
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections import defaultdict
from itertools import product

import numpy as np

import dpaccount as dpa
from dpaccount.convergence.law import gaussian_form
from dpaccount.convergence.problems import Quadratic
from dpaccount.convergence.rates import predictions
from dpaccount.convergence.setting import setting_of
from dpaccount.convergence.simulate import simulate
from dpaccount.convergence.sweep import Line, check_settings

CHEAP = [
    "quadratic",
    "quadratic-isotropic",
    "quadratic-ill",
    "median",
    "polyak",
    "wells",
    "clipping",
]
DATA = ["ridge-cancer", "ridge-digits", "logistic-cancer", "logistic-digits"]


def random_quadratic(rng):
    """A setting of one full-batch quadratic: spectrum, step size, noise and steps at random."""
    dimension = int(rng.integers(1, 25))
    top = 10.0 ** rng.uniform(-2, 2)
    curvatures = top * 10.0 ** -rng.uniform(0, rng.uniform(0, 6), dimension)
    problem = Quadratic(
        curvatures, rng.standard_normal(dimension), records=int(rng.integers(2, 60))
    )
    size = rng.uniform(0.01, 1.95) / curvatures.max()
    run = dpa.DPSGD(
        noise_multiplier=f"{10.0 ** rng.uniform(-2, 2):.4g}",
        sampling_rate=1,
        steps=int(10.0 ** rng.uniform(0, 2.5)),
    )
    return setting_of(run, problem, f"{size:.4g}")


def off_the_law(setting, trajectories, seed, log_error):
    """For distance and excess: whether the mean is outside its interval, and the ratio."""
    found = simulate(setting, trajectories, seed=seed, quantities=["distance", "excess"], threads=1)
    exact = {
        p.quantity: p.bound for p in predictions(setting) if p.theorem == "sgd.quadratic_exact"
    }
    for name, values in found.values.items():
        mean = float(values.mean())
        low, high = gaussian_form(setting, name).interval(trajectories, log_error)
        assert low <= exact[name].lower <= exact[name].upper <= high
        yield not low <= mean <= high, exact[name].upper / mean


def lines():
    """Every setting of the table, the cheap ones first."""
    cheap = [
        Line(name, noise, rate, steps, size)
        for name, noise, rate, steps, size in product(
            CHEAP, ["0.5", "2", "8"], ["1/10", "1/2", "1"], [20, 100, 400], [None, "0.2"]
        )
    ]
    falling = [
        Line("quadratic", noise, rate, steps, dpa.Decaying(scale, "20"))
        for noise, rate, steps, scale in product(
            ["0.5", "4"], ["1/10", "1"], [50, 400], ["11", "20"]
        )
    ]
    data = [
        Line(name, noise, rate, steps, None)
        for name, noise, rate, steps in product(DATA, ["1", "4"], ["1/20", "1/4"], [30, 200])
    ]
    return cheap + falling, data


def tightness(tables):
    """The least, middle and largest ratio of the tightest bounds, by problem and quantity."""
    ratios = defaultdict(list)
    for table in tables:
        for line, _, rows in table.lines:
            for row in rows:
                if row.get("tightest"):
                    key = line.problem, row["quantity"], row["theorem"]
                    ratios[key].append(row["predicted"] / row["measured"])
    return {key: (min(r), statistics.median(r), max(r), len(r)) for key, r in ratios.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quadratics", type=int, default=200)
    parser.add_argument("--every", type=int, default=1, help="take each setting of so many")
    chosen = parser.parse_args()

    begun = time.monotonic()
    rng = np.random.default_rng(2026)
    log_error = math.log(1e-6 / (4 * chosen.quadratics))
    off, ratios = 0, []
    for i in range(chosen.quadratics):
        for outside, ratio in off_the_law(random_quadratic(rng), 2000, i, log_error):
            off += outside
            ratios.append(ratio)
    print(
        f"{chosen.quadratics} random quadratics: {off} of {len(ratios)} means outside their "
        f"interval; closed form / measured from {min(ratios):.3f} to {max(ratios):.3f}, middle "
        f"{statistics.median(ratios):.4f}; {time.monotonic() - begun:.0f} s",
        flush=True,
    )

    begun = time.monotonic()
    tables = []
    for name, every, count in zip(("", ".data"), lines(), (400, 60), strict=True):
        part = every[:: chosen.every]
        tables.append(
            check_settings(
                part,
                chosen.table + name,
                trajectories=count,
                processes=chosen.processes,
                false_alarm="5e-7",
            )
        )
    settings = [each for table in tables for each in table.lines]
    met = [each for each in settings if each[1] in ("holds", "violated")]
    violated = [line for table in tables for line in table.violated]
    refused = [line for table in tables for line in table.refused]
    checks = sum(len(rows) for _, verdict, rows in settings if verdict != "refused")
    kept = sum(table.kept for table in tables)
    print(
        f"{len(settings)} settings, {kept} kept from before: {len(met)} inside the assumptions of "
        f"some theorem, {checks} bounds, {len(violated)} violated, {len(refused)} refused; "
        f"{time.monotonic() - begun:.0f} s"
    )
    print(
        f"{'problem':20} {'quantity':15} {'theorem':22} {'least':>7} {'middle':>7} {'most':>7}  n"
    )
    for (problem, quantity, theorem), (low, middle, high, n) in sorted(tightness(tables).items()):
        print(f"{problem:20} {quantity:15} {theorem:22} {low:7.2f} {middle:7.2f} {high:7.2f} {n:3}")
    for line in violated:
        print("violated:", line)
    return 1 if violated or off else 0


if __name__ == "__main__":
    sys.exit(main())
