"""What gradients give away: exact differences of losses, and attention by complex steps."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
from hypothesis import strategies as st
from properties.registry import checks

_NUMBER = st.fractions(-5, 5, max_denominator=20)


@checks(
    "leak.linear",
    x=st.lists(_NUMBER, min_size=1, max_size=4),
    weights=st.lists(_NUMBER, min_size=8, max_size=8),
    bias=st.tuples(_NUMBER, _NUMBER),
    loss=st.tuples(_NUMBER, _NUMBER, _NUMBER, _NUMBER),
)
def input_is_the_ratio_of_differences(theorem, x, weights, bias, loss):
    """Central differences of a quadratic loss of two outputs are its derivatives, exactly."""

    def value(entries):
        rows, shift = (entries[:4], entries[4:8]), entries[8:]
        y, z = (
            sum(w * v for w, v in zip(row[: len(x)], x, strict=True)) + b
            for row, b in zip(rows, shift, strict=True)
        )
        return loss[0] * y * y + loss[1] * y * z + loss[2] * z + loss[3] * y

    entries = [*weights, *bias]

    def derivative(at):
        up, down = list(entries), list(entries)
        up[at] += Fraction(1, 7)
        down[at] -= Fraction(1, 7)
        return (value(up) - value(down)) * Fraction(7, 2)

    for output in (0, 1):
        by_bias = derivative(8 + output)
        if theorem.applies(bias_gradient=by_bias):
            for j, truth in enumerate(x):
                assert theorem(derivative(4 * output + j), by_bias) == truth


@checks("leak.linear")
def a_bias_gradient_of_nothing_tells_nothing(theorem):
    for bias_gradient in (5e-324, -5e-324, 1.5, -2.0, 1e300):
        assert theorem.applies(bias_gradient=bias_gradient)
    for bias_gradient in (0.0, -0.0, math.nan):
        assert not theorem.applies(bias_gradient=bias_gradient)


def _head(seed, tokens, causal):
    """A random head of attention: its loss as a function of keys, tokens, and key weights."""
    rng = np.random.default_rng(seed)
    width = tokens + 1
    x = rng.normal(size=(tokens, width))
    w_query, w_key, w_value = rng.normal(size=(3, width, width)) / math.sqrt(width)
    mask = np.tril(np.ones((tokens, tokens))) if causal else np.ones((tokens, tokens))
    targets = rng.normal(size=(tokens, width))

    def loss(keys):
        scores = (x @ w_query) @ keys.T / math.sqrt(width)
        weights = mask * np.exp(scores)
        weights = weights / weights.sum(axis=1, keepdims=True)
        return (targets * np.tanh(weights @ (x @ w_value))).sum()

    return loss, x, w_key


def _gradient(loss, at):
    """By complex steps: no cancellation, and no formula of a derivative."""
    found = np.empty(at.shape)
    for place in np.ndindex(*at.shape):
        moved = at.astype(complex)
        moved[place] += 1e-30j
        found[place] = loss(moved).imag / 1e-30
    return found


_FIXED = [
    {"seed": seed, "tokens": tokens, "causal": causal}
    for seed, tokens in ((1, 1), (2, 2), (3, 3), (4, 5))
    for causal in (False, True)
]


@checks("leak.key_rank", cases=_FIXED)
def rank_is_met(theorem, seed, tokens, causal):
    loss, x, w_key = _head(seed, tokens, causal)
    found = _gradient(lambda w: loss(x @ w), w_key)
    sizes = np.linalg.svd(found, compute_uv=False)
    assert (sizes > 1e-8).sum() == theorem(tokens)
    assert (sizes > 1e-13).sum() == theorem(tokens)


@checks(
    "leak.key_rank",
    count=20,
    seed=st.integers(0, 10**9),
    tokens=st.integers(1, 5),
    causal=st.booleans(),
)
def key_gradients_add_up_to_nothing(theorem, seed, tokens, causal):
    loss, x, w_key = _head(seed, tokens, causal)
    by_key = _gradient(loss, x @ w_key)
    assert np.abs(by_key.sum(axis=0)).max() < 1e-12
    sizes = np.linalg.svd(x.T @ by_key, compute_uv=False)
    assert (sizes > 1e-12).sum() <= theorem(tokens)


@checks("leak.key_rank")
def tokens_are_counted(theorem):
    for tokens in (1, 2, 3, 512):
        assert theorem.applies(tokens=tokens)
    for tokens in (0, -1, 1.5, math.inf, math.nan):
        assert not theorem.applies(tokens=tokens)


def _softmax(scores, mask):
    weights = mask * np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)


def _attention(x, weights, heads, causal):
    """Outputs (tokens, width) of attention; `weights` are those of query, key and value."""
    tokens = len(x)
    mask = np.tril(np.ones((tokens, tokens))) if causal else np.ones((tokens, tokens))
    found = []
    for q, k, v in zip(*(np.split(x @ w, heads, axis=1) for w in weights), strict=True):
        found.append(_softmax(q @ k.T / math.sqrt(q.shape[1]), mask) @ v)
    return np.concatenate(found, axis=1)


def _drawn(seed, tokens, heads):
    rng = np.random.default_rng(seed)
    width = heads * math.ceil((tokens + 2) / heads)
    x = rng.normal(size=(tokens, width))
    weights = rng.normal(size=(3, width, width)) / math.sqrt(width)
    return x, weights, rng.normal(size=(tokens, width))


def _losses(targets):
    """A loss of each output, and a loss of their mean alone."""
    return {
        "token": lambda outputs: (targets * np.tanh(outputs)).sum(),
        "mean": lambda outputs: (targets[0] * np.tanh(outputs.mean(axis=0))).sum(),
    }


def _rank(matrix):
    sizes = np.linalg.svd(matrix, compute_uv=False)
    rank = int((sizes > 1e-9 * max(sizes[0], 1e-3)).sum())
    assert rank == (sizes > 1e-13 * max(sizes[0], 1e-3)).sum()  # the gap is wide
    return rank


def _weight_gradients(x, weights, loss, heads, causal):
    found = []
    for part in range(3):

        def of(w, part=part):
            parts = [w if i == part else weights[i] for i in range(3)]
            return loss(_attention(x, parts, heads, causal))

        found.append(_gradient(of, weights[part]))
    return found


_HEADS = [
    {"seed": seed, "tokens": tokens, "heads": heads, "causal": causal}
    for seed, tokens, heads in ((1, 3, 1), (2, 4, 2), (3, 2, 4), (4, 1, 1))
    for causal in (False, True)
]
_SOME = {
    "seed": st.integers(0, 10**9),
    "tokens": st.integers(1, 4),
    "heads": st.integers(1, 3),
    "causal": st.booleans(),
}


@checks("leak.attention_identity", cases=_HEADS, count=10, **_SOME)
def tokens_times_their_gradient(theorem, seed, tokens, heads, causal):
    """X^T dX by complex steps in X, against gradients by complex steps in the weights."""
    x, weights, targets = _drawn(seed, tokens, heads)
    loss = _losses(targets)["token"]
    by_input = _gradient(lambda at: loss(_attention(at, weights, heads, causal)), x)
    gradients = _weight_gradients(x, weights, loss, heads, causal)
    total = sum(g @ w.T for g, w in zip(gradients, weights, strict=True))
    assert theorem.applies(other_paths=0, examples=1)
    assert np.abs(x.T @ by_input - total).max() < 1e-12
    # a residual path is another path, and is refused
    around = _gradient(lambda at: loss(at + _attention(at, weights, heads, causal)), x)
    changed = _weight_gradients(x, weights, lambda outputs: loss(x + outputs), heads, causal)
    total = sum(g @ w.T for g, w in zip(changed, weights, strict=True))
    assert np.abs(x.T @ around - total).max() > 1e-6
    assert not theorem.applies(other_paths=1, examples=1)


@checks("leak.attention_identity")
def one_example_and_no_other_path(theorem):
    for other_paths, examples, holds in ((0, 1, True), (0, 2, False), (1, 1, False), (2, 3, False)):
        assert theorem.applies(other_paths=other_paths, examples=examples) is holds
    assert not theorem.applies(other_paths=math.nan, examples=1)
    assert not theorem.applies(other_paths=0, examples=math.nan)


@checks("leak.query_rank", cases=_HEADS, count=10, **_SOME)
def rank_of_the_query_gradient(theorem, seed, tokens, heads, causal):
    x, weights, targets = _drawn(seed, tokens, heads)
    gradient = _weight_gradients(x, weights, _losses(targets)["token"], heads, causal)[0]
    if theorem.applies(tokens=tokens, heads=heads):
        assert heads == 1
        assert np.abs(gradient).max() < 1e-13 if tokens == 1 else _rank(gradient) == theorem(tokens)
    else:
        assert heads > 1
        # with two heads and no mask the rank is that of the tokens: the premise is needed
        if not causal and tokens > 1:
            assert _rank(gradient) == tokens > tokens - 1


@checks("leak.query_rank")
def the_first_causal_token_is_not_spanned(theorem):
    x, weights, targets = _drawn(5, 4, 1)
    gradient = _weight_gradients(x, weights, _losses(targets)["token"], 1, True)[0]
    basis = np.linalg.svd(gradient)[0][:, : theorem(4)]
    outside = [np.linalg.norm(t - basis @ (basis.T @ t)) / np.linalg.norm(t) for t in x]
    assert outside[0] > 1e-2
    assert max(outside[1:]) < 1e-9


@checks("leak.query_rank")
def one_head_and_counted_tokens(theorem):
    assert [theorem(tokens) for tokens in (1, 2, 9)] == [0, 1, 8]
    for tokens, heads, holds in ((1, 1, True), (7, 1, True), (7, 2, False), (0, 1, False)):
        assert theorem.applies(tokens=tokens, heads=heads) is holds
    for tokens, heads in ((1.5, 1), (math.nan, 1), (3, math.nan), (3, 0)):
        assert not theorem.applies(tokens=tokens, heads=heads)


@checks("leak.value_rank", cases=_HEADS, count=10, **_SOME)
def rank_of_the_value_gradient(theorem, seed, tokens, heads, causal):
    x, weights, targets = _drawn(seed, tokens, heads)
    for name, loss in _losses(targets).items():
        gradient = _weight_gradients(x, weights, loss, heads, causal)[2]
        differ = int(name == "token")
        assert theorem.applies(tokens=tokens, heads=heads, outputs_differ=differ) is not differ
        assert _rank(gradient) == (tokens if differ else min(tokens, heads))
        assert theorem(tokens, heads) == min(tokens, heads)


@checks("leak.value_rank")
def heads_and_tokens_are_counted(theorem):
    for tokens, heads, differ, holds in (
        (1, 1, 0, True), (9, 3, 0, True), (9, 3, 1, False), (0, 3, 0, False), (3, 0, 0, False),
        (2.5, 1, 0, False), (2, 1.5, 0, False), (math.nan, 1, 0, False), (1, math.nan, 0, False),
        (1, 1, math.nan, False),
    ):  # fmt: skip
        assert theorem.applies(tokens=tokens, heads=heads, outputs_differ=differ) is holds


@checks("leak.span_union", cases=_HEADS, count=10, **_SOME)
def what_the_three_span(theorem, seed, tokens, heads, causal):
    """The rank of the union, and each token in it where the rank says so."""
    x, weights, targets = _drawn(seed, tokens, heads)
    for loss in _losses(targets).values():
        gradients = np.concatenate(_weight_gradients(x, weights, loss, heads, causal), axis=1)
        outer = np.linalg.lstsq(x.T, gradients, rcond=None)[0]
        rank = _rank(outer)
        assert np.abs(x.T @ outer - gradients).max() < 1e-12  # in the span of the tokens
        dependent = tokens - _rank(x)
        assert theorem.applies(tokens=tokens, dependent_tokens=dependent, rank_of_outer=rank)
        assert _rank(gradients) == theorem(rank)
        basis = np.linalg.svd(gradients)[0][:, : theorem(rank)]
        outside = np.linalg.norm(x.T - basis @ (basis.T @ x.T), axis=0)
        if theorem(rank) == tokens:
            assert outside.max() < 1e-9
        else:
            assert outside.max() > 1e-6


@checks("leak.span_union")
def tokens_are_independent(theorem):
    for values, holds in (
        ((3, 0, 3), True), ((3, 0, 0), True), ((3, 1, 2), False), ((3, 0, 4), False),
        ((0, 0, 0), False), ((3, 0, 1.5), False), ((3, 0, -1), False), ((math.nan, 0, 3), False),
        ((3, math.nan, 3), False), ((3, 0, math.nan), False), ((1.5, 0, 1), False),
    ):  # fmt: skip
        names = ("tokens", "dependent_tokens", "rank_of_outer")
        assert theorem.applies(**dict(zip(names, values, strict=True))) is holds
    assert [theorem(rank) for rank in (0, 1, 5)] == [0, 1, 5]


@checks(
    "leak.fibre",
    cases=[{"seed": 1, "multiplicities": [2, 1, 1], "heads": 2}],
    count=10,
    seed=st.integers(0, 10**9),
    multiplicities=st.lists(st.integers(1, 2), min_size=1, max_size=3),
    heads=st.integers(1, 2),
)
def orders_share_a_gradient(theorem, seed, multiplicities, heads):
    """Every order's gradient, by complex steps, and how many orders there are."""
    kinds, weights, targets = _drawn(seed, len(multiplicities), heads)
    tokens = [kind for kind, count in enumerate(multiplicities) for _ in range(count)]
    orders = sorted(set(permutations(tokens)))
    holds = {"positions": 0, "masked": 0, "outputs_differ": 0, "multiplicities": multiplicities}
    assert theorem.applies(**holds)
    assert theorem(multiplicities) == len(orders)
    loss = _losses(targets)["mean"]
    rows = [np.array([kinds[token] for token in order]) for order in orders[:4]]
    found = [np.array(_weight_gradients(row, weights, loss, heads, False)) for row in rows]
    assert max(np.abs(other - found[0]).max() for other in found) < 1e-13
    if len(found) > 1:  # what the assumptions rule out does tell orders apart
        masked = [np.array(_weight_gradients(row, weights, loss, heads, True)) for row in rows]
        assert max(np.abs(other - masked[0]).max() for other in masked) > 1e-6


@checks("leak.fibre")
def nothing_tells_orders_apart(theorem):
    assert [theorem(m) for m in ([1], [1, 1, 1, 1], [2, 2], [3, 1])] == [1, 24, 6, 4]
    good = {"positions": 0, "masked": 0, "outputs_differ": 0, "multiplicities": [2, 1]}
    assert theorem.applies(**good)
    for name in ("positions", "masked", "outputs_differ"):
        for value in (1, math.nan):
            assert not theorem.applies(**{**good, name: value})
    for bad in ([], [0], [1.5], [math.nan], [-1, 2]):
        assert not theorem.applies(**{**good, "multiplicities": bad})
