"""Gaussian differential privacy: exact for unsampled Gaussians, an upper end for the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accountants.base import Accountant
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import Unsupported
from dpaccount.guarantees import Bound, PrivacyProfile, Trust, from_log, gaussian_mu
from dpaccount.guarantees.infimum import HIGHEST, LOWEST
from dpaccount.mechanisms import Canonical, Gaussian
from dpaccount.privacy_loss.hockey_stick import gaussian_epsilon, gaussian_log_delta
from dpaccount.theorems import dp, gdp

__all__ = ["GDP", "GDPLimit"]


@dataclass(frozen=True)
class GDP(Accountant):
    """The run as one Gaussian release of parameter mu.

    Guarantee: both sides for unsampled Gaussian runs (dp.gaussian_exact, gdp.composition); upper
    for sampled or pure steps (gdp.sampling_never_hurts, gdp.pure), loose because sampling
    cannot lower mu: T sampled steps have mu = sqrt(T)/sigma.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> print(GDP().profile(Gaussian(1)).epsilon(1e-5))
        in [4.377178, 4.377179]

    Source: Dong, Roth and Su 2022, arXiv 1905.02383v3; Balle and Wang 2018, arXiv 1805.06530v2.
    """

    name: ClassVar[str] = "gdp"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _Side(run, direction)


class _Side(PrivacyProfile):
    """The Gaussian trade-off curve of the run's mu; it is its own mirror image."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        self.run, self.direction, self.method = run, direction, "gdp"
        self.adjacency = Adjacency(direction.value)
        mu = gaussian_mu(run)
        assert mu.upper is not None  # gaussian_mu always gives one
        self.mu_lower, self.mu_upper = mu.lower, mu.upper
        self.theorems = tuple(sorted({*mu.theorems, dp.GAUSSIAN_EXACT.id}))

    def epsilon(self, delta: Number) -> Bound:
        number = _validate.delta(delta, zero=self.run.is_bounded)
        if number == 0:
            return Bound(
                0.0 if self.mu_lower is not None else None,
                math.inf,
                None,
                self.method,
                Trust.PROVED,
                self.theorems,
            )
        log_delta = _validate.log_of(number)
        slack = abs(log_delta) * 2.0**-50
        _, upper = gaussian_epsilon(self.mu_upper, log_delta - slack)
        lower = None
        if self.mu_lower is not None:
            lower, _ = gaussian_epsilon(self.mu_lower, min(log_delta + slack, -5e-324))
        return Bound(
            lower, upper, None, self.method, Trust.PROVED, self.theorems, {"mu": self.mu_upper}
        )

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))
        _, upper = gaussian_log_delta(self.mu_upper, eps)
        lower = None if self.mu_lower is None else gaussian_log_delta(self.mu_lower, eps)[0]
        return from_log(
            lower,
            upper,
            method=self.method,
            trust=Trust.PROVED,
            theorems=self.theorems,
            details={"mu": self.mu_upper},
        )

    def _best_epsilon(self, log_fpr: float) -> float:
        """The loss at the threshold of the best test."""
        from scipy.special import ndtri_exp

        eps = -self.mu_upper * (float(ndtri_exp(log_fpr)) + 0.5 * self.mu_upper)
        return min(max(eps, LOWEST), HIGHEST) if eps == eps else 0.0


@dataclass(frozen=True)
class GDPLimit(Accountant):
    """The central limit theorem of sampled Gaussian steps: an estimate, never a guarantee.

    Guarantee: none (gdp.clt). At sigma 0.5, rate 0.001, 1000 steps, delta 1e-5 it says 0.85 where
    3.24 is true.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier="0.5", sampling_rate="0.001", steps=1000)
        >>> print(GDPLimit().profile(run).epsilon(1e-5))
        ~ 0.8515248 (an estimate, no guarantee)

    Source: Bu, Dong, Long and Su 2020, arXiv 1911.11607v3.
    """

    name: ClassVar[str] = "gdp_clt"

    def side(self, run: Canonical, direction: Direction) -> PrivacyProfile:
        """See `Accountant.side`."""
        return _LimitSide(run, direction)


class _LimitSide(PrivacyProfile):
    """The Gaussian curve of the limit mu, as estimates."""

    def __init__(self, run: Canonical, direction: Direction) -> None:
        self.run, self.direction, self.method = run, direction, "gdp_clt"
        self.adjacency = Adjacency(direction.value)
        settings = [(1.0, 1, math.log1p(float(run.mu_squared)))] if run.mu_squared else []
        for phase in run.phases:
            if not isinstance(phase.mechanism, Gaussian):
                raise Unsupported(
                    f"gdp_clt with {type(phase.mechanism).__name__}",
                    missing="no limit mu is registered for it",
                    advice="use rdp, or gdp for an upper end",
                )
            inverse = 1.0 / float(phase.mechanism.noise_multiplier) ** 2
            if inverse > 700.0:
                raise Unsupported(
                    "gdp_clt at this noise", missing="its limit mu overflows", advice="use rdp"
                )
            settings.append((float(phase.sampling_rate), phase.steps, inverse))
        self.mu = float(gdp.CLT(settings))
        if not self.mu > 0.0:
            raise Unsupported(
                "gdp_clt at this noise", missing="its limit mu underflows", advice="use rdp"
            )

    def _bound(self, value: float) -> Bound:
        return Bound(
            None, None, value, self.method, Trust.ASYMPTOTIC, (gdp.CLT.id,), {"mu": self.mu}
        )

    def epsilon(self, delta: Number) -> Bound:
        return self._bound(gaussian_epsilon(self.mu, _validate.log_of(_validate.delta(delta)))[1])

    def delta(self, epsilon: Number) -> Bound:
        eps = float(_validate.epsilon(epsilon))
        return self._bound(math.exp(min(gaussian_log_delta(self.mu, eps)[1], 0.0)))

    def tpr(self, fpr: Number) -> Bound:
        raise Unsupported(
            "tpr by gdp_clt",
            missing="an estimate is no ceiling, on either side",
            advice="use rdp or gdp",
        )

    def gdp_mu(self) -> Bound:
        return self._bound(self.mu)
