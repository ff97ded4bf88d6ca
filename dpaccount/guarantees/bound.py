"""A bound: a number with its side, its trust and its theorems."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from dpaccount.theorems import unregistered, weakest

__all__ = ["Bound", "Trust", "down", "from_log", "number_text", "tightest", "up", "worst"]


class Trust(enum.Enum):
    """How far the arithmetic of a bound can be trusted (the theorem's level is looked up)."""

    CERTIFIED = "certified"  # every error bounded, rounding included
    PROVED = "proved"  # theorem exact; float64 rounding allowed for but not proved
    EMPIRICAL = "empirical"  # from trials or a sample; details say how often it is wrong, if known
    ASYMPTOTIC = "asymptotic"  # an approximation without an error bound

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
        theorems: Ids of the theorems it stands on, each of them registered.
        details: What else is worth knowing, as plain data.
        log_lower: Natural logarithm of the lower end, where the end itself can underflow.
        log_upper: Natural logarithm of the upper end; an upper end is 0.0 only if exactly 0.

    Raises:
        ValueError: If an end is NaN, lower > upper, or a theorem is not registered: no such bound
            is ever handed out.
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
        """Refuse NaN, crossed ends, and theorems that are not in the register."""
        for name in ("lower", "upper", "estimate", "log_lower", "log_upper"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (int, float)):
                raise ValueError(f"{name} of a bound by {self.method} is no number")
            if value is not None and not value == value:
                raise ValueError(f"{name} of a bound by {self.method} is NaN")
        for low, high in ((self.lower, self.upper), (self.log_lower, self.log_upper)):
            if low is not None and high is not None and not low <= high:
                raise ValueError(f"{self.method}: lower {low!r} exceeds upper {high!r}")
        unknown = unregistered(self.theorems)
        if unknown:
            raise ValueError(f"{self.method}: no registered theorem is called {unknown[0]!r}")

    @property
    def level(self) -> str:
        """How its theorems are known: the weakest effective level among them, from K to C.

        K kernel-checked, S decided by SMT, B balls over a stated box, Y symbolic identity,
        P written proof, C cited only; C too where no theorem is named. It says nothing of the
        arithmetic, which `trust` speaks of.
        """
        return weakest(self.theorems)

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

    def is_narrow(self, width: float) -> bool:
        """Whether both ends are known, finite, and so near each other, relatively."""
        if self.lower is None or self.upper is None or not math.isfinite(self.upper):
            return False
        if self.lower == self.upper and self.log_lower == self.log_upper:
            return True
        if self.log_lower is not None and self.log_upper is not None:
            return self.log_upper - self.log_lower <= width
        return self.upper - self.lower <= width * self.upper

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
