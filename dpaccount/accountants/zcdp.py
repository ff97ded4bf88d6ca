"""Zero-concentrated differential privacy: a Renyi curve bounded by a line through 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._search import least
from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log
from dpaccount.mechanisms import Canonical, DiscreteGaussian, Gaussian
from dpaccount.theorems import rdp, zcdp

__all__ = ["ZCDP"]


@dataclass(frozen=True)
class ZCDP(Accountant):
    """The run as rho-zCDP, with the improved conversion at the best order.

    Guarantee: upper (zcdp.gaussian, zcdp.pure, zcdp.composition, rdp.to_dp_improved). Sampling
    gives zCDP no amplification (zcdp.sampling_never_hurts): rho = T/(2 sigma^2) at every rate.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> print(ZCDP().profile(Gaussian(1)).epsilon(1e-5))
        <= 4.728387

    Source: Bun and Steinke 2016, arXiv 1605.02065v1.
    """

    name: ClassVar[str] = "zcdp"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _Side(run, direction)


class _Side(PrivacyProfile):
    """One direction; rho is the same for both."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        self.run, self.direction, self.method = run, direction, "zcdp"
        self.adjacency = Adjacency(direction.value)
        rhos = [float(zcdp.GAUSSIAN(run.mu_squared))] if run.mu_squared else []
        ids = {zcdp.COMPOSITION.id} | ({zcdp.GAUSSIAN.id} if rhos else set())
        for phase in run.phases:
            if isinstance(phase.mechanism, (Gaussian, DiscreteGaussian)):
                discrete = isinstance(phase.mechanism, DiscreteGaussian)
                line = zcdp.DISCRETE_GAUSSIAN if discrete else zcdp.GAUSSIAN
                rho = float(line(1 / phase.mechanism.noise_multiplier**2))
                ids |= {line.id} | ({zcdp.SAMPLING_NEVER_HURTS.id} if phase.is_sampled else set())
            elif phase.is_bounded:
                rho = float(zcdp.PURE(phase.largest_loss))
                ids |= {zcdp.PURE.id, *phase.bounded_by}
            else:
                raise Unsupported(
                    f"zcdp with {type(phase.mechanism).__name__} on a sample",
                    missing="what may show everything has no finite rho",
                    advice="leave the method out",
                )
            rhos.append(phase.steps * rho)
        self.rho = zcdp.COMPOSITION(rhos) * (1.0 + (16 + len(rhos)) * 2.0**-52)
        self.theorems = tuple(sorted(ids))

    def epsilon(self, delta: Number) -> Bound:
        number = _validate.delta(delta, zero=self.run.is_bounded)
        if number == 0:
            return Bound(None, math.inf, None, self.method, Trust.PROVED, self.theorems)
        log_delta = _validate.log_of(number) * (1.0 + 2.0**-50)
        simple = zcdp.TO_DP(self.rho, log_delta)

        def improved(log_e: float) -> float:
            e = math.exp(log_e)
            return float(rdp.TO_DP_IMPROVED(self.rho * (1.0 + e), e, log_delta))

        best, at = _minimum(improved)
        value = min(simple, best)
        used = zcdp.TO_DP if simple <= best else rdp.TO_DP_IMPROVED
        value += 2.0**-48 * (abs(value) + abs(log_delta) / math.exp(at) + abs(at) + 1.0)
        return Bound(
            None,
            max(value, 0.0),
            None,
            self.method,
            Trust.PROVED,
            (*self.theorems, used.id),
            {"rho": self.rho, "order": 1.0 + math.exp(at)},
        )

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))

        def log_delta(log_e: float) -> float:
            e = math.exp(log_e)
            return float(rdp.TO_LOG_DELTA(e * self.rho * (1.0 + e), e, eps))

        best, _ = _minimum(log_delta)
        best += 2.0**-46 * (abs(best) + 1.0 + abs(eps))
        return from_log(
            None,
            best,
            method=self.method,
            trust=Trust.PROVED,
            theorems=(*self.theorems, rdp.TO_LOG_DELTA.id),
            details={"rho": self.rho},
        )


#: Values of log(order - 1) between which the score, which is unimodal, has its minimum.
_GRID = [-40.0 + i for i in range(81)]


def _minimum(score: Callable[[float], float]) -> tuple[float, float]:
    """Least score over log(order - 1); any point is a valid bound."""
    near = min(_GRID, key=score)
    return least(score, near - 1.0, near + 1.0, 1e-10)
