"""Small targets with random weights: one layer of attention, and transformers of a few layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from dpaccount.attacks.targets.model import Target
from dpaccount.attacks.targets.transformer import Architecture, Transformer

__all__ = ["attention_layer", "random_target", "small_transformer"]


def random_target(
    name: str, shape: Architecture, *, seed: int = 0, dtype: Any = torch.float32
) -> Target:
    """A target of the given shape, weights as torch initializes them from a seed.

    Args:
        name: What to call it.
        shape: Its architecture.
        seed: Of the weights, which are public.
        dtype: torch.float32 or torch.float64; the weights are the same numbers.

    Example:
        >>> target = random_target("tiny", Architecture(width=4, vocabulary=8, classes=3))
        >>> target.name, target.shape.outputs
        ('tiny', 3)
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = Transformer(shape)
    module = module.to(dtype).eval().requires_grad_(False)
    embedding = ("embedding.token.weight",) if shape.vocabulary else ()
    return Target(name, module, embedding)


def attention_layer(*, seed: int = 0, dtype: Any = torch.float32, **changes: Any) -> Target:
    """One layer of attention: no residual path, no normalization, no perceptron, no bias.

    Args:
        seed: Of the weights.
        dtype: Of the weights.
        changes: Anything of `Architecture`; by default 64 tokens of width 16, 2 heads, no
            positions, at most 16 tokens, a pooled loss of 4 classes.

    Example:
        >>> target = attention_layer(heads=4, causal=True)
        >>> target.names()[:3]
        ('blocks.0.attention.query.weight', 'blocks.0.attention.key.weight', \
'blocks.0.attention.value.weight')
    """
    shape = Architecture(
        width=16,
        heads=2,
        vocabulary=64,
        max_length=16,
        positions=False,
        residual=False,
        projection=False,
        bias=False,
        classes=4,
    )
    return random_target("attention", replace(shape, **changes), seed=seed, dtype=dtype)


def small_transformer(*, seed: int = 0, dtype: Any = torch.float32, **changes: Any) -> Target:
    """A transformer of a few layers, normalized after each part as in BERT.

    Args:
        seed: Of the weights.
        dtype: Of the weights.
        changes: Anything of `Architecture`; by default 2 layers, 256 tokens of width 32, 4 heads,
            at most 16 tokens, a pooled loss of 4 classes. `loss="next", causal=True` makes it a
            language model.

    Example:
        >>> target = small_transformer(layers=3)
        >>> target.vocabulary, target.shape.layers, target.max_length
        (256, 3, 16)
    """
    shape = Architecture(
        width=32, layers=2, heads=4, inner=64, vocabulary=256, max_length=16, norm="post", classes=4
    )
    return random_target("small", replace(shape, **changes), seed=seed, dtype=dtype)
