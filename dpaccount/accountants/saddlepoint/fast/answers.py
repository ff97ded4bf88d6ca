"""Both ends of eps and delta by the float64 tier, for one run or many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from dpaccount._validate import Exact, log_of
from dpaccount.accountants.saddlepoint.fast.bounds import U
from dpaccount.accountants.saddlepoint.fast.chart import Shelf
from dpaccount.accountants.saddlepoint.fast.inversion import Inversion, log_chernoff
from dpaccount.accountants.saddlepoint.fast.plan import Outlook
from dpaccount.accountants.saddlepoint.fast.shared import SharingShelf
from dpaccount.certificates import Line, Run

__all__ = ["WIDE", "FastEnds", "fast_delta", "fast_epsilon", "fast_tables"]

_WIDTH = 1e-10
#: A relative width beyond which the balls are asked instead.
WIDE = 1e-6
#: Where a cut is in the way, one for a delta smaller by so much, as a logarithm, may not be.
_FARTHER = 16.0
_TRIES = (1.0, 1.03, 1.3, 2.5, 10.0, 100.0)


@dataclass(frozen=True)
class FastEnds:
    """Both ends, as far as they are known.

    Args:
        lower: At most the truth; None: not known.
        upper: At least the truth; None: not known.
        log_lower: Of delta only: its logarithm; -inf where nothing better is known.
        log_upper: Of delta only.
        line: The line that shows them.
        is_below: Whether they only show that this is not the largest of a group.
        slope: Of epsilon only: about -d log delta / d eps there; 0: not known.
    """

    lower: float | None
    upper: float | None
    log_lower: float | None = None
    log_upper: float | None = None
    line: Line | None = None
    is_below: bool = False
    slope: float = 0.0

    @property
    def is_narrow(self) -> bool:
        """Whether both ends are known and so near that nobody else need be asked."""
        if self.lower is None or self.upper is None:
            return False
        return self.upper - self.lower <= WIDE * self.upper


_NOTHING = FastEnds(None, None)
#: NotKnown, overflow of Python's own floats, and the logarithm of a number that underflowed.
_UNKNOWN = (ArithmeticError, ValueError)


def _covers(run: Run) -> bool:
    """Whether there is a line to invert; one Gaussian or one release has a closed form."""
    return bool(run.releases) and (
        bool(run.mu_squared) or len(run.releases) > 1 or run.releases[0].steps > 1
    )


def fast_epsilon(run: Run, delta: Exact, width: float = _WIDTH) -> FastEnds:
    """The least eps >= 0 with delta(eps) <= delta, from both sides.

    Args:
        run: One direction.
        delta: In (0, 1).
        width: Relative width that is aimed at.
    """
    with np.errstate(all="ignore"):
        return _group([_Asked(run, Shelf(), {})], log_of(delta), width)[0]


def fast_tables(
    groups: Sequence[Sequence[Run]], deltas: Sequence[Exact], width: float = _WIDTH
) -> list[list[list[FastEnds]]]:
    """`fast_epsilon` of many runs at many deltas: for each group, for each delta, each run's ends.

    Runs of one setting share lines: the ends are not to the last digit those of `fast_epsilon`.
    Of a group only the largest is wanted: what is seen to lie below it has a coarse bracket.
    """
    logs, shifts = [log_of(delta) for delta in deltas], dict[bool, float]()
    is_shared = len(groups) * len(deltas) > 1
    shelf = SharingShelf() if is_shared else Shelf()
    found: list[list[list[FastEnds]]] = [[] for _ in groups]
    with np.errstate(all="ignore"):
        for log_delta in {shelf.rounded(log_delta) for log_delta in logs if is_shared}:
            with suppress(*_UNKNOWN):  # each by itself, then
                shelf.reserve((run for group in groups for run in group if _covers(run)), log_delta)
        for k in sorted(range(len(groups)), key=lambda k: _setting(groups[k])):
            asked = [_Asked(run, shelf, shifts) for run in groups[k]]
            found[k] = [_group(asked, log_delta, width) for log_delta in logs]
    return found


def _setting(group: Sequence[Run]) -> list[tuple[float, float, float]]:
    """What runs are sorted by, so that lines are shared: the number of steps comes last."""
    releases = group[0].releases if group else ()
    return [(float(r.noise_multiplier), float(r.sampling_rate), float(r.steps)) for r in releases]


class _Asked:
    """One run, and what the deltas that it is asked for share.

    Args:
        run: One direction.
        shelf: What runs share.
        shifts: How far eps was from its approximation when it was last found, by direction: runs
            that come one after the other are alike.
    """

    def __init__(self, run: Run, shelf: Shelf, shifts: dict[bool, float]) -> None:
        self.run, self.shelf = run, shelf
        self._shifts = shifts
        self._outlooks: dict[float, Outlook] = {}
        # beside its line, which is known by its identity
        self._inversions: dict[tuple[int, bool], tuple[Line, Inversion]] = {}

    def outlook(self, log_delta: float) -> Outlook:
        """The run over the lattice."""
        log_delta = self.shelf.rounded(log_delta)
        if log_delta not in self._outlooks:
            self._outlooks[log_delta] = Outlook(self.run, self.shelf, log_delta)
        return self._outlooks[log_delta]

    def guess(self, outlook: Outlook, log_delta: float) -> float:
        """About the eps of a delta."""
        return max(outlook.epsilon_at(log_delta) + self._shifts.get(self.run.add, 0.0), 0.0)

    def learn(self, outlook: Outlook, log_delta: float, ends: FastEnds) -> None:
        """Keep how far off the approximation was, for runs that share."""
        if isinstance(self.shelf, SharingShelf) and ends.lower and ends.upper:
            middle = 0.5 * (ends.lower + ends.upper)
            self._shifts[self.run.add] = middle - outlook.epsilon_at(log_delta)

    def inversion(self, line: Line, *, upper_only: bool = False) -> Inversion:
        """The run on a line."""
        key = id(line), upper_only
        found = self._inversions.get(key) or self._inversions.get((id(line), False))
        if found is None:
            inversion = Inversion(self.run, line, self.shelf, upper_only=upper_only)
            found = self._inversions[key] = line, inversion
        return found[1]


def _group(runs: Sequence[_Asked], log_delta: float, width: float) -> list[FastEnds]:
    """Each run's ends; those that cannot be the largest only as far as shows that."""
    prospects = []
    for i, asked in enumerate(runs):
        if _covers(asked.run):
            with suppress(*_UNKNOWN):
                outlook = asked.outlook(log_delta)
                prospects.append((asked.guess(outlook, log_delta), i, outlook))
    found, most = [_NOTHING] * len(runs), 0.0
    for epsilon, i, outlook in sorted(prospects, reverse=True, key=lambda p: p[0]):
        with suppress(*_UNKNOWN):
            below = math.nextafter(most, 0.0)
            line = _shown_below(runs[i], outlook, epsilon, below, log_delta)
            if line is not None:
                found[i] = FastEnds(0.0, below, line=line, is_below=True)
                continue
        found[i] = _surely(runs[i], outlook, epsilon, log_delta, width)
        if found[i].is_narrow:  # a wide one may be replaced by a smaller one
            most = max(most, found[i].upper or 0.0)
            runs[i].learn(outlook, log_delta, found[i])
    return found


