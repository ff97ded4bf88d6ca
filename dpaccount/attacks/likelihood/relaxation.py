"""Words by leaving words: some places take any vector, and the score pulls it to where it fits.

A score's slope at a word says little of a word far off. Followed for a few steps while the other
places stay, it leads the vector to the true word's side; which words lie there is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.words import spread

__all__ = ["relax"]

_STEPS = 24
_LENGTH = 0.1  # of a step, as a share of the spread of words in each coordinate
_SLOWING, _SCALE = 0.8, 0.9  # how much is kept of earlier slopes and of their sizes
_SHORT = 0.3  # of a word's usual distance: nearer words do not count as if they lay there


def relax(scorer: Scorer, tokens: Sequence[int], places: Sequence[int], count: int) -> list[Tensor]:
    """For each place the words in whose direction its vector moved, the best first.

    The vectors climb the score and the log density of a normal law with the mean and covariance of
    words, by slopes scaled to one size at every place (momentum and scaling as in Adam).

    Args:
        scorer: Of the release.
        tokens: The sentence to start from.
        places: Which of them may move.
        count: How many words for each.

    Source: Zhu, Liu and Han 2019, arXiv 1906.08935, for vectors in the place of tokens; Kingma and
    Ba 2014, arXiv 1412.6980, for the steps.
    """
    table = scorer.view.target.token_vectors()
    mean, precision, size = spread(scorer.view.target)
    start = table[list(tokens)]
    moving = list(places)
    vectors = start.clone()
    slope, scale = torch.zeros_like(start[moving]), torch.zeros(len(moving), 1, dtype=start.dtype)
    weight = 2 * scorer.view.noise_std**2  # a log density's in the score
    for step in range(1, _STEPS + 1):
        found = scorer.slopes(tokens, vectors)[moving]
        found = found - weight * (vectors[moving] - mean) @ precision
        slope = _SLOWING * slope + (1 - _SLOWING) * found
        scale = _SCALE * scale + (1 - _SCALE) * found.square().mean(dim=1, keepdim=True)
        by = (slope / (1 - _SLOWING**step)) / (scale / (1 - _SCALE**step)).sqrt().clamp_min(1e-30)
        vectors[moving] += _LENGTH * size * by
    return [
        _along(table, start[place], vectors[place]).topk(min(count, len(table))).indices
        for place in moving
    ]


def _along(table: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """How far each word lies in the direction of the move, against its distance."""
    steps = table - start
    distances = steps.norm(dim=1)
    return (steps @ (end - start)) / (distances + _SHORT * distances.mean())
