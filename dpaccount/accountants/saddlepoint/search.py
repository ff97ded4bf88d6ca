"""From an enclosure of delta at any eps to both ends of eps: each end is seen to hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, ctx

from dpaccount.certificates import Line, Run
from dpaccount.certificates.inversion import largest_loss
from dpaccount.certificates.numbers import above, enclose

__all__ = ["USUAL", "Curve", "Ends", "coarse_ends", "edge_of", "ends_of", "first_seen"]

#: The relative width of epsilon that is aimed at unless another is asked for.
USUAL = 2e-10
Curve = Callable[[float], tuple[arb, arb]]


@dataclass(frozen=True)
class Ends:
    """Both ends, the line that shows them (None: a closed form), and why they are wide."""

    lower: float
    upper: float
    line: Line | None
    why: str = ""

    def explained(self, width: float) -> Ends:
        """Itself, with a reason if it is wide and has none; less than 1e-6 is so if asked for."""
        allowed = 1e-6 if width >= USUAL else 10.0 * width
        narrow = math.isfinite(self.upper) and self.upper - self.lower <= allowed * self.upper
        if self.why or narrow or self.upper == math.nextafter(self.lower, math.inf):
            return self
        return replace(self, why="the plan did not reach the width asked for")


def edge_of(run: Run) -> float:
    """At least the largest loss; infinite unless a record is added and all steps are sampled."""
    if not run.add or run.mu_squared:
        return math.inf
    with ctx.workprec(128):
        return above(largest_loss(run))


def ends_of(
    curve: Curve, guess: float, delta: Fraction, bits: int, slope: float, edge: float
) -> tuple[float, float]:
    """Floats on both sides of the crossing, each evaluated: the claim is what was seen to hold."""
    with ctx.workprec(bits):
        target = enclose(delta)
        most, least = target.upper(), target.lower()
    if curve(0.0)[1] <= least:
        return 0.0, 0.0
    # move to the middle of the enclosure once or twice
    for _ in range(3):
        low, high = curve(guess)
        if not (low > 0 and high < 1):
            break
        with ctx.workprec(64):
            shift = float((((low + high) / 2) / target).log()) / slope
        if not math.isfinite(shift) or abs(shift) * slope > 3.0:
            break
        guess = min(max(guess + shift, 0.0), edge)
        if abs(shift) <= 1e-15 * guess:
            break
    low, high = curve(guess)
    spread = 1e-3
    if low > 0:
        with ctx.workprec(64):
            spread = min(float((high / low).log()) / 2.0, 1e-3)
    step = max(1.01 * spread / slope, abs(guess) * 2.0**-52, 5e-324)
    upper = first_seen(lambda e: bool(curve(e)[1] <= least), guess, step, edge)
    lower = first_seen(lambda e: bool(curve(e)[0] >= most), guess, -step, 0.0)
    return lower, upper


def coarse_ends(curve: Curve, delta: Fraction, bits: int, edge: float) -> tuple[float, float]:
    """Both ends to about 1e-4 each, by doubling and halving: for curves that are costly or wide."""
    with ctx.workprec(bits):
        target = enclose(delta)
        most, least = target.upper(), target.lower()
    seen: dict[float, tuple[arb, arb]] = {}

    def at(epsilon: float) -> tuple[arb, arb]:
        if epsilon not in seen:
            seen[epsilon] = curve(epsilon)
        return seen[epsilon]

    def least_where(holds: Callable[[float], bool]) -> tuple[float, float]:
        """A point where it does not hold, or 0, and one near it where it does."""
        low, high = 0.0, min(1.0, edge)
        while high < edge and not holds(high):
            low, high = high, min(2.0 * high, edge)
        while high - low > 1e-4 * high and high > 1e-300 and math.isfinite(high):
            middle = math.sqrt(low) * math.sqrt(high) if low > 0.0 else high / 16.0
            low, high = (low, middle) if holds(middle) else (middle, high)
        return low, high

    if curve(0.0)[1] <= least:
        return 0.0, 0.0
    upper = least_where(lambda e: bool(at(e)[1] <= least))[1]
    lower = least_where(lambda e: not at(e)[0] >= most)[0]
    return lower, upper


def first_seen(holds: Callable[[float], bool], start: float, step: float, limit: float) -> float:
    """The first point seen to hold, by growing steps away from the start; then a few halvings.

    `limit` is where it is known to hold.
    """
    inside = start
    for _ in range(200):
        at = start + step
        if (step > 0) == (at >= limit):
            at = limit
        if at == limit or holds(at):
            break
        inside, step = at, step * 2.0
    else:
        return limit
    for _ in range(
        6 if abs(at - inside) > 4.0 * math.ulp(abs(at) if math.isfinite(at) else 1.0) else 0
    ):
        middle = 0.5 * (at + inside)
        if not math.isfinite(middle) or middle in (at, inside):
            break
        at, inside = (middle, inside) if holds(middle) else (at, middle)
    return at
