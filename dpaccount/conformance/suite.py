"""The verb: does an accountant conform?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from dpaccount.conformance.candidate import Candidate
from dpaccount.conformance.checks import CHECKS
from dpaccount.conformance.exam import Entry, Exam
from dpaccount.conformance.findings import Conformance, Finding, Verdict
from dpaccount.conformance.truths import Truths
from dpaccount.errors import InputError, shown

__all__ = ["conform"]

TIME_LIMIT, DEADLINE = 10.0, 300.0


def conform(
    accountant: str,
    *,
    only: Iterable[str] | None = None,
    time_limit: float = TIME_LIMIT,
    deadline: float = DEADLINE,
    on_check: Callable[[Finding, int], object] | None = None,
) -> Conformance:
    """Hold an accountant against certified truths and the bugs that real tools had.

    Guarantee: what is shown beside a failure is certified to be true, and the accountant was asked
    for real. That nothing failed says no more than that: these questions were answered well.

    The accountant runs in a process of its own. It is called by position, as
    `epsilon(noise_multiplier, sampling_rate, steps, delta)`, for Poisson-sampled Gaussian steps and
    add-or-remove adjacency, and returns an upper bound as a float. Raising means that it refuses.

    Args:
        accountant: One of dpaccount, opacus-rdp, opacus-prv, opacus-gdp, dp-accounting-pld,
            dp-accounting-rdp, prv; or MODULE:OBJECT, a callable, or an object or class with a
            method `epsilon` and perhaps `delta(noise_multiplier, sampling_rate, steps, epsilon)`.
        only: Ids of checks, or families such as "truth"; None for all of them.
        time_limit: Seconds for one answer.
        deadline: Seconds for everything, once the accountant is imported.
        on_check: Called after each check, with what was found and the number of checks.

    Raises:
        InputError: For an accountant that is unknown or not installed, and for bad arguments.

    Example:
        >>> found = conform("dpaccount", only=["truth.limit_theorem"])
        >>> found.conforms, [finding.verdict.value for finding in found.findings]
        (True, ['pass'])
    """
    entries = _chosen(only)
    for name, value in (("time_limit", time_limit), ("deadline", deadline)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _positive(value):
            raise InputError(
                name, given=shown(value), allowed="seconds, above 0", advice="give for example 10"
            )
    candidate = Candidate(accountant, float(time_limit), float(deadline))
    began = time.monotonic()
    findings = []
    try:
        exam = Exam(candidate, Truths())
        for entry in entries:
            finding = _run(exam, entry)
            findings.append(finding)
            if on_check is not None:
                on_check(finding, len(entries))
    finally:
        candidate.close()
    seconds = time.monotonic() - began
    return Conformance(accountant, candidate.version, tuple(findings), seconds)


def _positive(value: float) -> bool:
    return 0 < value < math.inf


def _run(exam: Exam, entry: Entry) -> Finding:
    start, asked = time.monotonic(), exam.candidate.asked
    if entry.check.needs not in exam.candidate.can:
        message = f"it has no method {entry.check.needs}"
        return Finding(entry.check, Verdict.NOT_ASKED, message=message)
    found = entry.run(exam, entry.check)
    return replace(found, asked=exam.candidate.asked - asked, seconds=time.monotonic() - start)


def _chosen(only: Iterable[str] | None) -> list[Entry]:
    if only is None:
        return list(CHECKS.values())
    families = {name.partition(".")[0] for name in CHECKS}
    allowed = (
        f"ids of checks, such as {next(iter(CHECKS))}, or families: {', '.join(sorted(families))}"
    )
    advice = "leave it out for every check"
    if isinstance(only, str) or not isinstance(only, Iterable):
        raise InputError("only", given=shown(only), allowed=f"a list of {allowed}", advice=advice)
    wanted = list(only)
    for name in wanted:
        if not isinstance(name, str) or (name not in CHECKS and name not in families):
            given = name if isinstance(name, str) else shown(name)
            raise InputError("only", given=given, allowed=allowed, advice=advice)
    chosen = [
        entry
        for name, entry in CHECKS.items()
        if name in wanted or name.partition(".")[0] in wanted
    ]
    if not chosen:
        raise InputError("only", given="no check", allowed=allowed, advice=advice)
    return chosen
