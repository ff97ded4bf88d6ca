"""What a public model tells of each word by itself, before anything is released."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from dpaccount.attacks.targets.model import Target

__all__ = ["alone", "features", "log_frequencies"]

_BLOCK = 512
_SIGN = 30  # a single sign is as usual as the word at this place
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
    return torch.cat([torch.nn.functional.normalize(part, dim=1) for part in parts], dim=1)


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
