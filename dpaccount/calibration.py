"""Which noise, steps, rate or batch size keep a budget?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from dpaccount import _validate
from dpaccount._validate import MAX_STEPS, Exact, Number
from dpaccount.accountants import Accountant, FastSaddlepoint
from dpaccount.accounting import accountant_of
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.errors import InputError, NotConverged, Unsupported
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import CHANGEABLE, DPSGD

__all__ = ["Calibration", "calibrate"]

# Any legal value of the unknown; it is replaced before anything is computed.
_PLACEHOLDER: dict[str, Number] = {
    "noise_multiplier": 1,
    "steps": 1,
    "sampling_rate": "0.5",
    "batch_size": 1,
}
_DIGITS = 12
#: Accountants whose every answer takes time: their search starts from a quicker one's.
_TIGHT = ("best", "saddlepoint", "saddlepoint.fast")
_LARGEST_NOISE, _LEAST_NOISE = 1e12, 1e-6


@dataclass(frozen=True)
class Calibration:
    """The answer of `calibrate`.

    Args:
        solve_for: What was solved for.
        value: The value found, on the safe side of the edge.
        bound: The epsilon that the run costs with it; `bound.upper` <= the target.
        slack: Target minus `bound.upper`.
        run: The run with the value in place.
    """

    solve_for: str
    value: Exact | int
    bound: Bound
    slack: float
    run: DPSGD


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
    is evaluated, not interpolated.

    Args:
        run: The run; what is solved for may be left out when it is given as a mapping of fields of
            `DPSGD`, and is ignored otherwise.
        epsilon: Target >= 0.
        delta: Target in (0, 1).
        solve_for: "noise_multiplier" (least, 12 digits), "steps" (most), "sampling_rate" (largest,
            12 digits) or "batch_size" (a largest integer; in a run described by epochs the epochs
            stay and the steps follow, so the cost has small jumps and the next integers are tried).
        method: A theory with an upper end; None for the tightest.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For values outside their domain, or a target that no value can meet.
        Unsupported: If the method gives no upper end, or does not cover the run.

    Example:
        >>> found = calibrate({"sampling_rate": "0.01", "steps": 2000}, epsilon=2, delta=1e-5,
        ...                   method="rdp")
        >>> found.bound.upper <= 2, round(float(found.value), 6)
        (True, 1.215973)
    """
    if solve_for not in CHANGEABLE:
        raise InputError(
            "solve_for", given=solve_for, allowed=", ".join(CHANGEABLE), advice="name one of these"
        )
    exact_target = _validate.epsilon(epsilon, target=True)
    target = float(exact_target)
    if target > exact_target:  # the float nearest to it may lie above
        target = math.nextafter(target, -math.inf)
    _validate.delta(delta)
    accountant, relation = accountant_of(method), adjacency_of(adjacency)
    base = _with_placeholder(run, solve_for)
    if solve_for == "batch_size" and base.dataset_size is None:
        raise InputError(
            "dataset_size",
            given="nothing",
            allowed="an integer >= 1",
            advice="give dataset_size to solve for the batch size",
        )

    refusals: list[Unsupported] = []
    covered: list[float] = []

    # the search asks often, so the fast tier does; the answer is the accountant's own
    scout = FastSaddlepoint() if accountant.name in _TIGHT else accountant

    def cost(value: Number, by: Accountant = accountant) -> Bound:
        return by.profile(base.with_value(solve_for, value), relation).epsilon(delta)

    def upper(value: Number) -> float:
        try:
            bound = cost(value, scout)
        except Unsupported as error:  # outside the theory's range nothing is promised
            refusals.append(error)
            return math.inf
        if bound.upper is None or not bound.trust.is_guarantee:
            raise _no_upper_end(bound.method)
        covered.append(bound.upper)
        return bound.upper

    safe = _safe_start(
        base, solve_for, accountant, epsilon=epsilon, delta=delta, adjacency=relation
    )
    try:
        if solve_for == "noise_multiplier":
            value: Exact | int = _least_noise(upper, target, safe)
        elif solve_for == "sampling_rate":
            value = _largest_rate(upper, target, safe)
        elif solve_for == "steps":
            value = _most(upper, target, safe, MAX_STEPS, "steps")
        else:
            assert base.dataset_size is not None  # checked above
            value = _most(upper, target, safe, base.dataset_size, "batch_size")
    except InputError:
        if refusals and not covered:  # it is not the target that cannot be met
            raise refusals[0] from None
        raise
    bound = cost(value)
    for attempt in range(40):  # the two tiers differ by less than their widths
        if bound.upper is not None and bound.upper <= target:
            break
        value = _safer(value, solve_for, 2.0**attempt)
        bound = cost(value)
    if bound.upper is None or not bound.upper <= target:
        raise ArithmeticError(f"calibration ended above its target: {bound.upper!r}")
    return Calibration(
        solve_for,
        value,
        bound,
        float(exact_target) - bound.upper,
        base.with_value(solve_for, value),
    )


