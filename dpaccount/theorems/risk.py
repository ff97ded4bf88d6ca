"""What a budget allows any attacker."""

from __future__ import annotations

from dpaccount.theorems.registry import theorem

__all__ = ["ADVANTAGE", "TPR"]

TPR = theorem(
    "risk.tpr",
    "In a direction whose numerator is the law that should be detected, a test with false positive "
    "rate a has true positive rate at most the infimum over all real eps of e^eps a + delta(eps).",
    "Wasserman and Zhou 2010, arXiv 0811.2501v3, Thm 2.4; Kairouz, Oh and Viswanath 2015, "
    "arXiv 1311.0776v4",
    note="Wasserman and Zhou state it for pure DP; for any delta it is the definition of the "
    "hockey-stick divergence applied to the test's region",
)

ADVANTAGE = theorem(
    "risk.advantage",
    "The largest difference of true and false positive rate is delta(0), the total variation "
    "distance.",
    "by definition of the hockey-stick divergence",
    level="P",
)
