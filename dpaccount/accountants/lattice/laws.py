"""The law of a loss that takes single values, in balls, and of the sum of many of its kind.

Values of one grid are kept as polynomials, whose coefficients are probabilities under the
numerator. Both ends of a polynomial are trimmed as it grows; what is trimmed is bounded and kept as
`lost` (theorem lattice.lost).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, arb_poly, ctx

from dpaccount.accountants.lattice.grids import OPS, DottedGrid, Grid, ends_of
from dpaccount.adjacency import Direction
from dpaccount.certificates.numbers import enclose
from dpaccount.errors import Unsupported
from dpaccount.privacy_loss import DiscreteLoss, LaplaceLoss

__all__ = ["MOST_VALUES", "Law", "Values", "irregular", "largest", "law_of", "merged", "values_of"]

MOST_VALUES = 2**17


def _too_many(count: int) -> Unsupported:
    return Unsupported(
        f"lattice with {count} values",
        missing=f"it sums over at most {MOST_VALUES}",
        advice="use pld or rdp, or leave the method out",
    )


@dataclass(frozen=True)
class Law:
    """Probabilities under the numerator on a grid.

    Args:
        grid: Where the values lie.
        at: The k of the first probability.
        masses: Probabilities, in the order of the values.
        lost: At least the probability of all that is left out.
    """

    grid: Grid | DottedGrid
    at: int
    masses: list[arb]
    lost: arb

    def times(self, other: Law, tolerance: arb) -> Law:
        """The law of the sum, both on grids of one step; where the grid begins is not touched."""
        count = len(self.masses) + len(other.masses) - 1
        if count > 2 * MOST_VALUES:
            raise _too_many(count)
        product = arb_poly(self.masses) * arb_poly(other.masses)
        masses = product.coeffs()
        masses += [arb(0)] * (count - len(masses))  # exact zeros at the end are not listed
        lost = self.lost + other.lost
        return Law(self.grid, self.at + other.at, masses, lost).trimmed(tolerance)

    def trimmed(self, tolerance: arb) -> Law:
        """Without ends of at most this probability in all."""
        half, total = tolerance / 2, arb(0)
        ends = []
        for masses in (self.masses, self.masses[::-1]):
            gone, count = arb(0), 0
            for mass in masses[:-1]:
                if not gone + mass < half:
                    break
                gone, count = gone + mass, count + 1
            total += gone
            ends.append(count)
        kept = self.masses[ends[0] : len(self.masses) - ends[1]]
        if len(kept) > MOST_VALUES:
            raise _too_many(len(kept))
        return Law(self.grid, self.at + ends[0], kept, self.lost + total.upper())

    def power(self, steps: int, tolerance: arb) -> Law:
        """The law of the sum of `steps` of them."""
        if steps == 1:
            return self
        self.limit(steps, tolerance)
        share = tolerance / (4 * steps)
        if len(self.masses) == 2 and self.lost == 0:
            found = _binomial(self, steps, tolerance)
        else:
            found = self.trimmed(share)
            base, left = found, steps - 1
            while left:
                if left & 1:
                    found = found.times(base, share)
                left >>= 1
                if left:
                    base = base.times(base, share)
        return replace(found, grid=self.grid.repeated(steps))

    def limit(self, steps: int, tolerance: arb) -> None:
        """Refuse at once what would be too long: by Chernoff for a normal law of its variance."""
        weights = [float(mass.mid()) for mass in self.masses]
        total = math.fsum(weights)
        mean = math.fsum(k * w for k, w in enumerate(weights)) / total
        variance = math.fsum((k - mean) ** 2 * w for k, w in enumerate(weights)) / total
        reach = math.sqrt(-2.0 * float(tolerance.log().mid()) * variance * steps)
        count = min(2.0 * reach, float((len(weights) - 1) * steps))
        if not count <= MOST_VALUES:
            raise _too_many(int(count))

    def spread(self, factor: int) -> Law:
        """The same law on a grid whose step is a fraction of this one's."""
        if factor == 1:
            return self
        count = (len(self.masses) - 1) * factor + 1
        if count > MOST_VALUES:
            raise _too_many(count)
        masses = [arb(0)] * count
        masses[::factor] = self.masses
        return Law(self.grid.refined(factor), self.at * factor, masses, self.lost)


def _binomial(law: Law, steps: int, tolerance: arb) -> Law:
    """Two values: binomial coefficients from the mode outward, until a geometric tail is small."""
    with ctx.extraprec(2 * steps.bit_length() + 16):
        low, high = law.masses
        mode = min(max(int(float(high.mid()) * steps), 0), steps)
        choose = arb(steps + 1).lgamma() - arb(mode + 1).lgamma() - arb(steps - mode + 1).lgamma()
        peak = (choose + mode * high.log() + (steps - mode) * low.log()).exp()
        up = _side(peak, high / low, mode, steps, tolerance)
        down = _side(peak, low / high, steps - mode, steps, tolerance)
    masses = [*reversed(down[0]), peak, *up[0]]
    return Law(law.grid, mode - len(down[0]), masses, (up[1] + down[1]).upper())


