"""Answers beside each other: order, composition, nothing at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from dpaccount.conformance.candidate import Question
from dpaccount.conformance.exam import FIELDS, ROUNDING, Case, Entry, Exam, Judge, Problem
from dpaccount.conformance.findings import Check, Finding, Verdict

__all__ = ["ENTRIES"]

_BASES = [Question(1.0, 0.01, 100, 1e-5), Question(2.0, 0.1, 20, 1e-6)]


def _rises(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """What costs more is not answered with less."""
    less, more = values
    if more >= less * (1 - ROUNDING):
        return None
    return Problem("the second has to cost at least as much as the first")


def _ladder(check: Check, field: str, ladder: Sequence[Any]) -> Entry:
    """One field rises (in the order of what costs more), the others stay."""

    def run(exam: Exam, check: Check) -> Finding:
        cases = [
            (replace(base, **{field: cheap}), replace(base, **{field: dear}))
            for base in _BASES
            for cheap, dear in pairwise(ladder)
        ]
        return exam.each(check, cases, _rises)

    return Entry(check, run)


def _nothing(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """Nothing was run, so that nothing was spent."""
    value = values[0]
    if value == 0:
        return None
    if value > 0:
        return Problem("nothing was spent", Verdict.LOOSE, (0.0, 0.0), math.inf, 0)
    return Problem("no epsilon at all", truth=(0.0, 0.0), at=0)


def _finite(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """Legal input has a number that is none of NaN, negative or infinite."""
    value = values[0]
    if value == math.inf:
        truth = exam.truths.of(case[0])
        return Problem("valid, and of no use", Verdict.LOOSE, truth, math.inf, 0)
    return None if value >= 0 else Problem("no epsilon at all", at=0)


def _same(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """Two descriptions of one run; grids may differ by what they round."""
    a, b = values
    if a == b or abs(a - b) <= 0.03 + 0.02 * min(abs(a), abs(b)):
        return None
    return Problem("these are one run, and have to cost the same (within 0.03 and 2 %)")


def _at_most_twice(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """Two halves of a run, composed by addition, are an upper bound of it."""
    half, whole = values
    if whole <= 2 * half * (1 + ROUNDING):
        return None
    return Problem("twice the steps at twice the delta cost at most twice as much")


def _consistent(exam: Exam, case: Case, values: list[float]) -> Problem | None:
    """Delta at the epsilon of a delta is at most that delta."""
    asked, got = case[0].delta, values[1]
    if got <= asked * 1.01:
        return None
    return Problem(f"delta at the epsilon of delta {asked} has to be at most that")


def _entry(
    check: Check, cases: list[Case], judge: Judge, *, shrink: Sequence[str] = FIELDS
) -> Entry:
    def run(exam: Exam, check: Check) -> Finding:
        return exam.each(check, cases, judge, shrink=shrink)

    return Entry(check, run)


def _round_trip(exam: Exam, check: Check) -> Finding:
    cases: list[Case] = []
    for question in _BASES:
        answer = exam.candidate.ask(question)
        if answer.kind == "number" and math.isfinite(answer.value):
            cases.append((question, replace(question, epsilon=answer.value)))
        else:
            cases.append((question,))
    return exam.each(
        check,
        cases,
        lambda exam, case, values: _consistent(exam, case, values) if len(case) > 1 else None,
        shrink=(),  # the second question belongs to the first
    )


_LEGAL = [
    Question(1.0, 0.01, 1, 1e-5),
    Question(1.0, 0.5, 1, 1e-5),
    Question(1.0, 0.01, 1000, 0.5),
    Question(100.0, 0.001, 1000, 1e-5),
    Question(1000.0, 1e-6, 1, 1e-5),
    Question(1.0, 0.5, 10, 1e-5),
    Question(0.2, 0.01, 1, 1e-5),
    Question(1.0, 0.01, 1000, 1e-12),
]

ENTRIES = [
    _ladder(
        Check(
            "monotone.noise",
            "less noise never costs less",
            "a search for the noise walks into a dip and stops there",
            "PySyft #6914",
        ),
        "noise_multiplier",
        [8.0, 4.0, 2.5, 2.0, 1.6, 1.3, 1.1, 1.0, 0.9, 0.8, 0.7],
    ),
    _ladder(
        Check(
            "monotone.steps",
            "more steps never cost less",
            "privacy is earned back by training on",
            "steps that are cut off or wrap around",
        ),
        "steps",
        [1, 2, 3, 5, 10, 30, 100, 300, 1000, 3000],
    ),
    _ladder(
        Check(
            "monotone.rate",
            "a higher rate never costs less, up to 1",
            "expansions for small rates used at large ones",
            "formulas outside their range",
        ),
        "sampling_rate",
        [1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 1.0],
    ),
    _ladder(
        Check(
            "monotone.delta",
            "a smaller delta never costs less",
            "small probabilities that are lost make the strictest demand the cheapest",
            "fourier-accountant 0.12.11 says one number for 1e-15 and 1e-30; others fall",
        ),
        "delta",
        [0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12],
    ),
    _entry(
        Check(
            "zero.steps",
            "no steps cost 0",
            "T = 0 is an ordinary value of a loop",
            "Opacus 1.6.0 RDP: its floor, .1029",
        ),
        [(Question(1.0, 0.01, 0, 1e-5),), (Question(1.0, 1.0, 0, 1e-5),)],
        _nothing,
        shrink=(),
    ),
    _entry(
        Check(
            "zero.rate",
            "rate 0 costs 0",
            "nobody was sampled",
            "Opacus 1.6.0 RDP: its floor, .1029",
        ),
        [(Question(1.0, 0.0, 10, 1e-5),)],
        _nothing,
        shrink=(),
    ),
    _entry(
        Check(
            "answers.finite",
            "legal input gets a finite number of at least 0",
            "NaN passes every gate of the form `if epsilon > budget: stop`",
            "tools measured on odd and legal input",
        ),
        [(question,) for question in _LEGAL],
        _finite,
    ),
    _entry(
        Check(
            "composition.gaussian",
            "without sampling, T steps of noise s cost what one of noise s/sqrt(T) does",
            "composition of Gaussian mechanisms is exact",
            "Opacus 1.6.0 GDP uses the limit theorem at rate 1 too",
        ),
        [
            (Question(2.0, 1.0, 4, 1e-5), Question(1.0, 1.0, 1, 1e-5)),
            (Question(10.0, 1.0, 25, 1e-6), Question(2.0, 1.0, 1, 1e-6)),
        ],
        _same,
        shrink=(),
    ),
    _entry(
        Check(
            "composition.halves",
            "a run costs at most what its two halves cost together",
            "the accountant contradicts basic composition",
            "bookkeeping of steps",
        ),
        [
            (
                Question(noise, rate, steps, 1e-6),
                Question(noise, rate, 2 * steps, 2e-6),
            )
            for noise, rate, steps in [(1.0, 0.01, 500), (2.0, 0.1, 20), (0.7, 0.01, 100)]
        ],
        _at_most_twice,
        shrink=(),
    ),
    Entry(
        Check(
            "composition.round_trip",
            "delta at the epsilon of a delta is at most that delta",
            "two methods of one accountant answer two different questions",
            "rounding and interpolation of curves",
            needs="delta",
        ),
        _round_trip,
    ),
]
