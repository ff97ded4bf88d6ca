"""What gradients give away: exact differences of losses, and attention by complex steps."""

from __future__ import annotations

import math
from fractions import Fraction

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
