"""Words by leaving words: some places take any vector, and the score pulls it to where it fits.

A score's slope at a word says little of a word far off. Followed for some steps it leads the vector
to the true word's side; the words that lie there are worth a try, there and at other places.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dpaccount.attacks.likelihood.score import Scorer, Tokens
from dpaccount.attacks.likelihood.words import spread

__all__ = ["Relaxation"]

_SLOWING, _SCALE = 0.8, 0.9  # how much is kept of earlier slopes and of their sizes


class Relaxation:
    """Sentences of which some places take any vector.

    The vectors climb the score and the log density of a normal law with the mean and covariance of
    words. Slopes are turned to where words lie, by the root of that covariance, and scaled to one
    size at every place (momentum and scaling as in Adam).

    Args:
        scorer: Of the release.
        tokens: The sentences, of one length.
        free: For each of them the places that may move.

    Source: Zhu, Liu and Han 2019, arXiv 1906.08935, for vectors in the place of tokens; Kingma and
    Ba 2014, arXiv 1412.6980, for the steps.
    """

    def __init__(
        self, scorer: Scorer, tokens: Sequence[Tokens], free: Sequence[Sequence[int]]
    ) -> None:
        """Begin where the words are."""
        self.scorer, self.tokens = scorer, list(tokens)
        self.free = [list(places) for places in free]
        self.table = scorer.view.target.token_vectors()
        self._spread = spread(scorer.view.target)
        self.mean, self.size = self._spread.mean, self._spread.size
        self._words = normalize(self.table - self.mean, dim=1)
        self.vectors = self.table[torch.tensor([list(row) for row in tokens])]
        self._slope = torch.zeros_like(self.vectors)
        self._scale = torch.zeros_like(self.vectors[..., :1])
        self._steps = 0

    def neutral(self, noise: Tensor) -> None:
        """Put the mean of words into each free place, and some noise of 1, scaled, around it."""
        moving = self._moving()
        start = self.mean + self.size * noise.to(self.vectors)
        self.vectors = torch.where(moving, start, self.vectors)

    def climb(self, steps: int, length: float | Tensor) -> None:
        """Some steps, each as long as a share of the spread of words in each coordinate.

        Args:
            steps: How many.
            length: The share; of each row, (batch,), or of all.
        """
        moving = self._moving() * torch.as_tensor(length).to(self.vectors)[..., None, None]
        weight = 2 * self.scorer.view.noise_std**2  # a log density's in the score
        for _ in range(steps):
            self._steps += 1
            found = self.scorer.slopes(self.tokens, self.vectors)
            found = found - weight * (self.vectors - self.mean) @ self._spread.precision
            found = found @ self._spread.root
            size = found.square().mean(dim=-1, keepdim=True)
            self._slope = _SLOWING * self._slope + (1 - _SLOWING) * found
            self._scale = _SCALE * self._scale + (1 - _SCALE) * size
            scale = (self._scale / (1 - _SCALE**self._steps)).sqrt().clamp_min(1e-30)
            by = self._slope / (1 - _SLOWING**self._steps) / scale
            self.vectors = self.vectors + self.size * by * moving

    def nearest(self, row: int, place: int, count: int) -> list[int]:
        """The words that lie in the direction a vector came to, the nearest first."""
        near = self._words @ normalize(self.vectors[row, place] - self.mean, dim=0)
        found: list[int] = near.topk(min(count, len(near))).indices.tolist()
        return found

    def settle(self, row: int, place: int, token: int) -> None:
        """A place of a row takes a word, for good."""
        self.tokens[row] = (*self.tokens[row][:place], token, *self.tokens[row][place + 1 :])
        self.vectors[row, place] = self.table[token]
        self.free[row].remove(place)

    def _moving(self) -> Tensor:
        moving = torch.zeros_like(self.vectors[..., :1], dtype=torch.bool)
        for row, places in enumerate(self.free):
            moving[row, places] = True
        return moving
