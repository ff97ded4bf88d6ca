"""The exact chance to name one of K candidates whose gradients have no structure."""

from __future__ import annotations

import itertools
import math
from enum import Enum
from typing import Any

from flint import acb, arb, ctx

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.certificates.numbers import above, below, enclose
from dpaccount.errors import InputError, NotConverged
from dpaccount.guarantees import Bound, Trust, up
from dpaccount.theorems import leakage

__all__ = ["Geometry", "identification", "pairwise_identification"]

_BITS = 128
_MOST = 10**9


class Geometry(Enum):
    """How the candidates' gradients lie.

    ORTHOGONAL: equally long and at right angles. SIMPLEX: corners of a regular simplex, at a given
    distance from its center.

    Example:
        >>> [geometry.value for geometry in Geometry]
        ['orthogonal', 'simplex']
    """

    ORTHOGONAL = "orthogonal"
    SIMPLEX = "simplex"


class _Complex:
    """The functions that the theorem takes, on complex balls."""

    exp = staticmethod(acb.exp)
    sqrt = staticmethod(lambda x: acb(x).sqrt())
    ncdf = staticmethod(lambda x: (-x / acb(2).sqrt()).erfc() / 2)

    @property
    def pi(self) -> Any:
        """At the working precision."""
        return acb.pi()


def identification(
    candidates: Number, *, mu: Number, geometry: Geometry | str = Geometry.ORTHOGONAL
) -> Bound:
    """The chance of the best attacker to name the right one of K equally likely candidates.

    Guarantee: both ends (risk.identification_exact). It is what that attacker reaches, for these
    gradients: no ceiling for gradients that lie otherwise.

    Args:
        candidates: K; an integer from 2 to 1e9.
        mu: Length of the gradients (ORTHOGONAL), or their distance from their center (SIMPLEX),
            over the noise's standard deviation in each coordinate; >= 0, at most 1e6.
        geometry: How they lie.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> print(identification(2, mu=1, geometry="simplex"))  # meets Phi(mu)
        in [0.8413447, 0.8413448]
        >>> print(identification(16, mu="3.333333333"))
        in [0.9183153, 0.9183154]

    Source: the likelihood-ratio rule; see risk.identification_exact.
    """
    count = _validate.count(candidates, "candidates", least=2, most=_MOST)
    length = _validate.exact(mu, "mu", allowed="a number from 0 to 1e6")
    if not 0 <= length <= 10**6:
        raise InputError(
            "mu", given=length.text, allowed="a number from 0 to 1e6", advice="check the unit"
        )
    kind = _geometry(geometry)
    leakage.IDENTIFICATION_EXACT.require(candidates=count, mu=length)
    before, ctx.prec = ctx.prec, _BITS
    try:
        center = enclose(length)
        if kind is Geometry.SIMPLEX:
            center = center * (arb(count) / (count - 1)).sqrt()
        chance = _integral(count, center)
    finally:
        ctx.prec = before
    lower, upper = max(below(chance), 0.0), min(above(chance), 1.0)
    if not upper - lower <= 1e-9:
        raise NotConverged(f"the chance to name one of {count}: within [{lower!r}, {upper!r}]")
    return Bound(
        lower, upper, None, "identification", Trust.CERTIFIED,
        (leakage.IDENTIFICATION_EXACT.id,), {"candidates": count, "geometry": kind.value},
    )  # fmt: skip


def pairwise_identification(
    candidates: Number, *, distance: Number, noise_std: Number = 1
) -> Bound:
    """The ceiling on naming one of K candidates whose gradients are near each other, each to each.

    Guarantee: upper (risk.identification_pairs, risk.identification_exact), for one release, or
    for T of the same gradients with noise_std / sqrt(T). It is what the best attacker reaches
    where all distances are equal, such as that of two candidates.

    Args:
        candidates: K equally likely ones; an integer from 2 to 1e9.
        distance: The largest of two candidates' clipped gradients; >= 0, in any unit.
        noise_std: Standard deviation of the noise in each coordinate, in the same unit.

    Raises:
        InputError: For anything outside its domain; a distance beyond 1e6 times the noise.

    Example:
        >>> print(pairwise_identification(2, distance=2))  # Phi(1)
        <= 0.8413448

    Source: see risk.identification_pairs.
    """
    count = _validate.count(candidates, "candidates", least=2, most=_MOST)
    apart = _validate.exact(distance, "distance", allowed="a number >= 0")
    noise = _validate.positive(noise_std, "noise_std")
    if not 0 <= apart <= 10**6 * noise:
        raise InputError(
            "distance", given=apart.text, allowed="a number from 0 to 1e6 times the noise",
            advice="check the unit",
        )  # fmt: skip
    leakage.IDENTIFICATION_PAIRS.require(candidates=count, distance=apart, noise_std=noise)
    # the chance rises with mu: a few floats above are on the safe side
    mu = up(float(leakage.IDENTIFICATION_PAIRS(float(apart), float(noise))), 8) if apart else 0.0
    found = identification(count, mu=mu)
    theorems = tuple(sorted({*found.theorems, leakage.IDENTIFICATION_PAIRS.id}))
    return Bound(
        None, found.upper, None, "pairs", Trust.CERTIFIED, theorems,
        {"candidates": count, "distance": apart.text},
    )  # fmt: skip


def _geometry(value: Geometry | str) -> Geometry:
    try:
        return Geometry(value)
    except ValueError:
        raise InputError(
            "geometry", given=value, allowed="orthogonal, simplex", advice="see Geometry"
        ) from None


def _integral(count: int, mu: arb) -> arb:
    """The integral within 16 of mu; what lies beyond is less than the normal law's tails there."""
    reach = 16
    ops = _Complex()

    def density(t: acb, _analytic: bool) -> Any:
        return leakage.IDENTIFICATION_EXACT(t, count, acb(mu), ops)

    middle = float(mu)
    ends = [math.floor(middle) - reach, math.floor(middle), math.ceil(middle) + reach + 1]
    total = arb(0)
    for low, high in itertools.pairwise(ends):
        total += acb.integral(density, acb(low), acb(high)).real
    # the integrand is at most phi(t - mu): both tails together
    rest = (arb(reach) / arb(2).sqrt()).erfc()
    return total + arb(0.5, 0.5) * rest
