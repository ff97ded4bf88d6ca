"""Examples of a batch one by one: a sequence is right if the second attention's span says so.

What the first block makes of a sequence of the batch lies in the span of the second attention's
gradients, token by token; one wrong token moves all of them out of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.exact.span import basis, residuals, tolerance
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


def group(
    view: View, lengths: Sequence[int], allowed: list[list[int]], evaluations: int, seed: int
) -> Guess:
    """Put the tokens of a batch's span together to its examples.

    Args:
        view: What was released.
        lengths: Of each example.
        allowed: For each position the tokens in the span.
        evaluations: Sequences that may be put through the first block.
        seed: Of the random starts.
    """
    second = _Second(view, sum(lengths))
    spanned = basis(view, limit=sum(lengths))
    generator = torch.Generator().manual_seed(seed)
    rows: dict[int, tuple[list[int], float]] = {}
    open_ = sorted(range(len(lengths)), key=lengths.__getitem__)
    likely = explain(view, spanned, allowed)
    for turn, starts in enumerate(_STARTS):
        for example in list(open_):
            done = [rows[other][0] for other in rows if other not in open_]
            known = {(place, token) for row in done for place, token in enumerate(row)}
            if turn and known:  # what is certain costs nothing, so the rest is told apart better
                likely = explain(view, spanned, allowed, known)
            modes = [
                _offers(view, lengths[example], allowed, likely, known, shared=shared)
                for shared in (False, True)
            ]
            enough = (10 * tolerance(view)) ** 2 * lengths[example]
            pools: list[list[tuple[list[int], float]]] = [[], []]
            for start in range(starts):
                if example in rows and second.used >= evaluations:
                    break
                offered, every = modes[start % 2]
                pool = pools[start % 2]
                row, distance = _descend(second, offered, every, enough, generator, pool)
                if row in done:
                    rows.setdefault(example, (row, float("inf")))
                    continue
                if example not in rows or distance < rows[example][1]:
                    rows[example] = row, distance
                if distance <= enough:
                    open_.remove(example)
                    break
        if not open_ or second.used >= evaluations:
            break
    ordered = [rows[example] for example in range(len(lengths))]
    return Guess(
        tokens=tuple(tuple(row) for row, _ in ordered),
        score=-max(distance for _, distance in ordered),
        evaluations=second.used,
    )


def _offers(
    view: View,
    length: int,
    allowed: list[list[int]],
    likely: list[list[int]],
    known: set[tuple[int, int]],
    *,
    shared: bool,
) -> tuple[list[list[int]], list[list[int]]]:
    """For each position of an example: the likely tokens, and all that the span and frame allow.

    Where tokens are not shared, those of examples that were found are left to these.
    """
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
        if not shared:  # a sequence with many of another example's tokens would end as that one
            inside = [token for token in inside if (place, token) not in known] or inside
        usual = [token for token in likely[place] if token in inside]
        new = [token for token in usual if (place, token) not in known]
        if shared:  # two examples may have one token at one position
            new = usual + [t for t in inside if (place, t) in known and t not in usual]
        offered.append(new or usual or inside)
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
