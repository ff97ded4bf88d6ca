"""The paper's route: what pen and paper prove, one cited theorem per step.

The source paper's own constants are not known here (only its abstract is); this is the route that a
proof of "noise on gradients has a differential privacy cost" takes: the Gaussian mechanism
theorem, amplification by sampling, a composition theorem. The chains that end in basic or advanced
composition are about a thousand times loose on DP-SGD: they compose the (eps, delta) of each step,
and at delta/T per step one step of sigma around 1 already costs several units, which sampling
brings down by no more than the factor q, while the drift T eps (e^eps - 1) adds up over thousands
of steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.accountants.chains import CHAINS, Answer, chain_epsilon
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import InputError, Unsupported, shown
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log
from dpaccount.guarantees.infimum import Point
from dpaccount.mechanisms import Canonical
from dpaccount.theorems import dp, risk

__all__ = ["ClosedForm"]


@dataclass(frozen=True)
class ClosedForm(Accountant):
    """A chain of closed-form theorems, or the best of all chains.

    Guarantee: upper; the theorem ids are those of the chain's links.

    Args:
        chain: One of `CHAINS`, or None for the best of those that cover the run.

    Raises:
        Unsupported: If a link does not cover the run (for example the classical Gaussian theorem
            at eps > 1); with chain None, only if none does.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, sampling_rate="256/60000", steps=14_063)
        >>> round(ClosedForm("moments_integer").profile(run).epsilon(1e-5).upper, 3)
        2.597

    Source: Dwork and Roth 2014; Balle, Barthe and Gaboardi 2018, arXiv 1807.01647v2; Kairouz, Oh
    and Viswanath 2015, arXiv 1311.0776v4; Mironov, Talwar and Zhang 2019, arXiv 1908.10530v1.
    """

    chain: str | None = None
    name: ClassVar[str] = "closed_form"

    def __post_init__(self) -> None:
        """Check the name."""
        if self.chain is None:
            return
        if not isinstance(self.chain, str) or self.chain not in CHAINS:
            raise InputError(
                "chain",
                given=shown(self.chain),
                allowed=", ".join(CHAINS),
                advice="name one of these, or leave it out for the best",
            )

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _Side(run, direction, self.chain)


_LOWEST, _HIGHEST = -7000.0, -1e-9  # log delta
_LATTICE = [-(2.0 ** (k / 2.0)) for k in range(-12, 22)]
_OPS = SimpleNamespace(binomial=math.comb, exp=math.exp, expm1=math.expm1)


def _log_sum(first: float, second: float) -> float:
    """log(e^first + e^second) for finite `first`."""
    high, low = max(first, second), min(first, second)
    return high + math.log1p(math.exp(low - high))


class _Side(PrivacyProfile):
    """One direction; every chain bounds both directions alike."""

    def __init__(self, run: Canonical, direction: Direction, chain: str | None) -> None:
        self.run, self.direction = run, direction
        self.adjacency = Adjacency(direction.value)
        self.chains = tuple(CHAINS) if chain is None else (chain,)
        self.method = "closed_form" if chain is None else f"closed_form.{chain}"
        self._answers: dict[tuple[tuple[str, ...], float], tuple[str, Answer]] = {}

    def epsilons_of(
        self, groups: Sequence[Sequence[PrivacyProfile]], delta: Number
    ) -> list[list[Bound]]:
        # both directions have one and the same answer
        return [[group[0].epsilon(delta)] * len(group) for group in groups]

    def _best(self, log_delta: float, chains: tuple[str, ...]) -> tuple[str, Answer]:
        key = (chains, log_delta)
        if key not in self._answers:
            answers, refusal = [], None
            for name in chains:
                try:
                    answers.append((name, chain_epsilon(name, self.run, log_delta)))
                except Unsupported as error:
                    refusal = error
            if not answers:
                assert refusal is not None  # chains is never empty
                raise refusal
            self._answers[key] = min(answers, key=lambda pair: pair[1].epsilon)
        return self._answers[key]

    def epsilon(self, delta: Number) -> Bound:
        number = _validate.delta(delta, zero=self.run.is_bounded)
        if number == 0:  # pure losses only: delta 0 is the limit of basic composition
            name, answer = self._best(-1e300, ("exact_basic",))
        else:
            log_delta = _validate.log_of(number)
            name, answer = self._best(log_delta - 2.0**-50 * abs(log_delta), self.chains)
        return Bound(
            None,
            answer.epsilon,
            None,
            self.method,
            Trust.PROVED,
            answer.theorems,
            {"chain": name, **answer.details},
        )

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))
        log_upper, name, ids = self._log_delta(eps)
        return from_log(
            None,
            log_upper,
            method=self.method,
            trust=Trust.PROVED,
            theorems=tuple(sorted(ids)),
            details={"chain": name},
        )

    def _epsilon_at(self, log_delta: float) -> float:
        """Epsilon at one delta; infinite where no chain has its range."""
        try:
            return self._best(log_delta, self.chains)[1].epsilon
        except Unsupported:
            return math.inf

    def _log_delta(self, eps: float) -> tuple[float, str, tuple[str, ...]]:
        """The least log delta found at eps; every one that is kept is verified.

        An (s, d) of the chain bounds delta at every other eps too, as that of one randomized
        response (dp.optimal_homogeneous with one release). Both parts fall as eps rises.
        """
        name, answer = self._best(_HIGHEST, self.chains)  # refuses where no delta is in range
        best, ids = 0.0, answer.theorems
        for log_delta in _LATTICE:
            s = self._epsilon_at(log_delta)
            if s < 300.0:
                rest = (1.0 - math.exp(log_delta)) * dp.OPTIMAL_HOMOGENEOUS(s, 1, eps, _OPS)
                log_upper = _log_sum(log_delta, math.log(rest) if rest else -math.inf) + 2.0**-44
                if log_upper < best:
                    name, answer = self._best(log_delta, self.chains)
                    best, ids = log_upper, (*answer.theorems, dp.OPTIMAL_HOMOGENEOUS.id)
        if eps >= 0 and (log_upper := self._crossing(eps)) < best:
            name, answer = self._best(log_upper, self.chains)
            best, ids = log_upper, answer.theorems
        return best, name, tuple({*ids})

    def _crossing(self, eps: float) -> float:
        """Log delta whose epsilon is at most eps, by bisection."""
        low, high = _LOWEST, _HIGHEST
        if self._epsilon_at(low) <= eps:
            return low
        if not self._epsilon_at(high) <= eps:
            return 0.0
        while high - low > 1e-7 * abs(low):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self._epsilon_at(middle) <= eps else (middle, high)
        return high

    def tpr(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tpr`; over delta instead of eps: one chain evaluation a point."""
        rate = _validate.fpr(fpr)
        name, answer = self._best(_HIGHEST, self.chains)  # refuses where no delta is in range
        if not 0 < rate < 1:
            return super().tpr(rate)
        log_rate, best = _validate.log_of(rate), 0.0
        for log_delta in _LATTICE:
            eps = self._epsilon_at(log_delta)
            if eps < math.inf:
                log_upper = Point.at(eps, from_log(None, log_delta), log_rate).log_upper
                if log_upper < best:
                    best, (name, answer) = log_upper, self._best(log_delta, self.chains)
        return from_log(
            None,
            best,
            method=self.method,
            trust=Trust.PROVED,
            theorems=tuple(sorted({*answer.theorems, risk.TPR.id})),
            details={"chain": name},
        )
