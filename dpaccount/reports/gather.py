"""From a run to its report: every verb asked once, and what stands behind the answers."""

from __future__ import annotations

import datetime
import math
import os
import platform
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency, Direction, adjacency_of
from dpaccount.ceilings import Risk, risk
from dpaccount.ceilings.summary import CANDIDATES
from dpaccount.comparison import OURS, Comparison, compare
from dpaccount.errors import InputError, NotConverged, Unsupported, shown
from dpaccount.guarantees import Bound, PrivacyProfile, WorstOf
from dpaccount.mechanisms import Mechanism
from dpaccount.reports.attack_file import AttackResults
from dpaccount.reports.curves import deltas_around, points, quick_method
from dpaccount.reports.model import Cited, Curve, Report, Statements, are_words
from dpaccount.reports.plain import is_same
from dpaccount.theorems import all_theorems, closure
from dpaccount.theorems import risk as risk_theorems

__all__ = ["report"]

#: Where a reader looks; the figure of the rates goes down to 1e-9.
_FPRS = ("0.1", "0.01", "0.001", "1e-4", "1e-5", "1e-6")
#: Where a false positive rate is told: down to 1e-9, and evenly.
_RATES = sorted({10.0 ** (-k / 5) for k in range(46)} | {k / 50 for k in range(51)})
_LAST_SECOND = 253_402_300_799  # of the year 9999
_PACKAGES = ("numpy", "scipy", "python-flint", "opacus", "dp-accounting", "prv-accountant",
             "autodp", "riskcal", "torch")  # fmt: skip


def report(
    run: Mechanism,
    delta: Number,
    *,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    title: str = "What this run cost in privacy",
    statements: Statements | None = None,
    described_by: str = "Python",
    peers: bool = True,
    convergence: Any = None,
    attacks: AttackResults | None = None,
    on_part: Callable[[str], None] | None = None,
) -> Report:
    """Gather all that a report on a run has to hold.

    Guarantee: every number is that of the verb that gave it (`epsilon`, `risk`, `compare`, ...),
    with its side and its theorems; a true positive rate of the curve is an upper end (risk.tpr).

    Args:
        run: What was run, such as `DPSGD`.
        delta: In (0, 1); never guessed.
        method: A theory or its name; None for the tightest guarantee.
        adjacency: Which datasets are neighbors.
        title: What the report is called.
        statements: What only the people who ran it can say; what is missing is shown as missing.
        described_by: Where the description of the run came from, in a few words.
        peers: Whether to ask the installed peers too.
        convergence: The answer of `converge`, if it is to be shown.
        attacks: A table of attacks, as `dpaccount.reports.attack_file.read_attacks` reads it.
        on_part: Called with the name of each part as it is done.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run, or the method gives estimates only.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> found = report(Gaussian(2), "1e-5", peers=False)
        >>> print(found.bound, found.certificate is not None)
        in [1.993091, 1.993092] True
        >>> found.to_markdown().splitlines()[0]
        '# What this run cost in privacy'
    """
    _check(title, "title")
    _check(described_by, "described_by")
    _check_parts(statements, convergence, attacks)
    tell = on_part or (lambda name: None)
    number, relation = _validate.delta(delta), adjacency_of(adjacency)
    curve = profile(run, method=method, adjacency=relation)
    bound = curve.epsilon(number)
    if not bound.trust.is_guarantee:
        raise Unsupported(
            f"a report by {bound.method}",
            missing="an estimate may be below the truth",
            advice="leave the method out; the estimate is shown beside the guarantees",
        )
    tell("epsilon")
    certificate = _certificate(run, number, relation, bound)
    tell("the certificate")
    found = compare(run, number, adjacency=relation, peers=peers)
    tell("the comparison")
    curves = _curves(run, curve, number, found, bound)
    tell("the curve")
    quick = quick_method(run, relation, method)
    ceilings = _risk(run, relation, quick)
    roc = _roc(profile(run, method=quick, adjacency=relation), bound)
    tell("the ceilings")
    parts: list[Bound] = [bound, *(ceilings.bounds if ceilings is not None else ())]
    parts += [point.bound for point in curves[0].points]
    named = {id for part in parts for id in part.theorems} | {risk_theorems.TPR.id}
    if convergence is not None:
        named |= set(convergence.theorems)
    return Report(
        title, _today(), run, described_by, statements or Statements(), relation, number, bound,
        _directions(curve, number), curves, ceilings, roc, found,
        convergence, attacks, _cited(named), certificate, _versions(),
    )  # fmt: skip


