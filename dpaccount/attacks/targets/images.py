"""The digits transformer of the demo: an image of 8 x 8 pixels, read as eight rows."""

from __future__ import annotations

from typing import Any

import torch

from dpaccount.attacks.extras import need
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.targets.small import random_target
from dpaccount.attacks.targets.transformer import Architecture

__all__ = ["digit_images", "digits"]


def digits(*, seed: int = 0, dtype: Any = torch.float32) -> Target:
    """The transformer of `demo/digits_transformer.py` before its first step.

    Args:
        seed: Of the weights.
        dtype: Of the weights.

    Example:
        >>> digits().vocabulary, digits().shape.outputs
        (0, 10)
    """
    shape = Architecture(
        width=64,
        heads=8,
        inner=128,
        patch=8,
        max_length=8,
        norm="pre",
        head_major=True,
        classes=10,
    )
    return random_target("digits", shape, seed=seed, dtype=dtype)


def digit_images(target: Target, count: int, *, seed: int = 0) -> Batch:
    """Some of scikit-learn's digits, pixels from -1 to 1.

    Args:
        target: What will read them.
        count: How many, from 1 to 1797.
        seed: Which.

    Example:
        >>> digit_images(digits(), 2).inputs.shape
        torch.Size([2, 8, 8])

    Source: scikit-learn's `load_digits`.
    """
    images, labels = need("sklearn.datasets").load_digits(return_X_y=True)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(labels), generator=generator)[:count].tolist()
    rows = [torch.as_tensor(images[i] / 8.0 - 1.0).reshape(8, 8) for i in chosen]
    return target.batch(rows, [int(labels[i]) for i in chosen])
