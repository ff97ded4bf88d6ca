"""How far the gradients that a secret can have lie from each other, for the ceilings of a trial.

Distances are in units of the clip norm. They are of all that the secret can be, unless it says
"sampled": the largest of a sample is no upper end of anything.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from dpaccount.attacks.factors import factorize_many
from dpaccount.attacks.gram import clipped_gram, enclosing_radius
from dpaccount.attacks.targets import Batch, Target, draw_secrets
from dpaccount.attacks.threat import Threat, clip_factors

__all__ = ["SAMPLE", "radius_and_distance", "sampled_radius", "words_radius"]

#: Candidates in a sample.
SAMPLE = 32
_ROUNDS = 300  # toward the least ball: any number gives an upper end
#: Products in a table of inner products; beyond it only norms are taken.
_MOST_PRODUCTS = 2**36
#: Of words that stand in one place: beyond it the genie is not asked.
_MOST_WORDS = 2**11


def _slack(target: Target) -> float:
    """What rounding of a released gradient and of its table may add to a distance."""
    return 1e-12 if target.dtype == torch.float64 else 1e-5


def radius_and_distance(
    target: Target, candidates: Batch, threat: Threat
) -> tuple[float, float | None]:
    """The radius of a ball that holds all candidates' gradients, and their largest distance.

    Where steps may miss the record the ball is one around 0, and the distance is None, as for
    candidates too many for a table of their products.
    """
    slack, size = _slack(target), _size(target, threat)
    if threat.is_sampled or len(candidates) ** 2 * size > _MOST_PRODUCTS:
        return min(_largest_norm(target, candidates, threat) + slack, 1.0), None
    gram = clipped_gram(target, candidates, threat) / threat.clip_norm**2
    return _radius(gram, slack), _distance(gram) + slack


def words_radius(target: Target, secret: Batch, place: int, threat: Threat) -> float | None:
    """The radius of a ball with the gradients of every word at one place of a secret.

    None where the words are too many.
    """
    if target.vocabulary > _MOST_WORDS:
        return None
    (tokens,) = secret.tokens
    rows = [(*tokens[:place], word, *tokens[place + 1 :]) for word in range(target.vocabulary)]
    labels = None if secret.labels is None else [secret.labels[0].tolist()] * len(rows)
    gram = clipped_gram(target, target.batch(rows, labels), threat) / threat.clip_norm**2
    return _radius(gram, _slack(target))


@lru_cache(maxsize=64)
def sampled_radius(
    target: Target, threat: Threat, *, length: int, label: int | None, seed: int
) -> float:
    """The radius of a ball with the gradients of a sample of secrets: an estimate.

    Args:
        target: The model.
        threat: What is released.
        length: Tokens of each.
        label: Of all of them; None for a language model.
        seed: Of the sample.
    """
    drawn = draw_secrets(target, SAMPLE, seed=seed, length=length)
    if label is not None:
        drawn = Batch(drawn.inputs, torch.full((SAMPLE,), label), drawn.lengths)
    gram = clipped_gram(target, drawn, threat) / threat.clip_norm**2
    return _radius(gram, _slack(target))


def _radius(gram: Tensor, slack: float) -> float:
    """Of the found ball, or of that around 0 if it is smaller; clipping leaves no more than 1."""
    around = float(gram.diagonal().max().clamp_min(0).sqrt())
    return min(min(enclosing_radius(gram, rounds=_ROUNDS), around) + slack, 1.0)


def _distance(gram: Tensor) -> float:
    lengths = gram.diagonal()
    squares = lengths[:, None] + lengths - 2 * gram
    return float(squares.max().clamp_min(0).sqrt()) + 1e-7  # the square root of rounding


def _largest_norm(target: Target, candidates: Batch, threat: Threat) -> float:
    names, largest = target.names(embedding=threat.embedding), 0.0
    for part in factorize_many(target, candidates, names=names):
        squares = part.squares().double()
        norms = clip_factors(squares, threat.clip_norm) * squares.clamp_min(0).sqrt()
        largest = max(largest, float(norms.max()) / threat.clip_norm)
    return largest


def _size(target: Target, threat: Threat) -> int:
    parameters = target.parameters()
    return sum(parameters[name].numel() for name in target.names(embedding=threat.embedding))
