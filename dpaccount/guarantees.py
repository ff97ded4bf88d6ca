"""What is known: a bound with its side, trust and theorems, and the profile that gives it."""

from __future__ import annotations

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from dpaccount import _validate
from dpaccount._search import least
from dpaccount._validate import Number
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.errors import Unsupported
from dpaccount.mechanisms import Canonical, Laplace
from dpaccount.theorems import gdp, risk

__all__ = [
    "Bound",
    "PrivacyProfile",
    "Trust",
    "WorstOf",
    "gaussian_mu",
    "number_text",
    "tightest",
    "worst",
]


class Trust(enum.Enum):
    """How far the arithmetic of a bound can be trusted (the theorem's level is looked up)."""

    CERTIFIED = "certified"  # every error bounded, rounding included
    PROVED = "proved"  # theorem exact; float64 rounding allowed for but not proved
    EMPIRICAL = "empirical"
    ASYMPTOTIC = "asymptotic"

    @property
    def is_guarantee(self) -> bool:
        """Whether a one-sided end of this trust may be relied on."""
        return self in (Trust.CERTIFIED, Trust.PROVED)


_ORDER = [Trust.CERTIFIED, Trust.PROVED, Trust.EMPIRICAL, Trust.ASYMPTOTIC]


def number_text(value: float, side: str = "", digits: int = 7) -> str:
    """A number in few digits, rounded outward: side is "upper", "lower" or ""."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf"
    rounding = {"upper": ROUND_CEILING, "lower": ROUND_FLOOR}.get(side, ROUND_HALF_EVEN)
    short = Context(prec=digits, rounding=rounding).create_decimal(Decimal(value))
    text = f"{short:f}" if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{short:e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


@dataclass(frozen=True)
class Bound:
    """A number that is known from one or both sides.

    Args:
        lower: The true value is at least this; None = not known. Rounded outward.
        upper: The true value is at most this; None = not known, inf = known to be infinite.
        estimate: An approximation without a side.
        method: The accountant that gave it.
        trust: What the arithmetic can be trusted for.
        theorems: Ids of the theorems it stands on.
        details: What else is worth knowing, as plain data.
        log_lower: Natural logarithm of the lower end, where the end itself can underflow.
        log_upper: Natural logarithm of the upper end; an upper end is 0.0 only if exactly 0.

    Raises:
        ValueError: If an end is NaN or lower > upper: no such bound is ever handed out.
    """

    lower: float | None = None
    upper: float | None = None
    estimate: float | None = None
    method: str = ""
    trust: Trust = Trust.PROVED
    theorems: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    log_lower: float | None = None
    log_upper: float | None = None

    def __post_init__(self) -> None:
        """Refuse NaN and crossed ends."""
        for name in ("lower", "upper", "estimate", "log_lower", "log_upper"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (int, float)):
                raise ValueError(f"{name} of a bound by {self.method} is no number")
            if value is not None and not value == value:
                raise ValueError(f"{name} of a bound by {self.method} is NaN")
        for low, high in ((self.lower, self.upper), (self.log_lower, self.log_upper)):
            if low is not None and high is not None and not low <= high:
                raise ValueError(f"{self.method}: lower {low!r} exceeds upper {high!r}")

    def __str__(self) -> str:
        """The ends in 7 digits, rounded outward, such as "<= 2.596642"."""
        if self.lower is not None and self.lower == self.upper:
            return f"= {number_text(self.lower)}"
        lower = None if self.lower is None else number_text(self.lower, "lower")
        upper = None if self.upper is None else number_text(self.upper, "upper")
        if lower is not None and upper is not None:
            return f"in [{lower}, {upper}]"
        if upper is not None:
            return f"<= {upper}"
        if lower is not None:
            return f">= {lower}"
        if self.estimate is not None:
            return f"~ {number_text(self.estimate)} (an estimate, no guarantee)"
        return "not known"

    @staticmethod
    def zero(
        method: str,
        theorems: tuple[str, ...] = ("dp.identity",),
        trust: Trust = Trust.CERTIFIED,
    ) -> Bound:
        """Exactly 0: by definition, or by the theorems named."""
        return Bound(
            0.0,
            0.0,
            None,
            method,
            trust,
            theorems,
            log_lower=-math.inf,
            log_upper=-math.inf,
        )


def up(value: float, ulps: int = 4) -> float:
    """Round outward: a few floats above."""
    for _ in range(ulps):
        value = math.nextafter(value, math.inf)
    return value


def down(value: float, ulps: int = 4) -> float:
    """Round outward: a few floats below."""
    for _ in range(ulps):
        value = math.nextafter(value, -math.inf)
    return value


def from_log(log_lower: float | None, log_upper: float | None, **rest: Any) -> Bound:
    """A bound on a probability from bounds on its logarithm; ends stay inside [0, 1]."""
    lower = upper = None
    if log_lower is not None:
        log_lower = min(log_lower, 0.0)
        lower = max(down(math.exp(log_lower)), 0.0)
    if log_upper is not None:
        log_upper = min(log_upper, 0.0)
        upper = 0.0 if log_upper == -math.inf else min(up(math.exp(log_upper)), 1.0)
    return Bound(lower, upper, log_lower=log_lower, log_upper=log_upper, **rest)


def worst(bounds: Sequence[Bound]) -> Bound:
    """The bound of the largest of several numbers, each of which must hold."""
    assert bounds
    if len(bounds) == 1:
        return bounds[0]

    def largest(values: list[float | None], *, complete: bool) -> float | None:
        known = [v for v in values if v is not None]
        return max(known) if known and (not complete or len(known) == len(values)) else None

    top = max(bounds, key=lambda b: math.inf if b.upper is None else b.upper)
    return Bound(
        largest([b.lower for b in bounds], complete=False),
        largest([b.upper for b in bounds], complete=True),
        largest([b.estimate for b in bounds], complete=True),
        top.method,
        max((b.trust for b in bounds), key=_ORDER.index),
        tuple(sorted({t for b in bounds for t in b.theorems})),
        top.details,
        largest([b.log_lower for b in bounds], complete=False),
        largest([b.log_upper for b in bounds], complete=True),
    )


def tightest(bounds: Sequence[Bound]) -> Bound:
    """The bound with the least upper end among guarantees; keeps the largest lower end.

    Args:
        bounds: Bounds of one and the same number; those without a guaranteed upper end are passed
            over.

    Raises:
        ValueError: If none has an upper end, or two contradict each other.
    """
    usable = [b for b in bounds if b.upper is not None and b.trust.is_guarantee]
    if not usable:
        raise ValueError("no method gives an upper end")
    best = min(usable, key=lambda b: (b.upper, b.log_upper or 0.0, _ORDER.index(b.trust)))
    below = [b for b in usable if b.lower is not None]
    source = max(below, key=lambda b: (b.lower, b.log_lower or 0.0), default=best)
    if source is best:
        return best
    return Bound(  # refuses crossed ends
        source.lower,
        best.upper,
        best.estimate,
        best.method,
        max(best.trust, source.trust, key=_ORDER.index),
        tuple(sorted({*best.theorems, *source.theorems})),
        best.details,
        source.log_lower,
        best.log_upper,
    )


def gaussian_mu(run: Canonical) -> Bound:
    """Mu of Gaussian differential privacy: an upper end; both ends for unsampled Gaussians.

    Guarantee: upper (gdp.gaussian, gdp.pure, gdp.sampling_never_hurts, gdp.composition).
    """
    if run.is_identity:
        return Bound.zero("gdp")
    total = run.mu_squared
    ids = {"gdp.composition"} | ({"gdp.gaussian"} if total else set())
    inexact = 0.0
    for phase in run.phases:
        if isinstance(phase.mechanism, Laplace):
            _, high = phase.privacy_loss(Direction.REMOVE).support
            inexact += phase.steps * float(gdp.PURE(high)) ** 2
            ids.add("gdp.pure")
        else:
            total += phase.steps / phase.mechanism.noise_multiplier**2
            ids |= {"gdp.gaussian", "gdp.sampling_never_hurts"}
    mu = math.sqrt(total.numerator / total.denominator + inexact)
    slack = 0.0 if not inexact else (1e-13 + len(run.phases) * 2.0**-52) * mu
    lower = down(mu) if run.is_gaussian else None
    return Bound(lower, up(mu + slack), None, "gdp", Trust.PROVED, tuple(sorted(ids)))


class PrivacyProfile(ABC):
    """The whole privacy curve of a run under one adjacency, by one theory."""

    run: Canonical
    adjacency: Adjacency
    method: str

    @abstractmethod
    def epsilon(self, delta: Number) -> Bound:
        """The least epsilon >= 0 at which the run is (epsilon, delta)-DP."""

    @abstractmethod
    def delta(self, epsilon: Number) -> Bound:
        """The least delta at which the run is (epsilon, delta)-DP, for any real epsilon."""

    def epsilon_of_sides(self, sides: Sequence[PrivacyProfile], delta: Number) -> list[Bound]:
        """Epsilon of several one-sided profiles of this theory; a theory may share work here."""
        return [side.epsilon(delta) for side in sides]

    def advantage(self) -> Bound:
        """The largest TPR - FPR of any membership test: delta(0) (theorem risk.advantage)."""
        bound = self.delta(0)
        return _with_theorem(bound, risk.ADVANTAGE.id)

    def tpr(self, fpr: Number) -> Bound:
        """The largest true positive rate of any test at this false positive rate.

        Guarantee: upper (risk.tpr). Two-sided adjacencies take the worse direction.

        Args:
            fpr: False positive rate in [0, 1].

        Raises:
            InputError: If fpr is outside [0, 1].
        """
        rate = _validate.fpr(fpr)
        log_rate = _validate.log_of(rate) if rate else -math.inf
        advantage = self.delta(0)
        if advantage.log_upper is None or not advantage.trust.is_guarantee:
            raise Unsupported(
                f"tpr by {self.method}",
                missing="an estimate is no ceiling, on either side",
                advice="use rdp or gdp",
            )
        log_upper = self._log_infimum(log_rate)
        # the sum of the two logarithms carries the rounding of each
        size = abs(log_upper) + (abs(log_rate) if rate else 0.0) if log_upper > -math.inf else 0.0
        return from_log(
            None,
            log_upper + 2.0**-48 * (1.0 + size),
            method=self.method,
            trust=advantage.trust,
            theorems=tuple(sorted({*advantage.theorems, risk.TPR.id})),
        )

    def tradeoff(self, fpr: Number) -> Bound:
        """The smallest false negative rate of any test: its guarantee is the lower end."""
        bound = self.tpr(fpr)
        assert bound.upper is not None  # set by tpr
        return Bound(
            max(down(1.0 - bound.upper), 0.0), None, None, bound.method, bound.trust, bound.theorems
        )

    def gdp_mu(self) -> Bound:
        """A mu for which the run is mu-GDP: an upper end."""
        return gaussian_mu(self.run)

    def _log_infimum(self, log_fpr: float) -> float:
        """Least log(e^eps fpr + delta(eps)) over real eps, by a bracketing search.

        Every eps gives a valid upper end, so a search that stops early is loose, not wrong.
        """

        def value(eps: float) -> float:
            log_delta = self.delta(eps).log_upper
            assert log_delta is not None  # every theory with a curve gives one
            high, low = max(log_delta, eps + log_fpr), min(log_delta, eps + log_fpr)
            return high + math.log1p(math.exp(low - high)) if high > -math.inf else high

        # beyond -log fpr the bound exceeds 1
        return _minimize(value, max(-log_fpr, 0.0))


def _with_theorem(bound: Bound, theorem: str) -> Bound:
    return Bound(
        bound.lower,
        bound.upper,
        bound.estimate,
        bound.method,
        bound.trust,
        (*bound.theorems, theorem),
        bound.details,
        bound.log_lower,
        bound.log_upper,
    )


#: Below -64, e^eps adds nothing that a float could hold.
_GRID = sorted([0.0] + [s * 2.0**k for k in range(-6, 31) for s in (-1, 1) if s * 2.0**k >= -64])


def _minimize(value: Callable[[float], float], ceiling: float) -> float:
    """A small value of a function of a real number, from a doubling grid and a search around it."""
    top = min(ceiling, _GRID[-1])
    grid = [*(x for x in _GRID if x < top), top]
    values = [value(x) for x in grid]
    i = min(range(len(grid)), key=values.__getitem__)
    low, high = grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]
    return min(values[i], least(value, low, high, 1e-8 * (high - low))[0])


class WorstOf(PrivacyProfile):
    """Several one-sided profiles of one theory that must all hold: the worse at the very end."""

    def __init__(self, sides: Sequence[PrivacyProfile], adjacency: Adjacency) -> None:
        """Join the sides."""
        self.sides = tuple(sides)
        self.run, self.method = self.sides[0].run, self.sides[0].method
        self.adjacency = adjacency

    def epsilon(self, delta: Number) -> Bound:
        """See `PrivacyProfile.epsilon`."""
        return worst(self.sides[0].epsilon_of_sides(self.sides, delta))

    def delta(self, epsilon: Number) -> Bound:
        """See `PrivacyProfile.delta`."""
        return worst([side.delta(epsilon) for side in self.sides])

    def tpr(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tpr`."""
        return worst([side.tpr(fpr) for side in self.sides])

    def tradeoff(self, fpr: Number) -> Bound:
        """See `PrivacyProfile.tradeoff`: the smaller of the sides' false negative rates."""
        return min((side.tradeoff(fpr) for side in self.sides), key=lambda b: b.lower or 0.0)

    def gdp_mu(self) -> Bound:
        """See `PrivacyProfile.gdp_mu`."""
        return worst([side.gdp_mu() for side in self.sides])
