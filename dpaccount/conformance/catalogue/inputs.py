"""Nonsense is refused: by raising, or by an answer that nobody takes for privacy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from dpaccount.conformance.candidate import Question
from dpaccount.conformance.exam import Entry, Exam
from dpaccount.conformance.findings import Check, Finding, Verdict

__all__ = ["QUICK", "SLOW"]

_BASE = Question(1.0, 0.01, 10, 1e-5)
_NAN, _INF = math.nan, math.inf


def _refused(check: Check, field: str, values: list[Any], accepts: tuple[float, ...] = ()) -> Entry:
    """Each of these values of a field has to be refused; inf claims nothing and is as good."""
    questions = [replace(_BASE, **{field: value}) for value in values]
    return Entry(check, lambda exam, check: refusal(exam, check, questions, (*accepts, _INF)))


def refusal(
    exam: Exam, check: Check, questions: list[Question], accepts: tuple[float, ...]
) -> Finding:
    """The finding on questions that are to be refused."""
    for question in questions:
        answer = exam.candidate.ask(question)
        if answer.kind == "number" and answer.value not in accepts:
            return Finding(
                check,
                Verdict.FAIL,
                str(question),
                f"{answer.value:.6g}",
                message="this has to be refused",
            )
        if answer.kind == "broken":
            return Finding(check, Verdict.FAIL, str(question), message=answer.text)
        if answer.kind in ("over", "no time"):
            return Finding(check, Verdict.OVER_TIME, str(question), message=answer.text)
    if not exam.answers(_BASE):
        message = f"it refuses {_BASE} as well, so a refusal says nothing"
        return Finding(check, Verdict.REFUSES, message=message)
    return Finding(check, Verdict.PASS)


def _check(slug: str, asks: str, source: str, why: str = "") -> Check:
    why = why or "a number out of nonsense passes for an account of a run"
    return Check(f"inputs.{slug}", f"{asks} is refused", why, source)


QUICK = [
    _refused(
        _check("noise_negative", "negative noise", "noise read with its sign"),
        "noise_multiplier",
        [-1.0, -0.5],
    ),
    _refused(
        _check(
            "noise_zero", "noise 0", "GAP #3", "without noise there is no privacy; inf says so too"
        ),
        "noise_multiplier",
        [0.0],
    ),
    _refused(
        _check("rate_outside", "a rate above 1 or below 0", "batch size over dataset size"),
        "sampling_rate",
        [1.5, -0.1],
    ),
    _refused(
        _check("steps_negative", "a negative number of steps", "Opacus 1.6.0 RDP: -26.7 at T = -1"),
        "steps",
        [-1],
    ),
    _refused(
        _check(
            "steps_fraction",
            "a fraction of a step",
            "int(1 / (1/93)) is 92; several tools answer for T = 2.5",
            "epochs over rate that was not rounded up: the last step is not accounted for",
        ),
        "steps",
        [2.5],
    ),
    _refused(
        _check("steps_nan", "NaN steps", "steps computed from an empty loader"), "steps", [_NAN]
    ),
    _refused(
        _check("delta_zero", "delta 0", "no finite epsilon holds there; inf says so too"),
        "delta",
        [0.0],
    ),
    _refused(
        # at delta 1 everything is (0, 1)-private: 0 is true there, and less is not
        _check("delta_one", "delta 1", "Opacus 1.6.0 RDP: -3.3"),
        "delta",
        [1.0],
        (0.0,),
    ),
    _refused(
        _check("delta_outside", "a delta above 1 or below 0", "one over a dataset size below 1"),
        "delta",
        [2.0, -1e-5],
    ),
    _refused(
        _check("delta_nan", "NaN delta", "dp-accounting 0.6.0 RDP: 0"),
        "delta",
        [_NAN],
    ),
    _refused(
        _check("boolean", "True for a number", "a flag in the place of a number"),
        "noise_multiplier",
        [True],
    ),
    _refused(
        _check("text", "text that is no number", "an empty field of a form"),
        "noise_multiplier",
        ["one", "nan", ""],
    ),
    _refused(
        _check("nothing", "None", "a field that was not set"),
        "sampling_rate",
        [None],
    ),
]
#: What makes a search run for ever in more than one tool.
SLOW = [
    _refused(
        _check("noise_nan", "NaN noise", "dp-accounting 0.6.0 RDP and Opacus 1.6.0 GDP: 0"),
        "noise_multiplier",
        [_NAN],
    ),
    _refused(
        # no information at all is left: 0 is the limit
        _check("noise_infinite", "infinite noise", "Opacus 1.6.0 RDP and PRV hang"),
        "noise_multiplier",
        [_INF],
        (0.0,),
    ),
    _refused(_check("rate_nan", "a NaN rate", "Opacus 1.6.0 RDP hangs"), "sampling_rate", [_NAN]),
]
