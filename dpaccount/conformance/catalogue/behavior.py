"""How an accountant answers: at all, with a number, the same twice, and in time."""

from __future__ import annotations

import math

from dpaccount.conformance.candidate import Answer, Question
from dpaccount.conformance.catalogue.truth import not_below
from dpaccount.conformance.exam import ROUNDING, Entry, Exam
from dpaccount.conformance.findings import Check, Finding, Verdict

__all__ = ["FIRST", "LAST"]

_ORDINARY = Question(1.1, 0.01, 1000, 1e-5)
_OTHER = Question(1.1, 0.01, 1000, 1e-6)


def _silent(check: Check, question: Question, answer: Answer) -> Finding:
    verdict = {"over": Verdict.OVER_TIME, "no time": Verdict.OVER_TIME, "refused": Verdict.REFUSES}
    return Finding(
        check, verdict.get(answer.kind, Verdict.FAIL), str(question), message=answer.text
    )


def _answers(exam: Exam, check: Check) -> Finding:
    answer = exam.candidate.ask(_ORDINARY)
    # otherwise one that refuses everything, or says inf to everything, would conform
    if answer.kind == "refused":
        return Finding(check, Verdict.FAIL, str(_ORDINARY), message=answer.text)
    if answer.kind == "number" and not math.isfinite(answer.value):
        message = "no finite number for an ordinary run"
        return Finding(check, Verdict.FAIL, str(_ORDINARY), repr(answer.value), message=message)
    return (
        Finding(check, Verdict.PASS)
        if answer.kind == "number"
        else _silent(check, _ORDINARY, answer)
    )


def _type(exam: Exam, check: Check) -> Finding:
    answer = exam.candidate.ask(_ORDINARY)
    if answer.type:
        message = f"it returned a {answer.type}, and not a real number"
        return Finding(check, Verdict.FAIL, str(_ORDINARY), message=message)
    if answer.kind != "number":
        return _silent(check, _ORDINARY, answer)
    return Finding(check, Verdict.PASS)


def _twice(exam: Exam, check: Check) -> Finding:
    said: list[float] = []
    for question in (_ORDINARY, _OTHER, _ORDINARY, _OTHER):
        answer = exam.candidate.ask(question, again=True)
        if answer.kind != "number":
            if said and answer.kind in ("refused", "broken"):
                why = f"it was answered before, and then: {answer.text}"
                return Finding(check, Verdict.FAIL, str(question), message=why)
            return _silent(check, question, answer)
        said.append(answer.value)
    for question, first, second in zip((_ORDINARY, _OTHER), said[:2], said[2:], strict=True):
        if first != second:
            return Finding(
                check,
                Verdict.FAIL,
                str(question),
                f"{first:.10g}, then {second:.10g}",
                message="asking changes the answer",
            )
    return Finding(check, Verdict.PASS)


def _anew(exam: Exam, check: Check) -> Finding:
    first = exam.candidate.ask(_ORDINARY)
    if first.kind != "number":
        return _silent(check, _ORDINARY, first)
    exam.candidate.close()
    second = exam.candidate.ask(_ORDINARY, again=True)
    if second.kind != "number":
        return _silent(check, _ORDINARY, second)
    same = first.value == second.value  # infinities too
    if same or abs(first.value - second.value) <= ROUNDING * abs(first.value):
        return Finding(check, Verdict.PASS)
    return Finding(
        check,
        Verdict.FAIL,
        str(_ORDINARY),
        f"{first.value:.10g}, then {second.value:.10g}",
        message="a new process answers something else",
    )


def _in_time(check: Check, *questions: Question) -> Entry:
    def run(exam: Exam, check: Check) -> Finding:
        return exam.each(check, [(question,) for question in questions], not_below, shrink=())

    return Entry(check, run)


FIRST = [
    Entry(
        Check(
            "answers.ordinary",
            "an ordinary run gets a finite answer",
            "whoever refuses everything is never wrong",
            "a wrong signature",
        ),
        _answers,
    ),
    Entry(
        Check(
            "answers.type",
            "the answer is a real number, and not text, a boolean or a container",
            "comparisons with other types are errors, or worse, are none",
            "methods that return pairs",
        ),
        _type,
    ),
    Entry(
        Check(
            "state.twice",
            "asking does not change what is asked next",
            "a getter with side effects forgets what was spent",
            "Opacus #535: get_epsilon popped the history",
        ),
        _twice,
    ),
]
LAST = [
    Entry(
        Check(
            "state.new_process",
            "a new process gives the same answer",
            "an audit has to be able to repeat a number",
            "bounds that are sampled without a seed",
        ),
        _anew,
    ),
    _in_time(
        Check(
            "time.many_steps",
            "a million and a hundred million steps are accounted for in time",
            "a training run ends, and its account does not",
            "Opacus #601, prv_accountant #17: memory and hours",
        ),
        Question(1.0, 0.001, 10**6, 1e-5),
        Question(1.0, 0.001, 10**8, 1e-5),
    ),
    _in_time(
        Check(
            "time.little_noise",
            "little noise, without sampling, is accounted for in time",
            "a search for the noise passes there",
            "dp-accounting 0.6.0 PLD over 20 s, Opacus 1.6.0 PRV 830 GiB at noise .01",
        ),
        Question(0.01, 1.0, 1, 1e-5),
    ),
    _in_time(
        Check(
            "time.large_run",
            "a long run at a small rate, and one of a large epsilon, are accounted for in time",
            "such runs are trained",
            "prv-accountant 0.2.0: 17 s and over 60 s; Opacus 1.6.0 PRV: over 40 s",
        ),
        Question(0.3, 0.05, 5000, 1e-5),
        Question(0.6, 1e-4, 100_000, 1e-9),
    ),
]
