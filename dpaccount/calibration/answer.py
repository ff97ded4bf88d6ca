"""`calibrate`: a value that keeps a budget, and one next to it that is seen not to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import accountant_of
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.calibration.epochs import larger_batch
from dpaccount.calibration.search import Look, Place, approach
from dpaccount.calibration.unknowns import SHARP, Unknown, Value, unknown_of, with_placeholder
from dpaccount.calibration.witness import Witness
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import CHANGEABLE, DPSGD
from dpaccount.theorems import pair

__all__ = ["Calibration", "Refuted", "calibrate"]


@dataclass(frozen=True)
class Refuted:
    """A value next to the one found, on the costly side, that is seen not to keep the target.

    Args:
        value: The value.
        bound: The epsilon that the run costs at least with it: `bound.lower` > the target. One
            direction of the adjacency is enough for that, so its upper end is not the run's.
    """

    value: Exact | int
    bound: Bound


@dataclass(frozen=True)
class Calibration:
    """The answer of `calibrate`.

    Args:
        solve_for: What was solved for.
        value: The value found, on the safe side of the edge.
        bound: The epsilon that the run costs with it; `bound.upper` <= the target.
        slack: Target minus `bound.upper`.
        run: The run with the value in place.
        refuted: The nearest value that is seen not to do: the next integer, or one within a part in
            1e9; None if none was seen.
        why_open: Why there is no such value, or only one further off; "" if there is.
    """

    solve_for: str
    value: Exact | int
    bound: Bound
    slack: float
    run: DPSGD
    refuted: Refuted | None = None
    why_open: str = ""

    @property
    def gap(self) -> float | None:
        """How far the refuted value is off, relatively; None if there is none."""
        if self.refuted is None:
            return None
        return float(abs(Fraction(self.refuted.value) / Fraction(self.value) - 1))


def calibrate(
    run: DPSGD | Mapping[str, Any],
    *,
    epsilon: Number,
    delta: Number,
    solve_for: str = "noise_multiplier",
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> Calibration:
    """Find the value that just keeps (epsilon, delta), on the safe side.

    Guarantee: the upper end of epsilon at the value found, by `method`, is at most the target: it
    is evaluated, not interpolated. The lower end at `refuted.value` is above the target; where it
    is certified, no smaller noise, no larger rate and no more steps than that will do either
    (`pair.monotone`).

    Args:
        run: The run; what is solved for may be left out when it is given as a mapping of fields of
            `DPSGD`, and is ignored otherwise.
        epsilon: Target >= 0.
        delta: Target in (0, 1).
        solve_for: "noise_multiplier" (least, 12 digits), "steps" (most), "sampling_rate" (largest,
            12 digits) or "batch_size" (the largest integer). In a run described by epochs these
            stay and the steps follow the rate, rounded up: the cost has small jumps, and larger
            batches that keep the target again are looked for where `saddlepoint.fast` reaches.
        method: A theory with an upper end; None for the tightest.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For values outside their domain, or a target that no value can meet.
        Unsupported: If the method gives no upper end, or does not cover the run.

    Example:
        >>> found = calibrate({"sampling_rate": "0.01", "steps": 2000}, epsilon=2, delta=1e-5)
        >>> found.bound.upper <= 2 < found.refuted.bound.lower, found.gap <= 1e-9
        (True, True)
        >>> round(float(found.value), 9)
        1.14933006
    """
    if solve_for not in CHANGEABLE:
        raise InputError(
            "solve_for", given=solve_for, allowed=", ".join(CHANGEABLE), advice="name one of these"
        )
    exact_target = _validate.epsilon(epsilon, target=True)
    target = float(exact_target)
    if target > exact_target:  # the float nearest to it may lie above
        target = math.nextafter(target, -math.inf)
    number = _validate.delta(delta)
    accountant, relation = accountant_of(method), adjacency_of(adjacency)
    base = with_placeholder(run, solve_for)
    unknown = unknown_of(base, solve_for)
    witness = Witness(base, solve_for, number, target, accountant, relation)
    place = _located(witness, unknown)
    good, bad = _settled(witness, unknown, place)
    while unknown.name == "batch_size" and base.epochs is not None and witness.has_scout:
        larger = larger_batch(witness, good.value)
        if larger is None:
            break
        further = _settled(witness, unknown, Place.after(larger, unknown.slope))
        if not further[0].value > good.value:
            break
        good, bad = further
    assert good.bound.upper is not None  # it keeps the target
    return Calibration(
        solve_for,
        good.value,
        good.bound,
        float(exact_target) - good.bound.upper,
        base.with_value(solve_for, good.value),
        None if bad is None else _refuted(bad),
        _why_open(unknown, good, bad),
    )


def _refuted(look: Look) -> Refuted:
    """What is seen not to do; that nothing beyond it does is a theorem of its own."""
    ids = tuple(sorted({*look.bound.theorems, pair.MONOTONE.id}))
    return Refuted(look.value, replace(look.bound, theorems=ids))


def _located(witness: Witness, unknown: Unknown) -> Place:
    """About the edge, by what is quick as far as that reaches."""
    start = math.log(unknown.start)
    if not witness.has_scout:
        return approach(witness.firm, unknown, start, unknown.slope)
    place = approach(witness.rough, unknown, start, unknown.slope, most=20)
    if not witness.is_scouted(place.last):  # what is out of reach far away may be in reach here
        witness.in_reach = True
        place = approach(witness.rough, unknown, place.x, unknown.slope, reach=0.3, most=12)
    return place if witness.is_scouted(place.last) else _refined(witness, unknown, place.x)


def _refined(witness: Witness, unknown: Unknown, start: float) -> Place:
    """About the edge, by the method itself from not far away."""
    if not witness.target > 0.0:  # met without a slope to follow, by halvings alone
        return approach(witness.firm, unknown, start, unknown.slope, reach=0.1)
    most = 10 if witness.has_scout else 60
    return approach(witness.firm, unknown, start, unknown.slope, reach=0.5, most=most)


def _settled(witness: Witness, unknown: Unknown, place: Place) -> tuple[Look, Look | None]:
    """A value that is seen to keep the target, and the nearest one that is seen not to."""
    good, bad, place = _kept(witness, unknown, place)
    for _ in range(3):
        following = unknown.next_costly(good.value)
        if following is None or (bad is not None and bad.value == following):
            break
        look = witness.firm(following)
        if look.breaks:
            return good, look
        if not look.keeps or look.excess > -2.0 * look.width:
            return good, bad if good.bound.lower is None else _further(witness, unknown, look, bad)
        # the edge is not here
        place = _refined(witness, unknown, look.x)
        better, bad, place = _kept(witness, unknown, place)
        if (better.value - good.value) * unknown.sense <= 0:
            break
        good = better
    beyond = bad is not None and (bad.value - good.value) * unknown.sense > 0
    return good, bad if beyond else None


def _kept(witness: Witness, unknown: Unknown, place: Place) -> tuple[Look, Look | None, Place]:
    """A value next to a place that is seen to keep the target, and one that is seen not to.

    Raises:
        InputError: If not even the safest value there is keeps it.
    """
    bad: Look | None = None
    value = unknown.safe(_aside(unknown, place, place.last.width))
    for attempt in range(60):
        look = witness.full(value)
        if look.keeps:
            return look, bad, place
        if value == unknown.safer(value, 1.0):
            witness.refuse(unknown, look)
        if look.breaks:
            bad = look
        place = Place.after(look, place.slope)
        share = 2e-12 * 2.0**attempt  # whatever the slope says, further each time
        ahead = unknown.safe(_aside(unknown, place, look.width + share))
        stepped = unknown.safer(value, share)
        value = min(ahead, stepped) if unknown.sense > 0 else max(ahead, stepped)
    raise ArithmeticError(f"calibration ended above its target: {look.bound.upper!r}")


def _aside(unknown: Unknown, place: Place, width: float) -> float:
    """A little to the safe side of a place: by a bracket's half width and what is left of 1e-12."""
    return place.x - unknown.sense * (1.5 * width / abs(place.slope) + 2e-12)


