"""What is attacked: a public model, its loss, and the gradients of single examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from dpaccount.attacks.targets.transformer import Architecture, Transformer
from dpaccount.errors import InputError, shown

__all__ = ["Batch", "Target"]

_PADDING = 0


@dataclass(frozen=True)
class Batch:
    """Examples, padded to one length.

    Args:
        inputs: Tokens (batch, length), or patches (batch, length, patch).
        labels: (batch,), or (batch, length) for a loss of each token; None for a language model.
        lengths: (batch,): how many of an example's tokens count.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> batch = attention_layer().batch([(3, 1, 4), (1, 5)], [0, 1])
        >>> len(batch), batch.lengths.tolist(), batch[1].tokens
        (2, [3, 2], ((1, 5),))
    """

    inputs: Tensor
    labels: Tensor | None
    lengths: Tensor

    def __len__(self) -> int:
        """The number of examples."""
        return int(self.inputs.shape[0])

    def __getitem__(self, index: int) -> Batch:
        """One example, as a batch of one and without its padding."""
        length = int(self.lengths[index])
        labels = self.labels
        if labels is not None:
            labels = labels[index : index + 1]
            labels = (
                labels[:, :length]
                if labels.ndim == 2 and not labels.is_floating_point()
                else labels
            )
        return Batch(
            self.inputs[index : index + 1, :length], labels, self.lengths[index : index + 1]
        )

    def part(self, start: int, end: int) -> Batch:
        """The examples start <= i < end, padded as they are."""
        labels = None if self.labels is None else self.labels[start:end]
        return Batch(self.inputs[start:end], labels, self.lengths[start:end])

    def __iter__(self) -> Any:
        """The examples one by one."""
        return (self[index] for index in range(len(self)))

    @property
    def tokens(self) -> tuple[tuple[int, ...], ...]:
        """Each example's tokens."""
        return tuple(tuple(example.inputs[0].tolist()) for example in self)


