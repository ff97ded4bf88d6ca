"""Attacks turned round: what one that succeeds says about the budget, from below.

A bound from below is about the run as it was; beside it stands the certified bound from above.
Where the lower one is larger, the run is not what was accounted for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.attacks.rates import Rate, read_error
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, Trust, down
from dpaccount.theorems import audits

__all__ = ["Audit", "audit_identification", "audit_membership", "audit_rates"]

_METHOD = "audit"


@dataclass(frozen=True)
class Audit:
    """What was seen, as bounds from below that hold but for a chance of error.

    Args:
        epsilon: Of every mechanism whatever, at the delta asked for.
        mu: Of Gaussian differential privacy.
        error: The chance with which one of the two may be wrong.

    Example:
        >>> found = audit_rates(Rate(0, 100), Rate(0, 100), delta=0)
        >>> found.error, [bound.trust.value for bound in found.bounds]
        (0.05, ['empirical', 'empirical'])
    """

    epsilon: Bound
    mu: Bound
    error: float

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Both."""
        return self.epsilon, self.mu


def audit_identification(
    rate: Rate, *, prior: Number, delta: Number, error: Number = 0.05
) -> Audit:
    """What the success of naming a secret says about the budget.

    Guarantee: lower, but for a chance of error (risk.audit_epsilon, risk.audit_mu,
    risk.clopper_pearson); direction REMOVE.

    Args:
        rate: How often the attack was right, in independent trials, each with its own secret and
            noise. Neither the attack nor the number of trials may have been chosen on them.
        prior: The chance of the best guess without the release, in (0, 1), such as 1/K. Where
            several answers count as right, the chance that one of them is guessed.
        delta: In [0, 1).
        error: In (0, 1).

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> found = audit_identification(Rate(450, 1000), prior="1/16", delta="1e-5")
        >>> print(found.mu, found.epsilon)
        >= 1.341829 >= 1.91397

    Source: see risk.audit_epsilon and risk.audit_mu.
    """
    allowed = _validate.prior(prior)
    if allowed == 1:
        raise InputError(
            "prior", given="1", allowed="a number in (0, 1)", advice="nothing is left to guess"
        )
    slack, error = _validate.delta(delta, zero=True), read_error(error)
    _check_rates(rate=rate)
    # exact numbers to floats, each to the side on which the bound is lower
    pairs = [(rate.lower(error), math.nextafter(float(allowed), 1))]
    details = {"successes": rate.successes, "trials": rate.trials, "prior": allowed.text}
    return _audit(pairs, float(slack), error, details)


def audit_membership(
    present: Iterable[float], absent: Iterable[float], *, delta: Number, error: Number = 0.05
) -> Audit:
    """What a membership attack's scores say about the budget.

    The threshold is chosen on every other score, and counted on the rest alone: one that is chosen
    on the scores it is counted on shows more than there is.

    Guarantee: lower, but for a chance of error (risk.audit_epsilon, risk.audit_mu,
    risk.clopper_pearson); of the worse direction of ADD_REMOVE.

    Args:
        present: Scores of independent runs with the record, in the order they were made; a larger
            score says "present". At least 4.
        absent: Scores of runs without it. At least 4.
        delta: In [0, 1).
        error: In (0, 1).

    Raises:
        InputError: For anything outside its domain, NaN included.

    Example:
        >>> found = audit_membership([2.0] * 200, [0.0] * 200, delta=0)
        >>> print(found.epsilon, found.mu)
        >= 3.281346 >= 3.592769

    Source: Nasr et al. 2023, arXiv 2302.07956, for the bound by mu.
    """
    inside, outside = _scores(present, "present"), _scores(absent, "absent")
    slack, error = float(_validate.delta(delta, zero=True)), read_error(error)
    threshold = _threshold(inside[::2], outside[::2], slack, error)
    inside, outside = inside[1::2], outside[1::2]
    misses = Rate(int((inside < threshold).sum()), len(inside))
    alarms = Rate(int((outside >= threshold).sum()), len(outside))
    return audit_rates(alarms, misses, delta=delta, error=error, threshold=threshold)


