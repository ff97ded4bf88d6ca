"""What no attacker exceeds in a cell: for every budget, and nearer where more is known.

A ceiling speaks of each trial by itself, given what it was computed from: its candidates, or the
rest of its secret. Over the cell it is the mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from dpaccount import _validate
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency
from dpaccount.attacks.sweep.cells import Cell
from dpaccount.attacks.sweep.trial import Trial
from dpaccount.ceilings import (
    Context as Place,
)
from dpaccount.ceilings import (
    local_reconstruction,
    pairwise_identification,
    token_recovery,
    told_reconstruction,
)
from dpaccount.guarantees import Bound, Trust, up
from dpaccount.mechanisms import Mechanism

__all__ = [
    "KINDS",
    "Ceiling",
    "everywhere",
    "genie",
    "local",
    "local_estimate",
    "pairs",
    "tightest",
]

#: What a ceiling is taken from: the budget; a ball that holds the candidates' gradients; their
#: largest distance; all words at one place, the rest being told. "told": the ball, where steps may
#: miss the secret, for who is told which do.
KINDS = ("global", "local", "told", "pairs", "genie")
#: Without noise everything is allowed.
_ALL = Bound(1.0, 1.0, method="no noise", trust=Trust.CERTIFIED, theorems=("risk.tpr",))
#: Below it the privacy curve of sampled steps is slow, and hardly tighter than for who is told.
_LOUD, _MOST_STEPS = Fraction(2, 5), 10**6
_DIGITS = 3  # of a distance, rounded up: few values, few integrals


class Ceiling(NamedTuple):
    """A ceiling on the chance to succeed.

    Args:
        kind: One of `KINDS`, or "tightest".
        bound: On the mean chance over the trials; an estimate has no upper end.
        each: The upper end for each trial; none for an estimate.
    """

    kind: str
    bound: Bound
    each: tuple[float, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether a verdict may rest on it: a guarantee, with an end for each trial."""
        return self.bound.trust.is_guarantee and self.bound.upper is not None and bool(self.each)


def everywhere(cell: Cell, prior: Fraction, trials: int) -> Ceiling:
    """The ceiling of the budget alone, for a chance of guessing without the releases.

    Guarantee: upper (risk.reconstruction; risk.reconstruction_told for sampled steps with a noise
    multiplier below 0.4).
    """
    if cell.run is None:
        bound = _ALL
    elif not cell.is_whole and _is_loud(cell) and cell.question.steps <= _MOST_STEPS:
        bound = _told(cell, prior, "1")  # the privacy curve takes minutes there
    else:
        bound = _global(cell.run, prior)
    assert bound.upper is not None  # ceilings are upper ends
    return Ceiling("global", bound, (bound.upper,) * trials)


def _is_loud(cell: Cell) -> bool:
    """Whether steps that have the secret show it, so that who is told them learns little."""
    return cell.noise_multiplier < _LOUD


def local(cell: Cell, prior: Fraction, found: Sequence[Trial]) -> Ceiling | None:
    """The ceiling of the candidates' ball in each trial; None where a trial has none.

    Guarantee: upper (risk.reconstruction_local).
    """
    radii = [trial.radius for trial in found if trial.radius is not None]
    run = cell.run
    if run is None or len(radii) < len(found) or (not cell.is_whole and _is_loud(cell)):
        return None
    if not cell.is_whole:  # one curve, and not one for each trial: the largest ball holds them all
        radii = [max(radii)] * len(radii)
    return _mean("local", [_local(run, prior, _rounded_up(each), cell.is_whole) for each in radii])


def told(cell: Cell, prior: Fraction, found: Sequence[Trial]) -> Ceiling | None:
    """The ceiling for who is told which steps have the secret, where some may miss it.

    Guarantee: upper (risk.reconstruction_told).
    """
    radii = [trial.radius for trial in found]
    if cell.run is None or cell.is_whole or None in radii or cell.question.steps > _MOST_STEPS:
        return None
    bounds = [_told(cell, prior, _rounded_up(each)) for each in radii if each is not None]
    return _mean("told", bounds)


def local_estimate(cell: Cell, prior: Fraction, found: Sequence[Trial]) -> Ceiling | None:
    """What the local ceiling is like, if no secret's gradient lies beyond those of a sample.

    Guarantee: none; an estimate, which decides nothing.
    """
    radii = [trial.radius for trial in found if trial.radius is not None]
    if cell.run is None or not radii:
        return None
    bound = local_reconstruction(
        cell.run,
        prior=prior,
        radius=_rounded_up(max(radii)),
        is_centered=cell.is_whole,
        is_sampled=True,
    )
    return Ceiling("local", bound)