def _surely(
    asked: _Asked, outlook: Outlook, epsilon: float, log_delta: float, width: float
) -> FastEnds:
    """The run's ends; where they are wide, also on lines of its own, and with a farther cut."""
    best = _NOTHING
    with suppress(*_UNKNOWN):
        best = _solve(asked, outlook, epsilon, log_delta, width, asked.shelf.line)
    if not best.is_narrow and isinstance(asked.shelf, SharingShelf):
        with suppress(*_UNKNOWN):
            best = _tighter(best, _solve(asked, outlook, epsilon, log_delta, width, Outlook.line))
    if not best.is_narrow:
        with suppress(*_UNKNOWN):
            farther = asked.outlook(log_delta - _FARTHER)
            best = _tighter(best, _solve(asked, farther, epsilon, log_delta, width, Outlook.line))
    return best


def _shown_below(
    asked: _Asked, outlook: Outlook, guess: float, epsilon: float, log_delta: float
) -> Line | None:
    """A line that shows delta(eps) <= delta with little work: by its exponent, or a few nodes."""
    shelf, target = asked.shelf, log_delta - 8.0 * U * abs(log_delta)
    place = outlook.exponent(epsilon, log_delta) if epsilon > 0.0 else None
    line: Line | None = None if place is None else shelf.line_of_one(outlook, place)
    if line is not None and log_chernoff(asked.run, line, epsilon, shelf) <= target:
        return line
    if not guess + 0.3 / outlook.slope_at(guess) < epsilon:
        return None
    line = shelf.line(outlook, epsilon, log_delta, -2.5)
    if line is None:
        return None
    inversion = asked.inversion(line, upper_only=True)
    return line if inversion.log_bounds(epsilon)[1] <= target else None


