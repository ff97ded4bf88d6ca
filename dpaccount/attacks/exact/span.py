"""Which tokens lie in what the gradients of query, key and value span (leak.span_union)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dpaccount.attacks.targets.model import Target
from dpaccount.attacks.threat import View

__all__ = [
    "PARTS",
    "basis",
    "choices",
    "first_inputs",
    "floor",
    "passing",
    "residuals",
    "stacked",
    "tolerance",
]

#: The layers whose gradients are X^T dY with X what attention read.
PARTS = ("query", "key", "value")
_ROUNDING = 32  # a sum of products is off by a few units in the last place
_DIRECTIONS = 32  # in which every token of the vocabulary is looked at
_SHORTLIST = 256  # tokens whose distance is then computed
_MOST = 64  # tokens kept at a position


def _name(block: int, part: str) -> str:
    return f"blocks.{block}.attention.{part}.weight"


def stacked(view: View, block: int = 0, parts: tuple[str, ...] = PARTS) -> Tensor:
    """The gradients of query, key and value below each other: (rows, width).

    Raises:
        InputError: Where a layer's gradient was not released.
    """
    return torch.cat(view.need(*(_name(block, part) for part in parts)))


def floor(singular: Tensor, shape: tuple[int, int], noise_std: float) -> float:
    """Below this, a singular value is rounding or noise.

    Noise alone has singular values up to about std * (sqrt(rows) + sqrt(columns)) of its matrix.
    """
    rounding = _ROUNDING * torch.finfo(singular.dtype).eps * float(singular[0])
    return max(rounding, noise_std * (math.sqrt(shape[0]) + math.sqrt(shape[1])))


def basis(
    view: View, block: int = 0, *, parts: tuple[str, ...] = PARTS, limit: int | None = None
) -> Tensor:
    """An orthonormal basis of what the gradients span: (rank, width).

    Args:
        view: What was released.
        block: Whose attention.
        parts: Of query, key and value.
        limit: The rank is never larger: the number of tokens, where it is known.

    Raises:
        InputError: Where a layer's gradient was not released.
    """
    gradients = stacked(view, block, parts)
    _, singular, vectors = torch.linalg.svd(gradients, full_matrices=False)
    above = singular > floor(singular, gradients.shape, view.noise_std)
    rank = int(above.sum())
    if limit is not None:
        rank = min(rank, limit)
    return vectors[:rank]


def tolerance(view: View) -> float:
    """A token whose distance to the span is below this share of its length lies in it."""
    return math.sqrt(torch.finfo(view.target.dtype).eps)


def residuals(vectors: Tensor, spanned: Tensor) -> Tensor:
    """The distance of each vector to the span, as a share of its length."""
    outside = vectors - (vectors @ spanned.T) @ spanned
    lengths = vectors.norm(dim=-1).clamp_min(torch.finfo(vectors.dtype).tiny)
    return outside.norm(dim=-1) / lengths


def first_inputs(target: Target, position: int, tokens: Tensor | None = None) -> Tensor:
    """What the first attention reads at a position, for some tokens or all: (tokens, width)."""
    table = target.token_vectors()
    vectors = table if tokens is None else table[tokens]
    with torch.no_grad():
        vectors = target.module.embedding(vectors[:, None], position)[:, 0]
        return target.module.read_by_attention(vectors, 0)


def _shown(target: Target, position: int, directions: Tensor) -> Tensor:
    """The squared size of what each token of the vocabulary shows in some directions: (tokens,).

    What attention reads is tok + pos, then perhaps a normalization (u - mean) * weight / std + bias
    of it: linear in tok but for two numbers of each token, so no vector is formed.
    """
    embedding, table = target.module.embedding, target.token_vectors()
    added = torch.zeros(table.shape[1], dtype=table.dtype)
    if embedding.position is not None:
        added = added + embedding.position.weight[position]
    if embedding.segment is not None:
        added = added + embedding.segment.weight[0]
    norm = target.module.blocks[0].attention_norm if target.module.pre else embedding.norm
    if norm is None:
        return ((table + added) @ directions).square().sum(dim=1)
    scaled = norm.weight[:, None] * directions
    mean = table.mean(dim=1) + added.mean()
    square = table.square().mean(dim=1) + 2 * (table @ added) / len(added)
    variance = square + added.square().mean() - mean.square()
    seen = table @ scaled + added @ scaled - mean[:, None] * scaled.sum(dim=0)
    seen = seen / (variance + norm.eps).sqrt()[:, None] + norm.bias @ directions
    return seen.square().sum(dim=1)


def passing(target: Target, spanned: Tensor, position: int, most: int) -> tuple[Tensor, Tensor]:
    """The tokens nearest to the span at a position, and their distances, nearest first.

    All tokens are looked at in a few directions outside the span; the distance is computed for
    those that hardly show there. A token of the span shows in none of them.
    """
    width = spanned.shape[1]
    if target.vocabulary > 2 * _SHORTLIST and len(spanned) < width:
        generator = torch.Generator().manual_seed(0)
        random = torch.randn(width, _DIRECTIONS, generator=generator, dtype=spanned.dtype)
        outside = random - spanned.T @ (spanned @ random)
        tokens = _shown(target, position, outside).topk(_SHORTLIST, largest=False).indices
    else:
        tokens = torch.arange(target.vocabulary)
    distances = residuals(first_inputs(target, position, tokens), spanned)
    order = distances.argsort()[:most]
    return tokens[order], distances[order]


def choices(view: View, spanned: Tensor, length: int, *, most: int = _MOST) -> list[list[int]]:
    """For each position the tokens that lie in the span, or the nearest one where none does."""
    found: list[list[int]] = []
    edge = tolerance(view)
    for position in range(length):
        if found and not view.target.shape.positions:
            found.append(found[0])
            continue
        tokens, distances = passing(view.target, spanned, position, most)
        inside = tokens[distances < edge].tolist()
        found.append(inside or tokens[:1].tolist())
    return found
