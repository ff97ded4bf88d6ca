"""From a question to a line and to both ends of the answer.

The search is float64 and may go wrong; what it proposes is then evaluated in ball arithmetic, and
only that evaluation is believed.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb, ctx

from dpaccount._validate import Exact, log_of
from dpaccount.accountants.saddlepoint.closed import closed_delta, closed_epsilon
from dpaccount.accountants.saddlepoint.effort import LINE, MOST, QUICK, Effort, TooCostly
from dpaccount.accountants.saddlepoint.fast import fast_epsilon
from dpaccount.accountants.saddlepoint.locate import (
    Place,
    chernoff_epsilon,
    locate_delta,
    locate_epsilon,
)
from dpaccount.accountants.saddlepoint.model import Model
from dpaccount.accountants.saddlepoint.plan import fallback, plan
from dpaccount.accountants.saddlepoint.search import (
    USUAL,
    Curve,
    Ends,
    coarse_ends,
    edge_of,
    ends_of,
)
from dpaccount.certificates import Line, Run
from dpaccount.certificates.inversion import Inversion, is_closed, trivial
from dpaccount.certificates.numbers import enclose, log_above, log_below

__all__ = ["solve_delta", "solve_epsilon"]

#: For thresholds and closed forms, whose digits do not cancel.
_BITS = 200
#: Relative widths of delta that are tried after those asked for, as logarithms.
_LAST_RESORTS = (-17.0, -13.0, -10.5, -8.5, -6.0, -2.0)


def _at_once(run: Run, bits: int) -> Curve:
    def curve(epsilon: float) -> tuple[arb, arb]:
        with ctx.workprec(bits):
            return trivial(run, arb(epsilon))

    return curve


def _on(inversion: Inversion) -> Curve:
    return lambda epsilon: inversion.delta(arb(epsilon))


@np.errstate(all="ignore")  # the search may overflow; what it finds is evaluated in balls
def solve_epsilon(run: Run, delta: Exact, width: float) -> Ends:
    """The least eps >= 0 with delta(eps) <= delta, from both sides.

    Args:
        run: One direction, not empty.
        delta: In (0, 1).
        width: Relative width that is aimed at.
    """
    log_delta = log_of(delta)
    if is_closed(run):
        return closed_epsilon(run, delta, _BITS)
    with ctx.workprec(_BITS):
        if trivial(run, arb(0))[1] <= enclose(delta).lower():
            return Ends(0.0, 0.0, None)
    effort, edge = Effort(), edge_of(run)
    try:
        return _on_a_line(run, delta, log_delta, width, edge, effort)
    except TooCostly as error:
        ends = coarse_ends(_at_once(run, _BITS), delta, _BITS, edge)
        return Ends(*ends, None, f"work limit: {error}")


def _on_a_line(
    run: Run, delta: Exact, log_delta: float, width: float, edge: float, effort: Effort
) -> Ends:
    """Both ends from the best line that the work limit allows.

    Raises:
        TooCostly: If it allows none.
    """
    model, place = Model(run, log_delta - 45.0), _by_floats(run, delta)
    if place is None:
        place = locate_epsilon(run, model, _safe(model, log_delta, edge), log_delta, edge, effort)
    line, why = _line_for(model, place, log_delta, width, effort)
    if line is None:
        place = Place(_safe(model, log_delta, edge), place.slope)
        line = fallback(model, place.epsilon, log_delta, effort)
    ends = ends_of(_on(Inversion(run, line)), place.epsilon, delta, _BITS, place.slope, edge)
    return Ends(*ends, line, why)


def _by_floats(run: Run, delta: Exact) -> Place | None:
    """Where the float64 tier has epsilon, if it resolves it."""
    found = fast_epsilon(run, delta)
    if found.lower is None or found.upper is None or not found.slope > 0.0:
        return None
    narrow = (found.upper - found.lower) * found.slope < 0.5
    return Place(0.5 * (found.lower + found.upper), found.slope) if narrow else None


def _safe(model: Model, log_delta: float, edge: float) -> float:
    """About an epsilon that is certainly large enough."""
    return max(min(chernoff_epsilon(model, log_delta), edge), 0.0)


def _line_for(
    model: Model, place: Place, log_delta: float, width: float, effort: Effort
) -> tuple[Line | None, str]:
    """The narrowest line that may be afforded, and why it is not as narrow as was asked for."""
    epsilon, slope, reason = place.epsilon, place.slope, place.why
    narrow = math.log(max(max(epsilon, 1e-300) * max(slope, 1e-300), 1e-300)) - 2.0
    fine = min(max(narrow + math.log(width), -45.0), -18.0)
    enough = max(fine, min(narrow + math.log(_good_enough(model.run)), -13.0))
    usual = max(fine, min(narrow + math.log(USUAL), -18.0))
    tries = [(fine, QUICK), (usual, QUICK), (enough, LINE), (enough, MOST)]
    wanted = len(tries)
    tries += [(last, LINE) for last in _LAST_RESORTS]
    for i, (tolerance, most) in enumerate(tries):
        try:
            line = plan(model, epsilon, log_delta, tolerance, effort, most)
        except TooCostly as error:
            reason = str(error)
            continue
        return line, "" if i < wanted else f"work limit: {reason}"
    return None, f"work limit: {reason}"


def _good_enough(run: Run) -> float:
    """The relative width that is settled for where a narrower one is costly."""
    steps = sum(release.steps for release in run.releases)
    return 8e-10 if steps >= 10 else 2e-7


@np.errstate(all="ignore")
def solve_delta(run: Run, epsilon: Exact, width: float) -> tuple[arb, arb, Line | None, str]:
    """Both ends of delta(eps), the line that shows them, and why they are wide."""
    if is_closed(run):
        return *closed_delta(run, epsilon), None, ""
    with ctx.workprec(128):
        low, high = trivial(run, enclose(epsilon))
        if low >= high:
            return low, high, None, ""
    effort, value = Effort(), float(epsilon)
    try:
        floor, ceiling = log_below(low), min(log_above(high), -1e-3)
        model, estimate = locate_delta(run, value, floor, ceiling, effort)
        line, why = None, ""
        for tolerance in (min(math.log(width) - 2.0, -18.0), *_LAST_RESORTS):
            try:
                line = plan(model, value, estimate, tolerance, effort)
                break
            except TooCostly as error:
                why = f"work limit: {error}"
        line = line or fallback(model, value, estimate, effort)
    except TooCostly as error:
        with ctx.workprec(256):
            return *trivial(run, enclose(epsilon)), None, f"work limit: {error}"
    return *Inversion(run, line).delta_of(epsilon), line, why
