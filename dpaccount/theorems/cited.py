"""Theorems that are only cited, each with the reason: none is; what is not listed has a proof."""

from __future__ import annotations

__all__ = ["CITED_BECAUSE"]

#: Every theorem of level C. What its property test checks numerically is no proof.
CITED_BECAUSE: dict[str, str] = {}
