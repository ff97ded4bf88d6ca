"""One transformer for every target: from a single layer of attention to a real BERT.

Nothing here is random and nothing is trained: dropout is left out, as it is when a gradient is
released by a model in evaluation mode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dpaccount.errors import InputError

__all__ = ["Architecture", "Transformer"]

_NORMS = ("post", "pre", "none")
_LOSSES = ("pooled", "token", "next")


@dataclass(frozen=True)
class Architecture:
    """The shape of a transformer.

    Args:
        width: Of a token's vector.
        layers: Blocks of attention, each with a perceptron where `inner` is above 0.
        heads: Of attention in each block; they divide the width.
        inner: Width inside the perceptron; 0 for none.
        vocabulary: Number of tokens; 0 where the input is continuous patches.
        patch: Numbers in one patch; 0 where the input is tokens.
        max_length: Longest input.
        causal: Whether a token sees only itself and those before it.
        positions: Whether learned position vectors are added.
        segments: Number of segment vectors, of which the first is added; 0 for none.
        norm: "post" (BERT), "pre", or "none".
        norm_eps: What layer normalization adds to the variance.
        residual: Whether each part is added to what it read.
        projection: Whether attention ends with a linear layer.
        bias: Whether linear layers have one.
        head_major: Whether the heads' outputs are laid one behind the other before they are cut
            into tokens, as Opacus 1.6.0's DPMultiheadAttention does with batch_first=True (and
            torch's does not): a token then gets all positions of some heads.
        loss: "pooled" (a classifier of the mean of the tokens), "token" (a label for each token)
            or "next" (a language model).
        classes: Of the classifier; a language model's are its vocabulary.

    Raises:
        InputError: For a shape that is none.

    Example:
        >>> Architecture(width=8, heads=2, vocabulary=64, loss="next", causal=True).outputs
        64

    Source: Vaswani et al. 2017, arXiv 1706.03762; Devlin et al. 2019, arXiv 1810.04805 (BERT), for
    the norm "post" and for segments.
    """

    width: int
    layers: int = 1
    heads: int = 1
    inner: int = 0
    vocabulary: int = 0
    patch: int = 0
    max_length: int = 32
    causal: bool = False
    positions: bool = True
    segments: int = 0
    norm: str = "none"
    norm_eps: float = 1e-5
    residual: bool = True
    projection: bool = True
    bias: bool = True
    head_major: bool = False
    loss: str = "pooled"
    classes: int = 2

    def __post_init__(self) -> None:
        """Check the shape."""
        for name, allowed in (("norm", _NORMS), ("loss", _LOSSES)):
            if getattr(self, name) not in allowed:
                raise _refuse(name, getattr(self, name), ", ".join(allowed))
        sizes = {"width": 1, "layers": 1, "heads": 1, "max_length": 1, "classes": 1}
        sizes |= {"inner": 0, "vocabulary": 0, "patch": 0, "segments": 0}
        for name, least in sizes.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not value >= least:
                raise _refuse(name, value, f"an integer from {least}")
        if self.width % self.heads:
            raise _refuse("heads", self.heads, f"a divisor of the width, {self.width}")
        if (self.vocabulary > 0) == (self.patch > 0):
            raise _refuse("vocabulary", self.vocabulary, "tokens or patches, one of the two")
        if self.loss == "next" and not self.vocabulary:
            raise _refuse("loss", self.loss, "a language model of tokens")

    @property
    def outputs(self) -> int:
        """The number of classes that the last layer tells apart."""
        return self.vocabulary if self.loss == "next" else self.classes


def _refuse(name: str, given: object, allowed: str) -> InputError:
    return InputError(name, given=given, allowed=allowed, advice="describe a transformer")


class Embedding(nn.Module):
    """Tokens or patches to vectors; `total` is where the sum of all that is added passes."""

    def __init__(self, shape: Architecture) -> None:
        """Make the tables that the shape has."""
        super().__init__()
        self.max_length = shape.max_length
        if shape.vocabulary:
            self.token = nn.Embedding(shape.vocabulary, shape.width)
        else:
            self.patch = nn.Linear(shape.patch, shape.width)
        self.position = nn.Embedding(shape.max_length, shape.width) if shape.positions else None
        self.segment = nn.Embedding(shape.segments, shape.width) if shape.segments else None
        self.total = nn.Identity()
        post = shape.norm == "post"
        self.norm = nn.LayerNorm(shape.width, eps=shape.norm_eps) if post else None

    def look_up(self, inputs: Tensor) -> Tensor:
        """The vectors of tokens or patches alone."""
        if hasattr(self, "patch"):
            found: Tensor = self.patch(inputs)
        else:
            found = self.token(inputs)
        return found

    def forward(self, vectors: Tensor, first: int = 0) -> Tensor:
        """Add positions, of which the first is given, and segment, and normalize."""
        last = first + vectors.shape[1]
        if not last <= self.max_length:
            raise InputError(
                "inputs",
                given=f"{last} tokens",
                allowed=f"at most {self.max_length}",
                advice="cut the inputs, or take a target with a larger max_length",
            )
        if self.position is not None:
            vectors = vectors + self.position.weight[first:last]
        if self.segment is not None:
            vectors = vectors + self.segment.weight[0]
        vectors = self.total(vectors)
        return vectors if self.norm is None else self.norm(vectors)


class Attention(nn.Module):
    """Scaled dot-product attention, written out: gradients of gradients are asked for."""

    def __init__(self, shape: Architecture) -> None:
        """Make the four linear layers."""
        super().__init__()
        self.heads, self.head_major = shape.heads, shape.head_major
        self.query = nn.Linear(shape.width, shape.width, bias=shape.bias)
        self.key = nn.Linear(shape.width, shape.width, bias=shape.bias)
        self.value = nn.Linear(shape.width, shape.width, bias=shape.bias)
        self.output = nn.Linear(shape.width, shape.width) if shape.projection else nn.Identity()

    def _split(self, vectors: Tensor) -> Tensor:
        batch, length, width = vectors.shape
        return vectors.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, vectors: Tensor, allowed: Tensor | None) -> Tensor:
        """Attend to the positions that are allowed; None for all."""
        query, key, value = (
            self._split(layer(vectors)) for layer in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -math.inf)
        mixed = scores.softmax(dim=-1) @ value
        joined = (
            mixed.reshape(vectors.shape) if self.head_major else mixed.transpose(1, 2).flatten(2)
        )
        found: Tensor = self.output(joined)
        return found


class Perceptron(nn.Module):
    """Two linear layers with GELU between them."""

    def __init__(self, shape: Architecture) -> None:
        """Make the two layers."""
        super().__init__()
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)

    def forward(self, vectors: Tensor) -> Tensor:
        """Up, GELU, down."""
        found: Tensor = self.down(nn.functional.gelu(self.up(vectors)))
        return found


class Block(nn.Module):
    """Attention and, where there is one, a perceptron."""

    def __init__(self, shape: Architecture) -> None:
        """Make the parts."""
        super().__init__()
        self.residual, self.pre = shape.residual, shape.norm == "pre"

        def norm() -> nn.Module:
            if shape.norm == "none":
                return nn.Identity()
            return nn.LayerNorm(shape.width, eps=shape.norm_eps)

        self.attention = Attention(shape)
        self.attention_norm = norm()
        self.perceptron = Perceptron(shape) if shape.inner else None
        if self.perceptron is not None:
            self.perceptron_norm = norm()

    def _around(self, part: Any, norm: Any, vectors: Tensor) -> Tensor:
        found: Tensor = part(norm(vectors) if self.pre else vectors)
        if self.residual:
            found = vectors + found
        return found if self.pre else norm(found)

    def forward(self, vectors: Tensor, allowed: Tensor | None) -> Tensor:
        """One part after the other."""
        vectors = self._around(
            lambda read: self.attention(read, allowed), self.attention_norm, vectors
        )
        if self.perceptron is not None:
            vectors = self._around(self.perceptron, self.perceptron_norm, vectors)
        return vectors


class Transformer(nn.Module):
    """A transformer of the given shape; weights as torch initializes them.

    Example:
        >>> module = Transformer(Architecture(width=4, vocabulary=8, classes=3))
        >>> module(torch.tensor([[1, 2], [3, 4]])).shape
        torch.Size([2, 3])

    Source: as `Architecture`.
    """

    def __init__(self, shape: Architecture) -> None:
        """Make the layers."""
        super().__init__()
        self.shape, self.pre = shape, shape.norm == "pre"
        self.embedding = Embedding(shape)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, eps=shape.norm_eps) if self.pre else nn.Identity()
        self.head = nn.Linear(shape.width, shape.outputs)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The logits: (batch, classes) for a pooled loss, else (batch, length, classes).

        Args:
            inputs: Tokens (batch, length), or patches (batch, length, patch).
            lengths: How many of them count, for each example; None for all.
        """
        return self.of_vectors(self.embedding.look_up(inputs), lengths)

    def of_vectors(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The logits for token vectors (batch, length, width), before anything is added to them."""
        encoded = self.encode(vectors, lengths)
        if self.shape.loss == "pooled":
            if lengths is None:
                encoded = encoded.mean(dim=1)
            else:
                counts = self._counts(vectors, lengths).to(encoded.dtype)[..., None]
                encoded = (encoded * counts).sum(dim=1) / counts.sum(dim=1)
        logits: Tensor = self.head(encoded)
        return logits

    def encode(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The last layer's vectors."""
        found: Tensor = self.norm(self.through(vectors, len(self.blocks), lengths))
        return found

    def through(self, vectors: Tensor, blocks: int, lengths: Tensor | None = None) -> Tensor:
        """What token vectors are after the first so many blocks."""
        allowed = self._allowed(vectors, lengths)
        vectors = self.embedding(vectors)
        for block in self.blocks[:blocks]:
            vectors = block(vectors, allowed)
        return vectors

    def read_by_attention(self, vectors: Tensor, block: int) -> Tensor:
        """What the attention of a block reads of the vectors that come to the block."""
        found: Tensor = self.blocks[block].attention_norm(vectors) if self.pre else vectors
        return found

    @staticmethod
    def _counts(vectors: Tensor, lengths: Tensor) -> Tensor:
        return torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]

    def _allowed(self, vectors: Tensor, lengths: Tensor | None) -> Tensor | None:
        """Which position may attend to which: (batch or 1, 1, length, length)."""
        allowed = None
        if lengths is not None:
            allowed = self._counts(vectors, lengths)[:, None, None, :]
        if self.shape.causal:
            length = vectors.shape[1]
            before = torch.ones(length, length, dtype=torch.bool, device=vectors.device).tril()
            allowed = before[None, None] if allowed is None else allowed & before
        return allowed
