"""When a search has looked long enough: by what the truth would score."""

from __future__ import annotations

import math

from dpaccount.attacks.likelihood.score import Scorer, Tokens

__all__ = ["patience"]

_LONG = 24  # mendings in a row without a gain
_SHORT = 6  # ... where the truth can hardly be better by a word
_WORD = 0.02  # by how much a score falls with a word of which one is rather sure
_FAR = 3.0  # deviations below the truth's score: something better is there
_ROUNDING = 1e-4  # of scores, where there is no noise


def patience(scorer: Scorer, best: Tokens, score: float) -> float:
    """After how many mendings in a row without a gain a search ends; infinity for never.

    The truth scores |c|^2, give or take 2 s |c| (a normal law), and |c| is the clip norm where
    gradients are clipped. An end decides nothing: the verdict compares the scores.

    Args:
        scorer: Of the release.
        best: The best sentence that was found.
        score: What it scores.

    Source: the score is leak.likelihood's.
    """
    norm = scorer.clipped_to
    if norm is None:
        return _LONG
    truth, deviation = norm**2, 2 * scorer.view.noise_std * norm
    found = scorer.likelihood(best, score)
    if found < truth * (1 - _ROUNDING) - _FAR * deviation:
        return math.inf
    return _SHORT if found > truth * (1 - _WORD) + deviation else _LONG
