"""How a claim about speed is measured: the two sides in turns, their medians, the ratio."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Result", "process", "side_by_side"]


@dataclass(frozen=True)
class Result:
    """One claim and what was measured.

    Args:
        claim: The sentence that holds while `ratio` <= `limit`.
        ours: Seconds that ours takes, the median.
        theirs: Seconds that the other side takes, the median.
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
) -> Result:
    """Time both sides in turns, so that a busy machine slows both; a first turn is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for kept, side in zip(times, (ours, theirs), strict=True):
            start = time.perf_counter()
            side()
            if turn:
                kept.append(time.perf_counter() - start)
    return Result(claim, statistics.median(times[0]), statistics.median(times[1]), limit)


def process(code: str) -> Callable[[], object]:
    """A whole Python process that runs `code`."""

    def run() -> None:
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

    return run
