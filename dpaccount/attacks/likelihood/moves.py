"""What one sentence becomes by one change of its order."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["moved_in", "reorderings", "replaced"]

Tokens = tuple[int, ...]


def replaced(tokens: Tokens, place: int, token: int) -> Tokens:
    """One token instead of another.

    Example:
        >>> replaced((5, 6, 7), 1, 9)
        (5, 9, 7)
    """
    return (*tokens[:place], token, *tokens[place + 1 :])


def moved_in(tokens: Tokens, out: int, place: int, token: int) -> Tokens:
    """One token taken out, the rest closed up, and another put in.

    Example:
        >>> moved_in((5, 6, 7, 8), 0, 2, 9)
        (6, 7, 9, 8)
    """
    rest = tokens[:out] + tokens[out + 1 :]
    return (*rest[:place], token, *rest[place:])


def reorderings(tokens: Tokens, frame: tuple[int, int], *, longest: int = 3) -> list[Tokens]:
    """The different sentences that swapping two tokens, or moving up to `longest`, makes.

    Args:
        tokens: The sentence.
        frame: How many tokens at its two ends stay where they are.
        longest: Of the blocks that are moved.

    Example:
        >>> sorted(reorderings((0, 1, 2, 3), (1, 0), longest=1))
        [(0, 1, 3, 2), (0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2), (0, 3, 2, 1)]
    """
    found = dict.fromkeys(_swaps(tokens, frame))
    for length in range(1, longest + 1):
        found |= dict.fromkeys(_blocks(tokens, frame, length))
    found.pop(tokens, None)
    return list(found)


def _swaps(tokens: Tokens, frame: tuple[int, int]) -> Iterator[Tokens]:
    end = len(tokens) - frame[1]
    for i in range(frame[0], end):
        for j in range(i + 1, end):
            yield replaced(replaced(tokens, i, tokens[j]), j, tokens[i])


def _blocks(tokens: Tokens, frame: tuple[int, int], length: int) -> Iterator[Tokens]:
    end = len(tokens) - frame[1]
    for i in range(frame[0], end - length + 1):
        block, rest = tokens[i : i + length], tokens[:i] + tokens[i + length :]
        for j in range(frame[0], end - length + 1):
            yield rest[:j] + block + rest[j:]
