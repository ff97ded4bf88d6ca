"""Before attacking: which gradients of attention determine the input, and which tokens that is."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess, Success, fibre_size, measure
from dpaccount.attacks.exact.span import PARTS, basis, first_inputs, passing, residuals, tolerance
from dpaccount.attacks.exact.span_test import SpanTest
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.threat import Threat, View, expose
from dpaccount.errors import InputError, Unsupported
from dpaccount.theorems.leak import KEY_RANK, QUERY_RANK, SPAN_UNION, VALUE_RANK

__all__ = ["Diagnosis", "Rank", "TokenForecast", "diagnose"]

_MOST = 256


@dataclass(frozen=True)
class Rank:
    """The rank of one gradient of the first attention.

    Args:
        part: "query", "key", "value", or "all three".
        rank: As computed, above rounding and noise.
        largest: What theorems allow, summed over the examples; None where none says less than the
            number of tokens.
        theorem: Which, or None.
        spanned: Of the batch's tokens, how many lie in what it spans.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(heads=1, dtype=torch.float64)
        >>> found = diagnose(target, target.batch([(3, 1, 4, 5)], [0]), Threat(), attack=False)
        >>> found.ranks[1]
        Rank(part='key', rank=3, largest=3, theorem='leak.key_rank', spanned=0)
    """

    part: str
    rank: int
    largest: int | None
    theorem: str | None
    spanned: int


@dataclass(frozen=True)
class TokenForecast:
    """One token of the batch.

    Args:
        example: Which example.
        position: Where in it.
        token: Which token.
        spanned: Whether it lies in what the three gradients span.
        others: Tokens of the vocabulary that lie in the span at that position as well, and stand
            there in no example.

    Example:
        >>> TokenForecast(0, 2, 17, spanned=True, others=1).recoverable  # or the other one
        False
    """

    example: int
    position: int
    token: int
    spanned: bool
    others: int

    @property
    def recoverable(self) -> bool:
        """Whether the span test names it, and no token that is not there."""
        return self.spanned and self.others == 0


@dataclass(frozen=True)
class Diagnosis:
    """What the gradients of a batch give away.

    Args:
        target: The target's name.
        threat: What is released.
        lengths: Of the examples.
        ranks: Of the first attention's gradients.
        tokens: What is forecast of each token.
        fibre: How many inputs share the gradient because order leaves no trace (leak.fibre).
        embedding_alone: Tokens, each once, that the embedding's gradient names by its rows, were
            it released without noise; None for continuous inputs.
        guess: What the span test found; None where it was not run.
        success: The guess against the truth.
        observed: Of the tokens called recoverable, how many the guess has at their position (in
            any place where order leaves no trace).
        cut_short: Whether the span test had used all evaluations that it was allowed.
        secrets: The examples in words, or in numbers where there is no tokenizer.
        found: The guess's, likewise.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(causal=True, dtype=torch.float64)
        >>> diagnosis = diagnose(target, target.batch([(3, 1, 4, 5)], [0]), Threat())
        >>> diagnosis.kept, diagnosis.secrets, diagnosis.to_json()["found"]
        (True, ('3 1 4 5',), ['3 1 4 5'])
    """

    target: str
    threat: Threat
    lengths: tuple[int, ...]
    ranks: tuple[Rank, ...]
    tokens: tuple[TokenForecast, ...]
    fibre: int
    embedding_alone: int | None
    guess: Guess | None = None
    success: Success | None = None
    observed: int | None = None
    cut_short: bool = False
    secrets: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def recoverable(self) -> int:
        """How many tokens are called recoverable."""
        return sum(token.recoverable for token in self.tokens)

    @property
    def kept(self) -> bool | None:
        """Whether the attack found every token that was called recoverable.

        None if it did not run, or missed some when its evaluations were used up: that says nothing.
        Under noise nothing is promised: the forecast is of the noised gradient's own span.
        """
        if self.observed is None:
            return None
        if self.observed == self.recoverable:
            return True
        return None if self.cut_short else False

    def to_json(self) -> dict[str, Any]:
        """As plain data, but for the prior that the attacker was told."""
        return {
            "target": self.target,
            "threat": {key: value for key, value in asdict(self.threat).items() if key != "prior"},
            "lengths": list(self.lengths),
            "ranks": [asdict(rank) for rank in self.ranks],
            "tokens": [
                {**asdict(token), "recoverable": token.recoverable} for token in self.tokens
            ],
            "fibre": self.fibre,
            "embedding_alone": self.embedding_alone,
            "recoverable": self.recoverable,
            "observed": self.observed,
            "kept": self.kept,
            "success": None if self.success is None else asdict(self.success),
            "secrets": list(self.secrets),
            "found": list(self.found),
            "evaluations": None if self.guess is None else self.guess.evaluations,
        }


def diagnose(
    target: Target,
    secrets: Batch,
    threat: Threat,
    *,
    seed: int = 0,
    attack: bool = True,
    evaluations: int = 20_000,
) -> Diagnosis:
    """Forecast which tokens the gradients of the first attention give away, then look.

    The forecast needs the secrets: it is for who releases gradients, not for who attacks.

    Guarantee: ranks and spans are computed, in floating point; `largest` is a theorem
    (leak.key_rank, leak.query_rank, leak.value_rank, leak.span_union) and no computed rank exceeds
    it without noise. What the forecast does not call recoverable may be found by another attack.

    Args:
        target: The model.
        secrets: The batch.
        threat: What is released.
        seed: Of the noise.
        attack: Whether to run the span test afterwards.
        evaluations: Sequences that it may put through the model.

    Raises:
        InputError: For continuous inputs, or a batch of another size than the threat's.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(heads=1, dtype=torch.float64)
        >>> found = diagnose(target, target.batch([(3, 1, 4, 5)], [0]), Threat())
        >>> [(rank.part, rank.rank, rank.largest) for rank in found.ranks]
        [('query', 3, 3), ('key', 3, 3), ('value', 1, 1), ('all three', 4, 4)]
        >>> found.recoverable, found.observed, found.fibre
        (4, 4, 24)

    Source: Petrov, Dimitrov, Baader, Mueller and Vechev 2024, arXiv 2405.15586 (DAGER), for spans;
    see the theorems above for ranks.
    """
    if not target.vocabulary:
        raise InputError(
            "target",
            given=target.name,
            allowed="a target that reads tokens",
            advice="continuous inputs have no tokens to name; run an attack on them",
        )
    view = expose(target, secrets, threat, seed=seed)
    inputs = _inputs(target, secrets)
    edge = tolerance(view)
    distinct = _distinct(target, secrets)
    ranks = []
    for parts, name in [((part,), part) for part in PARTS] + [(PARTS, "all three")]:
        limit = distinct if threat.noise_multiplier else None
        spanned = basis(view, parts=parts, limit=limit)
        inside = residuals(inputs, spanned) < edge
        largest, theorem = _largest(target, secrets, name, distinct)
        ranks.append(Rank(name, len(spanned), largest, theorem, int(inside.sum())))
    tokens = _forecast(view, secrets, spanned, inside)
    found = Diagnosis(
        target.name,
        threat,
        tuple(secrets.lengths.tolist()),
        tuple(ranks),
        tokens,
        _fibre(target, secrets),
        len({token for row in secrets.tokens for token in row}),
        secrets=tuple(map(target.text, secrets.tokens)),
    )
    return _observe(found, view, secrets, evaluations, seed) if attack else found


def _inputs(target: Target, secrets: Batch) -> Tensor:
    """What the first attention read at every token of the batch."""
    return torch.cat(
        [
            first_inputs(target, place, torch.tensor([token]))
            for row in secrets.tokens
            for place, token in enumerate(row)
        ]
    )


def _distinct(target: Target, secrets: Batch) -> int:
    """The number of different rows that attention read."""
    if not target.shape.positions:
        return len({token for row in secrets.tokens for token in row})
    return len({pair for row in secrets.tokens for pair in enumerate(row)})


def _largest(
    target: Target, secrets: Batch, part: str, distinct: int
) -> tuple[int | None, str | None]:
    """The largest rank that the theorems allow: ranks of sums add up at most."""
    shape = target.shape
    # tokens that are one row count once: their rows of dQ, dK and dV are added up
    lengths = [len(row) if shape.positions else len(set(row)) for row in secrets.tokens]
    try:
        if part == "key":
            KEY_RANK.require(tokens=min(lengths))
            return _least(sum(KEY_RANK(n) for n in lengths), distinct), KEY_RANK.id
        if part == "query":
            QUERY_RANK.require(tokens=min(lengths), heads=shape.heads)
            return _least(sum(QUERY_RANK(n) for n in lengths), distinct), QUERY_RANK.id
        if part == "value":
            differ = not (
                shape.loss == "pooled"
                and shape.layers == 1
                and not shape.inner
                and not shape.residual
                and shape.norm != "post"
            )
            VALUE_RANK.require(tokens=min(lengths), heads=shape.heads, outputs_differ=int(differ))
            total = sum(int(VALUE_RANK(n, shape.heads)) for n in lengths)
            return _least(total, distinct), VALUE_RANK.id
        return distinct, SPAN_UNION.id
    except Unsupported:
        return None, None


def _least(total: int, distinct: int) -> int:
    return min(int(total), distinct)


def _forecast(
    view: View, secrets: Batch, spanned: Tensor, inside: Tensor
) -> tuple[TokenForecast, ...]:
    target, edge, rows = view.target, tolerance(view), secrets.tokens
    counts: dict[int, int] = {}
    for place in range(max(map(len, rows))):
        key = place if target.shape.positions else 0
        if key not in counts:
            found, distances = passing(target, spanned, key, _MOST)
            there = {row[place] for row in rows if len(row) > place}
            if not target.shape.positions:
                there = {token for row in rows for token in row}
            passed = set(found[distances < edge].tolist())
            counts[key] = len(passed - there)
    tokens, index = [], 0
    for example, row in enumerate(rows):
        for place, token in enumerate(row):
            others = counts[place if target.shape.positions else 0]
            tokens.append(TokenForecast(example, place, token, bool(inside[index]), others))
            index += 1
    return tuple(tokens)


def _fibre(target: Target, secrets: Batch) -> int:
    per_token = target.shape.loss == "token"
    found = 1
    for example in secrets:
        labels = example.labels[0].tolist() if per_token and example.labels is not None else None
        found *= fibre_size(target, example.tokens[0], labels)
    return found


def _observe(
    found: Diagnosis, view: View, secrets: Batch, evaluations: int, seed: int
) -> Diagnosis:
    guess = SpanTest()(view, evaluations=evaluations, seed=seed)
    target, observed = view.target, 0
    if target.shape.positions:
        # a sum of examples has no order: what counts is which token stands where in any of them
        there = {pair for row in guess.tokens for pair in enumerate(row)}
        observed = sum(t.recoverable and (t.position, t.token) in there for t in found.tokens)
    else:
        left = Counter(token for row in guess.tokens for token in row)
        for token in found.tokens:
            if token.recoverable and left[token.token] > 0:
                left[token.token] -= 1
                observed += 1
    return replace(
        found, guess=guess, success=measure(guess, secrets, target), observed=observed,
        cut_short=guess.evaluations >= evaluations, found=tuple(map(target.text, guess.tokens)),
    )  # fmt: skip
