"""Inner products of candidates' clipped gradients, and how far those lie from one point."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpaccount.attacks.factors import factorize_many
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.threat import Threat, clip_factors
from dpaccount.errors import InputError, shown

__all__ = ["clipped_gram", "count_candidates", "enclosing_radius", "read_gram"]


def count_candidates(candidates: Batch) -> int:
    """How many candidates there are.

    Raises:
        InputError: For fewer than two.
    """
    count = len(candidates)
    if not count >= 2:
        raise InputError(
            "candidates", given=count, allowed="at least 2", advice="give more candidates"
        )
    return count


def clipped_gram(target: Target, candidates: Batch, threat: Threat) -> Tensor:
    """<c_i, c_j> of the clipped gradients of all candidates, in float64: (K, K).

    Candidates are padded to one length; padding carries no gradient.

    Args:
        target: The model.
        candidates: The candidates.
        threat: Whose clip norm and released layers count.

    Raises:
        InputError: For fewer than two candidates.

    Example:
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> pair = target.batch([(3, 1, 4, 1), (5, 9, 2, 6)], [2, 0])
        >>> [round(norm, 6) for norm in clipped_gram(target, pair, Threat()).diagonal().tolist()]
        [1.0, 1.0]
    """
    names = target.names(embedding=threat.embedding)
    count_candidates(candidates)
    parts = [part.double() for part in factorize_many(target, candidates, names=names)]
    gram = torch.cat([torch.cat([mine.gram(other) for other in parts], dim=1) for mine in parts])
    gram = (gram + gram.T) / 2
    share = clip_factors(gram.diagonal(), threat.clip_norm)
    return gram * share[:, None] * share


def enclosing_radius(gram: Tensor, *, rounds: int = 4000) -> float:
    """The radius of a ball around one point that holds all K vectors, from their Gram matrix.

    The point is sought by steps toward the farthest vector, and the answer is the largest distance
    from it: an upper end of the least radius, whatever was found.

    Args:
        gram: Inner products, (K, K), in float64.
        rounds: Steps.

    Raises:
        InputError: For what is no table of inner products.

    Example:
        >>> round(enclosing_radius(torch.eye(2, dtype=torch.float64)), 3)
        0.707

    Source: Badoiu and Clarkson 2003, Smaller core-sets for balls, for the steps (item not checked).
    """
    table = read_gram(gram)
    lengths = table.diagonal()
    weights = np.full(len(table), 1 / len(table))
    best = float(lengths.max())  # around 0
    for number in range(rounds):
        toward = table @ weights
        distances = lengths - 2 * toward + weights @ toward
        farthest = int(distances.argmax())
        best = min(best, float(distances[farthest]))
        weights *= 1 - 1 / (number + 2)
        weights[farthest] += 1 / (number + 2)
    scale = float(np.abs(table).max())  # rounding of sums of K products
    return math.sqrt(max(best, 0.0) + len(table) * 1e-15 * scale)


def read_gram(gram: Tensor) -> Any:
    """Inner products as an array: finite, symmetric, of at least one vector.

    Raises:
        InputError: For what is no table of inner products.
    """
    table: Any = gram.double().numpy() if isinstance(gram, Tensor) else None
    if table is None:
        given = shown(gram)
    elif not (table.ndim == 2 and table.shape[0] == table.shape[1] > 0):
        given = f"an array of shape {table.shape}"
    elif not np.isfinite(table).all():
        given = "a number that is not finite"
    elif not (np.abs(table - table.T) <= 1e-5 * np.abs(table).max()).all():
        given = "an array that is not symmetric"
    else:
        return table
    raise InputError(
        "gram", given=given, allowed="a finite symmetric tensor of inner products, (K, K)",
        advice="take it from clipped_gram",
    )  # fmt: skip