def _solve(
    asked: _Asked, outlook: Outlook, epsilon: float, log_delta: float, width: float,
    line_of: Callable[[Outlook, float, float, float], Line | None],
) -> FastEnds:  # fmt: skip
    best, least, last = _NOTHING, -36.0, None
    for _ in range(4):
        slope = outlook.slope_at(epsilon)
        wanted = math.log(max(0.05 * width * max(epsilon, 1e-6 / slope) * slope, 1e-300))
        tolerance = min(max(wanted, least), -6.0)
        found = line_of(outlook, epsilon, log_delta, tolerance)
        if found is None:  # too many nodes: fewer
            if least >= -12.0:
                break
            least = -20.0 if least < -20.0 else -12.0
            continue
        if found is last:  # it said what it can
            break
        last, inversion = found, asked.inversion(found)
        lower, upper, middle, slope = _ends(inversion, epsilon, log_delta)
        best = _tighter(best, FastEnds(lower, upper, line=found, slope=slope))
        moved, epsilon = abs(middle - epsilon) * inversion.y, middle
        if lower is not None and upper is not None and (
            upper - lower <= width * upper or moved < 0.7
        ):  # fmt: skip
            break
    return best


def _tighter(one: FastEnds, other: FastEnds) -> FastEnds:
    """What both know."""
    lower = _best(max, one.lower, other.lower)
    upper = _best(min, one.upper, other.upper)
    known = other if upper == other.upper else one
    return FastEnds(lower, upper, line=known.line, slope=known.slope)


def _best(
    pick: Callable[[float, float], float], one: float | None, other: float | None
) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return pick(one, other)


def _newton(inversion: Inversion, epsilon: float, log_delta: float) -> tuple[float, float]:
    """About the eps with that delta, and the slope there."""
    slope = inversion.y
    for _ in range(12):
        value, derivative = inversion.rough(epsilon)
        if not (math.isfinite(value) and derivative < 0.0):
            epsilon -= 0.5 / slope  # to the right of what the line resolves
            continue
        slope = -derivative
        step = min(max((value - log_delta) / slope, -3.0 / slope), 3.0 / slope)
        epsilon += step
        if abs(step) * slope < 1e-6:  # the next one would be of second order
            break
    return epsilon, slope


