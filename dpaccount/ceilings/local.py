"""The ceiling on reconstruction when the candidates' gradients are known to lie near each other."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency
from dpaccount.errors import InputError, NotConverged, Unsupported
from dpaccount.guarantees import Bound, Trust, up
from dpaccount.mechanisms import (
    Composed,
    Gaussian,
    Mechanism,
    PoissonSubsampled,
    SelfComposed,
    phases,
)
from dpaccount.theorems import leakage

__all__ = ["local_reconstruction", "told_reconstruction"]

_METHOD = "local"
_MOST_NOISE = Fraction(10) ** 100


def local_reconstruction(
    run: Mechanism,
    *,
    prior: Number,
    radius: Number,
    is_centered: bool = False,
    is_sampled: bool = False,
    method: Accountant | str | None = None,
) -> Bound:
    """The ceiling on any attacker's chance to reconstruct a record among candidates like it.

    Guarantee: upper (risk.reconstruction_local, risk.reconstruction); none where the radius is
    itself an estimate: then the number is one too. A lower end is of the ceiling itself: attackers
    may be far below.

    Args:
        run: What was run, made of Gaussian noise.
        prior: Chance in (0, 1] of guessing right without the release, such as 1/K. Where several
            answers count as right, the chance that one of them is guessed.
        radius: In (0, 1], in units of the clip norm: how far a candidate's clipped gradient is
            from 0 at most, in every step and whatever was released before.
        is_centered: Whether the radius is that of a ball around another point, the same for all
            candidates: for runs without sampling only.
        is_sampled: Whether the radius is the largest of a sample of candidates. The answer is
            then an estimate, of trust "empirical", without a side.
        method: A theory or its name; None for the tightest guarantee.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: For noise that is not Gaussian, and for a ball around another point under
            sampling, where a step without the record adds nothing.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> print(local_reconstruction(Gaussian(1), prior="1/16", radius=1))
        in [0.296629, 0.2966291]
        >>> print(local_reconstruction(Gaussian(1), prior="1/16", radius="0.79", is_centered=True))
        in [0.2284017, 0.2284018]

    Source: Hayes, Mahloujifar and Balle 2023, arXiv 2302.07225, for the ceiling without a radius.
    """
    share = _validate.exact(radius, "radius", allowed="a number in (0, 1]")
    if not 0 < share <= 1:
        raise InputError(
            "radius",
            given=share.text,
            allowed="a number in (0, 1]",
            advice="divide by the clip norm; no clipped gradient is farther than 1 from 0",
        )
    centered = _validate.flag(is_centered, "is_centered")
    estimated = _validate.flag(is_sampled, "is_sampled")
    for phase in phases(run):
        leakage.LOCAL.require(radius=share, is_centered=centered, sampling_rate=phase.sampling_rate)
    near = profile(_narrowed(run, share), method=method, adjacency=Adjacency.REMOVE)
    found = near.reconstruction(prior)
    theorems = tuple(sorted({*found.theorems, leakage.LOCAL.id}))
    if estimated:
        return Bound(
            estimate=found.upper, method=_METHOD, trust=Trust.EMPIRICAL, theorems=theorems,
            details={"radius": share.text, "radius_is": "the largest of a sample"},
        )  # fmt: skip
    return dataclasses.replace(
        found, theorems=theorems, details={**found.details, "radius": share.text}
    )


def told_reconstruction(
    *,
    prior: Number,
    radius: Number,
    noise_multiplier: Number,
    sampling_rate: Number,
    steps: Number,
) -> Bound:
    """The ceiling for who is told which of the sampled steps have the record.

    Guarantee: upper (risk.reconstruction_told), so for who is not told as well. It is near what
    can be reached where noise is small, and takes no integral: there the privacy curve is slow.

    Args:
        prior: Chance in (0, 1] of guessing right without the release.
        radius: In [0, 1], in clip norms: of a ball around any one point that holds every
            candidate's clipped gradient, in every step and whatever was released before.
        noise_multiplier: In (0, inf).
        sampling_rate: In [0, 1].
        steps: An integer from 0 to 1e6.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> print(told_reconstruction(
        ...     prior="1/16", radius=1, noise_multiplier="0.1", sampling_rate="0.5", steps=4))
        <= 0.9414063

    Source: see risk.reconstruction_told.
    """
    chance = _validate.prior(prior)
    share = _validate.exact(radius, "radius", allowed="a number in [0, 1]")
    if not 0 <= share <= 1:
        raise InputError(
            "radius", given=share.text, allowed="a number in [0, 1]",
            advice="divide by the clip norm; no clipped gradient is farther than 1 from 0",
        )  # fmt: skip
    noise, rate = _validate.noise_multiplier(noise_multiplier), _validate.rate(sampling_rate)
    count = _validate.count(steps, "steps", most=10**6)
    shift = share / noise
    leakage.TOLD.require(prior=chance, shift=shift, sampling_rate=rate, steps=count)
    value = leakage.TOLD(min(up(float(chance)), 1.0), up(float(shift)), float(rate), count)
    # what a million weights and chances of scipy may be off, all of one sign
    upper = min(up(float(value) * (1 + 1e-10)), 1.0)
    if not upper > 0:  # no such number comes of finite input
        raise NotConverged("the ceiling for who is told the steps is no number")
    return Bound(
        None, upper, None, "told", Trust.PROVED, (leakage.TOLD.id,), {"radius": share.text}
    )


def _narrowed(run: Mechanism, radius: Fraction) -> Mechanism:
    """The run whose sensitivity is the radius: risk.reconstruction_local's formula."""
    parts: list[Mechanism] = []
    for phase in phases(run):
        if not isinstance(phase.mechanism, Gaussian):
            raise Unsupported(
                f"a radius for {phase.mechanism.kind} noise",
                missing="the theorem is about Gaussian noise",
                advice="use risk, which needs no radius",
            )
        # less noise than there is: on the safe side, and a number that every theory takes
        noise = min(leakage.LOCAL(phase.mechanism.noise_multiplier, radius), _MOST_NOISE)
        step = Gaussian(Exact(noise))
        parts.append(SelfComposed(PoissonSubsampled(step, phase.sampling_rate), phase.steps))
    return Composed(tuple(parts))
