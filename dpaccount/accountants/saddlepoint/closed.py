"""Both ends where delta has a closed form: one Gaussian, or one sampled release."""

from __future__ import annotations

import math
from fractions import Fraction

from flint import arb, ctx

from dpaccount._validate import Exact
from dpaccount.accountants.saddlepoint.search import Curve, Ends, edge_of, first_seen
from dpaccount.certificates import Run
from dpaccount.certificates.inversion import closed_form
from dpaccount.certificates.numbers import enclose

__all__ = ["closed_delta", "closed_epsilon"]

#: More than any noise, rate and epsilon need whose delta is a number at all.
_MOST_BITS = 2**14


def _curve(run: Run, bits: int) -> Curve:
    def curve(epsilon: float) -> tuple[arb, arb]:
        with ctx.workprec(bits):
            return closed_form(run, arb(epsilon))

    return curve


def closed_epsilon(run: Run, delta: Exact, bits: int) -> Ends:
    """Both ends of epsilon, neighboring floats as a rule."""
    edge = edge_of(run)
    high = edge
    if not math.isfinite(high):
        high = 1.0
        while math.isfinite(high) and not _sign(run, high, delta, bits):
            high *= 2.0
        if not math.isfinite(high):
            return Ends(0.0, math.inf, None, "epsilon is too large for balls of this precision")
    # bisection on exact floats: precise arithmetic settles every sign
    low = 0.0
    while True:
        apart = high > 4.0 * low  # the exponent first
        middle = math.sqrt(max(low, 5e-324)) * math.sqrt(high) if apart else 0.5 * (low + high)
        if not low < middle < high:
            break
        if _sign(run, middle, delta, bits):
            high = middle
        else:
            low = middle
    curve = _curve(run, 2 * bits)
    with ctx.workprec(bits):
        target = enclose(delta)
    if curve(0.0)[1] <= target.lower():
        return Ends(0.0, 0.0, None)
    lower = first_seen(lambda e: bool(curve(e)[0] >= target.upper()), low, -math.ulp(low), 0.0)
    upper = first_seen(lambda e: bool(curve(e)[1] <= target.lower()), high, math.ulp(high), edge)
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


def closed_delta(run: Run, epsilon: Exact) -> tuple[arb, arb]:
    """Both ends of delta, by the precision that it takes."""
    bits = 128
    while True:
        with ctx.workprec(bits):
            low, high = closed_form(run, enclose(epsilon))
            if high == 0 or (low > 0 and (high - low) <= high * 1e-15) or bits >= _MOST_BITS:
                return low, high
        bits *= 2
