"""From a question to a line and to both ends of the answer.

The search is float64 and may go wrong; what it proposes is then evaluated in ball arithmetic, and
only that evaluation is believed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from flint import arb, ctx

from dpaccount._validate import Exact, log_of
from dpaccount.accountants.saddlepoint.model import Model
from dpaccount.accountants.saddlepoint.plan import TooCostly, fallback, plan
from dpaccount.accountants.saddlepoint.rough import Rough
from dpaccount.certificates import Line, Run
from dpaccount.certificates.inversion import (
    Inversion,
    closed_form,
    is_closed,
    largest_loss,
    trivial,
)
from dpaccount.certificates.numbers import (
    above,
    enclose,
    log_above,
    log_below,
)

__all__ = ["Ends", "edge_of", "estimate_of", "solve_delta", "solve_epsilon"]

_Curve = Callable[[float], tuple[arb, arb]]
#: Products that a look in balls may cost while searching; a full answer; one hard to come by.
_CLEAR_WORK, _QUICK_WORK, _MOST_WORK = 3e6, 6e6, 5e7
#: Relative widths of delta that are tried after those asked for, as logarithms, and their work.
_LAST_RESORTS = tuple((t, 2e7) for t in (-17.0, -13.0, -10.5, -8.5, -6.0, -2.0))


@dataclass(frozen=True)
class Ends:
    """Both ends, the line that shows them (None: a closed form), and why they are wide."""

    lower: float
    upper: float
    line: Line | None
    why: str = ""

    def explained(self) -> Ends:
        """Itself, with a reason if it is wide and has none."""
        if self.why or self.upper - self.lower <= 1e-6 * self.upper:
            return self
        return replace(self, why="the plan did not reach the width asked for")


def _closed(run: Run, bits: int) -> _Curve:
    def curve(epsilon: float) -> tuple[arb, arb]:
        with ctx.workprec(bits):
            return closed_form(run, arb(epsilon))

    return curve


def _at_once(run: Run, bits: int) -> _Curve:
    def curve(epsilon: float) -> tuple[arb, arb]:
        with ctx.workprec(bits):
            return trivial(run, arb(epsilon))

    return curve


def _on(inversion: Inversion) -> _Curve:
    return lambda epsilon: inversion.delta(arb(epsilon))


def edge_of(run: Run) -> float:
    """At least the largest loss; infinite unless a record is added and all steps are sampled."""
    if not run.add or run.mu_squared:
        return math.inf
    with ctx.workprec(128):
        return above(largest_loss(run))


def _chernoff(model: Model, log_delta: float) -> float:
    """About the eps that the best exponent gives; above the true one."""
    y = np.geomspace(1e-9, 1e13, 160)
    c = 1.0 + y
    found = (model.log_transform(c) - log_delta - np.log(c)) / y + np.log1p(-1.0 / c)
    return float(np.min(found[np.isfinite(found)]))


@np.errstate(all="ignore")  # the search may overflow; what it finds is evaluated in balls
def solve_epsilon(run: Run, delta: Exact, width: float) -> Ends:
    """The least eps >= 0 with delta(eps) <= delta, from both sides.

    Args:
        run: One direction, not empty.
        delta: In (0, 1).
        width: Relative width that is aimed at.
    """
    log_delta = log_of(delta)
    # the closed forms keep their digits, but to add delta is a difference of numbers near 1
    bits = 200 + (int(-log_delta / math.log(2.0)) if run.add and run.releases else 0)
    if is_closed(run):
        return _closed_epsilon(run, delta, bits)
    with ctx.workprec(bits):
        if trivial(run, arb(0))[1] <= enclose(delta).lower():
            return Ends(0.0, 0.0, None)
    model = Model(run, log_delta - 45.0)
    edge = edge_of(run)
    safe = max(min(_chernoff(model, log_delta), edge), 0.0)
    guess, slope, reason = _locate(run, model, safe, log_delta, edge)
    narrow = math.log(max(max(guess, 1e-300) * max(slope, 1e-300), 1e-300)) - 2.0
    fine = min(max(narrow + math.log(width), -45.0), -18.0)
    enough = max(fine, min(narrow + math.log(_good_enough(run)), -13.0))
    for tolerance, work in ((fine, _QUICK_WORK), (enough, _MOST_WORK), *_LAST_RESORTS):
        try:
            line = plan(model, guess, log_delta, tolerance, work)
        except TooCostly as error:
            reason = str(error)
            continue
        ends = _ends(_on(Inversion(run, line)), guess, delta, bits, slope, edge)
        return Ends(*ends, line, "" if tolerance <= enough else f"work limit: {reason}")
    try:
        line = fallback(model, safe, log_delta)
    except TooCostly:
        ends = _ends(_at_once(run, bits), safe, delta, bits, slope, edge)
        return Ends(*ends, None, f"work limit: {reason}")
    ends = _ends(_on(Inversion(run, line)), safe, delta, bits, slope, edge)
    return Ends(*ends, line, f"work limit: {reason}")


def _good_enough(run: Run) -> float:
    """The relative width that is settled for where a narrower one is costly."""
    steps = sum(release.steps for release in run.releases)
    return 8e-10 if steps >= 10 else 2e-7


def _locate(
    run: Run, model: Model, safe: float, log_delta: float, edge: float
) -> tuple[float, float, str]:
    """About eps, -d log delta / d eps there, and what stood in the way.

    A rough line is right at the eps that it was planned for, so each one moves an end of a bracket;
    its curve says where to look next. Where the curve misleads, the bracket is halved.
    """
    low, high, guess, slope, reason = 0.0, safe, safe, 1.0, ""
    for turn in range(40):
        if turn == 2:  # by now it would be found, were this an easy case
            low = max(low, _one_part(run, log_delta, high))
            guess = max(guess, low)
        try:
            line = plan(model, guess, log_delta, -5.0)
        except TooCostly as error:
            reason = str(error)
            if low < guess < high or guess == safe:
                break
            guess = _between(low, high)
            continue
        rough = Rough(run, line)
        value, _ = rough.log_delta(guess)
        rate = max(line.c - 1.0, 1e-300)
        if not rough.blur(guess) < log_delta - 2.0:  # the floats cannot say; where is it clear?
            value = _in_balls(run, line, guess)
            low, high = (guess, high) if value > log_delta else (low, guess)
            if high - low <= 0.05 / rate:
                return guess, rate, reason
            guess = _between(low, high)
            continue
        if value > log_delta:
            low = guess
        else:
            high = guess
        found, slope = _newton(rough, guess, log_delta, low, high if value <= log_delta else edge)
        moved = abs(found - guess) * rate
        if math.isfinite(value) and moved < 0.7:
            return found, slope, reason
        if high - low <= 0.05 / rate and guess < safe:
            return guess, rate, reason
        trusted = math.isfinite(value) and abs(value - log_delta) < 40.0 and turn < 8
        guess = found if trusted and found > low else _between(low, high)
    return guess, slope, reason


def _one_part(run: Run, log_delta: float, high: float) -> float:
    """About the eps at which one part alone has this delta; below the eps of all of them."""
    low = 0.0
    with ctx.workprec(80 + int(-log_delta / math.log(2.0))):
        for _ in range(40):
            middle = _between(low, high)
            if (high - low <= 0.01 * high and low > 0.0) or high < 1e-15:
                break
            if log_below(trivial(run, arb(middle))[0]) >= log_delta:
                low = middle
            else:
                high = middle
    return low


def _in_balls(run: Run, line: Line, epsilon: float) -> float:
    """Log delta by the enclosure, where floats are too coarse; infinite where it is too costly."""
    if line.nodes * sum(grid.last - grid.first for grid in line.grids) > _CLEAR_WORK:
        return math.inf
    low, high = Inversion(run, line).delta(arb(epsilon))
    return 0.5 * (max(log_below(low), -1e300) + log_above(high))


def _between(low: float, high: float) -> float:
    """A point between two, in the middle of the exponents if they are far apart."""
    if low <= 0.0:
        return 0.1 * high
    return math.sqrt(low * high) if high > 4.0 * low else 0.5 * (low + high)


def _newton(
    rough: Rough, epsilon: float, log_delta: float, low: float, high: float
) -> tuple[float, float]:
    """The eps at which the rough curve meets the target, and -d log delta / d eps there."""
    slope = rough.c - 1.0
    for _ in range(30):
        value, derivative = rough.log_delta(epsilon)
        if not math.isfinite(value) or not derivative < 0.0:
            # to the right of what the line resolves
            high, epsilon = epsilon, 0.5 * (low + epsilon)
            continue
        slope = -derivative
        if value > log_delta:
            low = max(low, epsilon)
        else:
            high = min(high, epsilon)
        step = (value - log_delta) / slope
        following = epsilon + max(min(step, 4.0 / slope + epsilon), -4.0 / slope - 0.5 * epsilon)
        if not low <= following <= high:
            following = 0.5 * (low + high) if math.isfinite(high) else low + 1.0 / slope
        if abs(following - epsilon) <= 1e-13 * epsilon or low == high:
            return following, slope
        epsilon = following
    return epsilon, slope


def _ends(
    curve: _Curve, guess: float, delta: Fraction, bits: int, slope: float, edge: float
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
    upper = _search(lambda e: bool(curve(e)[1] <= least), guess, step, edge)
    lower = _search(lambda e: bool(curve(e)[0] >= most), guess, -step, 0.0)
    return lower, upper


def _search(holds: Callable[[float], bool], start: float, step: float, limit: float) -> float:
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


def _closed_epsilon(run: Run, delta: Exact, bits: int) -> Ends:
    edge = edge_of(run)
    high = edge
    if not math.isfinite(high):
        high = 1.0
        curve = _closed(run, bits)
        while not curve(high)[1] <= arb(0) + enclose(delta):
            high *= 2.0
            if high > 1e200:
                return Ends(0.0, math.inf, None, "no upper end was found")
    # bisection on exact floats: precise arithmetic settles every sign
    low = 0.0
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if _sign(run, middle, delta, bits):
            high = middle
        else:
            low = middle
    curve = _closed(run, 2 * bits)
    with ctx.workprec(bits):
        target = enclose(delta)
    if curve(0.0)[1] <= target.lower():
        return Ends(0.0, 0.0, None)
    lower = _search(lambda e: bool(curve(e)[0] >= target.upper()), low, -math.ulp(low), 0.0)
    upper = _search(lambda e: bool(curve(e)[1] <= target.lower()), high, math.ulp(high), edge)
    return Ends(low if curve(low)[0] >= target.upper() else lower,
                high if curve(high)[1] <= target.lower() else upper, None)  # fmt: skip


def _sign(run: Run, epsilon: float, delta: Fraction, bits: int) -> bool:
    """Whether delta(eps) <= delta, by the precision that it takes (untrusted)."""
    for factor in (1, 2, 4, 8):
        with ctx.workprec(factor * bits):
            low, high = closed_form(run, arb(epsilon))
            target = enclose(delta)
            if high <= target:
                return True
            if low > target:
                return False
    return False


@np.errstate(all="ignore")
def solve_delta(run: Run, epsilon: Exact, width: float) -> tuple[arb, arb, Line | None, str]:
    """Both ends of delta(eps), the line that shows them, and why they are wide."""
    value = float(epsilon)
    if is_closed(run):
        bits = 128
        while True:
            with ctx.workprec(bits):
                low, high = closed_form(run, enclose(epsilon))
                if high == 0 or (low > 0 and (high - low) <= high * 1e-15) or bits > 2**20:
                    return low, high, None, ""
            bits *= 2
    with ctx.workprec(128):
        exact = enclose(epsilon)
        low, high = trivial(run, exact)
        if low >= high:
            return low, high, None, ""
    floor, ceiling = log_below(low), min(log_above(high), -1e-3)
    estimate, reason = max(ceiling, -90.0), ""
    for _ in range(5):  # the model has to reach as far out as the answer's tail
        model, before = Model(run, estimate - 45.0), estimate
        estimate = min(estimate_of(model, value, floor), ceiling)
        if abs(estimate - before) < 20.0:
            break
    for _ in range(6):
        try:
            line = plan(model, value, estimate, -5.0)
        except TooCostly as error:
            reason = str(error)
            break
        found, _ = Rough(run, line).log_delta(value)
        if not math.isfinite(found):
            estimate -= 5.0
            model = Model(run, estimate - 45.0)
            continue
        moved, estimate = abs(found - estimate), max(found, floor)
        model = Model(run, estimate - 45.0)
        if moved < 3.0:
            break
    fine = min(math.log(width) - 2.0, -18.0)
    for tolerance, work in ((fine, _MOST_WORK), *_LAST_RESORTS):
        try:
            line = plan(model, value, estimate, tolerance, work)
        except TooCostly as error:
            reason = str(error)
            continue
        low, high = Inversion(run, line).delta_of(epsilon)
        return low, high, line, "" if tolerance < -17.5 else f"work limit: {reason}"
    try:
        line = fallback(model, value, estimate)
    except TooCostly:
        with ctx.workprec(256):
            return *trivial(run, enclose(epsilon)), None, f"work limit: {reason}"
    low, high = Inversion(run, line).delta_of(epsilon)
    return low, high, line, f"work limit: {reason}"


def estimate_of(model: Model, epsilon: float, floor: float) -> float:
    """About log delta(eps): the least of the integrand on the real line, less a spread."""
    y = np.geomspace(1e-9, 1e13, 160)
    front = model.log_transform(1.0 + y) - y * epsilon - np.log((1.0 + y) * y)
    return max(min(float(np.nanmin(front)) - 1.0, -1e-3), floor)
