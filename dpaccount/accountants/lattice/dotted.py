"""A loss with a curve in closed form, between two laws on a grid: its dots connected, and lowered.

Theorems pld.connect_the_dots, pld.dominated, lattice.chord_gap and lattice.end_gap, in balls.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpz, fmpz_poly

from dpaccount._validate import log_of
from dpaccount.accountants.lattice.grids import DottedGrid, ends_of
from dpaccount.accountants.lattice.laws import Law
from dpaccount.adjacency import Direction
from dpaccount.certificates.numbers import BALLS, above, enclose
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.privacy_loss import LaplaceLoss
from dpaccount.theorems import lattice, pair

__all__ = ["MOST_CELLS", "cells_for", "dotted", "one_step", "summed"]

#: Widths in the range of one loss.
MOST_CELLS = 2**12
#: Values of the sum that are aimed at: a choice of speed.
_VALUES = 2**15
#: The square of less is no float.
_LEAST_RANGE = 1e-150
#: Widths in the range of a loss for a look at how far it spreads.
_COARSE = 64
#: By so much more than needed, relatively, a point is lowered.
_ROOM = 2.0**-20


@dataclass(frozen=True)
class _Dot:
    """The curve at a grid point: its place in e^eps, delta, and the slopes on both sides."""

    at: arb
    value: arb
    before: arb
    after: arb


def _precision(loss: LaplaceLoss) -> int:
    """Bits that differences of the curve lose."""
    noise = float(loss.noise_multiplier)
    lost = 3.0 / noise + 2.0 * max(math.log(noise), 0.0) - 2.0 * log_of(loss.sampling_rate)
    return 128 + math.ceil(lost / math.log(2.0))


def _removing(loss: LaplaceLoss, x: arb) -> tuple[arb, arb, arb]:
    """Delta at e^eps = x for removing a record, and the slopes before and after: their hulls."""
    rate, most = enclose(loss.sampling_rate), enclose(1 / loss.noise_multiplier)
    excess = x - enclose(1 - loss.sampling_rate)
    ratio = excess / rate
    if ratio < (-most).exp():
        return 1 - x, arb(-1), arb(-1)
    if ratio > most.exp():
        return arb(0), arb(0), arb(0)
    low, high = rate * (-most).exp(), rate * most.exp()
    within = excess.max(low).min(high)
    value, slope = pair.LAPLACE_CURVE(within, rate, most, ops=BALLS)
    before = slope.union(arb(-1)) if not excess > low else slope
    after = slope.union(arb(0)) if not excess < high else slope
    return value.max(arb(0)).max(1 - x), before, after


def _dot(loss: LaplaceLoss, x: arb) -> _Dot:
    if loss.direction is Direction.REMOVE:
        return _Dot(x, *_removing(loss, x))
    # pair.reflection: 1 - x + x delta(1/x), and its slope
    value, before, after = _removing(loss, 1 / x)
    slopes = (value - 1 - slope / x for slope in (after, before))
    return _Dot(x, 1 - x + x * value, *slopes)


def one_step(loss: LaplaceLoss, epsilon: arb) -> arb:
    """Delta of one release."""
    with ctx.extraprec(_precision(loss)):
        found: arb = _dot(loss, epsilon.exp()).value.max(arb(0))
        return found


def cells_for(runs: Sequence[tuple[LaplaceLoss, int]], bits: int) -> tuple[LaplaceLoss, int]:
    """The loss whose range is divided, and into how many widths, so that sums stay short.

    Raises:
        Unsupported: If losses are too small for that.
    """
    ruler, variance = max(runs, key=lambda run: run[1])[0], 0.0
    if not min(_range(loss) for loss, _ in runs) > _LEAST_RANGE:
        raise Unsupported(
            f"lattice with losses below {_LEAST_RANGE:.0e}",
            missing="its grid is planned in floats",
            advice="leave the method out",
        )
    for loss, steps in runs:
        masses = [float(mass.mid()) for mass in dotted(loss, loss, _COARSE, is_upper=True).masses]
        mean = math.fsum(k * mass for k, mass in enumerate(masses))
        spread = math.fsum((k - mean) ** 2 * mass for k, mass in enumerate(masses))
        variance += steps * spread * (_range(loss) / _COARSE) ** 2
    reach = 2.0 * math.sqrt(2.0 * math.log(2.0) * bits * variance)
    cells = math.floor(_VALUES * _range(ruler) / max(reach, _range(ruler)))
    cells = min(max(cells, 8), MOST_CELLS)
    # so many that the other ranges are whole numbers of widths, where that can be
    parts = math.lcm(*(_widths(loss, ruler, 1).denominator for loss, _ in runs))
    return ruler, cells - cells % parts if parts <= cells else cells


def _widths(loss: LaplaceLoss, ruler: LaplaceLoss, cells: int) -> Fraction:
    """How many widths a range has, exactly; 1/2 where that is no rational number."""
    if loss == ruler:
        return Fraction(cells)
    if loss.sampling_rate != 1 or ruler.sampling_rate != 1:
        return Fraction(1, 2)
    return cells * ruler.noise_multiplier / loss.noise_multiplier


def _range(loss: LaplaceLoss) -> float:
    low, high = ends_of(loss)
    return float((high - low).mid())


def dotted(loss: LaplaceLoss, ruler: LaplaceLoss, cells: int, *, is_upper: bool) -> Law:
    """The law of one release on the grid, no less or no more than the truth.

    Where lowered dots are not those of a law, losses go down to grid points (pld.shift).

    Raises:
        NotConverged: Where the range is too small beside the width.
    """
    grid = DottedGrid(ruler, cells, ((loss, 1),))
    with ctx.extraprec(_precision(loss) + _precision(ruler)):
        low, high = ends_of(loss)
        width = grid.width
        whole = _widths(loss, ruler, cells)
        exact = whole.denominator == 1
        count = int(whole) if exact else math.ceil(above((high - low) / width))
        if count < 2:
            raise NotConverged("lattice: a loss that is small beside the grid")
        dots = [_dot(loss, (low + j * width).exp()) for j in range(count + 1)]
        # the ends are known: 1 - e^eps up to the first, 0 from the last on
        first, last = dots[0], dots[-1]
        dots[0] = _Dot(first.at, 1 - first.at, arb(-1), first.after)
        dots[-1] = _Dot(last.at, arb(0), last.before if exact else arb(0), arb(0))
        if is_upper:
            return Law(grid, 0, _masses(dots, [dot.value for dot in dots], width), arb(0))
        masses = _masses(dots, _lowered(dots), width)
        if not all(mass > 0 for mass in masses):
            masses = _down(dots)
        return Law(grid, 0, masses, arb(0))


def _down(dots: list[_Dot]) -> list[arb]:
    """Every loss at the point below it."""
    # P(L >= l) of delta and its slope before e^l
    tails = [arb(1)] + [dot.value - dot.at * dot.before for dot in dots[1:]] + [arb(0)]
    return [(one - other).max(arb(0)) for one, other in itertools.pairwise(tails)]


def _masses(dots: list[_Dot], values: list[arb], width: arb) -> list[arb]:
    """What the numerator has at each point."""
    start = values[0] + dots[0].at * -(-width).expm1()  # on the line of slope -1
    around = [start, *values, arb(0)]
    return [
        lattice.KINK(before, here, after, width, ops=BALLS)
        for before, here, after in zip(around, around[1:], around[2:], strict=False)
    ]


def _lowered(dots: list[_Dot]) -> list[arb]:
    """The curve at the points, lowered until its chords lie below it; not at the ends."""
    heights = [_height(one, other) for one, other in itertools.pairwise(dots)]
    need = [arb(0)] + [a.max(b) for a, b in itertools.pairwise(heights)] + [arb(0)]
    first, last = dots[0], dots[-1]
    for end, slope, at in ((first, first.after, 1), (last, last.before, len(dots) - 2)):
        neighbor = dots[at]
        gap = lattice.END_GAP(end.value, slope, neighbor.at - end.at, neighbor.value)
        need[at] = need[at].max(gap)
    room = arb(1) + arb(_ROOM)
    return [dot.value - arb((room * gap).upper()) for dot, gap in zip(dots, need, strict=True)]


def _height(one: _Dot, other: _Dot) -> arb:
    """At least the height of the chord over the curve."""
    width = other.at - one.at
    chord = (other.value - one.value) / width
    first, last = one.after, other.before
    if chord > first and last > chord:
        height: arb = lattice.CHORD_GAP(chord, first, last, width).upper()
        return height
    height = (chord - first) * width  # by the first tangent alone
    return height.upper().max(arb(0))


def summed(law: Law, steps: int, bits: int, tolerance: arb, *, is_upper: bool) -> Law:
    """The law of the sum of `steps` releases, in integers: every rounding to the safe side.

    More mass under the numerator is a larger delta, as what the denominator has at a loss l is e^-l
    times it; so products are rounded up, or down, and ends that are cut off are `lost`, or gone.
    """
    scale = bits + 2 * steps.bit_length()  # far below the tolerance, in all
    law.limit(steps, tolerance)
    least = (tolerance * arb(2) ** scale / (8 * steps)).lower().floor().unique_fmpz()
    assert least is not None
    unit = arb(2) ** scale

    def whole(mass: arb) -> fmpz:
        part = (mass * unit).upper().ceil() if is_upper else (mass * unit).lower().floor()
        found = part.unique_fmpz()
        assert found is not None
        return max(found, fmpz(0))

    def times(one: _Sum, other: _Sum) -> _Sum:
        product = (fmpz_poly(one.masses) * fmpz_poly(other.masses)).coeffs()
        masses = [-(-c >> scale) if is_upper else c >> scale for c in product]
        start, stop = _past(masses, least), len(masses) - _past(masses[::-1], least)
        gone = sum(masses[:start], fmpz(0)) + sum(masses[stop:], fmpz(0))
        lost = one.lost + other.lost + gone
        return _Sum(one.at + other.at + start, masses[start:stop], lost)

    base = _Sum(law.at, [whole(mass) for mass in law.masses], fmpz(0))
    found, left = base, steps - 1
    while left:
        if left & 1:
            found = times(found, base)
        left >>= 1
        if left:
            base = times(base, base)
    masses = [arb(mass) / unit for mass in found.masses]
    return Law(law.grid.repeated(steps), found.at, masses, arb(found.lost) / unit)


@dataclass(frozen=True)
class _Sum:
    """See `Law`; in units."""

    at: int
    masses: list[fmpz]
    lost: fmpz


def _past(masses: list[fmpz], least: fmpz) -> int:
    """How many at the start are at most so much together; not all of them."""
    total = fmpz(0)
    for i, mass in enumerate(masses[:-1]):
        total += mass
        if total > least:
            return i
    return len(masses) - 1
