"""Gradients as the factors they are products of, so that none is ever formed.

A linear layer's gradient is the sum over tokens of dY_t X_t^T, X what the layer read and dY the
loss's derivative by what it gave. Then <G, g> = sum_t dY_t^T G X_t and <g, h> = sum_st (X_s . X'_t)
(dY_s . dY'_t): for a sentence of 16 tokens and 11 million parameters that costs about as much as
the forward pass, for a whole batch of candidates at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.errors import InputError

__all__ = ["Factor", "Factors", "Outer", "Rows", "Vectors", "factorize", "factorize_many"]

_BLOCK = 64  # examples at once: more are no faster and need memory

_MOST_ENTRIES = 2**24  # of a table of products of tokens, which is made block by block


@dataclass(frozen=True)
class Outer:
    """Gradients sum_t dY_t X_t^T of a weight (outputs, inputs).

    Args:
        inputs: X, (batch, tokens, inputs).
        outputs: dY, (batch, tokens, outputs).
    """

    inputs: Tensor
    outputs: Tensor

    def inner(self, given: Tensor) -> Tensor:
        """<G, g> for each example: (batch,)."""
        return ((self.inputs @ given.T) * self.outputs).sum(dim=(1, 2))

    def squares(self) -> Tensor:
        """|g|^2 for each example."""
        read = self.inputs @ self.inputs.transpose(1, 2)
        given = self.outputs @ self.outputs.transpose(1, 2)
        return (read * given).sum(dim=(1, 2))

    def gram(self, other: Outer) -> Tensor:
        """<g, h> of every example here and every one there: (batch, their batch)."""
        return _pairs(
            [self.inputs, self.outputs],
            [other.inputs, other.outputs],
            lambda mine, theirs: (mine[0] @ theirs[0].T) * (mine[1] @ theirs[1].T),
        )

    def formed(self) -> Tensor:
        """The gradients themselves: (batch, outputs, inputs)."""
        return self.outputs.transpose(1, 2) @ self.inputs

    def select(self, index: Any) -> Outer:
        """Some of the examples."""
        return Outer(self.inputs[index], self.outputs[index])

    def double(self) -> Outer:
        """In float64."""
        return Outer(self.inputs.double(), self.outputs.double())


@dataclass(frozen=True)
class Rows:
    """Gradients of a table of which every token reads one row.

    Args:
        index: Which, (batch, tokens).
        rows: The derivative by it, (batch, tokens, width).
        size: Rows in the table.
    """

    index: Tensor
    rows: Tensor
    size: int

    def inner(self, given: Tensor) -> Tensor:
        """<G, g> for each example."""
        return (given[self.index] * self.rows).sum(dim=(1, 2))

    def squares(self) -> Tensor:
        """|g|^2 for each example."""
        same = self.index[:, :, None] == self.index[:, None, :]
        return (same * (self.rows @ self.rows.transpose(1, 2))).sum(dim=(1, 2))

    def gram(self, other: Rows) -> Tensor:
        """<g, h> of every example here and every one there."""
        return _pairs(
            [self.index, self.rows],
            [other.index, other.rows],
            lambda mine, theirs: (mine[0][:, None] == theirs[0]) * (mine[1] @ theirs[1].T),
        )

    def formed(self) -> Tensor:
        """The gradients themselves: (batch, size, width)."""
        batch, _, width = self.rows.shape
        found = torch.zeros(batch, self.size, width, dtype=self.rows.dtype)
        return found.scatter_add(1, self.index[..., None].expand_as(self.rows), self.rows)

    def select(self, index: Any) -> Rows:
        """Some of the examples."""
        return Rows(self.index[index], self.rows[index], self.size)

    def double(self) -> Rows:
        """In float64."""
        return Rows(self.index, self.rows.double(), self.size)


@dataclass(frozen=True)
class Vectors:
    """Gradients of a vector, such as a bias.

    Args:
        values: (batch, size).
    """

    values: Tensor

    def inner(self, given: Tensor) -> Tensor:
        """<G, g> for each example."""
        return self.values @ given

    def squares(self) -> Tensor:
        """|g|^2 for each example."""
        return (self.values * self.values).sum(dim=1)

    def gram(self, other: Vectors) -> Tensor:
        """<g, h> of every example here and every one there."""
        return self.values @ other.values.T

    def formed(self) -> Tensor:
        """The gradients themselves."""
        return self.values

    def select(self, index: Any) -> Vectors:
        """Some of the examples."""
        return Vectors(self.values[index])

    def double(self) -> Vectors:
        """In float64."""
        return Vectors(self.values.double())


Factor = Outer | Rows | Vectors


def _pairs(mine: list[Tensor], theirs: list[Tensor], product: Any) -> Tensor:
    """Sums over the pairs of tokens of a product, for each pair of examples."""
    batch, tokens = mine[0].shape[:2]
    other, others = theirs[0].shape[:2]
    flat = [part.flatten(0, 1) for part in theirs]
    step = max(1, _MOST_ENTRIES // max(1, tokens * other * others))
    found = []
    for start in range(0, batch, step):
        block = [part[start : start + step].flatten(0, 1) for part in mine]
        table = product(block, flat)
        found.append(table.view(-1, tokens, other, others).sum(dim=(1, 3)))
    return torch.cat(found)


class Factors(Mapping[str, Factor]):
    """The gradients of a batch of examples, parameter by parameter.

    Args:
        parts: The factor of each parameter.
        losses: Each example's loss.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(dtype=torch.float64)
        >>> found = factorize(target, target.batch([(3, 1, 4), (1, 5, 9)], [2, 0]))
        >>> gram = found.gram()
        >>> gram.shape, bool((gram.diagonal() - found.squares()).abs().max() < 1e-12)
        (torch.Size([2, 2]), True)
    """

    def __init__(self, parts: Mapping[str, Factor], losses: Tensor) -> None:
        """Keep the parts."""
        self._parts, self.losses = dict(parts), losses

    def __getitem__(self, name: str) -> Factor:
        """The factor of a parameter."""
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the parameters."""
        return iter(self._parts)

    def __len__(self) -> int:
        """The number of parameters."""
        return len(self._parts)

    def inner(self, given: Mapping[str, Tensor]) -> Tensor:
        """<G, g> for each example, over the parameters here: (batch,)."""
        return torch.stack([part.inner(given[name]) for name, part in self.items()]).sum(dim=0)

    def squares(self) -> Tensor:
        """|g|^2 for each example."""
        return torch.stack([part.squares() for part in self.values()]).sum(dim=0)

    def gram(self, other: Factors | None = None) -> Tensor:
        """<g, h> of every example here and every one there, or here: (batch, their batch)."""
        theirs: Any = self if other is None else other
        return torch.stack([self[name].gram(theirs[name]) for name in self]).sum(dim=0)

    def formed(self) -> dict[str, Tensor]:
        """The gradients themselves, each with the batch first."""
        return {name: part.formed() for name, part in self.items()}

    def select(self, index: Any) -> Factors:
        """Some of the examples."""
        return Factors(
            {name: part.select(index) for name, part in self.items()}, self.losses[index]
        )

    def double(self) -> Factors:
        """In float64, whatever the model computes in."""
        return Factors({name: part.double() for name, part in self.items()}, self.losses)


