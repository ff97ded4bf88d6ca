"""Where an attacker's best test draws its line: a guess, on which no guarantee rests."""

from __future__ import annotations

import math

import numpy as np

from dpaccount.accountants.saddlepoint.effort import Effort, TooCostly
from dpaccount.accountants.saddlepoint.locate import estimate_of
from dpaccount.accountants.saddlepoint.model import Model
from dpaccount.accountants.saddlepoint.plan import plan
from dpaccount.accountants.saddlepoint.rough import Rough
from dpaccount.accountants.saddlepoint.search import edge_of
from dpaccount.certificates import Run
from dpaccount.certificates.inversion import is_closed

__all__ = ["threshold"]


@np.errstate(all="ignore")
def threshold(run: Run, log_fpr: float) -> float:
    """About the eps that a loss exceeds with probability e^log_fpr under the denominator.

    There e^eps fpr + delta(eps) is least (Neyman and Pearson); nothing rests on it but tightness.
    """
    edge = edge_of(run)
    if is_closed(run):
        return _closed_threshold(run, log_fpr, edge)
    effort = Effort()
    try:
        model = Model(run, log_fpr - 45.0)
    except TooCostly:
        return 0.0
    y = np.geomspace(1e-9, 1e13, 160)
    c = 1.0 + y
    guess = float(np.nanmin((model.log_transform(c) - log_fpr) / c))
    low, high = -math.inf, edge
    for _ in range(25):
        guess = min(guess, edge - 1e-12 * abs(edge)) if math.isfinite(edge) else guess
        estimate = estimate_of(model, guess, -math.inf)
        try:
            line = plan(model, guess, estimate, -3.0, effort, rough=True)
        except TooCostly:
            return guess
        value, slope = Rough(run, line).log_delta(guess)
        if not math.isfinite(value) or not slope < 0.0:
            high, guess = guess, guess - max(1.0 / line.c, 0.1 * abs(guess))
            continue
        miss = value + math.log(-slope) - guess - log_fpr
        low, high = (max(low, guess), high) if miss > 0.0 else (low, min(high, guess))
        step = min(max(miss / line.c, -2.0 - 0.5 * abs(guess)), 2.0 + 0.5 * abs(guess))
        following = guess + step
        if not low < following < high and math.isfinite(low) and math.isfinite(high):
            following = 0.5 * (low + high)
        if abs(following - guess) * line.c < 1e-4:
            return following
        guess = following
    return guess


def _closed_threshold(run: Run, log_fpr: float, edge: float) -> float:
    """The same by the quantile of the one Gaussian output."""
    from scipy.special import log_ndtr, ndtri_exp

    place = -float(ndtri_exp(log_fpr))
    if not run.releases:
        mu = math.sqrt(float(run.mu_squared))
        return mu * place - mu * mu / 2.0
    release = run.releases[0]
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    if not run.add:
        u = (2.0 * sigma * place - 1.0) / (2.0 * sigma**2)
        return math.log1p(q * math.expm1(u)) if u < 30 else u + math.log(q)
    # to add, the loss is large where x is small, under the mixture
    low, high = -80.0 * sigma * max(1.0, math.sqrt(-log_fpr)), 1.0 + 80.0 * sigma
    for _ in range(100):
        middle = 0.5 * (low + high)
        without, with_record = log_ndtr(middle / sigma), log_ndtr((middle - 1.0) / sigma)
        mass = np.logaddexp(math.log1p(-q) + without, math.log(q) + with_record)
        low, high = (low, middle) if mass > log_fpr else (middle, high)
    return -math.log1p(q * math.expm1((2.0 * low - 1.0) / (2.0 * sigma**2)))
