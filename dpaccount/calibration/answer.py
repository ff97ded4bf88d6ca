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
            12 digits) or "batch_size" (a largest integer). In a run described by epochs these stay
            and the steps follow the rate, rounded up: the cost has small jumps.
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
    good, bad, place = _settled(witness, unknown, place)
    if bad is None or not _is_next(unknown, good.value, bad.value):
        bad = _nearer(witness, unknown, good, bad, place)
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
    start, slope = math.log(unknown.start), unknown.slope
    if not witness.has_scout:
        return approach(witness.firm, unknown, start, slope)
    place = approach(witness.rough, unknown, start, slope, most=40)
    if witness.is_scouted(place.last):
        return place
    # epsilon 0 is met without a slope to follow, by halvings alone
    most = 8 if witness.target > 0.0 else 60
    return approach(witness.firm, unknown, place.x, place.slope, reach=0.3, most=most)


def _settled(witness: Witness, unknown: Unknown, place: Place) -> tuple[Look, Look | None, Place]:
    """A value that is seen to keep the target, next to the edge as far as it is known.

    Raises:
        InputError: If there is none.
    """
    good: Look | None = None
    bad: Look | None = None
    value = unknown.safe(_aside(unknown, place, place.last.width))
    for attempt in range(60):
        look = witness.full(value)
        place = Place.after(look, place.slope)
        if look.keeps:
            good, ahead = look, unknown.safe(_aside(unknown, place, look.width))
            lost = (ahead - value) * unknown.sense  # to a search that was not so exact
            if attempt > 3 or lost <= 0 or (not unknown.whole and lost < 0.1 * SHARP * value):
                return good, bad, place
            value = ahead
            continue
        if good is not None:
            return good, look if look.breaks else bad, place
        if value == unknown.safer(value, 1.0):
            witness.refuse(unknown, look)
        if look.breaks:
            bad = look
        share = 2e-12 * 2.0**attempt  # whatever the slope says, further each time
        ahead, stepped = (
            unknown.safe(_aside(unknown, place, look.width + share)),
            unknown.safer(value, share),
        )
        value = min(ahead, stepped) if unknown.sense > 0 else max(ahead, stepped)
    raise ArithmeticError(f"calibration ended above its target: {look.bound.upper!r}")


def _aside(unknown: Unknown, place: Place, width: float) -> float:
    """A little to the safe side of a place: by a bracket's half width and what is left of 1e-12."""
    return place.x - unknown.sense * (1.5 * width / abs(place.slope) + 2e-12)


def _is_next(unknown: Unknown, good: Value, bad: Value) -> bool:
    if isinstance(good, int):
        return abs(bad - good) == 1
    return abs(bad - good) <= SHARP * good


def _nearer(
    witness: Witness, unknown: Unknown, good: Look, bad: Look | None, place: Place
) -> Look | None:
    """A value next to the good one that is seen not to do; else the nearest that was seen."""
    value = unknown.next_costly(good.value)
    width = good.width
    for _ in range(4):
        if value is None or not witness.has_lower_end:
            break
        look = witness.firm(value)
        if look.breaks:
            return look
        # brackets reach over the target: as far off as they are wide
        width = max(4.0 * width, 2.0 * look.width, 1e-9)
        further = unknown.near(math.log(value) + unknown.sense * width / abs(place.slope))
        beyond = None if further == value else further
        if bad is not None and beyond is not None and not (beyond - bad.value) * unknown.sense < 0:
            break
        value = beyond
    return bad


def _why_open(unknown: Unknown, good: Look, bad: Look | None) -> str:
    if bad is not None and _is_next(unknown, good.value, bad.value):
        return ""
    if good.value == unknown.costliest:
        return unknown.end
    if good.bound.lower is None:
        return f"{good.bound.method} gives no lower end"
    why = good.bound.details.get("why_wide", "")
    return "between the two the brackets of epsilon reach over the target" + (
        f"; {why}" * bool(why)
    )
