"""From the tokens that may stand at each position to whole inputs: a descent in steps of tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

__all__ = ["Descent"]

Score = Callable[[Tensor], Tensor]


class Descent:
    """Looks for the sequence of least score among those that the choices allow.

    From a start, it replaces one token or swaps two, the best such step each time, until no step
    helps; then it starts anew from random choices.

    Args:
        choices: For each position the tokens that may stand there; at least one.
        score: Sequences (count, length) to numbers (count,), smaller for better ones.
        enough: A score that ends the search.
        evaluations: Sequences that may be scored.
        seed: Of the starts after the first.
    """

    def __init__(
        self,
        choices: Sequence[Sequence[int]],
        score: Score,
        *,
        enough: float,
        evaluations: int,
        seed: int,
    ) -> None:
        """Keep the question."""
        self.choices = [list(choice) for choice in choices]
        self.score, self.enough, self.left = score, enough, evaluations
        self.used = 0
        self._generator = torch.Generator().manual_seed(seed)

    def run(self, start: Sequence[int] | None = None) -> tuple[tuple[int, ...], float]:
        """The best sequence found and its score."""
        first = [choice[0] for choice in self.choices] if start is None else list(start)
        best, least = self.down(first)
        while least > self.enough and self.left > 0 and any(len(c) > 1 for c in self.choices):
            found, score = self.down(self._random())
            if score < least:
                best, least = found, score
        return tuple(best), least

    def _random(self) -> list[int]:
        return [
            choice[int(torch.randint(len(choice), (1,), generator=self._generator))]
            for choice in self.choices
        ]

    def _scores(self, rows: list[list[int]]) -> list[float]:
        self.used += len(rows)
        self.left -= len(rows)
        return [float(value) for value in self.score(torch.tensor(rows))]

    def down(self, row: list[int]) -> tuple[list[int], float]:
        """The sequence where no step helps any more, from a given one."""
        (score,) = self._scores([row])
        while score > self.enough:
            near = self._near(row)[: max(0, self.left)]
            if not near:
                break
            scores = self._scores(near)
            best = min(range(len(near)), key=scores.__getitem__)
            if not scores[best] < score:
                break
            row, score = near[best], scores[best]
        return row, score

    def _near(self, row: list[int]) -> list[list[int]]:
        """The sequences that one step leads to."""
        found = []
        for place, choice in enumerate(self.choices):
            for token in choice:
                if token != row[place]:
                    found.append([*row[:place], token, *row[place + 1 :]])
        for one, first in enumerate(row):
            for other in range(one + 1, len(row)):
                second = row[other]
                if first != second and second in self.choices[one] and first in self.choices[other]:
                    changed = list(row)
                    changed[one], changed[other] = second, first
                    found.append(changed)
        return found
