"""What a mechanism is: a frozen value that says what was done."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.errors import InputError, shown
from dpaccount.privacy_loss import PrivacyLoss

__all__ = ["Mechanism", "Release", "mechanism_from_json", "register", "require_mechanism"]

MAX_DEPTH = 100


class Mechanism(ABC):
    """What was done to the data; see the subclasses. Frozen, hashable, validates itself.

    The meaning of an existing mechanism never changes.
    """

    kind: ClassVar[str]

    @property
    def parts(self) -> tuple[Mechanism, ...]:
        """The mechanisms that it is made of."""
        return ()

    @cached_property
    def depth(self) -> int:
        """How many mechanisms lie in one another; bounded, so that no walk over them overflows."""
        return 1 + max((part.depth for part in self.parts), default=0)

    def to_json(self) -> dict[str, Any]:
        """The mechanism as plain data; exact numbers are text, as they were given."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is a dataclass
        pairs = ((field.name, getattr(self, field.name)) for field in fields)
        return {"kind": self.kind} | {k: _plain(v) for k, v in pairs if v is not None}


class Release(Mechanism):
    """A mechanism that looks at the data once and so has a privacy loss of its own."""

    def privacy_loss(self, direction: Direction) -> PrivacyLoss:
        """The dominating privacy loss of one release in one direction of add-or-remove."""
        return self.sampled_loss(Exact(1), direction)

    @abstractmethod
    def sampled_loss(self, rate: Exact, direction: Direction) -> PrivacyLoss:
        """The same on a Poisson sample; the rate is in (0, 1].

        If (P, Q) dominates removing a record then ((1-q) Q + q P, Q) dominates it on the sample,
        and (Q, (1-q) Q + q P) adding one (Zhu, Dong and Wang 2022, arXiv 2106.08567v4, Thm 11).
        """

    @abstractmethod
    def replaced(self) -> Release:
        """The release as it counts when a record is exchanged for another."""

    @property
    def label(self) -> str:
        """The release with its numbers, in the order of its fields."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # as above
        numbers = (str(getattr(self, field.name)) for field in fields)
        return f"{type(self).__name__}({', '.join(numbers)})"

    @property
    def simplest(self) -> Mechanism:
        """The same release in its simplest form."""
        return self


def require_mechanism(name: str, value: object) -> None:
    """Refuse what is no mechanism, or one that nests too deep to be part of another."""
    if not isinstance(value, Mechanism):
        raise InputError(
            name,
            given=shown(value),
            allowed="a mechanism",
            advice="give for example dpaccount.Gaussian(1.1)",
        )
    if not value.depth < MAX_DEPTH:
        raise _too_deep(name)


def _too_deep(name: str) -> InputError:
    return InputError(
        name,
        given="mechanisms nested too deep",
        allowed=f"at most {MAX_DEPTH} in one another",
        advice="compose side by side: Composed((first, second, ...))",
    )


def _plain(value: object) -> object:
    if isinstance(value, Mechanism):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.text if isinstance(value, Exact) else value


_KINDS: dict[str, Callable[..., Mechanism]] = {}
_Class = TypeVar("_Class", bound=type[Mechanism])


def register(cls: _Class) -> _Class:
    """Make a mechanism readable from JSON by its `kind`."""
    _KINDS[cls.kind] = cls
    return cls


def mechanism_from_json(data: object) -> Mechanism:
    """Read a mechanism back from `Mechanism.to_json`.

    Args:
        data: A mapping with a `kind` and that kind's fields; `kind` may be left out for "dpsgd".

    Raises:
        InputError: For an unknown kind or field, or a value outside its domain.

    Example:
        >>> mechanism_from_json({"kind": "gaussian", "noise_multiplier": "1.1"})
        Gaussian(noise_multiplier=1.1)
    """
    return _read(data, MAX_DEPTH)


def _read(data: object, levels: int) -> Mechanism:
    if not levels:
        raise _too_deep("mechanism")
    if not isinstance(data, Mapping):
        raise InputError(
            "mechanism",
            given=type(data).__name__,
            allowed="an object with a kind and its fields",
            advice='give for example {"kind": "gaussian", "noise_multiplier": "1.1"}',
        )
    fields = {str(key): value for key, value in data.items()}
    kind = fields.pop("kind", "dpsgd")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InputError(
            "kind", given=kind, allowed=", ".join(sorted(_KINDS)), advice="name one of these"
        )
    cls = _KINDS[kind]
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]  # as above
    for name in fields:
        if name not in known:
            raise InputError(
                f"{kind}.{name}",
                given="an unknown field",
                allowed=", ".join(known) or "no fields",
                advice="remove it or correct its name",
            )
    if "mechanism" in fields:
        fields["mechanism"] = _read(fields["mechanism"], levels - 1)
    if "mechanisms" in fields:
        parts = fields["mechanisms"]
        if not isinstance(parts, (list, tuple)):
            raise InputError(
                "mechanisms", given=type(parts).__name__, allowed="a list", advice="give a list"
            )
        fields["mechanisms"] = tuple(_read(part, levels - 1) for part in parts)
    try:
        return cls(**fields)
    except TypeError as error:
        raise InputError(
            kind,
            given=", ".join(fields) or "no fields",
            allowed=", ".join(known),
            advice="give every field of the mechanism",
        ) from error
