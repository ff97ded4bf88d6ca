"""A sentence with some places filled anew: by vectors from nowhere, which take words one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dpaccount.attacks.likelihood.moves import moved_in
from dpaccount.attacks.likelihood.relaxation import Relaxation
from dpaccount.attacks.likelihood.score import Scorer, Tokens
from dpaccount.attacks.likelihood.shortlist import Shortlists

__all__ = ["filled", "missing", "relaxed", "shifted", "started", "steepest"]

_NOISE = 0.05  # around the mean of words, as a share of their spread
_START, _START_LENGTHS = 28, (0.1, 0.4)  # steps of a whole sentence, and their lengths by turns
_FIRST, _BETWEEN, _LENGTH = 12, 3, 0.5  # of a few places, before and between words
_NEAR, _DRAWN = 3, 1  # words tried for a free place: near its vector, and by language
_NAMED = 6  # words that a vector names
_STEEPEST = 4  # words along a slope
_STEPS, _WORDS = 12, 12  # of a few places from where they are, and words then tried


def _noise(relaxation: Relaxation, random: np.random.Generator) -> Tensor:
    return _NOISE * torch.from_numpy(random.standard_normal(tuple(relaxation.vectors.shape)))


def started(
    scorer: Scorer,
    lists: Shortlists,
    tokens: Tokens,
    places: Sequence[int],
    rows: int,
    random: np.random.Generator,
) -> list[Tokens]:
    """Sentences from nothing: every place climbs from the mean of words to the nearest word.

    The words are mostly those of the text, but not where they belong: they are noted.
    """
    relaxation = Relaxation(scorer, [tokens] * rows, [places] * rows)
    relaxation.neutral(_noise(relaxation, random))
    relaxation.climb(_START, torch.tensor(_START_LENGTHS * rows)[:rows])
    found = []
    for row in range(rows):
        for place in places:
            words = lists.allowed(relaxation.nearest(row, place, _NAMED))
            lists.name(words)
            if words:
                relaxation.settle(row, place, words[0])
        found.append(relaxation.tokens[row])
    return found


def filled(
    scorer: Scorer,
    lists: Shortlists,
    tokens: Sequence[Tokens],
    free: Sequence[Sequence[int]],
    random: np.random.Generator,
) -> list[Tokens]:
    """Sentences of which some places are filled anew, the surest first.

    A place takes a word where the score is largest with it, the other free places being vectors
    still, which then climb on.
    """
    relaxation = Relaxation(scorer, tokens, free)
    relaxation.climb(_FIRST, _LENGTH)
    for row, places in enumerate(free):
        for place in places:
            lists.name(lists.allowed(relaxation.nearest(row, place, _NAMED)))
    while any(relaxation.free):
        options = [
            (row, place, word)
            for row, places in enumerate(relaxation.free)
            for place in places
            for word in _worth_a_try(relaxation, lists, row, place, random)
        ]
        vectors = relaxation.vectors[[row for row, _, _ in options]]
        for number, (_, place, word) in enumerate(options):
            vectors[number, place] = relaxation.table[word]
        scores = scorer.of_vectors([relaxation.tokens[row] for row, _, _ in options], vectors)
        best: dict[int, tuple[float, int, int]] = {}
        for (row, place, word), score in zip(options, scores.tolist(), strict=True):
            best[row] = max(best.get(row, (-np.inf, 0, 0)), (score, place, word))
        for row, (_, place, word) in best.items():
            relaxation.settle(row, place, word)
        if any(relaxation.free):
            relaxation.climb(_BETWEEN, _LENGTH)
    return relaxation.tokens


def _worth_a_try(
    relaxation: Relaxation,
    lists: Shortlists,
    row: int,
    place: int,
    random: np.random.Generator,
) -> list[int]:
    words = lists.allowed(relaxation.nearest(row, place, _NEAR))
    words += lists.by_chance(relaxation.tokens[row], place, _DRAWN, random)
    return list(dict.fromkeys(words))


def missing(scorer: Scorer, tokens: Tokens, places: Sequence[int]) -> list[float]:
    """The score with the mean of words at each of some places: larger where a word is wrong."""
    relaxation = Relaxation(scorer, [tokens] * len(places), [[place] for place in places])
    relaxation.neutral(torch.zeros_like(relaxation.vectors))
    return scorer.of_vectors(relaxation.tokens, relaxation.vectors).tolist()


def shifted(scorer: Scorer, tokens: Tokens, places: Sequence[int]) -> list[tuple[int, int]]:
    """Which word to take out and where one is missing, by the mean of words there: best first."""
    options = [(out, place) for out in places for place in places if place != out]
    if not options:
        return []
    sentences = [moved_in(tokens, out, place, tokens[out]) for out, place in options]
    relaxation = Relaxation(scorer, sentences, [[place] for _, place in options])
    relaxation.neutral(torch.zeros_like(relaxation.vectors))
    scores = scorer.looks(relaxation.tokens, relaxation.vectors)
    return [options[i] for i in scores.argsort(descending=True).tolist()]


def steepest(
    scorer: Scorer, lists: Shortlists, tokens: Sequence[Tokens], places: Sequence[Sequence[int]]
) -> list[dict[int, list[int]]]:
    """For each sentence and place the words that the slope there points to most.

    It says nothing of a place that is right, and much of the last one that is wrong.

    Source: Ebrahimi, Rao, Lowd and Dou 2018, arXiv 1712.06751 (HotFlip).
    """
    table = scorer.view.target.token_vectors()
    slopes = scorer.slopes(tokens, table[torch.tensor([list(row) for row in tokens])])
    found = []
    for slope, of_row in zip(slopes, places, strict=True):
        gains = slope[list(of_row)] @ table.T
        count = min(_STEEPEST + len(lists.special), gains.shape[1])
        words = gains.topk(count, dim=1).indices.tolist()
        allowed = [lists.allowed(row)[:_STEEPEST] for row in words]
        found.append(dict(zip(of_row, allowed, strict=True)))
    return found


def relaxed(
    scorer: Scorer,
    lists: Shortlists,
    tokens: Sequence[Tokens],
    free: Sequence[Sequence[int]],
    *,
    steps: int = _STEPS,
) -> list[dict[int, list[int]]]:
    """For each sentence and free place the words near what it comes to, free with the others."""
    relaxation = Relaxation(scorer, tokens, free)
    relaxation.climb(steps, _LENGTH)
    found = []
    for row, places in enumerate(free):
        words = {x: lists.allowed(relaxation.nearest(row, x, _WORDS)) for x in places}
        for near in words.values():
            lists.name(near[:_NAMED])
        found.append(words)
    return found
