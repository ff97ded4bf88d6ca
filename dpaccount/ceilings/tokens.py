"""The ceiling on words: what an attacker could do who is told everything else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, Trust, up
from dpaccount.theorems import leakage

__all__ = ["Context", "token_recovery"]

_METHOD = "genie"
_IDS = tuple(sorted((leakage.TOKEN_GENIE.id, *leakage.TOKEN_GENIE.uses)))


@dataclass(frozen=True)
class Context:
    """One place of a secret, with all the rest of it given.

    Args:
        prior: The largest chance of any word there, given the rest: in (0, 1]. 1/V only where all
            V words are equally likely whatever the rest is.
        radius: How far the gradients of all words there are at most from one point; >= 0, in the
            unit of the noise. Take it over every word that can stand there.

    Example:
        >>> print(token_recovery([Context("1/64", 0.5)], noise_std=1, are_sampled=False))
        <= 0.04907649
    """

    prior: Number
    radius: float


def token_recovery(
    contexts: Sequence[Context],
    *,
    noise_std: Number,
    are_sampled: bool = True,
    confidence: Number = "0.999999",
) -> Bound:
    """The ceiling on any attacker's chance to name the word at one place of a secret.

    Guarantee: upper (risk.token_genie), of one release, for the contexts as they are weighted:
    equally. Contexts that were sampled give an upper end at the stated confidence (Hoeffding; the
    values lie in [0, 1]), of trust "empirical", beside their mean as the estimate.

    The chance to name the whole secret is at most the least of these over its places: the least of
    m upper ends, each of sampled contexts at confidence c, at confidence 1 - m (1 - c).

    Args:
        contexts: At least one; the chance is the mean over them. Chance and radius belong
            together: their means taken apart bound nothing.
        noise_std: Standard deviation of the noise in each coordinate, in the radii's unit.
        are_sampled: Whether the contexts are a sample of those that are meant, independent of
            each other; False: they are all there are, equally likely.
        confidence: In (0, 1), where they are sampled.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> print(token_recovery([Context("1/64", 1.0)], noise_std=1, are_sampled=False))
        <= 0.1242758

    Source: see risk.token_genie.
    """
    priors, radii = _read(contexts)
    noise = float(_validate.positive(noise_std, "noise_std"))
    estimated = _validate.flag(are_sampled, "are_sampled")
    level = _validate.exact(confidence, "confidence", allowed="a number in (0, 1)")
    if not 0 < level < 1:
        raise InputError(
            "confidence", given=level.text, allowed="a number in (0, 1)", advice="give 0.999999"
        )
    with np.errstate(over="ignore"):  # a shift beyond 1e300 allows everything, as that does
        shifts = np.minimum(radii / noise, 1e300)
    for prior, shift in zip(priors, shifts, strict=True):
        leakage.TOKEN_GENIE.require(prior=prior, shift=shift)
    # ndtr and ndtri are right to 1e-13 or so of a chance; the mean of at most 1e15 of them too
    values = np.minimum(leakage.TOKEN_GENIE(priors, shifts) * (1.0 + 1e-12), 1.0)
    mean = min(up(math.fsum(values) / len(values)), 1.0)
    details: dict[str, Any] = {"contexts": len(values)}
    if not estimated:
        return Bound(None, mean, None, _METHOD, Trust.PROVED, _IDS, details)
    room = math.sqrt(math.log(1.0 / float(1 - level)) / (2.0 * len(values)))
    details["confidence"] = level.text
    return Bound(None, min(up(mean + room), 1.0), mean, _METHOD, Trust.EMPIRICAL, _IDS, details)


def _read(contexts: Sequence[Context]) -> tuple[Any, Any]:
    if (
        not isinstance(contexts, Sequence)
        or not contexts
        or not all(isinstance(context, Context) for context in contexts)
    ):
        raise InputError(
            "contexts",
            given=shown(contexts),
            allowed="a list of at least one Context",
            advice="give for example [Context(prior='1/64', radius=0.5)]",
        )
    priors, radii = [], []
    for context in contexts:
        chance = _validate.prior(context.prior)
        priors.append(min(up(float(chance), 1), 1.0))
        radius = _validate.exact(context.radius, "radius", allowed="a number >= 0")
        if radius < 0:
            raise InputError(
                "radius", given=radius.text, allowed="a number >= 0", advice="give a distance"
            )
        radii.append(up(float(radius), 1))
    return np.array(priors), np.array(radii)
