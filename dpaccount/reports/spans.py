"""What stands between a beginning and the next end of it, in a text that anybody may have written.

The same as `beginning.*?end` as a regular expression, which reads on to the end of the text once
for each beginning that has no end: hours for a page of 20 MB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

__all__ = ["replaced", "within"]


def _spans(text: str, beginning: str, end: str) -> Iterator[tuple[int, int, int, int]]:
    """Where the whole begins, what is within begins and ends, and the whole ends."""
    opening, at = re.compile(beginning), 0
    while (found := opening.search(text, at)) is not None:
        close = text.find(end, found.end())
        if close < 0:  # nor for a later one
            return
        at = close + len(end)
        yield found.start(), found.end(), close, at


def within(text: str, beginning: str, end: str) -> list[str]:
    """What stands within, each time.

    Args:
        text: By anybody.
        beginning: A regular expression that is not empty and looks at few letters.
        end: Letters.
    """
    return [text[first:last] for _, first, last, _ in _spans(text, beginning, end)]


def replaced(
    text: str, beginning: str, end: str, made: Callable[[str], str] = lambda _: "", most: int = 0
) -> str:
    """The text with something else in the place of each whole.

    Args:
        text: By anybody.
        beginning: As for `within`.
        end: Letters.
        made: From the whole, with its beginning and end.
        most: How many at most; 0 for all.
    """
    parts, at, count = [], 0, 0
    for first, _, _, last in _spans(text, beginning, end):
        parts += [text[at:first], made(text[first:last])]
        at, count = last, count + 1
        if count == most:
            break
    return "".join([*parts, text[at:]])
