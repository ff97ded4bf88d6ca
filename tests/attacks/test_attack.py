"""Guesses held against secrets."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
import torch

from dpaccount.attacks import Guess, factorize, fibre_size, measure
from dpaccount.attacks.attack import Success
from dpaccount.attacks.targets import attention_layer, minilm
from dpaccount.errors import InputError


@pytest.mark.parametrize(("found", "expected"), [
    ([(1, 2, 3, 3)], Success(1, 1, 1, 1)),
    ([(3, 2, 3, 1)], Success(0.5, 1, 0, 1)),
    ([(1, 2, 3, 4)], Success(0.75, 0.75, 0, 0)),
    ([(3, 3, 3, 3)], Success(0.5, 0.5, 0, 0)),
    ([(1, 2, 3)], Success(0.75, 0.75, 0, 0)),
    ([(1, 2, 3, 3, 3)], Success(1, 1, 0, 0)),
    ([()], Success(0, 0, 0, 0)),
    ([], Success(0, 0, 0, 0)),
])  # fmt: skip
def test_one_example(found, expected):
    target = attention_layer()
    secrets = target.batch([(1, 2, 3, 3)], [0])
    assert measure(Guess(tokens=tuple(found)), secrets, target) == expected


def test_the_order_of_examples_is_free_and_none_counts_twice():
    target = attention_layer()
    secrets = target.batch([(1, 2), (3, 4, 5, 6)], [0, 1])
    assert measure(Guess(((3, 4, 5, 6), (1, 2))), secrets, target) == Success(1, 1, 1, 1)
    twice = measure(Guess(((3, 4, 5, 6), (3, 4, 5, 6))), secrets, target)
    assert twice == Success(4 / 6, 4 / 6, 0.5, 0.5)
    assert measure(Guess(((1, 2),)), secrets, target) == Success(2 / 6, 2 / 6, 0.5, 0.5)


def test_the_best_of_many_guesses_is_no_guess():
    target = attention_layer()
    secrets = target.batch([(1, 2)], [0])
    with pytest.raises(InputError, match="guess: given 2 examples; allowed: at most 1"):
        measure(Guess(((3, 4), (1, 2))), secrets, target)


def test_the_frame_counts_for_nothing():
    target = minilm()
    (start,), (end,) = target.frame
    secrets = target.batch([(start, 5, 6, end)], [0])
    assert measure(Guess(((start, 7, 8, end),)), secrets, target) == Success(0, 0, 0, 0)
    assert measure(Guess(((start, 5, 8, end),)), secrets, target).position == 0.5


def test_optimal_or_not():
    target = attention_layer()
    secrets = target.batch([(1, 2)], [0])
    for score, tolerance, optimal in ((1.0, 0.0, True), (0.9, 0.0, False), (0.9, 0.2, True)):
        guess = Guess(((2, 1),), score=score)
        found = measure(guess, secrets, target, truth_score=1.0, tolerance=tolerance)
        assert found.optimal is optimal
    assert measure(Guess(((2, 1),)), secrets, target, truth_score=1.0).optimal is None
    nothing = Guess(((2, 1),), score=math.nan)
    assert measure(nothing, secrets, target, truth_score=1.0).optimal is False


FIBRES = [
    ({}, None, 12), ({"heads": 1}, None, 12), ({"layers": 2}, None, 12),
    ({"causal": True}, None, 1),
    ({"positions": True}, None, 1), ({"loss": "token"}, (0, 1, 2, 3), 1),
    ({"loss": "token"}, (0, 0, 1, 1), 4), ({"loss": "token"}, (2, 2, 2, 2), 12),
    ({"loss": "token"}, (2, 0, 0, 1), 1),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "labels", "expected"), FIBRES)
def test_a_fibre_is_the_orders_that_share_a_gradient(changes, labels, expected):
    target = attention_layer(dtype=torch.float64, **changes)
    tokens = (5, 9, 9, 2)
    orders = sorted(set(permutations(tokens)))
    batch = target.batch(orders, [1 if labels is None else labels] * len(orders))
    gram = factorize(target, batch).gram()
    mine = orders.index(tokens)
    apart = gram.diag() + gram[mine, mine] - 2 * gram[mine]
    shared = (apart < 1e-20 * gram[mine, mine]).sum().item()
    assert shared == fibre_size(target, tokens, labels) == expected


def test_a_fibre_needs_the_labels_of_its_tokens():
    for labels in (None, (0, 1)):
        with pytest.raises(InputError, match="labels"):
            fibre_size(attention_layer(loss="token"), (1, 2, 3), labels)