def _safe_start(
    run: DPSGD, solve_for: str, accountant: Accountant, **question: Any
) -> Exact | int | None:
    """A value that keeps the budget, by a quick theory whose epsilon is not below the tight one's.

    From there the edge is near. None where nothing is gained, or the quick theory finds none.
    """
    if accountant.name not in _TIGHT:
        return None
    try:
        return calibrate(run, solve_for=solve_for, method="rdp", **question).value
    except (InputError, Unsupported, NotConverged):
        return None


def _no_upper_end(method: str) -> Unsupported:
    return Unsupported(
        f"calibration by {method}",
        missing="it gives no upper end",
        advice="use rdp, or leave the method out",
    )


def _with_placeholder(run: DPSGD | Mapping[str, Any], solve_for: str) -> DPSGD:
    if isinstance(run, DPSGD):
        return run
    if not isinstance(run, Mapping):
        raise InputError(
            "run",
            given=f"a {type(run).__name__}",
            allowed="a DPSGD, or its fields",
            advice="calibration changes a DP-SGD run; describe it as dpaccount.DPSGD",
        )
    fields = {name: value for name, value in run.items() if name != "kind" and value is not None}
    known = list(DPSGD.__dataclass_fields__)
    for name in fields:
        if name not in known:
            raise InputError(
                str(name),
                given="an unknown field",
                allowed=", ".join(known),
                advice="remove it or correct its name",
            )
    missing_rate = "sampling_rate" not in fields and "batch_size" not in fields
    if solve_for == "sampling_rate" and "batch_size" not in fields:
        fields.setdefault("sampling_rate", _PLACEHOLDER["sampling_rate"])
    elif solve_for == "batch_size" and missing_rate and "dataset_size" in fields:
        fields["batch_size"] = _PLACEHOLDER["batch_size"]
    elif solve_for == "steps" and "epochs" not in fields:
        fields.setdefault("steps", _PLACEHOLDER["steps"])
    elif solve_for == "noise_multiplier" and "noise_std" not in fields:
        fields.setdefault("noise_multiplier", _PLACEHOLDER["noise_multiplier"])
    return DPSGD(**fields)


def _unreachable(name: str, target: float, why: str) -> InputError:
    return InputError(
        "epsilon", given=f"{target:g}", allowed=f"a target that some {name} can meet", advice=why
    )


def _round(value: float, rounding: str) -> Exact:
    rounded = Context(prec=_DIGITS, rounding=rounding).create_decimal(Decimal(value))
    return _validate.exact(str(rounded.normalize()), "value")


def _safer(value: Exact | int, solve_for: str, times: float) -> Exact | int:
    """A value a little further on the safe side."""
    if isinstance(value, int):
        return max(value - int(times), 0 if solve_for == "steps" else 1)
    if solve_for == "noise_multiplier":
        return _round(float(value) * (1.0 + 2e-12 * times), ROUND_CEILING)
    return _round(float(value) * (1.0 - 2e-12 * times), ROUND_FLOOR)


