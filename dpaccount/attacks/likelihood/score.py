"""How likely a release is under a candidate, by factors of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dpaccount.attacks.exact.labels import label_of
from dpaccount.attacks.factors import Factors, factorize
from dpaccount.attacks.targets.model import Batch
from dpaccount.attacks.threat import View, clip_factors
from dpaccount.errors import InputError
from dpaccount.theorems.likelihood import LIKELIHOOD

__all__ = ["LOOKS", "SLOPE_COST", "Scorer", "Spent"]

_BLOCK = 64  # candidates at once: more are no faster and need memory
#: What differentiating twice costs, in evaluations.
SLOPE_COST = 4
#: Looks at the last layers alone that cost one evaluation.
LOOKS = 3
_DEEP = 4  # blocks of a model whose last one is cheap beside the others

Tokens = tuple[int, ...]


class Spent(Exception):  # noqa: N818 - nothing is wrong
    """No evaluations are left for what was asked."""


class Scorer:
    """The score of candidates for the one example behind a view.

    S(x) = 2 <G, c(x)> - |c(x)|^2 + 2 s^2 log p(x), with c(x) the clipped gradient of x, G the
    release, s its noise and p the prior: 2 s^2 times the log posterior, but for what is the same
    for every x (leak.likelihood).

    Args:
        view: The release; of one example.

    Attributes:
        evaluations: Candidates whose gradient was computed; a second derivative counts as four,
            three gradients of the last layers alone as one.
        limit: The largest number of evaluations; what needs more raises `Spent`. None for no limit.
        share: By what the middle one of the gradients computed last was clipped, in (0, 1]. Of the
            last layers alone that cannot be computed: `looks` takes it for theirs. It is a part of
            `state`, as a search goes on by it.

    Raises:
        InputError: For a batch, or continuous inputs.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer()
        >>> secret = target.batch([(3, 1, 4, 1)], [2])
        >>> view = expose(target, secret, Threat(noise_multiplier="0.01"), seed=0)
        >>> scorer = Scorer(view)
        >>> truth, other = scorer([(3, 1, 4, 1), (3, 1, 4, 2)])
        >>> truth > other, scorer.evaluations
        (True, 2)

    Source: see leak.likelihood.
    """

    def __init__(self, view: View) -> None:
        """Read what is known."""
        if view.batch_size != 1:
            raise InputError(
                "batch_size",
                given=view.batch_size,
                allowed="1 for the likelihood attack",
                advice="release the gradient of each example, or take another attack",
            )
        view.target.token_vectors()  # refuses continuous inputs
        self.view, self.label = view, label_of(view)
        self.evaluations = 0
        self.limit: int | None = None
        self._known: dict[Tokens, float] = {}
        self._log_prior = None if view.prior is None else view.prior.double().log()
        self.names = tuple(view.gradients)
        self._last = _last_layers(view)
        self.share = 1.0

    def __call__(self, candidates: Sequence[Tokens]) -> list[float]:
        """The score of each candidate; one that was scored before costs nothing."""
        new = [x for x in dict.fromkeys(candidates) if x not in self._known]
        self._spend(len(new))
        for start in range(0, len(new), _BLOCK):
            part = new[start : start + _BLOCK]
            found, self.share = self._likelihood(self._factors(torch.tensor(part)))
            for x, value in zip(part, found.tolist(), strict=True):
                self._known[x] = value + self._of_prior(x)
        return [self._known[x] for x in candidates]

    @property
    def known(self) -> int:
        """How many different candidates were scored."""
        return len(self._known)

    def square(self, tokens: Tokens) -> float:
        """|c(x)|^2 of a candidate: the squared norm of its clipped gradient."""
        squares = self._factors(torch.tensor([tokens])).squares()
        return float(clip_factors(squares, self.view.clip_norm) ** 2 * squares)

    def unit(self, tokens: Tokens) -> float:
        """What scores near a candidate are measured by: the squared norm of clipped gradients."""
        if self.clipped_to is not None:
            return self.clipped_to**2
        return self.square(tokens) or self.view.clip_norm**2  # without a gradient, any will do

    def of_vectors(self, tokens: Sequence[Tokens], vectors: Tensor) -> Tensor:
        """The likelihood's part of S with vectors in the place of words: (batch,).

        Args:
            tokens: The sentences, where they are labels.
            vectors: What stands there instead, (batch, length, width).
        """
        self._spend(len(vectors))
        found = []
        for start in range(0, len(vectors), _BLOCK):
            part = slice(start, start + _BLOCK)
            scores, self.share = self._likelihood(self._factors(vectors[part], tokens[part]))
            found.append(scores.detach())
        return torch.cat(found)

    @property
    def clipped_to(self) -> float | None:
        """The norm of the truth's clipped gradient; None where gradients here are not clipped."""
        return self.view.clip_norm if self.share < 1 else None

    def likelihood(self, tokens: Tokens, score: float) -> float:
        """A score without the prior's part."""
        return score - self._of_prior(tokens)

    @property
    def sifts(self) -> bool:
        """Whether the last layers alone take much less work than all."""
        return bool(self._last)

    def sifted(self, candidates: Sequence[Tokens], count: int) -> list[Tokens]:
        """The best of some candidates by the last layers alone, the best of them first.

        The score of a part of the release: it tells good from bad at a third of the work, and
        decides nothing. Where a model has few layers, all of them as they are.

        Args:
            candidates: Different ones.
            count: How many are wanted.
        """
        if len(candidates) <= count or not self.sifts:
            return list(candidates)
        table = self.view.target.token_vectors()
        vectors = table[torch.tensor([list(row) for row in candidates])]
        best = self.looks(candidates, vectors).argsort(descending=True).tolist()
        return [candidates[i] for i in best[:count]]

    def looks(self, tokens: Sequence[Tokens], vectors: Tensor) -> Tensor:
        """The likelihood's part of S by the last layers alone, as `of_vectors` by all: (batch,).

        Where a model has few layers, by all.
        """
        if not self.sifts:
            return self.of_vectors(tokens, vectors)
        self._spend(-(-len(vectors) // LOOKS))
        found = []
        for start in range(0, len(vectors), _BLOCK):
            part = slice(start, start + _BLOCK)
            factors = self._factors(vectors[part], tokens[part], names=self._last)
            inner = self.share * factors.inner(self.view.gradients)
            squares = self.share**2 * factors.squares()
            found.append(LIKELIHOOD(inner, squares, self.view.noise_std, 0.0).detach())
        return torch.cat(found)

    def slopes(self, tokens: Sequence[Tokens], vectors: Tensor) -> Tensor:
        """The derivative of the likelihood's part of S by the vector in each place of each row.

        Args:
            tokens: The sentences, where they are labels.
            vectors: What stands there instead, (batch, length, width).
        """
        self._spend(SLOPE_COST * len(vectors))
        vectors = vectors.clone().requires_grad_()
        with torch.enable_grad():
            score, self.share = self._likelihood(self._factors(vectors, tokens, slopes=True))
            (found,) = torch.autograd.grad(score.sum(), vectors)
        slope: Tensor = found.detach()
        return slope

    def state(self) -> dict[str, Any]:
        """What was scored, and how many evaluations that took, as plain data."""
        return {
            "known": [[list(x), score] for x, score in self._known.items()],
            "evaluations": self.evaluations,
            "share": self.share,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._known = {tuple(x): float(score) for x, score in state["known"]}
        self.evaluations, self.share = state["evaluations"], state["share"]

    def _spend(self, count: int) -> None:
        if self.limit is not None and self.evaluations + count > self.limit:
            raise Spent
        self.evaluations += count

    def _of_prior(self, tokens: Tokens) -> float:
        if self._log_prior is None:
            return 0.0
        inside = list(self.view.target.inside(tokens))
        return 2 * self.view.noise_std**2 * float(self._log_prior[inside].sum())

    def _factors(
        self,
        inputs: Tensor,
        tokens: Sequence[Tokens] | None = None,
        *,
        slopes: bool = False,
        names: tuple[str, ...] | None = None,
    ) -> Factors:
        count, length = inputs.shape[:2]
        lengths = torch.full((count,), length)
        vectors = tokens is not None
        labels = self.label
        if labels is not None:
            labels = labels.expand(count, *labels.shape[1:])
        elif tokens is not None:
            labels = torch.tensor([list(row) for row in tokens])
        if names is None:
            names = self._differentiable() if vectors else self.names
        return factorize(
            self.view.target,
            Batch(inputs, labels, lengths),
            names=names,
            vectors=vectors,
            create_graph=slopes,
        )

    def _differentiable(self) -> tuple[str, ...]:
        """What is released, but for the token table: its gradient has no slope by vectors."""
        return tuple(name for name in self.names if name != "embedding.token.weight")

    def _likelihood(self, factors: Factors) -> tuple[Tensor, float]:
        """S without the prior's part, which is added where it is looked up; and the `share`."""
        squares = factors.squares()
        share = clip_factors(squares, self.view.clip_norm)
        inner = share * factors.inner(self.view.gradients)
        found: Tensor = LIKELIHOOD(inner, share * share * squares, self.view.noise_std, 0.0)
        return found, float(share.detach().median())


def _last_layers(view: View) -> tuple[str, ...]:
    """The parameters from the last block on; none where that is not much less than all."""
    blocks = len(view.target.module.blocks)
    if blocks < _DEEP:
        return ()
    return tuple(x for x in view.gradients if x.startswith(("head.", f"blocks.{blocks - 1}.")))
