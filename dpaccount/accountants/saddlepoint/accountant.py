"""The certified accountant: both ends of every answer, rounding included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from flint import arb, ctx

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.saddlepoint.search import USUAL, Ends, edge_of
from dpaccount.accountants.saddlepoint.solve import solve_delta, solve_epsilon
from dpaccount.accountants.saddlepoint.threshold import threshold
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.certificates import Line, Release, Run
from dpaccount.certificates.inversion import is_closed, largest_loss
from dpaccount.certificates.numbers import above, below, log_above, log_below
from dpaccount.certificates.standing import stands_on
from dpaccount.errors import InputError, Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, all_of
from dpaccount.mechanisms import Canonical, Gaussian
from dpaccount.theorems import invert, pair

__all__ = ["Saddlepoint", "Side", "run_of"]


def run_of(run: Canonical, direction: Direction) -> Run:
    """One direction of a canonical run, as certificates describe it.

    Raises:
        Unsupported: If a step is not Gaussian.
    """
    releases = []
    for phase in run.phases:
        if not isinstance(phase.mechanism, Gaussian):
            raise Unsupported(
                f"saddlepoint with {type(phase.mechanism).__name__}",
                missing="it covers Gaussian steps, sampled or not",
                advice="use rdp, or leave the method out",
            )
        releases.append(Release(phase.mechanism.noise_multiplier, phase.sampling_rate, phase.steps))
    return Run(run.mu_squared, tuple(releases), direction is Direction.ADD)


@dataclass(frozen=True)
class Saddlepoint(Accountant):
    """The privacy loss's transform, inverted on a vertical line in ball arithmetic.

    Guarantee: lower and upper, certified: aliasing, truncation, quadrature, rounding and printing
    are enclosed (the theorems invert.*; docs/explanation/certified-accountant.md). Where the work
    limit ends it early, the bracket is wider, still certified, and `details["why_wide"]` says so.

    Covers Gaussian and Poisson-sampled Gaussian steps in any number and mixture, every delta from
    below 1 to 1e-3000 and beyond, every real epsilon.

    Args:
        width: The relative width of epsilon that is aimed at, in [1e-14, 1e-2].

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> print(Saddlepoint().profile(run).epsilon(1e-5))
        in [2.381689, 2.38169]

    Source: Alghamdi, Gomez, Asoodeh, Calmon, Kosut and Sankar 2023, arXiv 2208.09595, for the
    integral; the error bounds are this project's.
    """

    width: Number = USUAL
    name: ClassVar[str] = "saddlepoint"

    def __post_init__(self) -> None:
        """Check the width."""
        allowed = "a number in [1e-14, 1e-2]"
        width = _validate.exact(self.width, "width", allowed=allowed)
        if not Exact(1, 10**14) <= width <= Exact(1, 100):
            raise InputError(
                "width", given=width.text, allowed=allowed, advice="use for example 1e-9"
            )
        object.__setattr__(self, "width", width)

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return Side(run, direction, float(self.width))


class Side(PrivacyProfile):
    """One direction of one run."""

    def __init__(self, run: Canonical, direction: Direction, width: float) -> None:
        """Refuse what the theory does not cover."""
        self.run, self.direction, self.width = run, direction, width
        self.adjacency, self.method = Adjacency(direction.value), "saddlepoint"
        self.described = run_of(run, direction)

    @cached_property
    def _bounded(self) -> bool:
        """Whether the loss is bounded in this direction: a record added to sampled steps."""
        return self.described.add and not self.described.mu_squared

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`."""
        number = _validate.delta(delta, zero=self._bounded)
        if number == 0:
            with ctx.workprec(128):
                edge = largest_loss(self.described)
            return Bound(
                below(edge), above(edge), None, self.method, Trust.CERTIFIED,
                (invert.SUPPORT.id, pair.POISSON_GAUSSIAN.id),
            )  # fmt: skip
        return self.bound_of(self.ends(number))

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        """See `PrivacyProfile.epsilons_of`: a largest loss below another's epsilon is enough."""
        return [self._of_group(sides, delta) for sides in all_of(Side, groups)]

    def _of_group(self, sides: Sequence[Side], delta: Number) -> list[Bound]:
        found: dict[Side, Bound] = {}
        floor = 0.0
        for side in sorted(sides, key=lambda s: s._bounded):
            edge = edge_of(side.described)
            if edge <= floor:
                found[side] = Bound(
                    0.0, edge, None, self.method, Trust.CERTIFIED,
                    (invert.SUPPORT.id, pair.POISSON_GAUSSIAN.id),
                    {"tier": "balls", "direction": side.direction.value, "form": "largest loss"},
                )  # fmt: skip
                continue
            found[side] = side.epsilon(delta)
            floor = max(floor, found[side].lower or 0.0)
        return [found[side] for side in sides]

    def bound_of(self, ends: Ends) -> Bound:
        """The bound that `ends` are."""
        return Bound(
            ends.lower, ends.upper, None, self.method, Trust.CERTIFIED,
            stands_on(self.described, ends.line), self._details(ends.line, ends.why),
        )  # fmt: skip

    def ends(self, delta: Exact) -> Ends:
        """Both ends of epsilon and the line that shows them; delta in (0, 1)."""
        return solve_epsilon(self.described, delta, self.width).explained(self.width)

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        value = _validate.epsilon(epsilon)
        low, high, line, why = solve_delta(self.described, value, self.width)
        return self._delta_bound(low, high, line, why)

    def _delta_bound(self, low: arb, high: arb, line: Line | None, why: str) -> Bound:
        if high == 0:
            return Bound.zero(self.method, (invert.SUPPORT.id, pair.POISSON_GAUSSIAN.id))
        with ctx.workprec(128):
            return Bound(
                max(below(low), 0.0), min(above(high), 1.0), None, self.method, Trust.CERTIFIED,
                stands_on(self.described, line), self._details(line, why),
                log_below(low), min(log_above(high), 0.0),
            )  # fmt: skip

    def _best_epsilon(self, log_fpr: float) -> float:
        """See `PrivacyProfile._best_epsilon`: the threshold of Neyman and Pearson's test."""
        return threshold(self.described, log_fpr)

    def _details(self, line: Line | None, why: str) -> dict[str, Any]:
        found: dict[str, Any] = {"tier": "balls", "direction": self.direction.value}
        if line is None:
            found["form"] = "closed" if is_closed(self.described) else "no line"
        else:
            found |= {"nodes": line.nodes, "bits": line.precision}
        return found | ({"why_wide": why} if why else {})