@dataclass(frozen=True, eq=False)
class Target:
    """A public model whose gradients are released.

    Args:
        name: As the catalog has it.
        module: The model; its parameters want no gradient of their own.
        embedding: The parameters that tell tokens apart by which rows change; they are withheld
            (frozen while training) unless a threat says otherwise.
        frame: Tokens that every input begins with and ends with, such as BERT's [CLS] and [SEP].
        tokenizer: With `encode(text)` and `decode(ids)`, where there is one.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> target.losses(target.batch([(3, 1, 4)], [2]).inputs, torch.tensor([2])).shape
        torch.Size([1])
        >>> target.text((3, 1, 4))  # no tokenizer
        '3 1 4'
    """

    name: str
    module: Transformer
    embedding: tuple[str, ...] = ("embedding.token.weight",)
    frame: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    tokenizer: Any = None

    @property
    def shape(self) -> Architecture:
        """The model's shape."""
        return self.module.shape

    @property
    def vocabulary(self) -> int:
        """The number of tokens; 0 for continuous inputs."""
        return self.shape.vocabulary

    @property
    def max_length(self) -> int:
        """The longest input."""
        return self.shape.max_length

    @property
    def dtype(self) -> torch.dtype:
        """The model's floating type."""
        return self.module.head.weight.dtype

    def names(self, *, embedding: bool = False) -> tuple[str, ...]:
        """The parameters whose gradients are released, in the model's order."""
        every = (name for name, _ in self.module.named_parameters())
        return tuple(name for name in every if embedding or name not in self.embedding)

    def parameters(self) -> dict[str, Tensor]:
        """Every parameter by name."""
        return {name: value.detach() for name, value in self.module.named_parameters()}

    def inside(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """The tokens of an input between the frame's two ends."""
        start, end = (len(part) for part in self.frame)
        return tuple(tokens[start : len(tokens) - end])

    def text(self, tokens: Sequence[int]) -> str:
        """The words of an input; without a tokenizer the tokens' numbers."""
        if self.tokenizer is None:
            return " ".join(map(str, tokens))
        return str(self.tokenizer.decode(tokens))

    def token_vectors(self) -> Tensor:
        """The table of token vectors, before anything is added to them.

        Raises:
            InputError: For continuous inputs.
        """
        if not self.vocabulary:
            raise InputError(
                "target",
                given=self.name,
                allowed="a target that reads tokens",
                advice="take an attack on continuous inputs",
            )
        found: Tensor = self.module.embedding.token.weight.detach()
        return found

    def batch(
        self,
        inputs: Sequence[Sequence[int]] | Sequence[Tensor],
        labels: Sequence[Any] | None = None,
    ) -> Batch:
        """Pad examples to one length, and check that the model takes them.

        Args:
            inputs: For each example its tokens, frame included, or its patches (length, patch).
            labels: For each example a class, or one class for each token; None for a language
                model, which predicts its input.

        Raises:
            InputError: For no example, an empty or too long one, a token outside the vocabulary,
                or a label that is no class.
        """
        rows = [self._row(row) for row in inputs]
        if not rows:
            raise _refuse("inputs", "no example", "at least one example")
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        padded = torch.full((len(rows), longest, *rows[0].shape[1:]), _PADDING, dtype=rows[0].dtype)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return Batch(padded, self._labels(labels, lengths), lengths)

    def _row(self, row: Any) -> Tensor:
        read = _tensor("inputs", row, "tokens or patches", whole=bool(self.vocabulary))
        if not self.vocabulary:
            read = read.to(self.dtype)
        wanted = 1 if self.vocabulary else 2
        if read.ndim != wanted or not 1 <= len(read) <= self.max_length:
            raise _refuse(
                "inputs",
                f"an example of shape {tuple(read.shape)}",
                f"1 to {self.max_length} "
                + ("tokens" if self.vocabulary else f"patches of {self.shape.patch} numbers"),
            )
        if self.vocabulary:
            good = bool(((read >= 0) & (read < self.vocabulary)).all())
            allowed = f"tokens from 0 to {self.vocabulary - 1}"
        else:
            good = read.shape[1] == self.shape.patch and bool(torch.isfinite(read).all())
            allowed = f"finite patches of {self.shape.patch} numbers"
        if not good:
            raise _refuse("inputs", shown(row), allowed)
        return read

    def _labels(self, labels: Sequence[Any] | None, lengths: Tensor) -> Tensor | None:
        if self.shape.loss == "next":
            if labels is not None:
                raise _refuse("labels", shown(labels), "none: a language model predicts its input")
            if not bool((lengths >= 2).all()):
                raise _refuse("inputs", "an example of one token", "at least two, to predict one")
            return None
        allowed = f"a class from 0 to {self.shape.classes - 1} for each " + (
            "token" if self.shape.loss == "token" else "example"
        )
        if labels is None or len(labels) != len(lengths):
            raise _refuse("labels", "none" if labels is None else f"{len(labels)} labels", allowed)
        if self.shape.loss == "token":
            found = torch.zeros(len(lengths), int(lengths.max()), dtype=torch.int64)
            for place, row in enumerate(labels):
                read = _tensor("labels", row, allowed)
                if read.shape != (int(lengths[place]),):
                    raise _refuse("labels", shown(row), allowed)
                found[place, : len(read)] = read
        else:
            found = _tensor("labels", labels, allowed)
        if not bool(((found >= 0) & (found < self.shape.classes)).all()):
            raise _refuse("labels", shown(labels), allowed)
        return found

    def losses(
        self,
        inputs: Tensor,
        labels: Tensor | None = None,
        lengths: Tensor | None = None,
        *,
        vectors: bool = False,
        parameters: dict[str, Tensor] | None = None,
    ) -> Tensor:
        """The loss of each example: (batch,), the mean over its tokens where each has one.

        Args:
            inputs: Tokens, patches, or, with `vectors`, token vectors (batch, length, width).
            labels: Classes, or probabilities (batch, classes) of a pooled loss; for a language
                model the tokens, where inputs are vectors.
            lengths: (batch,), or None for all.
            vectors: Whether inputs are token vectors.
            parameters: Instead of the model's own.
        """
        taken = self.parameters() if parameters is None else parameters
        logits = functional_call(_Method(self.module, vectors), _under(taken), (inputs, lengths))
        return self.losses_of(logits, inputs if labels is None else labels, lengths)

    def losses_of(self, logits: Tensor, labels: Tensor, lengths: Tensor | None) -> Tensor:
        """The loss of each example by what the model gave: (batch,); see `losses`.

        Args:
            logits: The model's answer, (batch, classes) or (batch, length, classes).
            labels: As for `losses`; the tokens themselves for a language model.
            lengths: As for `losses`.
        """
        cross_entropy = torch.nn.functional.cross_entropy
        if self.shape.loss == "pooled":
            return cross_entropy(logits, labels, reduction="none")
        if self.shape.loss == "next":
            logits, labels = logits[:, :-1], labels[:, 1:]
            lengths = None if lengths is None else lengths - 1
        each = cross_entropy(logits.transpose(1, 2), labels, reduction="none")
        if lengths is None:
            return each.mean(dim=1)
        counts = torch.arange(each.shape[1], device=each.device) < lengths[:, None]
        return (each * counts).sum(dim=1) / lengths.to(each.dtype)

    def gradients(
        self, batch: Batch, names: Iterable[str] | None = None
    ) -> list[dict[str, Tensor]]:
        """The gradient of each example's loss, by parameter.

        Args:
            batch: The examples.
            names: Which parameters; None for all but the embedding.
        """
        wanted = self.names() if names is None else tuple(names)
        found = []
        for example in batch:
            parameters = self.parameters()
            for name in wanted:
                parameters[name].requires_grad_()
            loss = self.losses(
                example.inputs, example.labels, example.lengths, parameters=parameters
            )
            values = torch.autograd.grad(loss.sum(), [parameters[name] for name in wanted])
            found.append(dict(zip(wanted, values, strict=True)))
        return found


class _Method(torch.nn.Module):
    """The model as a function of inputs or of token vectors, for `functional_call`."""

    def __init__(self, module: Transformer, vectors: bool) -> None:
        super().__init__()
        self.inner, self.vectors = module, vectors

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        found: Tensor = (self.inner.of_vectors if self.vectors else self.inner)(inputs, lengths)
        return found


def _under(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"inner.{name}": value for name, value in parameters.items()}


def _tensor(name: str, values: Any, allowed: str, *, whole: bool = True) -> Tensor:
    """Read numbers; where they are to be whole, 1.5 is refused and not cut to 1."""
    try:
        read = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _refuse(name, shown(values), allowed) from error
    if read.dtype == torch.bool or (whole and read.is_floating_point() and read.numel()):
        raise _refuse(name, shown(values), allowed)
    return read.to(torch.int64) if whole else read


def _refuse(name: str, given: object, allowed: str) -> InputError:
    return InputError(name, given=given, allowed=allowed, advice="give what the target takes")