def _bisect(good: Callable[[float], bool], low: float, high: float) -> float:
    """The edge between bad and good, in logarithms, to 1e-13; the good side is returned."""
    while abs(high - low) > 1e-13:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def _edge(upper: Callable[[float], float], target: float, bad: float, good: float) -> float:
    """The good end of a bracket in log value, first by interpolation, then made certain."""
    from scipy.optimize import brentq

    values: dict[float, float] = {}

    def excess(log_value: float) -> float:
        if log_value not in values:
            values[log_value] = upper(math.exp(log_value)) - target
        return values[log_value]

    if -math.inf < excess(good) < 0.0 < excess(bad) < math.inf:
        root = float(brentq(excess, bad, good, xtol=1e-13, rtol=1e-14))
        for width in (0.0, 3e-13, 3e-12, 3e-11, 1e-9):
            near = root + math.copysign(width, good - bad)
            if excess(near) <= 0.0:
                return near
    return _bisect(lambda x: excess(x) <= 0.0, bad, good)


def _least_noise(
    upper: Callable[[Number], float], target: float, safe: Exact | int | None
) -> Exact:
    if safe is None:
        if upper(_LEAST_NOISE) <= target:
            return _validate.exact(repr(_LEAST_NOISE), "value")
        bad, good, factor = 0.5, 1.0, 4.0
    else:
        bad, good, factor = 0.85 * float(safe), float(safe), 1.3
    while not upper(good) <= target:
        bad, good = good, good * factor
        if good > _LARGEST_NOISE:
            raise _unreachable(
                "noise multiplier",
                target,
                "raise epsilon or delta: no noise up to 1e12 meets this target",
            )
    while upper(bad) <= target:
        bad, good, factor = bad / factor, bad, factor * factor
        if bad < _LEAST_NOISE:
            return _validate.exact(repr(good), "value")
    edge = _edge(upper, target, math.log(bad), math.log(good))
    value = _round(math.exp(edge), ROUND_CEILING)
    while not upper(value) <= target:  # the last digit can fall on the wrong side of rounding
        value = _round(float(value) * (1.0 + 1e-11), ROUND_CEILING)
    return value


def _largest_rate(
    upper: Callable[[Number], float], target: float, safe: Exact | int | None
) -> Exact:
    if safe is None or safe == 1:
        if upper(1) <= target:
            return Exact(1)
        bad, good = 1.0, 0.25
    else:
        bad, good = min(1.3 * float(safe), 1.0), float(safe)
        while upper(bad) <= target:
            if bad == 1.0:
                return Exact(1)
            bad, good = min(1.5 * bad, 1.0), bad
    while not upper(good) <= target:
        bad, good = good, good / 4.0
        if good < 1e-15:
            raise _unreachable("sampling rate", target, "raise the noise, or epsilon or delta")
    edge = _edge(upper, target, math.log(bad), math.log(good))
    value = _round(math.exp(edge), ROUND_FLOOR)
    while not upper(value) <= target:
        value = _round(float(value) * (1.0 - 1e-11), ROUND_FLOOR)
    return value


def _most(
    upper: Callable[[Number], float],
    target: float,
    safe: Exact | int | None,
    most: int,
    name: str,
) -> int:
    """The largest integer that keeps the target, by growing steps and bisection."""
    least = 1 if safe is None else int(safe)
    if not upper(least) <= target:
        if least > 1:
            return _most(upper, target, None, most, name)
        raise _unreachable(
            name,
            target,
            f"raise the noise, or epsilon: {name} = {least} already costs {upper(least):.6g}",
        )
    good, bad = least, most + 1
    probe = least
    while probe < most:
        probe = min(probe * 4 if safe is None else probe + probe // 4 + 1, most)
        if not upper(probe) <= target:
            bad = probe
            break
        good = probe
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if upper(middle) <= target else (good, middle)
    # with epochs fixed, steps are rounded up and the cost is not quite monotone
    for extra in range(1, 9):
        if good + extra <= most and name == "batch_size" and upper(good + extra) <= target:
            return good + extra
    return good
