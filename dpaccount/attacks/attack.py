"""What an attack is, what it answers, and how that is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.threat import View
from dpaccount.errors import InputError
from dpaccount.theorems.leak import FIBRE

__all__ = ["Attack", "Guess", "Success", "fibre_size", "measure"]


@dataclass(frozen=True)
class Guess:
    """What an attack answers.

    Args:
        tokens: For each example its tokens, frame included; the examples in any order.
        labels: For each example its label, where the attack names it.
        score: By the attack's own measure, larger for a better answer; None if it has none.
        evaluations: Candidates whose loss or gradient was computed.
        values: For continuous inputs, (batch, length, patch).

    Example:
        >>> Guess(tokens=((3, 1, 4), (1, 5)), evaluations=12).labels is None
        True
    """

    tokens: tuple[tuple[int, ...], ...] = ()
    labels: tuple[int, ...] | None = None
    score: float | None = None
    evaluations: int = 0
    values: Tensor | None = None


@runtime_checkable
class Attack(Protocol):
    """An attack reads a view, and nothing else.

    Its work is counted in evaluations of candidates, so that a result is the same on any machine;
    `seed` is of its own choices and has nothing to do with the noise's.

    Example:
        >>> from dpaccount.attacks.exact import SpanTest
        >>> isinstance(SpanTest(), Attack), SpanTest().name
        (True, 'span')
    """

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def source(self) -> str:
        """Its paper: authors, year, arXiv version or venue."""
        ...

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """Guess the secrets behind a view."""
        ...


@dataclass(frozen=True)
class Success:
    """How much of the secrets a guess has.

    `position` and `bag` are recalls: shares of the secrets' tokens, the frame left out. What a
    guess has beyond those lowers neither; of its precision they say nothing.

    Args:
        position: Recall by position: the share of the secrets' tokens that the guess has at their
            positions.
        bag: Recall of the bag: the share of the secrets' tokens, each counted as often as it
            occurs, that the guess has anywhere.
        exact: Share of the examples that are right in every position.
        modulo_order: Share of the examples that are right up to the order of their tokens.
        optimal: Whether the guess scores at least what the truth scores; None where unknown.

    Example:
        >>> found = Success(position=0.5, bag=1.0, exact=0.0, modulo_order=1.0)  # see `measure`
        >>> found.bag  # all the words, not all of them in their places
        1.0
    """

    position: float
    bag: float
    exact: float
    modulo_order: float
    optimal: bool | None = None


def measure(
    guess: Guess,
    secrets: Batch,
    target: Target,
    *,
    truth_score: float | None = None,
    tolerance: float = 0.0,
) -> Success:
    """Hold a guess against the secrets.

    A sum of gradients has no order, so the guessed examples are paired with the secret ones as
    suits the guess best. Tokens beyond those of a secret cost nothing but `exact` and
    `modulo_order`: `position` and `bag` are shares of what there was to find.

    Args:
        guess: What the attack answered; no more examples than there are secrets.
        secrets: The truth.
        target: The model; its frame is known to all and counts for nothing.
        truth_score: What the attack's measure gives the truth.
        tolerance: By how much the guess's score may be below that.

    Raises:
        InputError: For more guesses than secrets: the best of many is no measure of an attack.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> secret = target.batch([(1, 2, 2, 3)], [0])
        >>> measure(Guess(tokens=((1, 2, 3, 2),)), secret, target)
        Success(position=0.5, bag=1.0, exact=0.0, modulo_order=1.0, optimal=None)
        >>> measure(Guess(tokens=((1, 2, 2, 3, 9),)), secret, target).position  # one too many
        1.0
    """
    if len(guess.tokens) > len(secrets):
        raise InputError(
            "guess", given=f"{len(guess.tokens)} examples",
            allowed=f"at most {len(secrets)}, as there are secrets",
            advice="answer with the likeliest ones",
        )  # fmt: skip
    truths = [target.inside(row) for row in secrets.tokens]
    found = [target.inside(row) for row in guess.tokens]
    found = [*found, *[()] * (len(truths) - len(found))]
    hits = np.array([[_hits(row, truth) for row in found] for truth in truths])
    bags = np.array([[_common(row, truth) for row in found] for truth in truths])
    exact = np.array([[float(row == truth) for row in found] for truth in truths])
    sets = np.array([[float(sorted(row) == sorted(truth)) for row in found] for truth in truths])
    size = sum(map(len, truths))
    optimal = None
    if truth_score is not None and guess.score is not None:
        optimal = guess.score >= truth_score - tolerance
    return Success(
        _best(hits) / size, _best(bags) / size, _best(exact) / len(truths),
        _best(sets) / len(truths), optimal,
    )  # fmt: skip


def _hits(row: Sequence[int], truth: Sequence[int]) -> int:
    return sum(a == b for a, b in zip(row, truth, strict=False))


def _common(row: Sequence[int], truth: Sequence[int]) -> int:
    return (Counter(row) & Counter(truth)).total()


def _best(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """The largest sum of a one-to-one pairing of rows and columns."""
    if table.shape == (1, 1):
        return float(table[0, 0])
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum())


def fibre_size(target: Target, tokens: Sequence[int], labels: Sequence[int] | None = None) -> int:
    """How many inputs share this one's gradient because order leaves no trace (leak.fibre).

    1 with positions, a causal mask or a language model. Under a pooled loss, the number of
    different orders of the tokens; under a loss of each token, of those orders that leave every
    label the tokens it has.

    Args:
        target: The model.
        tokens: The input.
        labels: Of each token, for a loss of each token.

    Raises:
        InputError: For a loss of each token without a label for each.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> fibre_size(attention_layer(), (1, 2, 2, 3))
        12
        >>> fibre_size(attention_layer(causal=True), (1, 2, 2, 3))
        1
        >>> fibre_size(attention_layer(loss="token"), (1, 2, 2, 3), labels=(0, 0, 0, 1))
        3

    Source: see leak.fibre.
    """
    shape = target.shape
    if shape.loss == "token" and (labels is None or len(labels) != len(tokens)):
        raise InputError(
            "labels",
            given="none" if labels is None else f"{len(labels)} labels",
            allowed=f"{len(tokens)}, one for each token",
            advice="give the labels: tokens of one label may change places",
        )
    groups: dict[int, Counter[int]] = {}
    for place, token in enumerate(tokens):
        label = labels[place] if labels is not None and shape.loss == "token" else 0
        groups.setdefault(int(label), Counter())[token] += 1
    found = 1
    for counts in groups.values():
        facts: dict[str, Any] = {
            "positions": int(shape.positions),
            "masked": int(shape.causal),
            "outputs_differ": int(shape.loss == "next"),
            "multiplicities": list(counts.values()),
        }
        found *= int(FIBRE(facts["multiplicities"])) if FIBRE.applies(**facts) else 1
    return found
