"""Draw every figure of docs/gallery.md and of docs/explanation/, from what dpaccount answers.

Run it again with: python docs/gallery/draw.py [FOLDER] (needs dpaccount[report,attacks,peers]).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import dpaccount as dpa
from dpaccount.reports import plots
from dpaccount.reports.plots import contour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[1]
DELTA = "1e-5"
RUN = dpa.DPSGD(noise_multiplier="1.1", batch_size=256, dataset_size=60_000, epochs=60)
SHORT = dpa.DPSGD(noise_multiplier="0.5", sampling_rate="0.1", steps=2)
#: What the demo leaves: the run whose table is in the README.
DIGITS = dpa.DPSGD(noise_multiplier="2.1", sampling_rate=str(1 / 6), steps=360)
METHODS = {"saddlepoint": 0, "rdp": 1, "gdp_clt": 2, "gdp": 1, "zcdp": 1}


def sandwich() -> Figure:
    title = "A transformer trained on digits: who says what of its epsilon"
    return plots.sandwich(dpa.compare(DIGITS, DELTA), title)


def epsilon_curve() -> Figure:
    deltas = [f"1e-{k}" for k in range(2, 13)]
    lines = []
    for method, rank in METHODS.items():
        curve = dpa.profile(RUN, method=method)
        bounds = [curve.epsilon(delta) for delta in deltas]
        values = [b.estimate if b.upper is None else b.upper for b in bounds]
        lines.append(plots.Line(method, tuple(map(float, deltas)), tuple(values), rank))
    return plots.epsilon_curve(lines, (1e-5, lines[0].y[3]), same=["pld"])


def epsilon_map() -> Figure:
    table = dpa.sweep(
        noise_multiplier="0.6:4:9:log", sampling_rate="256/60000", steps="100:20000:12:log",
        delta=DELTA,
    )  # fmt: skip
    return plots.epsilon_map(table)


@cache
def ceilings() -> tuple[plots.Line, plots.Line]:
    """The true positive rate at low rates and at all rates: the least over many epsilons."""
    curve = dpa.profile(RUN, method="saddlepoint.fast")
    epsilons = [math.sinh(k / 12) for k in range(-39, 40)]
    known = [(eps, curve.delta(eps).upper) for eps in epsilons]

    def line(rates: list[float]) -> plots.Line:
        best = [min(1.0, *(math.exp(e) * a + d for e, d in known)) for a in rates]
        return plots.Line("ceiling for any test", tuple(rates), tuple(best), 0)

    low = [10 ** (-9 + 9 * k / 90) for k in range(91)]
    return line(low), line([k / 200 for k in range(201)])


def roc_log() -> Figure:
    return plots.roc([ceilings()[0]])


def roc() -> Figure:
    return plots.roc([ceilings()[1]], is_log=False)


def tradeoff() -> Figure:
    line = ceilings()[1]
    missed = tuple(1 - rate for rate in line.y)
    return plots.tradeoff([line._replace(name="this run, at least", y=missed)])


def reconstruction() -> Figure:
    counts = [2, 16, 256, 4096, 65_536, 1_000_000]
    curve = dpa.profile(RUN, method="saddlepoint.fast")
    chances = tuple(curve.reconstruction(f"1/{k}").upper for k in counts)
    line = plots.Line("ceiling for any attacker", tuple(map(float, counts)), chances, 0)
    return plots.reconstruction([line])


def attack_success() -> Figure:
    from dpaccount.attacks.sweep import run_attacks

    found = run_attacks(
        targets=["attention"], attacks=["span", "identify"],
        noise_multipliers=["0", "0.1", "0.3", "1", "3"], trials=60, delta=DELTA,
    )  # fmt: skip
    return plots.attack_success(found)


def excess_of_budgets() -> Figure:
    from dpaccount.convergence.budgets import excess_of_budgets as measured

    run = {"batch_size": 57, "dataset_size": 569, "steps": 100}
    found = measured(
        run, "logistic-cancer", epsilons=["1", "2", "4", "8"], delta="1e-4", trajectories=300
    )
    return plots.excess_of_budgets(found)


def integrand() -> Figure:
    return contour.integrand(RUN, DELTA)


def core() -> Figure:
    return contour.core(SHORT, DELTA)


#: Each picture, and where it lies; a map of many cells is smaller as pixels.
PICTURES: dict[str, Callable[[], Figure]] = {
    "gallery/sandwich.svg": sandwich,
    "gallery/epsilon-curve.svg": epsilon_curve,
    "gallery/epsilon-map.png": epsilon_map,
    "gallery/tradeoff.svg": tradeoff,
    "gallery/roc.svg": roc,
    "gallery/roc-log.svg": roc_log,
    "gallery/reconstruction.svg": reconstruction,
    "gallery/attack-success.svg": attack_success,
    "gallery/excess-of-budgets.svg": excess_of_budgets,
    "explanation/contour.png": integrand,
    "explanation/core.png": core,
}


def main(folder: Path) -> None:
    for name, draw in PICTURES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        plots.save(draw(), str(path))
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
