"""Examples of a batch one by one: a sequence is right if the second attention's span says so.

What the first block makes of a sequence of the batch lies in the span of the second attention's
gradients, token by token; one wrong token moves all of them out of it. The gradient of an example
that was found is subtracted, and fewer tokens are left to be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.exact.peel import peel
from dpaccount.attacks.exact.span import basis, choices, residuals, tolerance
from dpaccount.attacks.exact.sparse import explain
from dpaccount.attacks.threat import View

__all__ = ["group"]

_PIECE = 64  # sequences in one forward pass
_STARTS = (8, 12, 16, 24)  # random starts in each round
_NEAR = 0.02  # of the squared length of each token: worth a look at all tokens of the span
_POOL = 4  # sequences kept to be crossed with later ones


class _Second:
    """How far the vectors that the second attention would read are from its span."""

    def __init__(self, view: View, limit: int) -> None:
        self.module, self.spanned = view.target.module, basis(view, 1, limit=limit)
        # a language model's last token predicts nothing and leaves no trace of its own
        self.last = 1 if view.target.shape.loss == "next" else 0
        self.used = 0

    def at(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """Squared distances (count, length), as shares."""
        self.used += len(rows)
        found = []
        for piece in torch.tensor(rows).split(_PIECE):
            with torch.no_grad():
                vectors = self.module.through(self.module.embedding.look_up(piece), 1)
                read = self.module.read_by_attention(vectors, 1)
            read = read[:, : read.shape[1] - self.last]
            found.append(residuals(read, self.spanned).square())
        return torch.cat(found)

    def best(self, rows: Sequence[Sequence[int]]) -> tuple[list[int], float]:
        """The nearest sequence and its distance."""
        distances = self.at(rows).sum(dim=1)
        index = int(distances.argmin())
        return list(rows[index]), float(distances[index])


def group(view: View, lengths: Sequence[int], evaluations: int, seed: int) -> Guess:
    """Find one example after another, each in what the gradients of those before it leave.

    Args:
        view: What was released.
        lengths: Of each example.
        evaluations: Sequences that may be put through the first block.
        seed: Of the random starts.

    Raises:
        InputError: Where each token has a label and they are not known.
    """
    generator = torch.Generator().manual_seed(seed)
    numbers, left = list(range(len(lengths))), list(lengths)
    rows: dict[int, tuple[list[int], float]] = {}
    used = 0
    while numbers:
        found = _Rest(view, left, generator, max(0, evaluations - used))
        certain = found.search()
        used += found.second.used
        if certain is None:
            rows |= {numbers[example]: row for example, row in found.best.items()}
            break
        row, distance = certain
        example, whole, view = peel(view, tuple(row), left)
        rows[numbers.pop(example)] = list(whole), distance
        del left[example]
    ordered = [rows[example] for example in range(len(lengths))]
    return Guess(
        tokens=tuple(tuple(row) for row, _ in ordered),
        score=-max(distance for _, distance in ordered),
        evaluations=used,
    )


class _Rest:
    """What is left of a batch, where one more example is looked for.

    Args:
        view: Of the examples that are left.
        lengths: Theirs.
        generator: Of the random starts.
        evaluations: Sequences that may be put through the first block.
    """

    def __init__(
        self, view: View, lengths: Sequence[int], generator: torch.Generator, evaluations: int
    ) -> None:
        self.second = _Second(view, sum(lengths))
        self.lengths, self.evaluations, self.generator = lengths, evaluations, generator
        self.best: dict[int, tuple[list[int], float]] = {}
        spanned = basis(view, limit=sum(lengths))
        allowed = choices(view, spanned, max(lengths))
        likely = explain(view, spanned, allowed)
        self._offers = [_offers(view, length, allowed, likely) for length in lengths]
        self._pools: list[list[tuple[list[int], float]]] = [[] for _ in lengths]
        self._edge = (10 * tolerance(view)) ** 2

    def search(self) -> tuple[list[int], float] | None:
        """A sequence that is certain, with its distance; None where none was found in time."""
        shortest = sorted(range(len(self.lengths)), key=self.lengths.__getitem__)
        for starts in _STARTS:
            for example in shortest:
                enough = self._edge * self.lengths[example]
                for _ in range(starts):
                    if example in self.best and self.second.used >= self.evaluations:
                        break
                    row, distance = _descend(
                        self.second, *self._offers[example], enough, self.generator,
                        self._pools[example],
                    )  # fmt: skip
                    if example not in self.best or distance < self.best[example][1]:
                        self.best[example] = row, distance
                    if distance <= enough:
                        return row, distance
            if self.second.used >= self.evaluations:
                break
        return None


def _offers(
    view: View, length: int, allowed: list[list[int]], likely: list[list[int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """For each position of an example: the likely tokens, and all that span and frame allow."""
    start, end = view.target.frame
    framed = dict(enumerate(start))
    framed |= {length - len(end) + place: token for place, token in enumerate(end)}
    offered, every = [], []
    for place in range(length):
        if place in framed:
            offered.append([framed[place]])
            every.append([framed[place]])
            continue
        inside = [token for token in allowed[place] if token not in (*start, *end)]
        inside = inside or list(allowed[place])
        offered.append([token for token in likely[place] if token in inside] or inside)
        every.append(inside)
    return offered, every


def _descend(
    second: _Second,
    offered: list[list[int]],
    every: list[list[int]],
    enough: float,
    generator: torch.Generator,
    pool: list[tuple[list[int], float]],
) -> tuple[list[int], float]:
    """From a random sequence of likely tokens to one where no change of one token helps.

    Sequences get stuck with a run of tokens of another example; crossing them with those of earlier
    starts, which are kept in the pool, exchanges such runs.
    """
    row = [c[int(torch.randint(len(c), (1,), generator=generator))] for c in offered]
    row, distance = _sweep(second, offered, row, enough, generator)
    before = float("inf")
    while enough < distance < 0.99 * before:
        before = distance
        row, distance = _cross(second, row, distance, [other for other, _ in pool])
        if distance < before:
            row, distance = _sweep(second, offered, row, enough, generator)
    if enough < distance < _NEAR * len(row):
        row, distance = _sweep(second, every, row, enough, generator)
    if (row, distance) not in pool:
        pool.append((row, distance))
        pool.sort(key=lambda kept: kept[1])
        del pool[_POOL:]
    return row, distance


def _cross(
    second: _Second, row: list[int], distance: float, others: list[list[int]]
) -> tuple[list[int], float]:
    """The best sequence that has one run of tokens of another and the rest of this one, or back."""
    near = []
    for other in others:
        differ = [place for place, token in enumerate(row) if other[place] != token]
        for index, first in enumerate(differ):
            for last in differ[index:]:
                near.append([*row[:first], *other[first : last + 1], *row[last + 1 :]])
                near.append([*other[:first], *row[first : last + 1], *other[last + 1 :]])
    if not near:
        return row, distance
    found, least = second.best(sorted({tuple(kept) for kept in near}))
    return (found, least) if least < distance else (row, distance)


def _sweep(
    second: _Second,
    choices: list[list[int]],
    row: list[int],
    enough: float,
    generator: torch.Generator,
) -> tuple[list[int], float]:
    """The best token at each position in turn, until a round over all of them gains nothing."""
    distance, before = float(second.at([row]).sum()), float("inf")
    while enough < distance < 0.99 * before:
        before = distance
        for place in torch.randperm(len(row), generator=generator).tolist():
            others = [t for t in choices[place] if t != row[place]]
            if others:
                near = [[*row[:place], token, *row[place + 1 :]] for token in others]
                found, least = second.best(near)
                if least < distance:
                    row, distance = found, least
    return row, distance
