"""What was found, for machines: JUnit XML and plain data for JSON."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from dpaccount.conformance.findings import Conformance, Finding, Verdict

__all__ = ["as_data", "as_junit"]


def as_data(found: Conformance) -> dict[str, Any]:
    """The findings as data that JSON can hold."""
    return {
        "accountant": found.name,
        "version": found.version,
        "conforms": found.conforms,
        "seconds": round(found.seconds, 3),
        "checks": [_finding(finding) for finding in found.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "id": check.id,
        "asks": check.asks,
        "why": check.why,
        "source": check.source,
        "verdict": finding.verdict.value,
        "example": finding.example or None,
        "answered": finding.answered or None,
        "truth": {"lower": finding.lower, "upper": finding.upper},
        "factor": finding.factor,
        "message": finding.message,
        "asked": finding.asked,
        "seconds": round(finding.seconds, 3),
    }


def as_junit(found: Conformance) -> str:
    """The findings as JUnit XML: a failure fails, what was not answered is skipped."""
    attributes = {
        "name": f"dpaccount conformance {found.name}",
        "tests": str(len(found.findings)),
        "failures": str(len(found.ids(Verdict.FAIL, Verdict.OVER_TIME))),
        "errors": "0",
        "skipped": str(len(found.ids(Verdict.REFUSES, Verdict.NOT_ASKED))),
        "time": f"{found.seconds:.3f}",
    }
    suite = ElementTree.Element("testsuite", attributes)
    for finding in found.findings:
        _case(suite, finding)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    family, _, slug = finding.check.id.partition(".")
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"conformance.{family}",
        name=slug,
        time=f"{finding.seconds:.3f}",
    )
    said = _printable(finding.explanation)
    asks = _printable(f"{finding.check.asks}; {finding.check.why} ({finding.check.source})")
    if finding.failed:
        failure = ElementTree.SubElement(
            case, "failure", type=finding.verdict.value, message=said or finding.verdict.value
        )
        failure.text = asks
    elif finding.verdict in (Verdict.REFUSES, Verdict.NOT_ASKED):
        ElementTree.SubElement(case, "skipped", message=f"{finding.verdict.value}: {said}")
    elif finding.verdict is Verdict.LOOSE:
        ElementTree.SubElement(case, "system-out").text = f"loose: {said}"


def _printable(text: str) -> str:
    """Text without the characters that XML cannot hold; an accountant's message may have any."""
    return "".join(ch if ch.isprintable() else "?" for ch in text)