def _side(peak: arb, odds: arb, wins: int, steps: int, tolerance: arb) -> tuple[list[arb], arb]:
    """Probabilities of more wins than at the peak, and a bound on those that are left out.

    The ratio of neighbors falls: from where it is r < 1 on, the rest is at most geometric.
    """
    found: list[arb] = []
    mass = peak
    for won in range(wins, steps):
        ratio = odds * (steps - won) / (won + 1)
        if ratio < 1:
            rest = mass * ratio / (1 - ratio)
            if rest < tolerance / 4:
                return found, rest.upper()
        mass = mass * ratio
        found.append(mass)
        if len(found) > MOST_VALUES:
            raise _too_many(len(found))
    return found, arb(0)


def law_of(loss: DiscreteLoss, log_tolerance: float) -> Law | None:
    """The law of one release on its grid; None where it lies on none."""
    lattice, sampled = loss.lattice, loss.sampling_rate != 1
    if loss.one_sided or (sampled and lattice.count != 2):
        return None
    first, last = _window(loss, log_tolerance)
    masses = [mass for _, mass, _ in _outcomes(loss, first, last)]
    if sampled:
        return Law(Grid(None, loss, Fraction(0), Fraction(1), 1), 0, masses, arb(0))
    # for ADD, values and their order are mirrored
    ends = [lattice.start + lattice.stride * k for k in (first, last)]
    start = -ends[1] if loss.direction is Direction.ADD else ends[0]
    grid = Grid(lattice.odds, None, lattice.scale * start, lattice.scale * lattice.stride)
    return Law(grid, 0, masses, _lost(loss, log_tolerance))


def irregular(loss: DiscreteLoss, log_tolerance: float) -> tuple[Values, arb]:
    """One release that lies on no grid, and what is left out of it."""
    outcomes = _outcomes(loss, *_window(loss, log_tolerance))
    columns = zip(*outcomes, strict=True)
    return Values(*(list(column) for column in columns)), _lost(loss, log_tolerance)


def largest(loss: DiscreteLoss | LaplaceLoss) -> arb | None:
    """The largest finite loss of one release; None where there is none."""
    if isinstance(loss, LaplaceLoss):
        return ends_of(loss)[1]
    lattice, rest = loss.lattice, enclose(1 - loss.sampling_rate)
    sampled, adding = loss.sampling_rate != 1, loss.direction is Direction.ADD
    if adding and sampled and (loss.one_sided or lattice.count is None):
        return -rest.log()
    if lattice.count is None:
        return None
    k = 0 if adding else lattice.count - 1
    value: arb = lattice.unit(OPS) * (lattice.start + lattice.stride * k)
    if sampled:
        value = (rest + enclose(loss.sampling_rate) * value.exp()).log()
    return -value if adding else value


def _window(loss: DiscreteLoss, log_tolerance: float) -> tuple[int, int]:
    first, last = loss.window(log_tolerance)
    if last - first >= MOST_VALUES:
        raise _too_many(last - first + 1)
    return first, last


def _lost(loss: DiscreteLoss, log_tolerance: float) -> arb:
    return arb(0) if loss.lattice.count is not None else arb(log_tolerance).exp().upper()


def _outcomes(loss: DiscreteLoss, first: int, last: int) -> list[tuple[arb, arb, arb]]:
    """Values and their probabilities under numerator and denominator, by rising value."""
    lattice, adding, sampled = (
        loss.lattice,
        loss.direction is Direction.ADD,
        loss.sampling_rate != 1,
    )
    weight, unit = loss.log_weight(OPS), lattice.unit(OPS)
    rate, rest = enclose(loss.sampling_rate), enclose(1 - loss.sampling_rate)
    found = []
    if sampled and loss.one_sided:  # what only the law without the record gives out
        alone = enclose(loss.one_sided)
        found.append((rest.log(), rest * alone, alone))
    for k in range(first, last + 1):
        value = unit * (lattice.start + lattice.stride * k)
        without = weight(k).exp()
        mixed = (weight(k) + value).exp()
        if sampled:
            mixed, value = rest * without + rate * mixed, (rest + rate * value.exp()).log()
        found.append((value, mixed, without))
    return [(-value, q, p) for value, p, q in reversed(found)] if adding else found


def merged(laws: Sequence[Law], tolerance: arb) -> list[Law]:
    """One law for each unit: grids that share it are refined to a common step."""
    groups: dict[Hashable, Law] = {}
    for law in laws:
        known = groups.get(law.grid.key)
        if known is None:
            groups[law.grid.key] = law
            continue
        step = known.grid.common(law.grid)
        pair = [each.spread(int(each.grid.step / step)) for each in (known, law)]
        product = pair[0].times(pair[1], tolerance / len(laws))
        groups[law.grid.key] = replace(product, grid=pair[0].grid.joined(law.grid))
    return list(groups.values())


@dataclass(frozen=True)
class Values:
    """Rising values and their probabilities under numerator and denominator."""

    values: list[arb]
    numerator: list[arb]
    denominator: list[arb]

    def __len__(self) -> int:
        """How many."""
        return len(self.values)


def values_of(law: Law) -> Values:
    """A law with its values spelled out."""
    value, gap = law.grid.ends(law.at)
    factor, weight = (-gap).exp(), (-value).exp()
    values, denominator = [], []
    for i, mass in enumerate(law.masses):
        values.append(value + i * gap)
        denominator.append(mass * weight)
        weight = weight * factor
    return Values(values, law.masses, denominator)
