"""Real English of an installed package: scikit-learn's descriptions of its data sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import torch

from dpaccount.attacks.extras import folder_of
from dpaccount.attacks.targets.model import Target
from dpaccount.errors import InputError

__all__ = ["sentence_pool", "sentences"]

# A heading underlined, a table, a list of fields or a link is no sentence; nor is what ends in an
# initial or an abbreviation.
_NO_SENTENCE = re.compile(r"[=|_*~<>:\\\[\]{}#/]|\.\.|\d{4}|--|\b(\w|pp|et|al|vol|Proc|Dept)\.$")
_SENTENCE = re.compile(r"[A-Z][^.!?]*(?:\.(?=\d)[^.!?]*)*[.!?](?=\s|$)")


@lru_cache(maxsize=1)
def _texts() -> tuple[str, ...]:
    """Every sentence of the descriptions, in the order of the files."""
    folder = folder_of("sklearn") / "datasets" / "descr"
    found: dict[str, None] = {}
    for path in sorted(folder.glob("*.rst")):
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            for match in _SENTENCE.finditer(" ".join(paragraph.split())):
                text = match.group()
                if not _NO_SENTENCE.search(text) and text.count(" ") >= 4:
                    found[text] = None
    return tuple(found)


def _pieces(target: Target, texts: tuple[str, ...], most: int) -> Iterator[tuple[int, ...]]:
    """The beginnings and ends of sentences that are too long, each in its own frame."""
    start, end = target.frame
    for text in texts:
        read = target.tokenizer.encode(text)
        inside = read[len(start) : len(read) - len(end)]
        room = most - len(start) - len(end)
        if len(inside) > room:
            yield (*start, *inside[:room], *end)
            yield (*start, *inside[-room:], *end)


def sentence_pool(
    target: Target, *, least: int = 8, most: int = 24, pieces: bool = False
) -> tuple[tuple[int, ...], ...]:
    """All sentences that `sentences` takes from, each once.

    Raises:
        InputError: For a target without a tokenizer.

    Example:
        >>> from dpaccount.attacks.targets import minilm
        >>> pool = sentence_pool(minilm(layers=1))
        >>> len(set(pool)) == len(pool), 8 <= min(map(len, pool)), max(map(len, pool)) <= 24
        (True, True, True)

    Source: as `sentences`.
    """
    if target.tokenizer is None:
        raise InputError(
            "target",
            given=target.name,
            allowed="a target with a tokenizer",
            advice="take minilm, or draw tokens",
        )
    read = [target.tokenizer.encode(text) for text in _texts()]
    if pieces:
        read += _pieces(target, _texts(), most)
    return tuple(dict.fromkeys(tokens for tokens in read if least <= len(tokens) <= most))


def sentences(
    target: Target,
    count: int,
    *,
    least: int = 8,
    most: int = 24,
    pieces: bool = False,
    seed: int | None = None,
) -> list[tuple[int, ...]]:
    """Tokens of different real sentences, frame included.

    Args:
        target: Whose tokenizer reads them.
        count: How many.
        least: Fewest tokens of one, frame included.
        most: Most tokens of one.
        pieces: Whether the two ends of longer sentences are taken as well, after the whole ones.
        seed: Draws which ones; None for the first.

    Raises:
        InputError: For a target without a tokenizer, or more sentences than there are.

    Example:
        >>> from dpaccount.attacks.targets import minilm
        >>> [8 <= len(tokens) <= 24 for tokens in sentences(minilm(layers=1), 2, seed=0)]
        [True, True]

    Source: scikit-learn's data set descriptions (`sklearn/datasets/descr`).
    """
    fitting = list(sentence_pool(target, least=least, most=most, pieces=pieces))
    if not 1 <= count <= len(fitting):
        raise InputError(
            "count",
            given=count,
            allowed=f"1 to {len(fitting)} sentences of {least} to {most} tokens",
            advice="ask for fewer" if pieces else "ask for fewer, or for pieces as well",
        )
    if seed is not None:
        order = torch.randperm(len(fitting), generator=torch.Generator().manual_seed(seed))
        fitting = [fitting[i] for i in order.tolist()]
    return fitting[:count]
