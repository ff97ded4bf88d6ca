"""What a public model tells of each word by itself, before anything is released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dpaccount.attacks.targets.model import Target

__all__ = ["Spread", "alone", "features", "likeness", "log_frequencies", "spread"]

_BLOCK = 512
_SIGN = 30  # a single sign is as usual as the word at this place
_RIDGE = 0.03  # of the mean variance: no direction is thought to be empty of words
_EVEN = 3.0  # mean variances, beside which those of few directions count little
_FLAT = 30.0  # the first so many words are about equally usual
_KEPT: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def _keep(target: Target, name: str, make: Any) -> Any:
    kept = _KEPT.setdefault(target.module, {})
    if name not in kept:
        kept[name] = make()
    return kept[name]


def alone(target: Target) -> Tensor:
    """The pooled vector of each word alone in its frame, less their mean: (vocabulary, width).

    One forward pass of a short input for each word; made once for a model.
    """
    made: Tensor = _keep(target, "alone", lambda: _alone(target))
    return made


def _alone(target: Target) -> Tensor:
    table, parts = target.token_vectors(), []
    start, end = (torch.tensor(part, dtype=torch.int64) for part in target.frame)
    with torch.no_grad():
        for first in range(0, target.vocabulary, _BLOCK):
            words = torch.arange(first, min(first + _BLOCK, target.vocabulary))[:, None]
            inputs = torch.cat(
                [start.expand(len(words), -1), words, end.expand(len(words), -1)], dim=1
            )
            parts.append(target.module.encode(table[inputs]).mean(dim=1))
    found = torch.cat(parts)
    return found - found.mean(dim=0)


def features(target: Target) -> Tensor:
    """Where a word lies among all words: its vector and, of a classifier, what it is alone.

    Each part has length 1: (vocabulary, width or twice that).
    """
    made: Tensor = _keep(target, "features", lambda: _features(target))
    return made


def _features(target: Target) -> Tensor:
    table = target.token_vectors()
    parts = [table - table.mean(dim=0)]
    if target.shape.loss == "pooled":
        parts.append(alone(target))
    return torch.cat([normalize(part, dim=1) for part in parts], dim=1)


def likeness(target: Target, pooled: Tensor) -> Tensor:
    """How much each word alone looks like a text by its pooled vector, standardized: (vocabulary,).

    Args:
        target: A classifier.
        pooled: The direction of the text's pooled vector, noised or not, (width,).
    """
    turn, directions = _keep(target, "directions", lambda: _directions(target))
    like = directions @ normalize(pooled @ turn, dim=0)
    found: Tensor = (like - like.mean()) / like.std()
    return found


def _directions(target: Target) -> tuple[Tensor, Tensor]:
    """What evens out the directions in which words alone differ much; and each word's, evened."""
    words = alone(target)
    covariance = words.T @ words / len(words)
    values, vectors = torch.linalg.eigh(covariance)
    turn = (vectors / (values + _EVEN * values.mean()).sqrt()) @ vectors.T
    return turn, normalize(words @ turn, dim=1)


@dataclass(frozen=True)
class Spread:
    """How the words' vectors lie.

    Half of it is of the words as often as they are used, half of all words alike.

    Args:
        mean: Their mean, (width,).
        size: Their deviation in a coordinate.
        precision: The inverse of their covariance, (width, width).
        root: The square root of their covariance, as a share of the size.
    """

    mean: Tensor
    size: float
    precision: Tensor
    root: Tensor


def spread(target: Target) -> Spread:
    """How the words' vectors lie; made once for a model."""
    made: Spread = _keep(target, "spread", lambda: _spread(target))
    return made


def _spread(target: Target) -> Spread:
    table = target.token_vectors()
    shares = log_frequencies(target).exp().to(table)
    shares = (shares / shares.sum() + 1 / len(table)) / 2
    mean = shares @ table
    centred = table - mean
    covariance = (centred.T * shares) @ centred
    variance = float(covariance.diagonal().mean())
    covariance += _RIDGE * variance * torch.eye(len(covariance), dtype=table.dtype)
    values, vectors = torch.linalg.eigh(covariance)
    size = variance**0.5
    return Spread(
        mean,
        size,
        precision=(vectors / values) @ vectors.T,
        root=(vectors * values.sqrt() / size) @ vectors.T,
    )


def log_frequencies(target: Target) -> Tensor:
    """How usual each word is in any text, by the tokenizer alone: (vocabulary,); equal without one.

    A vocabulary of word pieces is listed from the most frequent word down, and by Zipf's law the
    chance falls as the place rises. Special tokens and single signs stand before the words: of
    those the ASCII letters, digits and marks count as the first words do, the others as the last.
    """
    made: Tensor = _keep(target, "frequencies", lambda: _frequencies(target))
    return made


def _frequencies(target: Target) -> Tensor:
    if target.tokenizer is None:
        return torch.zeros(target.vocabulary)
    places, place = [], 0
    for token in range(target.vocabulary):
        text = target.tokenizer.decode([token]).strip()
        if len(text) == 1:
            usual = text.isascii() and (text.isalnum() or text in ".,?!'\"-():;")
            places.append(_SIGN if usual else target.vocabulary)
        elif not text or text.startswith("["):
            places.append(target.vocabulary)
        else:
            places.append(place)
            place += 1
    found = -torch.log(torch.tensor(places) + _FLAT)
    return found - found.logsumexp(dim=0)
