"""What a proof raises when it does not prove."""

from __future__ import annotations

__all__ = ["NotProved", "NotTraced"]


class NotProved(Exception):  # noqa: N818 - reads as the verdict it is
    """A claim that was not proved: refuted, or not decided."""


class NotTraced(NotProved):
    """A formula that does something to its arguments which has no symbolic form here."""