def pairs(cell: Cell, found: Sequence[Trial]) -> Ceiling | None:
    """The ceiling of the candidates' largest distance; exact for two of them.

    Guarantee: upper (risk.identification_pairs), where every step has the record.
    """
    distances = [trial.distance for trial in found]
    if cell.run is None or not cell.is_whole or None in distances:
        return None
    count = cell.question.candidates
    bounds = [
        _pairs(count, _rounded_up(each), cell.noise_std) for each in distances if each is not None
    ]
    return _mean("pairs", bounds)


def genie(cell: Cell, vocabulary: int, found: Sequence[Trial]) -> Ceiling | None:
    """The ceiling on one token where the attacker is told all others, and so on all together.

    Guarantee: upper (risk.token_genie), where tokens are drawn equally likely and by themselves.
    """
    radii = [trial.word_radius for trial in found]
    if cell.run is None or not cell.is_whole or None in radii:
        return None
    places = [Place(Fraction(1, vocabulary), each) for each in radii if each is not None]
    bounds = [_genie(place, cell.noise_std) for place in places]
    return _mean("genie", bounds)


def tightest(ceilings: Sequence[Ceiling]) -> Ceiling:
    """In each trial the least of the ceilings that may decide; at least one has to."""
    deciding = [ceiling for ceiling in ceilings if ceiling.decides]
    columns = zip(*(ceiling.each for ceiling in deciding), strict=True)
    least = [min(enumerate(column), key=lambda pair: pair[1]) for column in columns]
    used = [deciding[i] for i in dict.fromkeys(i for i, _ in least)]
    each = tuple(value for _, value in least)
    if len(used) == 1:
        return Ceiling("tightest", used[0].bound, each)
    bound = _joined([ceiling.bound for ceiling in used], each)
    return Ceiling("tightest", bound, each)


def _mean(kind: str, bounds: Sequence[Bound]) -> Ceiling:
    each = tuple(bound.upper for bound in bounds if bound.upper is not None)
    assert len(each) == len(bounds)  # ceilings are upper ends
    return Ceiling(kind, _joined(bounds, each), each)


def _joined(bounds: Sequence[Bound], each: Sequence[float]) -> Bound:
    """The mean of the upper ends; distances are computed in floats, so no more than proved."""
    mean = min(up(math.fsum(each) / len(each)), 1.0)
    names = {name for bound in set(bounds) for name in bound.theorems}
    return Bound(
        None, mean, None, "mean over the trials", Trust.PROVED, tuple(sorted(names)),
        {"trials": len(each)},
    )  # fmt: skip


def _rounded_up(distance: float) -> str:
    """A distance in few digits, never smaller, and no more than 1 if it was not."""
    return str(Context(prec=_DIGITS, rounding=ROUND_CEILING).create_decimal(Decimal(distance)))


@lru_cache(maxsize=4096)
def _global(run: Mechanism, prior: Fraction) -> Bound:
    return profile(run, adjacency=Adjacency.REMOVE).reconstruction(prior)


@lru_cache(maxsize=65536)
def _local(run: Mechanism, prior: Fraction, radius: str, is_centered: bool) -> Bound:
    share = _validate.exact(radius, "radius")
    if share == 1:
        return _global(run, prior)
    if share == 0:  # all have one gradient: nothing is shown
        radius = "1e-9"
    # float64 where the certified theory takes seconds: the radius is no more exact
    method = None if is_centered else "saddlepoint.fast"
    return local_reconstruction(
        run, prior=prior, radius=radius, is_centered=is_centered, method=method
    )


@lru_cache(maxsize=65536)
def _told(cell: Cell, prior: Fraction, radius: str) -> Bound:
    question = cell.question
    return told_reconstruction(
        prior=prior, radius=radius, noise_multiplier=cell.noise_multiplier,
        sampling_rate=question.sampling_rate, steps=question.steps,
    )  # fmt: skip


@lru_cache(maxsize=65536)
def _pairs(count: int, distance: str, noise_std: float) -> Bound:
    far = 5e5 * noise_std  # there everything is allowed
    if float(distance) > far:
        return _ALL
    return pairwise_identification(count, distance=distance, noise_std=noise_std)


@lru_cache(maxsize=65536)
def _genie(place: Place, noise_std: float) -> Bound:
    return token_recovery([place], noise_std=noise_std, are_sampled=False)
