"""What a certificate says and what it offers as proof, as plain data.

The claim speaks of the run; the witness is a list of parameters. Any witness at all leads to a true
statement, or to none: the parameters decide how wide the enclosure is, never whether it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Grid", "Line", "Release", "Run", "Window"]


@dataclass(frozen=True)
class Release:
    """`steps` Poisson-sampled Gaussian releases; the sampling rate q lies in (0, 1)."""

    noise_multiplier: Fraction
    sampling_rate: Fraction
    steps: int


@dataclass(frozen=True)
class Run:
    """All releases in one direction: sampled ones, and one unsampled Gaussian of mu^2 >= 0.

    Args:
        mu_squared: Squared mu of the unsampled part.
        releases: The sampled part, each setting once.
        add: Whether the record is added (the mixture is the denominator) or removed.
    """

    mu_squared: Fraction
    releases: tuple[Release, ...]
    add: bool


@dataclass(frozen=True)
class Window:
    """The weight Phi((center - x) / width): 1 to the left of the center, 0 to its right."""

    center: float
    width: float


@dataclass(frozen=True)
class Grid:
    """How the integrals over one release's output x are summed.

    Args:
        spacing: Distance of the nodes x = j spacing.
        first: The first j.
        last: The last j.
        strip: The strip |Im x| <= strip sigma^2 that bounds the quadrature error; in (0, pi/2).
        shift: x is moved by i shift sigma^2 to bound the decay; in (0, pi/2).
        margin: The strip around the moved line; shift + margin < pi/2.
        cut: Outputs beyond it are left out and paid for.
        core: Outputs left of it are taken apart: where all steps fall there, the answer is known.
    """

    spacing: float
    first: int
    last: int
    strip: float
    shift: float
    margin: float
    cut: Window | None = None
    core: Window | None = None


@dataclass(frozen=True)
class Line:
    """A vertical line with nodes c + i k h, k = 0 .. nodes.

    Args:
        c: Where the line crosses the real axis; > 1.
        beyond: A real point to the right of c that bounds one of the two alias sums.
        height: Distance h of the nodes.
        nodes: The last k.
        reach: How many widths beyond its center a core is taken to end; used with cores only.
        tilt: Exponent > 1 that bounds what the cores leave over; used with cores only.
        precision: Bits.
        grids: One for each sampled release.
    """

    c: float
    beyond: float
    height: float
    nodes: int
    reach: float
    tilt: float
    precision: int
    grids: tuple[Grid, ...]

    @property
    def work(self) -> float:
        """About how many values in balls it asks for; for limits."""
        total = abs(self.nodes) + 1.0
        for grid in self.grids:
            sums = 1.0 if grid.core is None else 2.0
            total += sums * (abs(grid.last - grid.first) + 3.0 * abs(self.nodes) + 20.0)
        bits = float(abs(self.precision))  # each costs more, and Taylor sums get longer
        return total * (0.5 + bits / 192.0) * (1.0 + bits / 200.0)
