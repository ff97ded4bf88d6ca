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
from torch.nn.functional import normalize

from dpaccount.attacks.likelihood.language import Bigrams, bigrams
from dpaccount.attacks.likelihood.words import alone, features, log_frequencies
from dpaccount.attacks.threat import View

__all__ = ["Shortlists"]

_RIDGE = 0.5  # of features of length 1 or sqrt(2), against scores of variance 1
_REGRESSION, _POOLED = 1.5, 1.0  # weights of standardized looks, against log chances
_NAMED = 5.0  # log odds of a word that a relaxed place came to first
_KEPT = 384  # scored words kept for each place
_WHITENED = 0.3  # of the mean variance, added to the covariance of words before it is inverted


class Shortlists:
    """Words for each place of a sentence, by what the release, and what was scored, says.

    Four looks: the energy of a word's vector in the gradients of the first block's query, key and
    value; the pooled vector, of which the gradient of a classifier's last layer is a multiple
    (what a sentence-embedding model says of a text is there in the open); a ridge regression of
    the scores found at that place; and how usual a word is, by itself and between its neighbors.

    Args:
        view: The release.
        length: Tokens in the sentence, frame included.
    """

    def __init__(self, view: View, length: int) -> None:
        """Read what does not change during the search."""
        self.view, self.length = view, length
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
        self._features = features(target)
        self._scored: list[deque[tuple[int, float]]] = [deque(maxlen=_KEPT) for _ in range(length)]
        self._regressions: dict[int, Tensor] = {}
        self._named: dict[int, float] = {}
        self._energies = _energies(view, length)
        self._pooled = _pooled_direction(view)
        self._white = None if self._pooled is None else _whitened(alone(target))

    def first(self, count: int) -> list[int]:
        """The words that the pooled vector names by itself; none where there is none."""
        if self._pooled is None or self._white is None:
            return []
        return self._best(self._white @ self._pooled, count)

    def by_energy(self, place: int, count: int) -> list[int]:
        """The words whose vectors carry most energy in the first block's gradients."""
        return [] if self._energies is None else self._best(self._energies[place], count)

    def by_pooled(self, without: Tensor, count: int) -> list[int]:
        """The words that lead the pooled vector from what it is without one to what was released.

        Args:
            without: The pooled vector with something neutral at the place.
            count: How many.
        """
        if self._pooled is None or self._white is None:
            return []
        return self._best(self._white @ self._rest(without), count)

    def by_chance(
        self,
        tokens: Sequence[int],
        place: int,
        without: Tensor | None,
        count: int,
        random: np.random.Generator,
    ) -> list[int]:
        """Words drawn without replacement: usual ones, the likelier by the other looks the more.

        Args:
            tokens: The sentence, of which the neighbors count.
            place: Where.
            without: As for `by_pooled`; None to leave that look out.
            count: How many.
            random: Draws.
        """
        if self.language is None or not 0 < place < len(tokens) - 1:
            logits = self._usual.clone()
        else:
            logits = self.language.between(tokens[place - 1], tokens[place + 1])
        predicted = self._predicted(place)
        if predicted is not None:
            logits += _REGRESSION * _standard(predicted)
        if without is not None and self._pooled is not None and self._white is not None:
            logits += _POOLED * _standard(self._white @ self._rest(without))
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

    def _rest(self, without: Tensor) -> Tensor:
        """What the pooled vector lacks without a word, as a direction."""
        assert self._pooled is not None  # asked for by those who have looked
        now = normalize(without, dim=0)
        return self._pooled - now * (now @ self._pooled)

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


def _energies(view: View, length: int) -> Tensor | None:
    """The share of each word's vector that lies in what the first block's gradients span.

    Singular directions count by the share of them that is not noise (the optimal linear shrinkage
    of a low-rank matrix, noise edge sqrt(m) + sqrt(n)): (length, vocabulary).
    """
    names = [f"blocks.0.attention.{part}.weight" for part in ("query", "key", "value")]
    if any(name not in view.gradients for name in names) or view.target.shape.norm == "pre":
        return None
    stacked = torch.cat([view.gradients[name] for name in names])
    _, values, directions = torch.linalg.svd(stacked, full_matrices=False)
    outputs, inputs = stacked.shape
    edge = view.noise_std * (math.sqrt(outputs) + math.sqrt(inputs))
    floor = max(edge, float(values[0]) * 1e-6)
    share = torch.where(
        values > floor, 1 - (view.noise_std**2 * outputs) / values**2, torch.zeros_like(values)
    )
    if not bool((share > 0).any()):
        return None
    table, embedding = view.target.token_vectors(), view.target.module.embedding
    found = []
    with torch.no_grad():
        for place in range(length):
            read = _at(embedding, table, place)
            inside = ((read @ directions.T) ** 2 * share).sum(dim=1)
            found.append(inside / (read**2).sum(dim=1))
    return torch.stack(found)


def _at(embedding: torch.nn.Module, table: Tensor, place: int) -> Tensor:
    """What the first block reads for each word at a place."""
    vectors = table
    if embedding.position is not None:
        vectors = vectors + embedding.position.weight[place]
    if embedding.segment is not None:
        vectors = vectors + embedding.segment.weight[0]
    return vectors if embedding.norm is None else embedding.norm(vectors)


def _pooled_direction(view: View) -> Tensor | None:
    """The direction of the pooled vector: what the last layer's gradient is a multiple of.

    The gradient is (p - y) h^T, with p the predicted chances, y the label and h the pooled vector;
    only the label's row has a negative factor.
    """
    if view.target.shape.loss != "pooled" or "head.weight" not in view.gradients:
        return None
    gradient = view.gradients["head.weight"]
    left, _, right = torch.linalg.svd(gradient, full_matrices=False)
    label = int(view.labels[0]) if view.labels is not None else int(left[:, 0].abs().argmax())
    return right[0] * (-1.0 if float(left[label, 0]) > 0 else 1.0)


def _whitened(words: Tensor) -> Tensor:
    """Each word's vector through the inverse of their covariance, a bit of it added to all."""
    covariance = words.T @ words / len(words)
    ridge = _WHITENED * words.square().mean() * torch.eye(len(covariance), dtype=words.dtype)
    return words @ torch.linalg.inv(covariance + ridge)
