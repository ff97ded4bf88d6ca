"""Several mechanisms on the same data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dpaccount import _validate
from dpaccount.mechanisms.base import Mechanism, register, require_mechanism

__all__ = ["Composed", "Identity", "SelfComposed"]


@register
@dataclass(frozen=True)
class Identity(Mechanism):
    """Nothing that depends on the data is released: epsilon is exactly 0."""

    kind: ClassVar[str] = "identity"


@register
@dataclass(frozen=True)
class SelfComposed(Mechanism):
    """The same mechanism, again and again; each may depend on what came out before.

    Args:
        mechanism: The mechanism of each step.
        steps: How often; an integer from 0 to 1e15.
    """

    mechanism: Mechanism
    steps: int
    kind: ClassVar[str] = "self_composed"

    @property
    def parts(self) -> tuple[Mechanism, ...]:
        """See `Mechanism.parts`."""
        return (self.mechanism,)

    def __post_init__(self) -> None:
        """Check the domain."""
        require_mechanism("SelfComposed.mechanism", self.mechanism)
        object.__setattr__(self, "steps", _validate.steps(self.steps))


@register
@dataclass(frozen=True)
class Composed(Mechanism):
    """Different mechanisms one after another; each may depend on what came out before.

    The *settings* are fixed in advance; choosing them from outputs needs a privacy filter.

    Args:
        mechanisms: The mechanisms, in any order.
    """

    mechanisms: tuple[Mechanism, ...]
    kind: ClassVar[str] = "composed"

    @property
    def parts(self) -> tuple[Mechanism, ...]:
        """See `Mechanism.parts`."""
        return self.mechanisms

    def __post_init__(self) -> None:
        """Check the domain."""
        try:
            parts = tuple(self.mechanisms)
        except TypeError:
            parts = (self.mechanisms,)  # type: ignore[assignment]  # refused in the next line
        for part in parts:
            require_mechanism("Composed.mechanisms", part)
        object.__setattr__(self, "mechanisms", parts)
