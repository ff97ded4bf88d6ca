"""What an answer may cost, so that none hangs: the work limit of the certified accountant."""

from __future__ import annotations

__all__ = ["ANSWER", "LINE", "MOST", "QUICK", "Effort", "TooCostly"]

#: Values of balls, some 30 microseconds each: one direction of an answer, searches included.
ANSWER = 500_000.0
#: One line: worth its width without a second thought; as a rule; where nothing less gives a width.
QUICK, LINE, MOST = 30_000.0, 120_000.0, 300_000.0


class TooCostly(Exception):  # noqa: N818 - reads as the verdict it is
    """More work than is allowed, or numbers that float64 cannot plan with."""


class Effort:
    """The work that is left to one direction of one answer."""

    def __init__(self, limit: float = ANSWER) -> None:
        self.left = limit

    def spend(self, units: float) -> None:
        """Take from what is left.

        Raises:
            TooCostly: If there is not so much left.
        """
        if not units <= self.left:
            raise TooCostly("the searches of one answer")
        self.left -= units