def audit_rates(
    false_positives: Rate,
    false_negatives: Rate,
    *,
    delta: Number,
    error: Number = 0.05,
    threshold: float | None = None,
) -> Audit:
    """What the errors of one fixed membership test say about the budget.

    Each rate has an upper end that is wrong with half the chance of error.

    Guarantee: as `audit_membership`.

    Args:
        false_positives: Runs without the record that the test called "present".
        false_negatives: Runs with it that the test called "absent".
        delta: In [0, 1).
        error: In (0, 1).
        threshold: Of the test, to be kept with the answer.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> found = audit_rates(Rate(9, 10), Rate(9, 10), delta=0)
        >>> print(found.epsilon, found.mu)
        >= 0 >= 0

    Source: Jagielski, Ullman and Oprea 2020, arXiv 2006.07709v1, for intervals of a test's errors
    (item not checked); see risk.audit_epsilon and risk.audit_mu.
    """
    slack, error = _validate.delta(delta, zero=True), read_error(error)
    _check_rates(false_positives=false_positives, false_negatives=false_negatives)
    fpr, fnr = false_positives.upper(error / 2), false_negatives.upper(error / 2)
    pairs = [
        (math.nextafter(1 - fnr, 0), fpr),
        (math.nextafter(1 - fpr, 0), fnr),
    ]
    details: dict[str, Any] = {
        "false_positives": f"{false_positives.successes} of {false_positives.trials}",
        "false_negatives": f"{false_negatives.successes} of {false_negatives.trials}",
    }
    if threshold is not None:
        details["threshold"] = threshold
    return _audit(pairs, float(slack), error, details)


def _check_rates(**rates: object) -> None:
    for name, rate in rates.items():
        if not isinstance(rate, Rate):
            raise InputError(
                name, given=shown(rate), allowed="a Rate", advice="give Rate(successes, trials)"
            )


def _audit(
    pairs: list[tuple[float, float]], delta: float, error: float, details: dict[str, Any]
) -> Audit:
    """The larger bound of pairs (at least so often right, at most so often without the release)."""
    delta = math.nextafter(delta, 1) if delta else 0.0
    epsilon, mu = 0.0, 0.0
    for reached, allowed in pairs:
        if audits.AUDIT_EPSILON.applies(reached=reached, allowed=allowed, delta=delta):
            epsilon = max(epsilon, down(audits.AUDIT_EPSILON(reached, allowed, delta), 8))
        if audits.AUDIT_MU.applies(reached=reached, allowed=allowed):
            value = float(audits.AUDIT_MU(reached, allowed))
            mu = max(mu, value - 1e-13 * (1 + abs(value)))  # scipy's quantiles are right to 1e-15
    details = {**details, "error": error}

    def bound(value: float, theorem: str) -> Bound:
        return Bound(
            lower=value, method=_METHOD, trust=Trust.EMPIRICAL,
            theorems=(theorem, audits.CLOPPER_PEARSON.id), details=details,
        )  # fmt: skip

    return Audit(
        bound(epsilon, audits.AUDIT_EPSILON.id), bound(mu, audits.AUDIT_MU.id), float(error)
    )


def _scores(values: Iterable[float], name: str) -> Any:
    try:
        read = np.array([float(value) for value in values])
    except (TypeError, ValueError):
        read = np.array([math.nan])
    if not (len(read) >= 4 and not np.isnan(read).any()):
        raise InputError(
            name,
            given=shown(values),
            allowed="at least 4 scores that are numbers",
            advice="give one score for each run",
        )
    return read


def _threshold(present: Any, absent: Any, delta: float, error: float) -> float:
    """The threshold that shows most on these scores, of at most 200 that lie between them."""
    every = np.unique(np.concatenate([present, absent]))
    if len(every) > 200:
        every = every[np.linspace(0, len(every) - 1, 200).astype(int)]
    best, found = -1.0, float(every[0])
    for threshold in every.tolist():
        misses = Rate(int((present < threshold).sum()), len(present))
        alarms = Rate(int((absent >= threshold).sum()), len(absent))
        seen = audit_rates(alarms, misses, delta=delta, error=error)
        value = (seen.epsilon.lower or 0.0) + (seen.mu.lower or 0.0)
        if value > best:
            best, found = value, threshold
    return found
