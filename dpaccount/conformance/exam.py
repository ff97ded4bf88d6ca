"""How a check is put to an accountant: case after case, then a smaller one that fails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dpaccount.conformance.candidate import Answer, Candidate, Question
from dpaccount.conformance.findings import Check, Finding, Verdict
from dpaccount.conformance.truths import Truths

__all__ = ["FIELDS", "ROUNDING", "Case", "Entry", "Exam", "Judge", "Problem"]

#: A shortfall below this part of a number is the rounding of a float and no finding.
ROUNDING = 1e-9

#: Questions whose answers are judged together.
Case = tuple[Question, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with the answers to a case.

    Args:
        message: In words.
        verdict: `FAIL`, or `LOOSE` for what is valid and far from the truth.
        truth: The certified ends.
        factor: How many times the truth a loose answer is.
        at: Which question of the case it is about.
    """

    message: str
    verdict: Verdict = Verdict.FAIL
    truth: tuple[float, float] | None = None
    factor: float | None = None
    at: int = -1


Judge = Callable[["Exam", Case, list[float]], Problem | None]


@dataclass(frozen=True)
class Entry:
    """A check and how it is run."""

    check: Check
    run: Callable[[Exam, Check], Finding]


#: From simple to not so simple; what is shrunk takes the first value that still fails.
_LADDERS: dict[str, list[Any]] = {
    "steps": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000],
    "sampling_rate": [1.0, 0.5, 0.1, 0.01, 0.001, 1e-4],
    "noise_multiplier": [1.0, 2.0, 0.5, 5.0, 0.8, 0.6, 10.0],
    "delta": [1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15],
}
#: The fields of a question that can be made simpler.
FIELDS = tuple(_LADDERS)

_MOST_TRIES = 40
_MOST_SECONDS = 15.0


class Exam:
    """One accountant, the truths, and what its answers were.

    Args:
        candidate: The accountant.
        truths: Where the certified ends come from.
    """

    def __init__(self, candidate: Candidate, truths: Truths) -> None:
        self.candidate = candidate
        self.truths = truths
        self._answers: dict[Question, bool] = {}

    def answers(self, question: Question) -> bool:
        """Whether a question is not refused; asked once."""
        if question not in self._answers:
            self._answers[question] = self.candidate.ask(question).kind != "refused"
        return self._answers[question]

    def each(
        self, check: Check, cases: Iterable[Case], judge: Judge, *, shrink: Sequence[str] = FIELDS
    ) -> Finding:
        """Judge case after case; the first that fails is made smaller, the loosest is reported.

        Args:
            check: What is judged.
            cases: From simple to not so simple.
            judge: What is wrong with the answers to a case.
            shrink: The fields that a smaller case may change and still be about the same thing.
        """
        silent: list[tuple[Question, Answer]] = []
        loosest: tuple[Problem, Case, list[float]] | None = None
        judged = 0
        for case in cases:
            answers = [self.candidate.ask(question) for question in case]
            mute = [(q, a) for q, a in zip(case, answers, strict=True) if a.kind != "number"]
            broken = [(q, a) for q, a in mute if a.kind == "broken"]
            if broken:
                question, answer = broken[0]
                return Finding(check, Verdict.FAIL, str(question), message=answer.text)
            if mute:
                silent += mute
                if any(a.kind in ("over", "no time") for _, a in silent):
                    break  # each takes the whole limit, and the other checks want their turn
                continue
            judged += 1
            values = [answer.value for answer in answers]
            problem = judge(self, case, values)
            if problem is None:
                continue
            if problem.verdict is Verdict.FAIL:
                return _finding(check, *self._smaller(problem, case, values, judge, shrink))
            if loosest is None or (problem.factor or 0) > (loosest[0].factor or 0):
                loosest = problem, case, values
        return self._without_failure(check, silent, loosest, judged)

    @staticmethod
    def _without_failure(
        check: Check,
        silent: list[tuple[Question, Answer]],
        loosest: tuple[Problem, Case, list[float]] | None,
        judged: int,
    ) -> Finding:
        for kind, verdict in (
            ("over", Verdict.OVER_TIME),
            ("no time", Verdict.OVER_TIME),
            ("refused", Verdict.REFUSES),
        ):
            of_kind = [(q, a) for q, a in silent if a.kind == kind]
            if of_kind:
                question, answer = of_kind[0]
                more = f" ({len(of_kind)} such, {judged} answered)" if judged else ""
                return Finding(check, verdict, str(question), message=answer.text + more)
        if loosest is not None:
            return _finding(check, *loosest)
        return Finding(check, Verdict.PASS)

    def _smaller(
        self,
        problem: Problem,
        case: Case,
        values: list[float],
        judge: Judge,
        fields: Sequence[str],
    ) -> tuple[Problem, Case, list[float]]:
        """Simpler values, one field after the other, as long as the case still fails."""
        end = time.monotonic() + _MOST_SECONDS
        tries, changed = 0, True
        while changed:
            changed = False
            for smaller in _simpler(case, fields):
                tries += 1
                if tries > _MOST_TRIES or time.monotonic() > end or self.candidate.left < 60:
                    return problem, case, values
                answers = [self.candidate.ask(question) for question in smaller]
                if any(answer.kind == "over" for answer in answers):
                    return problem, case, values
                if any(answer.kind != "number" for answer in answers):
                    continue
                found = [answer.value for answer in answers]
                still = judge(self, smaller, found)
                if still is not None and still.verdict is Verdict.FAIL:
                    case, values, problem, changed = smaller, found, still, True
                    break
        return problem, case, values


def _simpler(case: Case, fields: Sequence[str]) -> Iterable[Case]:
    """The case with one shared field replaced by a simpler value."""
    for field in fields:
        ladder = _LADDERS[field]
        shared = {repr(getattr(question, field)) for question in case}
        if len(shared) != 1:
            continue
        now = getattr(case[0], field)
        if field == "delta" and case[0].epsilon is not None:
            continue
        for value in ladder:
            if value == now:
                break
            yield tuple(replace(question, **{field: value}) for question in case)


def _finding(check: Check, problem: Problem, case: Case, values: Sequence[float]) -> Finding:
    low, high = problem.truth or (None, None)
    if problem.at < 0 and len(case) > 1:
        example = " and ".join(str(question) for question in case)
        answered = " and ".join(_number(value) for value in values)
    else:
        example, answered = str(case[problem.at]), _number(values[problem.at])
    return Finding(
        check,
        problem.verdict,
        example,
        answered,
        low,
        high,
        problem.factor,
        problem.message,
    )


def _number(value: float) -> str:
    return repr(value) if not math.isfinite(value) or value == 0 else f"{value:.10g}"