def factorize(
    target: Target,
    batch: Batch,
    *,
    names: Iterable[str] | None = None,
    vectors: bool = False,
    create_graph: bool = False,
) -> Factors:
    """The factors of every example's gradient, by one forward and one backward pass.

    Args:
        target: The model.
        batch: The examples, or their token vectors.
        names: Which parameters; None for all but the embedding.
        vectors: Whether the batch's inputs are token vectors (batch, tokens, width).
        create_graph: Whether to differentiate through the factors afterwards.

    Raises:
        InputError: For a name that is no parameter.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(dtype=torch.float64)
        >>> batch = target.batch([(3, 1, 4), (1, 5, 9)], [2, 0])
        >>> formed = target.gradients(batch)[0]
        >>> square = sum(float(part.square().sum()) for part in formed.values())
        >>> bool(abs(factorize(target, batch).squares()[0] - square) < 1e-12)
        True

    Source: Goodfellow 2015, arXiv 1510.01799 (norms, one vector for each example); Li, Tramer,
    Liang and Hashimoto 2021, arXiv 2110.05679 (sequences); items not checked.
    """
    wanted = target.names() if names is None else tuple(names)
    kept = _Kept(target, wanted, create_graph)
    labels = batch.labels
    if labels is None and not vectors:
        labels = batch.inputs
    with kept, torch.enable_grad():
        logits = (target.module.of_vectors if vectors else target.module)(
            batch.inputs, batch.lengths
        )
        losses = target.losses_of(logits, labels, batch.lengths)
    places = list(kept.outputs)
    found = torch.autograd.grad(
        losses.sum(), [kept.outputs[place] for place in places], create_graph=create_graph
    )
    by_place = dict(zip(places, found, strict=True))
    parts = {name: _part(kept, by_place, name, batch) for name in wanted}
    return Factors(parts, losses if create_graph else losses.detach())


