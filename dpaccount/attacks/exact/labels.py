"""Labels from the gradient of the last bias."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.threat import View
from dpaccount.errors import InputError

__all__ = ["LabelRecovery", "label_of", "predicted_tokens", "recover_label"]

_BIAS = "head.bias"


def recover_label(view: View) -> int:
    """The label of the one example behind a view: the one class whose bias gradient is negative.

    For cross-entropy the gradient by the last bias is softmax - onehot(label), so exactly one
    coordinate is negative; under noise the smallest is the best guess.

    Raises:
        InputError: For a batch, a loss that is not pooled, or a bias gradient not released.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer()
        >>> secret = target.batch([(3, 1, 4, 1)], [2])
        >>> view = expose(target, secret, Threat(knows_labels=False), seed=0)
        >>> recover_label(view)
        2

    Source: Zhao, Mopuri and Bilen 2020, arXiv 2001.02610 (iDLG).
    """
    if view.batch_size != 1 or view.target.shape.loss != "pooled":
        raise InputError(
            "view",
            given=f"{view.batch_size} examples with the loss {view.target.shape.loss!r}",
            allowed="one example of a pooled loss",
            advice="take labels as known",
        )
    (gradient,) = view.need(_BIAS)
    return int(gradient.argmin())


def label_of(view: View) -> Tensor | None:
    """The label of the one example behind a view, known or recovered: (1,), or (1, length).

    None for a language model, which predicts its input.

    Raises:
        InputError: Where each token has a label and they are not known.
    """
    if view.target.shape.loss == "next":
        return None
    if view.labels is not None:
        return view.labels[:1]
    if view.target.shape.loss == "token":
        raise InputError(
            "labels",
            given="none",
            allowed="known labels, where each token has one",
            advice="set knows_labels",
        )
    return torch.tensor([recover_label(view)])


def predicted_tokens(view: View, count: int) -> tuple[int, ...]:
    """The tokens that a language model was to predict, as often as they occur, in no order.

    The bias gradient is c (mean of the softmax - share of each token): negative where a token
    occurs, and proportional to how often, but for the softmax. Shares are apportioned by the
    largest remainder.

    Args:
        view: The gradient of one example.
        count: Tokens that were predicted: the length less one.
    """
    (gradient,) = view.need(_BIAS)
    there = (-gradient.double()).clamp_min(0)
    if not float(there.sum()) > 0:
        return ()
    shares = there / there.sum() * count
    whole = shares.floor().clamp_min(0)
    whole[there > 0] = whole[there > 0].clamp_min(1)
    order = (shares - whole).argsort(descending=True)
    missing = count - int(whole.sum())
    for token in order[: max(0, missing)].tolist():
        whole[token] += 1
    found = torch.arange(len(whole)).repeat_interleave(whole.to(torch.int64))
    return tuple(found.tolist()[:count])


@dataclass(frozen=True)
class LabelRecovery:
    """Labels, and a language model's tokens, from the last bias alone; it computes no gradient.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer()
        >>> secret = target.batch([(3, 1, 4, 1)], [2])
        >>> view = expose(target, secret, Threat(knows_labels=False), seed=0)
        >>> LabelRecovery()(view, evaluations=1, seed=0).labels
        (2,)

    Source: Zhao, Mopuri and Bilen 2020, arXiv 2001.02610 (iDLG).
    """

    name: str = "labels"
    source: str = "Zhao, Mopuri and Bilen 2020, iDLG, arXiv 2001.02610"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """The label; for a language model the tokens in no order, the first of all unknown."""
        if view.target.shape.loss == "next":
            if view.lengths is None or view.batch_size != 1:
                raise InputError(
                    "view",
                    given="a batch, or an unknown length",
                    allowed="one example of known length",
                    advice="take another attack",
                )
            return Guess(tokens=(predicted_tokens(view, int(view.lengths[0]) - 1),))
        return Guess(labels=(recover_label(view),))
