"""Answers beside the certified truth: never below it, and by how much above."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from dpaccount.conformance.candidate import Question
from dpaccount.conformance.exam import FIELDS, ROUNDING, Case, Entry, Exam, Judge, Problem
from dpaccount.conformance.findings import Check, Finding, Verdict
from dpaccount.conformance.truths import REFERENCES

__all__ = ["ENTRIES", "RANDOM_RUNS"]

#: Above this many times the truth an answer is called loose.
LOOSE_FROM = 1.01


def not_below(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """No answer is below the certified lower end."""
    for i, (question, value) in enumerate(zip(case, values, strict=True)):
        truth = exam.truths.of(question)
        if truth is not None and not value >= truth[0] * (1 - ROUNDING):
            short = f"{1 - value / truth[0]:.2g} of it" if value < truth[0] else "no bound"
            return Problem(f"below the truth by {short}", truth=truth, at=i)
    return None


def not_loose(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """An answer far above the truth is reported, and how far."""
    truth = exam.truths.of(case[0])
    if truth is None or not values[0] > truth[1] * LOOSE_FROM:
        return None
    factor = values[0] / truth[1] if truth[1] > 0 else math.inf
    return Problem(f"{factor:.4g} times the truth", Verdict.LOOSE, truth, factor, 0)


def _entry(
    check: Check,
    questions: list[Question],
    judge: Judge = not_below,
    shrink: Sequence[str] = FIELDS,
) -> Entry:
    def run(exam: Exam, check: Check) -> Finding:
        return exam.each(check, [(question,) for question in questions], judge, shrink=shrink)

    return Entry(check, run)


def _random_runs(count: int) -> list[Question]:
    """Runs over the range that people train in; the seed is fixed: everybody sees the same."""
    draw = random.Random(2403)

    def spread(low: float, high: float) -> float:
        return float(f"{math.exp(draw.uniform(math.log(low), math.log(high))):.3g}")

    return [
        Question(spread(0.5, 5), spread(1e-4, 0.3), int(spread(1, 10_000)), spread(1e-9, 1e-3))
        for _ in range(count)
    ]


RANDOM_RUNS = _random_runs(12)
_ORDINARY = [REFERENCES[name][0] for name in ("W1", "W2", "W3")]
_LARGE = [REFERENCES[name][0] for name in ("W7 below", "W4")]
#: Some of the thousand budgets of workload W8, its corners among them.
_GRID = [
    Question(noise, 0.01, steps, 1e-5)
    for noise, steps in [(0.6, 100), (0.6, 20_000), (3.0, 100), (3.0, 20_000), (1.58, 1636)]
]
_LIMIT = [
    Question(0.5, 0.001, 1000, 1e-5),
    Question(0.6, 0.01, 1000, 1e-5),
    Question(1.0, 0.01, 1000, 1e-5),
]
_SMALL_DELTA = [
    REFERENCES["W10"][0],
    REFERENCES["W10b"][0],
    Question(1.0, 0.01, 1000, 1e-100),
    Question(1.0, 1.0, 1, 1e-15),
]
#: The sign of a rounding depends on the processor: one run alone may look right.
_FLOOR = [
    Question(0.6, 1e-4, 10_000, 1e-9),
    REFERENCES["W5"][0],
    Question(0.7, 1e-4, 10_000, 1e-9),
    Question(0.8, 0.001, 1000, 1e-10),
    Question(0.7, 1e-4, 10_000, 1e-11),
    Question(0.8, 0.001, 1000, 1e-12),
]
_FLOOR_DELTA = [
    Question(0.6, 1e-4, 10_000, None, 4.0),
    Question(0.6, 1e-4, 10_000, None, 3.0),
    Question(1.0, 0.01, 1000, None, 4.0),
    Question(1.0, 0.01, 1000, None, 6.0),
    Question(1.1, 256 / 60000, 14_063, None, 2.0),
    Question(0.7, 1e-4, 10_000, None, 2.0),
    Question(0.8, 0.001, 1000, None, 3.0),
    Question(0.6, 1e-4, 100_000, None, 4.0),
]
_CEILING = [Question(1000.0, 1e-6, 1, delta) for delta in (1e-5, 1e-6, 1e-8)]
_FULL = [
    Question(1.0, 1.0, 1, 1e-5),
    Question(2.0, 1.0, 4, 1e-5),
    Question(5.0, 1.0, 100, 1e-6),
    Question(20.0, 1.0, 10, 1e-8),
]

ENTRIES = [
    _entry(
        Check(
            "truth.workloads",
            "epsilon is never below the truth on ordinary runs (W1 to W4, W7)",
            "a budget is spent that nobody knows of",
            "tools measured side by side",
        ),
        _ORDINARY + _LARGE,
    ),
    _entry(
        Check(
            "truth.random",
            f"epsilon is never below the truth on {len(RANDOM_RUNS)} drawn runs and some of W8",
            "a tool can be right on the examples that everybody tries",
            "tools measured side by side",
        ),
        RANDOM_RUNS + _GRID,
    ),
    _entry(
        Check(
            "truth.limit_theorem",
            "epsilon is never below the truth where the central limit theorem is",
            "with few effective steps the limit is far from reached: .852 for a true 3.239",
            "Opacus 1.6.0 GDP",
        ),
        _LIMIT,
        shrink=("steps",),
    ),
    _entry(
        Check(
            "truth.small_delta",
            "epsilon is never below the truth at delta 1e-15, 1e-30 and 1e-100",
            "grids lose small probabilities in their rounding",
            "fourier-accountant 0.12.11: 3.346 for a true 4.854 and 9.342",
        ),
        _SMALL_DELTA,
        shrink=("steps", "sampling_rate", "noise_multiplier"),
    ),
    _entry(
        Check(
            "truth.fft_floor",
            "epsilon is never below the truth where delta nears the rounding of a transform",
            "a grid that rounds up stays above the truth only as long as its transform does",
            "dp-accounting 0.6.0 PLD: .6899 for a true .6900 (noise .7, rate 1e-4, 1e4 steps)",
        ),
        _FLOOR,
        shrink=(),
    ),
    _entry(
        Check(
            "truth.delta",
            "delta is never below the truth, down to 1e-14",
            "the rounding of a transform is as large as such a delta, and may be negative",
            "dp-accounting 0.6.0 PLD: delta(4) = -5.5e-13 for a true 1.3e-13",
            needs="delta",
        ),
        _FLOOR_DELTA,
        shrink=(),
    ),
    _entry(
        Check(
            "truth.full_batch",
            "rate 1 costs what the Gaussian mechanism costs, and no less",
            "amplification is claimed where nothing is sampled",
            "formulas for small rates used at rate 1",
        ),
        _FULL,
        shrink=("steps", "noise_multiplier", "delta"),
    ),
    _entry(
        Check(
            "tight.workloads",
            "epsilon is within 1 % of the truth on ordinary runs",
            "what is loose is paid for in noise",
            "moments accountants lose 4 to 45 %",
        ),
        _ORDINARY,
        not_loose,
    ),
    _entry(
        Check(
            "tight.order_ceiling",
            "epsilon of almost nothing is almost nothing",
            "a largest order gives epsilon a floor: .1029 at delta 1e-5 for orders up to 63",
            "Opacus 1.6.0 RDP",
        ),
        _CEILING,
        not_loose,
    ),
    _entry(
        Check(
            "tight.small_delta",
            "epsilon is finite and within 1 % of the truth at small delta",
            "inf is valid and of no use",
            "grids at delta 1e-15",
        ),
        _SMALL_DELTA,
        not_loose,
    ),
]
