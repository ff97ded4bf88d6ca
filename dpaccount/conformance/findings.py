"""What an examination found: one finding for each check."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dpaccount.guarantees import number_text

__all__ = ["Check", "Conformance", "Finding", "Verdict"]


class Verdict(enum.Enum):
    """What a check came to."""

    PASS = "pass"
    #: a number below the truth, one out of nonsense, two that contradict each other, or a crash
    FAIL = "fail"
    #: valid, and far above the truth; never counted as a failure
    LOOSE = "loose"
    #: it raised for legal input: no number is no wrong number
    REFUSES = "refuses"
    OVER_TIME = "over the time limit"
    #: there is no method to ask, or nobody asked for this check
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Check:
    """One question that every accountant is asked.

    Args:
        id: `family.slug`.
        asks: What must hold, as a sentence without a full stop.
        why: What goes wrong where it does not.
        source: Where a real tool had the bug.
        needs: The method that it asks, "epsilon" or "delta".
    """

    id: str
    asks: str
    why: str
    source: str
    needs: str = "epsilon"


@dataclass(frozen=True)
class Finding:
    """What one check came to.

    Args:
        check: The check.
        verdict: Its outcome.
        example: The smallest failing call that was found, or the one that the message speaks of.
        answered: What was returned for it.
        lower: Certified lower end of what is true there.
        upper: Certified upper end of it.
        factor: For a loose answer, how many times the truth it is.
        message: What is wrong, or why there is nothing to judge.
        asked: How many questions were put.
        seconds: How long that took.
    """

    check: Check
    verdict: Verdict
    example: str = ""
    answered: str = ""
    lower: float | None = None
    upper: float | None = None
    factor: float | None = None
    message: str = ""
    asked: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether it counts against the accountant."""
        return self.verdict in (Verdict.FAIL, Verdict.OVER_TIME)

    @property
    def truth(self) -> str:
        """The certified truth as text."""
        if self.lower is None or self.upper is None:
            return ""
        low, high = number_text(self.lower, "lower"), number_text(self.upper, "upper")
        return low if low == high else f"[{low}, {high}]"

    @property
    def explanation(self) -> str:
        """One line: the example, the answer, the truth, and what is wrong."""
        parts = [self.example + (f" = {self.answered}" if self.answered else "")]
        parts += [f"truth {self.truth}" if self.truth else "", self.message]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Conformance:
    """What an accountant was found to do.

    Args:
        name: The accountant.
        version: Of its package; empty for MODULE:OBJECT.
        findings: One for each check.
        seconds: How long it took.
    """

    name: str
    version: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def conforms(self) -> bool:
        """Whether nothing failed and nothing ran over its time."""
        return not any(finding.failed for finding in self.findings)

    def ids(self, *verdicts: Verdict) -> list[str]:
        """The checks that came to one of these verdicts."""
        return [found.check.id for found in self.findings if found.verdict in verdicts]
