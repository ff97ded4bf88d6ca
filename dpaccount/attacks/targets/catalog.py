"""The targets by name, and secrets drawn for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dpaccount import _validate
from dpaccount.attacks.targets.images import digit_images, digits
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.targets.pretrained import minilm
from dpaccount.attacks.targets.small import attention_layer, small_transformer
from dpaccount.attacks.targets.texts import sentences
from dpaccount.errors import InputError, shown

__all__ = ["TARGETS", "draw_secrets", "find_target"]


def _language_model(**options: Any) -> Target:
    return small_transformer(loss="next", causal=True, **options)


#: Every target that the command line knows.
TARGETS: dict[str, Callable[..., Target]] = {
    "attention": attention_layer,
    "small": small_transformer,
    "language-model": _language_model,
    "minilm": minilm,
    "digits": digits,
}


def find_target(name: str, **options: Any) -> Target:
    """The target of a name.

    Args:
        name: attention, small, language-model, minilm or digits.
        options: What its maker takes, such as seed and dtype.

    Raises:
        InputError: For a name that is none.

    Example:
        >>> find_target("language-model", seed=1).shape.loss
        'next'
    """
    if not isinstance(name, str) or name not in TARGETS:
        raise InputError(
            "target", given=shown(name), allowed=", ".join(TARGETS), advice="name one of these"
        )
    return TARGETS[name](**options)


def draw_secrets(of: Target, count: int, *, seed: int, length: int = 8) -> Batch:
    """Secrets for a target: real sentences where it has a tokenizer, digits, or uniform tokens.

    Args:
        of: The target.
        count: How many examples.
        seed: Of the draw.
        length: Tokens in each, where tokens are drawn.

    Raises:
        InputError: For a count that is none, or more than there are.

    Example:
        >>> drawn = draw_secrets(find_target("attention"), 2, seed=0, length=3)
        >>> len(drawn), [len(tokens) for tokens in drawn.tokens]
        (2, [3, 3])
    """
    count = _validate.count(count, "count", least=1, most=10**6)
    if not of.vocabulary:
        return digit_images(of, count, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    rows: list[tuple[int, ...]]
    if of.tokenizer is not None:
        rows = sentences(of, count, seed=seed)
    else:
        drawn = torch.randint(of.vocabulary, (count, length), generator=generator)
        rows = [tuple(row) for row in drawn.tolist()]
    if of.shape.loss == "next":
        return of.batch(rows)
    classes = of.shape.classes
    if of.shape.loss == "token":
        return of.batch(
            rows,
            [torch.randint(classes, (len(row),), generator=generator).tolist() for row in rows],
        )
    return of.batch(rows, torch.randint(classes, (count,), generator=generator).tolist())