def _check_parts(statements: object, convergence: object, attacks: object) -> None:
    """Refuse what is not what it should be before anything is computed."""
    if statements is not None and not isinstance(statements, Statements):
        raise _no_part("statements", statements, "Statements")
    if attacks is not None and not isinstance(attacks, AttackResults):
        raise _no_part("attacks", attacks, "a table that read_attacks read")
    if convergence is not None:
        from dpaccount.convergence.check import Convergence

        if not isinstance(convergence, Convergence):
            raise _no_part("convergence", convergence, "the answer of converge")


def _no_part(name: str, value: object, allowed: str) -> InputError:
    return InputError(name, given=shown(value), allowed=allowed, advice=f"leave {name} out")


def _check(value: object, name: str) -> None:
    if not are_words(value, 1000):
        raise InputError(
            name, given=shown(value), allowed="some words", advice=f"give a short {name}"
        )


def _today() -> str:
    """The day, or the one of SOURCE_DATE_EPOCH, so that a report can be made again as it was."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdigit() and len(given) < 13 and int(given) <= _LAST_SECOND:
        return datetime.datetime.fromtimestamp(int(given), datetime.UTC).date().isoformat()
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _certificate(run: Mechanism, delta: Exact, adjacency: Adjacency, bound: Bound) -> str | None:
    """A certificate that shows this bound; None where another theory gave one of its ends."""
    if bound.method != "saddlepoint":
        return None
    from dpaccount.accountants.saddlepoint import certify

    # InputError: nothing is released, and 0 needs no certificate
    with suppress(Unsupported, NotConverged, InputError):
        made = certify(run, delta, adjacency=adjacency)
        if (made.bound.lower, made.bound.upper) == (bound.lower, bound.upper):
            return made.text
    return None


def _directions(curve: PrivacyProfile, delta: Exact) -> tuple[tuple[Direction, Bound], ...]:
    sides = curve.sides if isinstance(curve, WorstOf) else (curve,)
    return tuple(
        (direction, side.epsilon(delta))
        for side in sides
        for direction in side.adjacency.directions
        if len(side.adjacency.directions) == 1
    )


def _curves(
    run: Mechanism, curve: PrivacyProfile, delta: Exact, comparison: Comparison, bound: Bound
) -> tuple[Curve, ...]:
    """Epsilon at many deltas: by the method asked for, and by the others that differ from it."""
    deltas = deltas_around(delta)
    found = [Curve(bound.method, True, points(curve, deltas))]
    few = sorted({*deltas[::2], deltas[-1], delta})
    for row in comparison.rows:
        # the chains stand in the comparison; as lines they would hide the others
        if row.source == OURS and row.value is not None and "closed_form." not in row.method:
            if row.method == bound.method or is_same(row, bound):
                continue
            other = profile(run, method=row.method, adjacency=comparison.adjacency)
            found.append(Curve(row.method, row.upper is not None, points(other, few)))
    return tuple(found)


def _risk(run: Mechanism, adjacency: Adjacency, method: Any) -> Risk | None:
    present = Direction.REMOVE in adjacency.directions
    try:
        return risk(run, fprs=_FPRS, candidates=CANDIDATES if present else (), method=method,
                    adjacency=adjacency)  # fmt: skip
    except (Unsupported, NotConverged):
        return None


def _roc(curve: PrivacyProfile, bound: Bound) -> tuple[tuple[float, float], ...]:
    """The largest true positive rate at many rates: the least over some epsilons, each valid."""
    known = []
    scale = bound.upper
    if scale is None or not math.isfinite(scale):
        return ()
    for k in range(-48, 49):
        epsilon = (scale + 0.05) * math.sinh(k / 24) / math.sinh(1)
        if not abs(epsilon) <= 1e150:  # more than can be asked
            continue
        with suppress(Unsupported, NotConverged):
            delta = curve.delta(epsilon).log_upper
            if delta is not None:
                known.append((epsilon, delta))
    if not known:
        return ()
    return tuple((rate, _tpr(rate, known)) for rate in _RATES)


def _tpr(rate: float, known: Iterable[tuple[float, float]]) -> float:
    if rate == 0.0:  # rate e^eps is 0
        logs = [delta for _, delta in known]
    else:
        logs = [risk_theorems.TPR(math.log(rate), eps, delta) for eps, delta in known]
    least = min(*logs, 0.0)
    return min(math.exp(least) * (1 + 1e-12), 1.0)


def _cited(named: set[str]) -> tuple[Cited, ...]:
    every = {**{id: all_theorems()[id] for id in named}, **closure(sorted(named))}
    return tuple(Cited(every[id], id in named) for id in sorted(every))


def _versions() -> tuple[tuple[str, str], ...]:
    from dpaccount import __version__

    found = [("dpaccount", __version__), ("Python", platform.python_version())]
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found.append((name, metadata.version(name)))
    return (*found, ("system", f"{platform.system()} {platform.machine()}"))
