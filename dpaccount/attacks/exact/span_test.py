"""The span test: tokens that the gradients of attention span, put together to whole inputs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.exact.arrange import Descent
from dpaccount.attacks.exact.grouping import group
from dpaccount.attacks.exact.labels import predicted_tokens
from dpaccount.attacks.exact.peel import labels_of, without
from dpaccount.attacks.exact.span import basis, choices, passing, tolerance
from dpaccount.attacks.factors import factorize
from dpaccount.attacks.targets.model import Batch
from dpaccount.attacks.threat import View, clip_factors
from dpaccount.errors import InputError

__all__ = ["SpanTest"]

_PIECE = 64  # sequences in one forward pass


@dataclass(frozen=True)
class SpanTest:
    """Reads the first attention's query, key and value together (leak.span_union).

    The tokens that pass at a position are more than one where examples share positions, where
    tokens have no position, or where the span holds a combination that is another token's. Which
    of them belong together is decided by the second attention's span, for what the first block
    makes of a whole sequence, or, with one block, by the distance to the released gradient.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> view = expose(target, target.batch([(3, 1, 4, 1)], [2]), Threat(), seed=0)
        >>> SpanTest()(view, evaluations=100, seed=0).tokens
        ((3, 1, 4, 1),)

    Source: Petrov, Dimitrov, Baader, Mueller and Vechev 2024, arXiv 2405.15586 (DAGER); see
    leak.span_union.
    """

    name: str = "span"
    source: str = "Petrov, Dimitrov, Baader, Mueller and Vechev 2024, DAGER, arXiv 2405.15586"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """Guess every example; lengths have to be known for a batch."""
        lengths = _lengths(view)
        if view.batch_size > 1 and view.target.shape.layers >= 2:
            return group(view, lengths, evaluations, seed)
        allowed = choices(view, basis(view, limit=sum(lengths)), max(lengths))
        if view.batch_size == 1:
            if view.target.shape.loss == "next":  # its last token leaves a trace as a label alone
                allowed[-1] = sorted(set(predicted_tokens(view, lengths[0] - 1))) or allowed[-1]
            return _alone(view, allowed, evaluations, seed)
        return _by_distance(view, lengths, allowed, evaluations, seed)


def _lengths(view: View) -> list[int]:
    if view.lengths is not None:
        return [int(length) for length in view.lengths]
    if view.batch_size > 1 or not view.target.shape.positions or view.noise_std > 0:
        raise InputError(
            "lengths",
            given="none",
            allowed="known lengths, or one example with positions and no noise",
            advice="tell the attack the lengths",
        )
    spanned, edge = basis(view), tolerance(view)
    length = 0
    while length < view.target.max_length:
        _, distances = passing(view.target, spanned, length, 1)
        if not float(distances[0]) < edge:
            break
        length += 1
    return [max(1, length)]


def _distance(view: View, example: int, rows: Tensor) -> Tensor:
    """|G - clip(g)|^2 as a share of |G|^2, for one example's candidates."""
    labels = labels_of(view, example, rows)
    batch = Batch(rows, labels, torch.full((len(rows),), rows.shape[1]))
    found = factorize(view.target, batch, names=view.gradients)
    squares, inner = found.squares(), found.inner(view.gradients)
    factor = clip_factors(squares, view.clip_norm)
    size = torch.stack([part.square().sum() for part in view.gradients.values()]).sum()
    return (size - 2 * factor * inner + factor**2 * squares) / size.clamp_min(1e-300)


def _pieces(rows: Tensor, score: object) -> Tensor:
    return torch.cat([score(piece) for piece in rows.split(_PIECE)])  # type: ignore[operator]


def _enough(view: View) -> float:
    """A squared distance, as a share, that is rounding alone."""
    return 64 * torch.finfo(view.target.dtype).eps


def _alone(view: View, allowed: list[list[int]], evaluations: int, seed: int) -> Guess:
    """One example, by the distance to its gradient where tokens have a choice."""
    if all(len(choice) == 1 for choice in allowed):
        return Guess(tokens=(tuple(choice[0] for choice in allowed),))
    shape = view.target.shape
    if not (shape.positions or shape.causal) and shape.loss == "pooled":
        return _bag(view, allowed[0], len(allowed), evaluations)
    descent = Descent(
        allowed,
        lambda rows: _pieces(rows, lambda piece: _distance(view, 0, piece)),
        enough=_enough(view),
        evaluations=evaluations,
        seed=seed,
    )
    found, distance = descent.run()
    return Guess(tokens=(found,), score=-distance, evaluations=descent.used)


def _bag(view: View, tokens: list[int], length: int, evaluations: int) -> Guess:
    """Tokens whose order leaves no trace: how often each occurs, by the distance (leak.fibre)."""
    tokens = sorted(tokens)[:length]
    rows = []
    for more in combinations_with_replacement(tokens, length - len(tokens)):
        rows.append(sorted([*tokens, *more]))
        if len(rows) >= max(1, evaluations):
            break
    if len(tokens) == length:  # nothing to choose, nothing to look at
        return Guess(tokens=(tuple(rows[0]),))
    scores = _pieces(torch.tensor(rows), lambda piece: _distance(view, 0, piece))
    best = int(scores.argmin())
    return Guess(tokens=(tuple(rows[best]),), score=-float(scores[best]), evaluations=len(rows))


def _by_distance(
    view: View, lengths: list[int], allowed: list[list[int]], evaluations: int, seed: int
) -> Guess:
    """All examples in turn: each is fitted to what the others leave of the released gradient."""
    generator = torch.Generator().manual_seed(seed)
    best: tuple[float, list[tuple[int, ...]]] = (float("inf"), [])
    used = 0
    while best[0] > _enough(view) and (used < evaluations or not best[1]):
        rows = [
            tuple(c[int(torch.randint(len(c), (1,), generator=generator))] for c in allowed[:n])
            for n in lengths
        ]
        score, before = _remaining(view, rows), float("inf")
        while score < before * (1 - 1e-9) and score > _enough(view) and used < evaluations:
            for example in range(len(rows)):
                used += _refit(view, rows, example, allowed, evaluations - used)
            score, before = _remaining(view, rows), score
        if score < best[0]:
            best = score, rows
    return Guess(tokens=tuple(best[1]), score=-best[0], evaluations=used)


def _refit(
    view: View, rows: list[tuple[int, ...]], example: int, allowed: list[list[int]], left: int
) -> int:
    """Improve one example in place; the number of sequences that were looked at."""
    rest = _rest(view, rows, example)
    descent = Descent(
        allowed[: len(rows[example])],
        lambda found: _pieces(found, lambda piece: _distance(rest, example, piece)),
        enough=0.0,
        evaluations=max(1, left),
        seed=0,
    )
    row, _ = descent.down(list(rows[example]))
    rows[example] = tuple(row)
    return descent.used


def _rest(view: View, rows: list[tuple[int, ...]], example: int | None) -> View:
    """The view after the clipped gradients of all examples but one are taken away."""
    others = [other for other in range(len(rows)) if other != example]
    labels = [labels_of(view, other, torch.tensor([rows[other]])) for other in others]
    return without(view, [rows[other] for other in others], labels)


def _remaining(view: View, rows: list[tuple[int, ...]]) -> float:
    """What the clipped gradients of all examples leave, as a share of |G|^2."""
    left = _rest(view, rows, None).gradients
    size = sum(float(part.square().sum()) for part in view.gradients.values())
    return sum(float(part.square().sum()) for part in left.values()) / max(size, 1e-300)
