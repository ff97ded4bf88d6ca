"""Where the values of a law lie, in balls, and what balls offer to the losses that say so."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace

from flint import acb, arb

from dpaccount.adjacency import Direction
from dpaccount.certificates.numbers import BALLS, enclose
from dpaccount.privacy_loss import DiscreteLoss, LaplaceLoss

__all__ = ["OPS", "DottedGrid", "Grid", "ends_of"]


def _log_gauss_sum(variance: arb) -> arb:
    """Log of the sum of e^(-x^2 / (2 variance)) over the integers: a theta function."""
    return acb.modular_theta(acb(0), acb(0, 1 / (2 * arb.pi() * variance)))[2].real.log()


#: What `DiscreteLoss.log_weight` asks for, in balls.
OPS = SimpleNamespace(
    exp=BALLS.exp,
    expm1=BALLS.expm1,
    log=BALLS.log,
    log1p=BALLS.log1p,
    number=enclose,
    log_exact=lambda value: enclose(value).log(),
    log_gauss_sum=_log_gauss_sum,
)


@dataclass(frozen=True)
class Grid:
    """The values unit * (first + step k) for integers k; sampled: base * low + k * (high - low).

    Args:
        odds: The unit is their logarithm; None = 1.
        sampled: The sampled loss whose two values are low and high, or None.
        first: In units, at k = 0.
        step: In units, above 0.
        base: How often the lower of the two sampled values is added.
    """

    odds: Fraction | None
    sampled: DiscreteLoss | None
    first: Fraction
    step: Fraction
    base: int = 0

    @property
    def key(self) -> Hashable:
        """Equal for grids of one unit."""
        return self.odds if self.sampled is None else self.sampled

    def ends(self, at: int) -> tuple[arb, arb]:
        """The value at k = `at`, and the distance to the next."""
        if self.sampled is not None:
            mirrored = self.sampled.direction is Direction.ADD
            low, high = (self.sampled.log_ratio(k ^ mirrored, OPS) for k in (0, 1))
            return self.base * low + at * (high - low), high - low
        unit = arb(1) if self.odds is None else enclose(self.odds).log()
        return unit * enclose(self.first + self.step * at), unit * enclose(self.step)

    def repeated(self, steps: int) -> Grid:
        """That of the sum of so many values."""
        return replace(self, first=self.first * steps, base=self.base * steps)

    def refined(self, factor: int) -> Grid:
        """With so many steps in one."""
        return replace(self, step=self.step / factor)

    def common(self, other: Grid | DottedGrid) -> Fraction:
        """The largest step of which both grids' steps are multiples."""
        denominator = math.lcm(self.step.denominator, other.step.denominator)
        steps = (int(grid.step * denominator) for grid in (self, other))
        return Fraction(math.gcd(*steps), denominator)

    def joined(self, other: Grid | DottedGrid) -> Grid:
        """That of the sum of a value of each, of one step."""
        assert isinstance(other, Grid)
        return replace(self, first=self.first + other.first)


def ends_of(loss: LaplaceLoss) -> tuple[arb, arb]:
    """The least and the largest loss."""
    rate, rest = enclose(loss.sampling_rate), enclose(1 - loss.sampling_rate)
    most = enclose(1 / loss.noise_multiplier)
    if loss.sampling_rate == 1:
        return -most, most
    if most < 1:  # right in relative terms
        low, high = ((rate * end.expm1()).log1p() for end in (-most, most))
    else:
        low, high = ((rest + rate * end.exp()).log() for end in (-most, most))
    return (low, high) if loss.direction is Direction.REMOVE else (-high, -low)


@dataclass(frozen=True)
class DottedGrid:
    """Grid points for smooth losses: the least one of each, and so many widths from there on.

    Args:
        ruler: The loss whose range is divided,
        cells: into so many widths.
        starts: Losses, and how often the least value of each is added.
        step: In widths.
    """

    ruler: LaplaceLoss
    cells: int
    starts: tuple[tuple[LaplaceLoss, int], ...]
    step: Fraction = Fraction(1)

    @property
    def key(self) -> Hashable:
        """Equal for grids of one width."""
        return self.ruler, self.cells

    @property
    def width(self) -> arb:
        """Distance of neighbors."""
        low, high = ends_of(self.ruler)
        return (high - low) / self.cells

    def ends(self, at: int) -> tuple[arb, arb]:
        """See `Grid`."""
        start = sum((count * ends_of(loss)[0] for loss, count in self.starts), arb(0))
        return start + at * self.width, self.width

    def repeated(self, steps: int) -> DottedGrid:
        """See `Grid`."""
        return replace(self, starts=tuple((loss, n * steps) for loss, n in self.starts))

    def refined(self, factor: int) -> DottedGrid:
        """See `Grid`; widths are not divided."""
        assert factor == 1
        return self

    def common(self, other: Grid | DottedGrid) -> Fraction:
        """See `Grid`."""
        assert self.key == other.key
        return self.step

    def joined(self, other: Grid | DottedGrid) -> DottedGrid:
        """See `Grid`."""
        assert isinstance(other, DottedGrid)
        return replace(self, starts=self.starts + other.starts)
