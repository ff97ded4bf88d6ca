"""Reports for people: what a run cost, as a page, as data, as text, and the figures.

`report` gathers all that a report has to hold into one frozen `Report`; `model` says what that is,
`sections` puts it into words, `page`, `markdown` and `card` write it, `evidence` checks it again.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dpaccount.reports.attack_file import read_attacks
    from dpaccount.reports.gather import report
    from dpaccount.reports.model import Report, Statements

_HOME = {
    "Report": "model",
    "Statements": "model",
    "read_attacks": "attack_file",
    "report": "gather",
}

__all__ = ["Report", "Statements", "read_attacks", "report"]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use: the command line needs little of it."""
    if name not in _HOME:
        raise AttributeError(f"module 'dpaccount.reports' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dpaccount.reports.{_HOME[name]}"), name)
    globals()[name] = value
    return value
