"""The chains of the closed-form route: each link is one theorem, checked where it is used.

A chain folds over the description of a run: release, amplification by sampling, composition. It
does not read the privacy loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from dpaccount._search import least
from dpaccount.adjacency import Direction
from dpaccount.errors import Unsupported
from dpaccount.mechanisms import Canonical, Gaussian, Laplace, Phase
from dpaccount.privacy_loss import DiscreteLoss
from dpaccount.privacy_loss.hockey_stick import gaussian_epsilon_upper
from dpaccount.theorems import Theorem, dp, gdp, rdp

__all__ = ["CHAINS", "Answer", "chain_epsilon"]

_SLACK = 2.0**-44  # relative allowance for the rounding of a chain's elementary functions
_LEAST_SHARE = 1e-12
_MOST_OPTIMAL_STEPS = 10**9
_MOST_SPLIT_PARTS = 300  # beyond, delta is split evenly: the search for the best split is quadratic


@dataclass(frozen=True)
class Answer:
    """Epsilon by one chain at one delta."""

    epsilon: float
    theorems: tuple[str, ...]
    details: dict[str, Any]


@dataclass(frozen=True)
class _Group:
    """`steps` equal releases: noise in units of sensitivity, or pure epsilon; sampling rate."""

    noise: float
    rate: float
    steps: int
    pure: float | None = None
    theorem: str = ""


def _groups(run: Canonical) -> list[_Group]:
    groups = []
    if run.mu_squared:
        mu = math.sqrt(run.mu_squared.numerator / run.mu_squared.denominator)
        groups.append(_Group(1.0 / mu, 1.0, 1))
    return groups + [_group(phase) for phase in run.phases]


def _group(phase: Phase) -> _Group:
    base, rate = phase.mechanism, float(phase.sampling_rate)
    if isinstance(base, Gaussian):
        return _Group(float(base.noise_multiplier), rate, phase.steps)
    if isinstance(base, Laplace):
        pure = float(dp.LAPLACE(float(base.noise_multiplier)))
        return _Group(math.inf, rate, phase.steps, pure, dp.LAPLACE.id)
    loss = base.privacy_loss(Direction.REMOVE)
    if isinstance(loss, DiscreteLoss) and math.isfinite(loss.support[1]):
        return _Group(math.inf, rate, phase.steps, loss.support[1], loss.pair)
    raise Unsupported(
        f"closed_form with {type(base).__name__}" + (" on a sample" if phase.is_sampled else ""),
        missing="no release theorem of its chains covers it",
        advice="use rdp, or leave the method out",
    )


def _release(kind: str, group: _Group, log_delta: float) -> float:
    """Epsilon of one release, before sampling; infinite outside the theorem's range."""
    if group.pure is not None:
        return group.pure
    if log_delta >= 0.0:
        return 0.0  # every mechanism is (0, 1)-DP
    if kind == "exact":
        return gaussian_epsilon_upper(1.0 / group.noise, log_delta)
    eps = float(dp.GAUSSIAN_CLASSICAL(group.noise, log_delta))
    return eps if dp.GAUSSIAN_CLASSICAL.applies(eps=eps) else math.inf


def _amplified(group: _Group, eps: float) -> float:
    if group.rate == 1.0 or eps == math.inf:
        return eps
    if eps > 600.0:  # log1p(q expm1(eps)) without overflow
        return eps + math.log(group.rate) + math.exp(-eps) / group.rate
    return float(dp.AMPLIFICATION_POISSON(eps, group.rate))


def _release_log_delta(group: _Group, log_share: float) -> float:
    """Log delta of one release when its group may spend e^log_share in all; at most log 1."""
    return min(log_share - math.log(group.steps) - math.log(group.rate), 0.0)


#: Epsilon of one part when it may spend e^log_share, and of all parts together.
Part = Callable[[float], float]
Whole = Callable[[Sequence[float]], float]


