"""Attacks that are exact where nothing is noised, each by a theorem of its own."""

from __future__ import annotations

from dpaccount.attacks.exact.embedding import EmbeddingRows, rows_that_changed
from dpaccount.attacks.exact.identity import AttentionIdentity, recover_inputs
from dpaccount.attacks.exact.labels import LabelRecovery, recover_label
from dpaccount.attacks.exact.linear import linear_input
from dpaccount.attacks.exact.span_test import SpanTest

__all__ = [
    "AttentionIdentity",
    "EmbeddingRows",
    "LabelRecovery",
    "SpanTest",
    "linear_input",
    "recover_inputs",
    "recover_label",
    "rows_that_changed",
]
