"""Which words follow which in English, from text that ships with Python.

A bigram model of the language reference's help texts (`pydoc_data.topics`): enough to tell that
"of" stands before "the". It proposes candidates; the score decides, and knows nothing of it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["Bigrams", "bigrams"]

_TRUST = 0.7  # in a pair that was seen, against how usual the word is by itself
_SEEN = 5.0  # pairs of a word after which its pairs are trusted by half of that


class Bigrams:
    """Chances of pairs of tokens.

    Args:
        tokenizer: With `encode`; its texts are framed.
        frame: How many tokens the frame has at either end.
        log_frequencies: Of each token by itself: (vocabulary,).
        texts: What is counted.
    """

    def __init__(
        self, tokenizer: Any, frame: tuple[int, int], log_frequencies: Tensor, texts: Sequence[str]
    ) -> None:
        """Count."""
        alone: Counter[int] = Counter()
        pairs: dict[int, Counter[int]] = defaultdict(Counter)
        for text in texts:
            tokens = tokenizer.encode(text)
            alone.update(tokens[frame[0] : len(tokens) - frame[1]])
            for left, right in itertools.pairwise(tokens):
                pairs[left][right] += 1
        single = log_frequencies.double().exp()
        for token, count in alone.items():
            single[token] += 2 * count / max(1, alone.total())
        self.single = single / single.sum()
        self._after: dict[int, tuple[Tensor, Tensor]] = {}
        self._before: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        self._trust: dict[int, float] = {}
        for left, counts in pairs.items():
            total = counts.total()
            trust = self._trust[left] = _TRUST * total / (total + _SEEN)
            shares = torch.tensor(list(counts.values()), dtype=torch.float64) * (trust / total)
            self._after[left] = (torch.tensor(list(counts)), shares)
            for right, share in zip(counts, shares.tolist(), strict=True):
                self._before[right][0].append(left)
                self._before[right][1].append(share)
        self._left_trust = torch.zeros(len(single), dtype=torch.float64)
        for left, trust in self._trust.items():
            self._left_trust[left] = trust
        self._pair_cache: dict[tuple[int, int], float] = {}

    def between(self, left: int, right: int) -> Tensor:
        """The log of the chance of each token between two others, up to a constant."""
        first = self.single * (1 - self._trust.get(left, 0.0))
        if left in self._after:
            words, shares = self._after[left]
            first[words] += shares
        second = (1 - self._left_trust) * self.single[right]
        if right in self._before:
            lefts, values = self._before[right]
            second[torch.tensor(lefts)] += torch.tensor(values, dtype=torch.float64)
        return (first.log() + second.log()).float()

    def log_chance(self, tokens: Sequence[int]) -> float:
        """The log of the chance of a whole text, given its first token."""
        return sum(itertools.starmap(self._pair, itertools.pairwise(tokens)))

    def _pair(self, left: int, right: int) -> float:
        key = left, right
        if key not in self._pair_cache:
            chance = (1 - self._trust.get(left, 0.0)) * float(self.single[right])
            if left in self._after:
                words, shares = self._after[left]
                chance += float(shares[words == right].sum())
            self._pair_cache[key] = float(np.log(max(chance, 1e-300)))
        return self._pair_cache[key]


@lru_cache(maxsize=1)
def _texts() -> tuple[str, ...]:
    try:
        from pydoc_data.topics import topics
    except ImportError:  # a Python cut down: words are then usual by themselves only
        return ()
    found = []
    for topic in topics.values():
        for paragraph in re.split(r"\n\s*\n", topic):
            text = " ".join(paragraph.split())
            for sentence in re.findall(r"[A-Z][^.!?]*[.!?](?=\s|$)", text):
                if sentence.count(" ") >= 4 and not re.search(r"[=|_<>\[\]{}]|::", sentence):
                    found.append(re.sub(r"[*\"]", "", sentence))
    return tuple(found)


def bigrams(tokenizer: Any, frame: tuple[int, int], log_frequencies: Tensor) -> Bigrams:
    """The model for a tokenizer."""
    return Bigrams(tokenizer, frame, log_frequencies, _texts())
