"""Which words are worth a try at a place: cheap looks at the release, each from another side.

None of them bounds anything: a bad list costs evaluations, and the score decides.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpaccount.attacks.exact.labels import label_of
from dpaccount.attacks.likelihood.language import Bigrams, bigrams
from dpaccount.attacks.likelihood.words import features, likeness, log_frequencies
from dpaccount.attacks.threat import View

__all__ = ["Shortlists", "read_pooled"]

_RIDGE = 0.5  # of features of length 1 or sqrt(2), against scores of variance 1
_REGRESSION = 1.5  # weight of a standardized regression, against log chances
_NAMED = 5.0  # log odds of a word that a relaxed place came to first
_KEPT = 384  # scored words kept for each place


class Shortlists:
    """Words for each place of a sentence, by what the release, and what was scored, says.

    Four looks: the words that relaxed places came to, wherever those were; a ridge regression of
    the scores found at a place, by where words lie (their vectors and, for a classifier, the pooled
    vector of each alone); of a classifier, the pooled vector that the gradient of its last layer
    has as a factor (leak.linear), noised; and how usual a word is, by itself and between its
    neighbors.

    Args:
        view: The release.
        length: Tokens in the sentence, frame included.
    """

    def __init__(self, view: View, length: int) -> None:
        """Read what does not change during the search."""
        target = view.target
        self.vocabulary = target.vocabulary
        self.special = {token for part in target.frame for token in part}
        self._usual = log_frequencies(target)
        self.language: Bigrams | None = None
        if view.prior is not None:
            self._usual = view.prior.float().clamp_min(1e-30).log()
        elif target.tokenizer is not None:
            frame = (len(target.frame[0]), len(target.frame[1]))
            self.language = bigrams(target.tokenizer, frame, self._usual)
        self._text = read_pooled(view)
        self._features = features(target)
        self._scored: list[deque[tuple[int, float]]] = [deque(maxlen=_KEPT) for _ in range(length)]
        self._regressions: dict[int, Tensor] = {}
        self._named: dict[int, float] = {}

    def by_chance(
        self,
        tokens: Sequence[int],
        place: int,
        count: int,
        random: np.random.Generator,
    ) -> list[int]:
        """Words drawn without replacement: usual ones, the likelier by the other looks the more.

        Args:
            tokens: The sentence, of which the neighbors count.
            place: Where.
            count: How many.
            random: Draws.
        """
        if self.language is None or not 0 < place < len(tokens) - 1:
            logits = self._usual.clone()
        else:
            logits = self.language.between(tokens[place - 1], tokens[place + 1])
        if self._text is not None:
            logits += self._text
        predicted = self._predicted(place)
        if predicted is not None:
            logits += _REGRESSION * _standard(predicted)
        if self._named:
            logits[list(self._named)] += torch.tensor(list(self._named.values()))
        drawn = torch.from_numpy(random.gumbel(size=len(logits))).float()
        return self._best(logits + drawn, count)

    def by_regression(self, place: int, count: int) -> list[int]:
        """The words that should score best by those that were scored at the place."""
        predicted = self._predicted(place)
        return [] if predicted is None else self._best(predicted, count)

    def _predicted(self, place: int) -> Tensor | None:
        if place not in self._regressions and len(self._scored[place]) >= 24:
            self._regressions[place] = self._regress(place)
        return self._regressions.get(place)

    def _regress(self, place: int) -> Tensor:
        seen = self._scored[place]
        words = torch.tensor([word for word, _ in seen])
        rows = self._features[words]
        scores = _standard(torch.tensor([score for _, score in seen], dtype=rows.dtype))
        kernel = rows @ rows.T + _RIDGE * torch.eye(len(seen), dtype=rows.dtype)
        return self._features @ (rows.T @ torch.linalg.solve(kernel, scores))

    def best_known(self, place: int, count: int) -> list[int]:
        """The words that did best at the place, against others of the same moment."""
        best: dict[int, float] = {}
        for word, score in self._scored[place]:
            best[word] = max(score, best.get(word, -math.inf))
        return sorted(best, key=lambda word: -best[word])[:count]

    def learn(self, place: int, words: list[int], scores: list[float]) -> None:
        """Take note of scores at a place, all beside the same other words."""
        if len(words) < 2:
            return
        self._regressions.pop(place, None)
        mean = math.fsum(scores) / len(scores)
        self._scored[place].extend(
            (word, score - mean) for word, score in zip(words, scores, strict=True)
        )

    def name(self, words: Sequence[int]) -> None:
        """Take note of words of the text, at whatever place: the likeliest first."""
        for rank, word in enumerate(words):
            bonus = _NAMED - math.log1p(rank)
            self._named[word] = max(self._named.get(word, 0.0), bonus)

    def allowed(self, words: Sequence[int]) -> list[int]:
        """Those of some words that a text may have inside its frame."""
        return [word for word in words if word not in self.special]

    def state(self) -> dict[str, Any]:
        """What was learnt, as plain data."""
        return {
            "scored": [list(seen) for seen in self._scored],
            "named": [list(pair) for pair in self._named.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._regressions.clear()
        self._named = {int(word): float(bonus) for word, bonus in state["named"]}
        for seen, rows in zip(self._scored, state["scored"], strict=True):
            seen.clear()
            seen.extend((int(word), float(score)) for word, score in rows)

    def _best(self, values: Tensor, count: int) -> list[int]:
        wanted = min(count + len(self.special), self.vocabulary)
        top = values.topk(wanted).indices.tolist()
        return [word for word in top if word not in self.special][:count]


def _standard(values: Tensor) -> Tensor:
    return (values - values.mean()) / values.std().clamp_min(1e-12)


def read_pooled(view: View) -> Tensor | None:
    """Log odds of words by the text's pooled vector; None where none is released."""
    label, gradient = label_of(view), view.gradients.get("head.weight")
    if view.target.shape.loss != "pooled" or label is None or gradient is None:
        return None
    # its rows are the pooled vector times the classes' chances, less 1 for the label
    return likeness(view.target, gradient.mean(dim=0) - gradient[label[0]])
