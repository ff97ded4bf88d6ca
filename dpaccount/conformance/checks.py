"""The whole catalogue, in the order in which it is asked: what is likely to hang comes last."""

from dpaccount.conformance.catalogue import behavior, inputs, shape, truth
from dpaccount.conformance.exam import Entry

__all__ = ["CHECKS"]

_ENTRIES = (
    *behavior.FIRST,
    *inputs.QUICK,
    *truth.ENTRIES,
    *shape.ENTRIES,
    *behavior.LAST,
    *inputs.SLOW,
)

#: Every check by its id.
CHECKS: dict[str, Entry] = {entry.check.id: entry for entry in _ENTRIES}
