"""How a claim about speed is measured: the two sides in turns, their least times, the ratio.

The least time is what the work takes; what is above it is what else the machine did.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Result", "make_sure", "process", "side_by_side"]


def make_sure(holds: bool, what: str) -> None:
    """Stop a benchmark whose speed would be worth nothing."""
    if not holds:
        raise SystemExit(f"not what the claim is about: {what}")


@dataclass(frozen=True)
class Result:
    """One claim and what was measured.

    Args:
        claim: The sentence that holds while `ratio` <= `limit`.
        ours: Seconds that ours takes, the least.
        theirs: Seconds that the other side takes, the least.
        limit: The largest ratio of ours to theirs that the claim allows.
    """

    claim: str
    ours: float
    theirs: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit


def side_by_side(
    claim: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    limit: float,
    rounds: int,
    calls: int = 1,
) -> Result:
    """Time both sides in turns, so that a busy machine slows both; a first turn is not counted.

    Args:
        claim: What is to be shown.
        ours: One call of ours.
        theirs: One call of the other side's.
        limit: The largest ratio that the claim allows.
        rounds: Turns that count.
        calls: Calls of ours in each turn: of a call that takes milliseconds, one alone would
            measure how long processor caches take to fill again after the other side's turn.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for kept, side, count in zip(times, (ours, theirs), (calls, 1), strict=True):
            start = time.perf_counter()
            for _ in range(count):
                side()
            if turn:
                kept.append((time.perf_counter() - start) / count)
    return Result(claim, min(times[0]), min(times[1]), limit)


def process(code: str) -> Callable[[], object]:
    """A whole Python process that runs `code`."""

    def run() -> None:
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

    return run
