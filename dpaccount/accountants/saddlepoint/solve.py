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
from dpaccount.certificates.numbers import above, enclose

__all__ = ["Ends", "solve_delta", "solve_epsilon", "threshold"]

_Curve = Callable[[float], tuple[arb, arb]]
#: Relative widths of delta that are tried in turn, as logarithms: each costs fewer nodes.
_TOLERANCES = (-17.0, -13.0, -10.5, -8.5, -6.0, -2.0)


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


def _edge(run: Run) -> float:
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
    edge = _edge(run)
    safe = max(min(_chernoff(model, log_delta), edge), 0.0)
    guess, slope, reason = _locate(run, model, safe, log_delta, edge)
    fine = math.log(max(width * max(guess, 1e-300) * max(slope, 1e-300), 1e-300)) - 2.0
    for tolerance in (min(max(fine, -45.0), -18.0), *_TOLERANCES):
        try:
            line = plan(model, guess, log_delta, tolerance)
        except TooCostly as error:
            reason = str(error)
            continue
        ends = _ends(_on(Inversion(run, line)), guess, delta, bits, slope, edge)
        return Ends(*ends, line, "" if tolerance < -17.5 else f"work limit: {reason}")
    try:
        line = fallback(model, safe, log_delta)
    except TooCostly:
        ends = _ends(_at_once(run, bits), safe, delta, bits, slope, edge)
        return Ends(*ends, None, f"work limit: {reason}")
    ends = _ends(_on(Inversion(run, line)), safe, delta, bits, slope, edge)
    return Ends(*ends, line, f"work limit: {reason}")


def _locate(
    run: Run, model: Model, safe: float, log_delta: float, edge: float
) -> tuple[float, float, str]:
    """About eps, -d log delta / d eps there, and what stood in the way.

    A rough line is right at the eps that it was planned for, so each one moves an end of a bracket;
    its curve says where to look next. Where the curve misleads, the bracket is halved.
    """
    low, high, guess, slope, reason = 0.0, safe, safe, 1.0, ""
    for turn in range(40):
        try:
            line = plan(model, guess, log_delta, -5.0)
        except TooCostly as error:
            reason = str(error)
            break
        rough = Rough(run, line)
        value, _ = rough.log_delta(guess)
        if value > log_delta:
            low = guess
        else:
            high = guess
        found, slope = _newton(rough, guess, log_delta, low, high if value <= log_delta else edge)
        rate = max(line.c - 1.0, 1e-300)
        moved = abs(found - guess) * rate
        if math.isfinite(value) and moved < 0.7:
            return found, slope, reason
        if high - low <= 0.05 / rate and guess < safe:
            return guess, rate, reason
        trusted = math.isfinite(value) and abs(value - log_delta) < 40.0 and turn < 8
        guess = found if trusted else _between(low, high)
    return guess, slope, reason


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
    edge = _edge(run)
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
    floor = math.log(-math.expm1(value)) if value < 0 else -math.inf
    model = Model(run, -90.0)
    estimate, reason = _estimate(model, value, floor), ""
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
    for tolerance in (min(math.log(width) - 1.0, -18.0), *_TOLERANCES):
        try:
            line = plan(model, value, estimate, tolerance)
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


@np.errstate(all="ignore")
def threshold(run: Run, log_fpr: float) -> float:
    """About the eps that a loss exceeds with probability e^log_fpr under the denominator.

    There e^eps fpr + delta(eps) is least (Neyman and Pearson); nothing rests on it but tightness.
    """
    edge = _edge(run)
    if is_closed(run):
        return _closed_threshold(run, log_fpr, edge)
    model = Model(run, log_fpr - 45.0)
    y = np.geomspace(1e-9, 1e13, 160)
    c = 1.0 + y
    guess = float(np.nanmin((model.log_transform(c) - log_fpr) / c))
    low, high = -math.inf, edge
    for _ in range(25):
        guess = min(guess, edge - 1e-12 * abs(edge)) if math.isfinite(edge) else guess
        estimate = _estimate(model, guess, -math.inf)
        try:
            line = plan(model, guess, estimate, -3.0)
        except TooCostly:
            return guess
        value, slope = Rough(run, line).log_delta(guess)
        if not math.isfinite(value) or not slope < 0.0:
            high, guess = guess, guess - max(1.0 / line.c, 0.1 * abs(guess))
            continue
        miss = value + math.log(-slope) - guess - log_fpr
        low, high = (max(low, guess), high) if miss > 0.0 else (low, min(high, guess))
        step = min(max(miss / line.c, -2.0 - 0.5 * abs(guess)), 2.0 + 0.5 * abs(guess))
        following = guess + step
        if not low < following < high and math.isfinite(low) and math.isfinite(high):
            following = 0.5 * (low + high)
        if abs(following - guess) * line.c < 1e-4:
            return following
        guess = following
    return guess


def _closed_threshold(run: Run, log_fpr: float, edge: float) -> float:
    """The same by the quantile of the one Gaussian output."""
    from scipy.special import ndtri_exp

    place = -float(ndtri_exp(log_fpr))
    if not run.releases:
        mu = math.sqrt(float(run.mu_squared))
        return mu * place + mu * mu / 2.0 - mu * mu
    release = run.releases[0]
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    if not run.add:
        u = (2.0 * sigma * place - 1.0) / (2.0 * sigma**2)
        return math.log1p(q * math.expm1(u)) if u < 30 else u + math.log(q)
    # to add, the loss is large where x is small, under the mixture
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    def miss(x: float) -> float:
        return (
            float(
                np.logaddexp(
                    math.log1p(-q) + log_ndtr(x / sigma), math.log(q) + log_ndtr((x - 1.0) / sigma)
                )
            )
            - log_fpr
        )

    x = float(brentq(miss, -80.0 * sigma * max(1.0, math.sqrt(-log_fpr)), 1.0 + 80.0 * sigma))
    return -math.log1p(q * math.expm1((2.0 * x - 1.0) / (2.0 * sigma**2)))


def _estimate(model: Model, epsilon: float, floor: float) -> float:
    """About log delta(eps): the least of the integrand on the real line, less a spread."""
    y = np.geomspace(1e-9, 1e13, 160)
    front = model.log_transform(1.0 + y) - y * epsilon - np.log((1.0 + y) * y)
    return max(min(float(np.nanmin(front)) - 1.0, -1e-3), floor)