def _best_split(parts: Sequence[Part], whole: Whole, log_delta: float) -> tuple[float, list[float]]:
    """Split delta over the parts to minimize the whole.

    At the optimum each share is proportional to how fast the whole falls in its logarithm; that is
    iterated. Any split is valid, so stopping early is loose, not wrong.
    """
    shares = [1.0 / len(parts)] * len(parts)
    best, best_shares = math.inf, shares
    for _ in range(12 if 1 < len(parts) <= _MOST_SPLIT_PARTS else 1):
        logs = [log_delta + math.log(share) for share in shares]
        values = [part(log) for part, log in zip(parts, logs, strict=True)]
        value = whole(values)
        improved = value < best * (1.0 - 1e-9)
        if value < best:
            best, best_shares = value, shares
        if not improved or value == math.inf:
            break
        pulls = _pulls(parts, whole, logs, values, value)
        total = sum(pulls)
        if not (0.0 < total < math.inf):
            break
        target = [max(pull / total, _LEAST_SHARE) for pull in pulls]
        mixed = [math.sqrt(s * t) for s, t in zip(shares, target, strict=True)]
        # the sum is kept below 1 so that rounding cannot spend more than delta
        shares = [s / sum(mixed) * (1.0 - 1e-12) for s in mixed]
    return best, best_shares


def _pulls(
    parts: Sequence[Part], whole: Whole, logs: Sequence[float], values: list[float], value: float
) -> list[float]:
    """How far the whole rises when one part may spend a little less."""
    pulls = []
    for i, part in enumerate(parts):
        old, values[i] = values[i], part(logs[i] - 1e-4)
        pulls.append(max(whole(values) - value, 0.0))
        values[i] = old
    return pulls


def _step_epsilons(kind: str, groups: Sequence[_Group]) -> tuple[list[Part], list[float]]:
    """Epsilon of one step of each group that spends delta, and of each that spends none."""

    def part(group: _Group) -> Part:
        def step(log_share: float) -> float:
            release = _release(kind, group, _release_log_delta(group, log_share))
            return _amplified(group, release)

        return step

    pure = [_amplified(g, g.pure) for g in groups if g.pure is not None]
    return [part(group) for group in groups if group.pure is None], pure


def _steps_in_order(groups: Sequence[_Group]) -> list[int]:
    """Steps of the groups that spend delta, then of those that spend none."""
    spending = [g.steps for g in groups if g.pure is None]
    return spending + [g.steps for g in groups if g.pure is not None]


def _basic(kind: str, groups: list[_Group], log_delta: float) -> tuple[float, dict[str, Any]]:
    parts, pure = _step_epsilons(kind, groups)
    steps = _steps_in_order(groups)

    def whole(values: Sequence[float]) -> float:
        return float(dp.BASIC(e * t for e, t in zip((*values, *pure), steps, strict=True)))

    if not parts:
        return whole([]), {}
    value, shares = _best_split(parts, whole, log_delta)
    return value, {"shares_of_delta": shares}


def _advanced(kind: str, groups: list[_Group], log_delta: float) -> tuple[float, dict[str, Any]]:
    parts, pure = _step_epsilons(kind, groups)
    steps = _steps_in_order(groups)

    def whole(values: Sequence[float]) -> float:
        log_slack, *each = values
        pairs = list(zip((*each, *pure), steps, strict=True))
        if not all(eps < 300.0 for eps, _ in pairs):
            return math.inf
        return float(dp.ADVANCED(pairs, log_slack))

    dp.ADVANCED.require(log_slack=log_delta)
    # the slack of the composition is one more part: its "epsilon" is its logarithm
    value, shares = _best_split([lambda log: log, *parts], whole, log_delta)
    return value, {"share_of_slack": shares[0], "shares_of_delta": shares[1:]}


def _log_rest(log_share: float) -> float:
    """log(1 - e^x) for x < 0, accurate at both ends."""
    if log_share > -0.5:
        return math.log(-math.expm1(log_share))
    return math.log1p(-math.exp(log_share))


