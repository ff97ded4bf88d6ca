"""The suite for accountants: the bugs that real ones had, asked of any, beside certified truths."""

from dpaccount.conformance.checks import CHECKS
from dpaccount.conformance.findings import Conformance, Finding, Verdict
from dpaccount.conformance.suite import conform

__all__ = ["CHECKS", "Conformance", "Finding", "Verdict", "conform"]
