"""One example taken out of a batch's gradient, once it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dpaccount.attacks.exact.labels import recover_label
from dpaccount.attacks.exact.span import stacked
from dpaccount.attacks.factors import factorize
from dpaccount.attacks.targets.model import Batch
from dpaccount.attacks.threat import View, clip_factors
from dpaccount.errors import InputError

__all__ = ["labels_of", "peel", "without"]

Tokens = tuple[int, ...]


def labels_of(view: View, example: int, rows: Tensor) -> Tensor | None:
    """The known label of an example, or that of the only one, for each of its candidates.

    None for a language model, which predicts its input.
    """
    if view.target.shape.loss == "next":
        return None
    if view.labels is None:
        return torch.full((len(rows),), recover_label(view))
    label = view.labels[example]
    return (label[: rows.shape[1]] if label.ndim else label).expand(len(rows), *([-1] * label.ndim))


def without(view: View, rows: Sequence[Sequence[int]], labels: Sequence[Tensor | None]) -> View:
    """The view with the clipped gradients of some inputs subtracted.

    Args:
        view: What was released.
        rows: The inputs, one by one.
        labels: Of each, with a batch dimension of 1.
    """
    left = {name: part.clone() for name, part in view.gradients.items()}
    for row, label in zip(rows, labels, strict=True):
        batch = Batch(torch.tensor([row]), label, torch.tensor([len(row)]))
        found = factorize(view.target, batch, names=view.gradients)
        factor = float(clip_factors(found.squares(), view.clip_norm))
        for name, part in found.formed().items():
            left[name] -= factor * part[0]
    return replace(view, gradients=left)


def peel(view: View, row: Tokens, lengths: Sequence[int]) -> tuple[int, Tokens, View]:
    """Which example of its length an input is, and what is left of the batch without it.

    What the attention of the first block does not show of it, its label or a language model's last
    token, is what leaves the least: anything wrong leaves a gradient of the input behind.

    Args:
        view: What was released.
        row: The input.
        lengths: Of the examples.

    Raises:
        InputError: Where each token has a label and they are not known.
    """
    found = []
    for example, whole, label in _forms(view, row, lengths):
        left = without(view, [whole], [label])
        found.append((_beyond(left, sum(lengths) - len(row)), example, whole, left))
    _, example, whole, left = min(found, key=lambda tried: tried[0])
    others = [other for other in range(len(lengths)) if other != example]
    rest = replace(
        left,
        batch_size=len(others),
        labels=None if view.labels is None else view.labels[others],
        lengths=torch.tensor([lengths[other] for other in others]),
    )
    return example, whole, rest


def _forms(
    view: View, row: Tokens, lengths: Sequence[int]
) -> Iterator[tuple[int, Tokens, Tensor | None]]:
    """Examples that an input may be, with its last token and label as they may be."""
    same = [example for example, length in enumerate(lengths) if length == len(row)]
    shape = view.target.shape
    if shape.loss == "next":
        (gradient,) = view.need("head.bias")
        for token in dict.fromkeys([row[-1], *(gradient < 0).nonzero().flatten().tolist()]):
            yield same[0], (*row[:-1], token), None
    elif view.labels is not None:
        for example in same:
            yield example, row, labels_of(view, example, torch.tensor([row]))
    elif shape.loss == "token":
        raise InputError(
            "labels",
            given="none",
            allowed="known labels for a batch, where each token has one",
            advice="set knows_labels",
        )
    else:
        for label in range(shape.classes):
            yield same[0], row, torch.tensor([label])


def _beyond(view: View, tokens: int) -> float:
    """What of the first attention's gradients so many tokens cannot have made, squared."""
    return float(torch.linalg.svdvals(stacked(view))[tokens:].square().sum())