def _optimal(kind: str, groups: list[_Group], log_delta: float) -> tuple[float, dict[str, Any]]:
    dp.OPTIMAL_HOMOGENEOUS.require(settings=len(groups))
    group = groups[0]
    if group.steps > _MOST_OPTIMAL_STEPS:
        raise Unsupported(
            f"theorem {dp.OPTIMAL_HOMOGENEOUS.id} at {group.steps} steps",
            missing=f"its binomial tails are known to 1e-9 up to {_MOST_OPTIMAL_STEPS} steps only",
            advice="use rdp",
        )

    def at_share(logit: float) -> float:
        share = 1.0 / (1.0 + math.exp(-logit))
        if group.pure is not None:
            eps, log_each = _amplified(group, group.pure), -math.inf
        else:
            inner = _release_log_delta(group, log_delta + math.log(share))
            eps, log_each = (
                _amplified(group, _release(kind, group, inner)),
                inner + math.log(group.rate),
            )
        # 1 - (1-d)^T (1-h) <= delta  <=>  h <= 1 - (1-delta)/(1-d)^T
        if not log_each < 0.0:
            return math.inf
        kept = _log_rest(log_delta) - group.steps * _log_rest(log_each)
        left = -math.expm1(kept) * (1.0 - 1e-9)
        return _randomized_response_epsilon(eps, group.steps, left) if left > 0 else math.inf

    if group.pure is not None:
        return at_share(0.0), {}
    value, logit = least(at_share, -30.0, 12.0, 1e-3)
    return value, {"share_of_delta": 1.0 / (1.0 + math.exp(-logit))}


def _randomized_response_epsilon(eps: float, steps: int, hockey: float) -> float:
    """Least eps' whose hockey stick, over `steps` randomized responses, is at most `hockey`.

    With W ~ Bin(steps, e^eps/(1+e^eps)) wins the loss is (2W - steps) eps; its upper tails under
    both laws are incomplete beta functions, taken as good to 1e-9 (checked in the tests against
    40-digit arithmetic up to the most steps that are let in: 8e-11 was the worst).
    """
    from scipy.special import betainc, expit

    if not eps < 300.0:
        return math.inf
    win, lose = float(expit(eps)), float(expit(-eps))

    def excess(target: float) -> float:
        wins = max(math.floor((target / eps + steps) / 2.0) + 1, 0)
        if wins > steps:
            return 0.0
        tail = float(betainc(wins, steps - wins + 1, win)) if wins else 1.0
        other = float(betainc(wins, steps - wins + 1, lose)) if wins else 1.0
        # dropping the subtracted term when it underflows only raises the value
        minus = math.exp(target) * other * (1.0 - 1e-9) if other > 1e-290 and target < 600 else 0.0
        value = tail * (1.0 + 1e-9) - minus
        return value if value == value else math.inf

    low, high = 0.0, eps * steps
    if eps == 0.0 or excess(0.0) <= hockey:
        return 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if excess(middle) <= hockey else (middle, high)
        if high - low <= 1e-12 * high:
            break
    return high


@lru_cache(maxsize=65536)
def _integer_moment(order: int, rate: float, noise: float) -> float:
    return float(dp.MOMENTS_INTEGER(order, rate, noise)) * (1.0 + _SLACK)


def _gaussian_only(groups: list[_Group], theorem: Theorem) -> None:
    if any(group.pure is not None for group in groups):
        raise Unsupported(
            f"theorem {theorem.id}",
            missing="it speaks of Gaussian noise only",
            advice="use closed_form.exact_advanced or rdp",
        )