def _ends(
    inversion: Inversion, guess: float, log_delta: float
) -> tuple[float | None, float | None, float, float]:
    """Ends that were seen to hold on one line, about where delta is met, and the slope there."""
    target_error = 8.0 * U * abs(log_delta)
    root, slope = _newton(inversion, guess, log_delta)
    if not math.isfinite(root):
        return None, None, guess, slope
    if root <= 0.0:
        if inversion.log_bounds(0.0)[1] <= log_delta - target_error:
            return 0.0, 0.0, 0.0, slope
        root = 0.0
    up, down = inversion.spread(root, log_delta)
    least = 4.0 * math.ulp(root) + 1e-300
    above = [root + part * (up / slope + least) for part in _TRIES]
    below = [max(root - part * (down / slope + least), 0.0) for part in _TRIES]
    upper = next((e for e in above if inversion.log_bounds(e)[1] <= log_delta - target_error), None)
    lower = next((e for e in below if inversion.log_bounds(e)[0] >= log_delta + target_error), None)
    if lower is None and below[-1] == 0.0:
        lower = 0.0  # eps is not negative
    return lower, upper, max(root, 0.0), slope


def fast_delta(run: Run, epsilon: Exact, width: float = _WIDTH) -> FastEnds:
    """Both ends of delta(eps) at any real eps, and of its logarithm.

    Args:
        run: One direction.
        epsilon: Any real number.
        width: Relative width of delta that is aimed at.
    """
    if not _covers(run):
        return _NOTHING
    if epsilon < 0:
        other = fast_delta(replace(run, add=not run.add), Exact(-epsilon), width)
        return _reflected(other, float(epsilon))
    with np.errstate(all="ignore"):
        try:
            return _delta(run, epsilon, width)
        except _UNKNOWN:
            return _NOTHING


def _delta(run: Run, epsilon: Fraction, width: float) -> FastEnds:
    value, shelf = float(epsilon), Shelf()
    if run.add and not run.mu_squared:  # invert.support
        edge = -sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)
        if value >= edge * (1.0 + 1e-9):
            return FastEnds(0.0, 0.0, -math.inf, -math.inf)
    log_delta = Outlook(run, shelf, -30.0, value).log_delta_at(value)
    low, high, line = -math.inf, 0.0, None
    log_tolerance = math.log(width) - 3.0
    for _ in range(5):
        found = Outlook(run, shelf, log_delta, value).line(value, log_delta, log_tolerance)
        if found is None:  # too many nodes: fewer
            if log_tolerance >= -12.0:
                break
            log_tolerance = -12.0
            continue
        inversion = Inversion(run, found, shelf)
        least, most = inversion.log_bounds(value, inexact=2.0 * U)
        if least > low:
            low, line = least, found
        if most < high:
            high, line = most, found
        rough, _ = inversion.rough(value)
        rough = rough if math.isfinite(rough) else min(log_delta, high) - 10.0
        if high - low <= width or abs(rough - log_delta) < 0.7:
            break
        log_delta = min(rough, -1e-3)
    return FastEnds(_exp_below(low), _exp_above(high), low, high, line)


def _reflected(other: FastEnds, epsilon: float) -> FastEnds:
    """pair.reflection: delta(eps) = 1 - e^eps + e^eps delta'(-eps), with the other direction's."""
    front, factor = -math.expm1(epsilon), math.exp(epsilon)
    # known even where delta' is not: it lies in [0, 1]; all within 20 U
    low = front + factor * (other.lower or 0.0)
    high = front + factor * (1.0 if other.upper is None else other.upper)
    low, high = low * (1.0 - 32.0 * U), min(high * (1.0 + 32.0 * U) + 1e-300, 1.0)
    logs = [math.log(x) if x > 0.0 else -math.inf for x in (low, high)]
    log_low, log_high = logs[0] - 8.0 * U * (1.0 - logs[0]), logs[1] + 8.0 * U * (1.0 - logs[1])
    return FastEnds(max(low, 0.0), high, log_low, min(log_high, 0.0), other.line)


def _exp_below(log: float) -> float:
    """At most e^log."""
    return max(math.exp(log) * (1.0 - 16.0 * U) - 1e-320, 0.0)


def _exp_above(log: float) -> float:
    """At least e^log; never 0."""
    return min(math.exp(log) * (1.0 + 16.0 * U) + 1e-320, 1.0)