def _further(witness: Witness, unknown: Unknown, unclear: Look, bad: Look | None) -> Look | None:
    """The nearest value that is seen not to do, where the next one's bracket holds the target."""
    width, look = 0.0, unclear
    for _ in range(3):
        # as far off as the brackets are wide
        width = max(4.0 * width, 3.0 * look.width, float(SHARP)) / min(abs(unknown.slope), 1.0)
        value = unknown.near(look.x + unknown.sense * width)
        if value == look.value:
            value = unknown.next_costly(value) or value
        if value == look.value or (bad and (value - bad.value) * unknown.sense >= 0):
            break
        look = witness.firm(value)
        if look.breaks:
            return look
    return bad


def _is_next(good: Value, bad: Value) -> bool:
    if isinstance(good, int):
        return abs(bad - good) == 1
    return abs(bad - good) <= SHARP * good


def _why_open(unknown: Unknown, good: Look, bad: Look | None) -> str:
    if bad is not None and _is_next(good.value, bad.value):
        return ""
    if good.value == unknown.costliest:
        return unknown.end
    if good.bound.lower is None:
        return f"{good.bound.method} gives no lower end"
    why = good.bound.details.get("why_wide", "")
    return "between the two the brackets of epsilon reach over the target" + (
        f"; {why}" * bool(why)
    )