def factorize_many(
    target: Target, batch: Batch, *, names: Iterable[str] | None = None
) -> Iterator[Factors]:
    """The factors of many examples, some of them at a time; see `factorize`."""
    wanted = None if names is None else tuple(names)
    for start in range(0, len(batch), _BLOCK):
        yield factorize(target, batch.part(start, start + _BLOCK), names=wanted)


class _Kept:
    """What passes through the layers during one forward pass."""

    def __init__(self, target: Target, names: Iterable[str], create_graph: bool) -> None:
        self.modules = dict(target.module.named_modules())
        self.places = dict.fromkeys(_place(self.modules, name) for name in names)
        self.create_graph = create_graph
        self.inputs: dict[str, Tensor] = {}
        self.outputs: dict[str, Tensor] = {}
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        for place in self.places:
            self._handles.append(self.modules[place].register_forward_hook(self._hook(place)))

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _hook(self, place: str) -> Any:
        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            if not output.requires_grad:  # the parameters want none: the graph begins here
                output = output.detach().requires_grad_()
            self.inputs[place] = inputs[0] if self.create_graph else inputs[0].detach()
            self.outputs[place] = output
            return output

        return keep


def _place(modules: Mapping[str, Any], name: str) -> str:
    """The module at whose output the gradient of a parameter is read."""
    place = name.rpartition(".")[0]
    module = modules.get(place)
    if isinstance(module, (nn.Linear, nn.LayerNorm)):
        return place
    if isinstance(module, nn.Embedding):
        return "embedding.total"
    raise InputError(
        "names",
        given=name,
        allowed="parameters of the target",
        advice="see target.names(embedding=True)",
    )


def _part(kept: _Kept, by_place: Mapping[str, Tensor], name: str, batch: Batch) -> Factor:
    place, _, kind = name.rpartition(".")
    module = kept.modules[place]
    if isinstance(module, nn.Embedding):
        rows = by_place["embedding.total"]
        return Rows(_index(name, batch.inputs, rows), rows, module.num_embeddings)
    given, read = by_place[place], kept.inputs[place]
    tokens = tuple(range(1, given.ndim - 1))
    if isinstance(module, nn.LayerNorm):
        if kind == "weight":
            unscaled = nn.functional.layer_norm(read, module.normalized_shape, eps=module.eps)
            given = given * unscaled
        return Vectors(given.sum(dim=tokens))
    if kind == "bias":
        return Vectors(given.sum(dim=tokens) if tokens else given)
    if not tokens:  # the head of a pooled loss reads one vector
        given, read = given[:, None], read[:, None]
    return Outer(read, given)


def _index(name: str, inputs: Tensor, rows: Tensor) -> Tensor:
    batch, length = rows.shape[:2]
    if name == "embedding.token.weight":
        return inputs
    if name == "embedding.position.weight":
        return torch.arange(length).expand(batch, length)
    return torch.zeros(batch, length, dtype=torch.int64)
