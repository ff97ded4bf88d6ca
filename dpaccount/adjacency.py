"""Which two datasets are compared, and in which direction."""

from __future__ import annotations

import enum

from dpaccount.errors import InputError

__all__ = ["Adjacency", "Direction", "adjacency_of"]


class Direction(enum.Enum):
    """One side of add-or-remove: which of the two datasets holds the record.

    In direction REMOVE the numerator of the privacy loss is the law with the record.
    """

    REMOVE = "remove"
    ADD = "add"


class Adjacency(enum.Enum):
    """The relation between neighboring datasets; it is part of every result.

    * `ADD_REMOVE`: one record more or less; the worse of the two directions.
    * `ADD`, `REMOVE`: one direction alone.
    * `ZERO_OUT`: one record's contribution set to zero. For Poisson sampling with a fixed divisor
      this is the same pair of laws as `ADD_REMOVE`.
    * `REPLACE_ONE`: one record exchanged for another; twice the sensitivity.
    """

    ADD_REMOVE = "add_remove"
    ADD = "add"
    REMOVE = "remove"
    ZERO_OUT = "zero_out"
    REPLACE_ONE = "replace_one"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions that must hold at once."""
        if self is Adjacency.ADD:
            return (Direction.ADD,)
        if self is Adjacency.REMOVE:
            return (Direction.REMOVE,)
        if self is Adjacency.REPLACE_ONE:
            # the pair of a replaced record is its own reflection
            return (Direction.REMOVE,)
        return (Direction.REMOVE, Direction.ADD)


def adjacency_of(value: Adjacency | str) -> Adjacency:
    """Read an adjacency, given as itself or as its name."""
    if isinstance(value, Adjacency):
        return value
    if isinstance(value, str):
        name = value.strip().lower().replace("-", "_")
        for member in Adjacency:
            if member.value == name:
                return member
    raise InputError(
        "adjacency",
        given=value,
        allowed=", ".join(member.value for member in Adjacency),
        advice="use add_remove unless you know that another relation is meant",
    )