def _moments_integer(
    kind: str, groups: list[_Group], log_delta: float
) -> tuple[float, dict[str, Any]]:
    _gaussian_only(groups, dp.MOMENTS_INTEGER)

    @cache
    def score(order: int) -> float:
        dp.MOMENTS_INTEGER.require(order=order)
        total = 0.0
        for group in groups:
            if group.rate == 1.0:
                total += (order - 1) * float(rdp.GAUSSIAN(order, group.noise**-2)) * group.steps
            else:
                total += _integer_moment(order, group.rate, group.noise) * group.steps
        return float(rdp.TO_DP_IMPROVED(total / (order - 1), order - 1, log_delta))

    # the score is unimodal in the order, as for real orders: double, then bisect on its slope
    high = 2
    while high < 4096 and score(high + 1) < score(high):
        high *= 2
    low = max(high // 2, 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if score(middle + 1) < score(middle) else (low, middle)
    return score(low), {"order": low}


def _moments_closed_form(
    kind: str, groups: list[_Group], log_delta: float
) -> tuple[float, dict[str, Any]]:
    theorem = dp.MOMENTS_CLOSED_FORM
    _gaussian_only(groups, theorem)
    for group in groups:
        if group.rate < 1.0:  # names the failing range, at the smallest orders there are
            theorem.require(
                order=1.0 + 1e-6, sampling_rate=group.rate, noise_multiplier=group.noise
            )

    def score(log_e: float) -> float:
        order = 1.0 + math.exp(log_e)
        total = 0.0
        for group in groups:
            if group.rate == 1.0:
                total += float(rdp.GAUSSIAN(order, group.noise**-2)) * group.steps
            elif theorem.applies(
                order=order, sampling_rate=group.rate, noise_multiplier=group.noise
            ):
                total += float(theorem(order, group.rate, group.noise)) * group.steps
            else:
                return math.inf
        return float(rdp.TO_DP_IMPROVED(total, math.exp(log_e), log_delta))

    grid = [-7.0 + 0.1 * i for i in range(180)]
    best = min(grid, key=score)
    value, at = min((score(best), best), least(score, best - 0.1, best + 0.1, 1e-9))
    return value, {"order": 1.0 + math.exp(at)}


_Compose = Callable[[str, list[_Group], float], tuple[float, dict[str, Any]]]

#: Chain name -> release theorem, composition and the theorems it stands on.
CHAINS: dict[str, tuple[str, _Compose, tuple[Theorem, ...]]] = {
    "classical_basic": ("classical", _basic, (dp.GAUSSIAN_CLASSICAL, dp.BASIC)),
    "classical_advanced": ("classical", _advanced, (dp.GAUSSIAN_CLASSICAL, dp.ADVANCED)),
    "classical_optimal": ("classical", _optimal, (dp.GAUSSIAN_CLASSICAL, dp.OPTIMAL_HOMOGENEOUS)),
    "exact_basic": ("exact", _basic, (dp.GAUSSIAN_EXACT, dp.BASIC)),
    "exact_advanced": ("exact", _advanced, (dp.GAUSSIAN_EXACT, dp.ADVANCED)),
    "exact_optimal": ("exact", _optimal, (dp.GAUSSIAN_EXACT, dp.OPTIMAL_HOMOGENEOUS)),
    "moments_integer": (
        "",
        _moments_integer,
        (dp.MOMENTS_INTEGER, rdp.COMPOSITION, rdp.TO_DP_IMPROVED),
    ),
    "moments_closed_form": (
        "",
        _moments_closed_form,
        (dp.MOMENTS_CLOSED_FORM, rdp.COMPOSITION, rdp.TO_DP_IMPROVED),
    ),
}


def _unused(first: Theorem, groups: list[_Group]) -> set[str]:
    """A chain's first theorem is about noise that its release may not have."""
    if first in (dp.MOMENTS_INTEGER, dp.MOMENTS_CLOSED_FORM):
        is_used = any(group.rate < 1.0 for group in groups)
    else:
        is_used = any(group.pure is None for group in groups)
    return set() if is_used else {first.id}


@lru_cache(maxsize=4096)
def chain_epsilon(name: str, run: Canonical, log_delta: float) -> Answer:
    """Epsilon >= 0 of a run by one chain.

    Raises:
        Unsupported: If a link's theorem does not cover the run.
    """
    kind, compose, theorems = CHAINS[name]
    groups = _groups(run)
    value, details = compose(kind, groups, log_delta)
    if kind == "classical" and not value < math.inf:
        dp.GAUSSIAN_CLASSICAL.require(eps=math.inf)
    if not value == value:
        raise ArithmeticError(f"closed_form.{name}: epsilon came out as NaN")
    ids = {t.id for t in theorems} - _unused(theorems[0], groups)
    if not kind and any(group.rate == 1.0 for group in groups):
        ids.add(rdp.GAUSSIAN.id)
    if kind and any(group.rate < 1.0 for group in groups):
        ids.add(dp.AMPLIFICATION_POISSON.id)
    ids |= {group.theorem for group in groups if group.theorem}
    if run.mu_squared:
        ids.add(gdp.COMPOSITION.id)
    value = max(value, 0.0)
    # the slack grows with the number of terms that were summed
    return Answer(value * (1.0 + _SLACK * (1.0 + len(groups))), tuple(sorted(ids)), details)
