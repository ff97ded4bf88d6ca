"""What gradients give away with certainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "ATTENTION_IDENTITY",
    "FIBRE",
    "KEY_RANK",
    "LINEAR",
    "QUERY_RANK",
    "SPAN_UNION",
    "VALUE_RANK",
]


def _linear(weight_gradient: Any, bias_gradient: Any) -> Any:
    """One coordinate of the input."""
    return weight_gradient / bias_gradient


LINEAR = theorem(
    "leak.linear",
    "A layer y = W x + b that saw one input x gives it away: x_j = (dl/dW_ij) / (dl/db_i) for "
    "every loss l of y and every output i with dl/db_i not 0.",
    "the chain rule: both derivatives are dl/dy_i, the first times x_j; Phong, Aono, Hayashi, Wang "
    "and Moriai 2017, Privacy-Preserving Deep Learning via Additively Homomorphic Encryption",
    formula=_linear,
    assumptions=[
        Assumption(
            "a bias gradient that is not 0",
            lambda bias_gradient, **_: abs(bias_gradient) > 0,
            "look at another output of the layer",
        )
    ],
    level="K",
    latex=r"A layer $y = W x + b$ that saw one input $x$ gives it away: $x_j = \frac{\partial "
    r"\ell/\partial W_{ij}}{\partial \ell/\partial b_i}$ for every loss $\ell$ of $y$ and "
    r"every output $i$ with $\partial \ell/\partial b_i \ne 0$.",
)


def _key_rank(tokens: int) -> Any:
    """The largest rank."""
    return tokens - 1


KEY_RANK = theorem(
    "leak.key_rank",
    "In one head of softmax attention over n tokens, masked or not, whose keys K = X W_k enter the "
    "loss through the scores Q K^T / sqrt(d) alone, the gradients of the keys add up to 0 and that "
    "of W_k has rank at most n - 1.",
    "adding one number to a row of scores changes nothing, so each row of their gradient adds up "
    "to 0; then sum_j X_j dK_j^T = sum_j (X_j - X_n) dK_j^T, whose last term is 0",
    formula=_key_rank,
    assumptions=[
        Assumption(
            "an integer number of tokens >= 1",
            lambda tokens, **_: tokens >= 1 and tokens % 1 == 0,
            "count the tokens",
        )
    ],
    level="K",
    latex="In one head of softmax attention over $n$ tokens, masked or not, whose keys $K = X "
    r"W_k$ enter the loss through the scores $Q K^T/\sqrt{d}$ alone, $1^T dK = 0$ for the "
    "gradient $dK$ of the keys, and that of $W_k$, $X^T dK$, has rank at most $n - 1$.",
)


ATTENTION_IDENTITY = theorem(
    "leak.attention_identity",
    "Where the tokens X (a row each) of one example enter the loss through products Y_i = X W_i "
    "alone, such as query, key and value, X^T dX = sum_i dW_i W_i^T.",
    "the chain rule: dW_i = X^T dY_i and dX = sum_i dY_i W_i^T; used by Lu, Zhang, Zhao, Guo and "
    "Cheng 2022, arXiv 2112.14087 (APRIL)",
    assumptions=[
        Assumption(
            "no path from the tokens to the loss that goes around the products",
            lambda other_paths, **_: other_paths == 0,
            "take the span test: a residual path or a normalization in between breaks the identity",
        ),
        Assumption(
            "one example",
            lambda examples, **_: examples == 1,
            "look at the gradient of each example by itself",
        ),
    ],
    level="K",
    latex="Where the tokens $X$ (a row each) of one example enter the loss through products $Y_i = "
    r"X W_i$ alone, such as query, key and value, $X^T dX = \sum_i dW_i W_i^T$.",
)


def _query_rank(tokens: int) -> Any:
    """The largest rank."""
    return tokens - 1


QUERY_RANK = theorem(
    "leak.query_rank",
    "In one head of softmax attention over n tokens, masked or not, whose queries Q = X W_q enter "
    "the loss through the scores Q K^T / sqrt(d) alone, the gradient of W_q has rank at most n - "
    "1, and the gradient of a query that may attend to one key only is 0.",
    "each row of the scores' gradient dS adds up to 0, so dQ_i = sum_j dS_ij (K_j - K_n) / sqrt(d) "
    "and the gradient of W_q, X^T dQ, is a sum of n - 1 products of a column and a row",
    formula=_query_rank,
    assumptions=[
        Assumption(
            "an integer number of tokens >= 1",
            lambda tokens, **_: tokens >= 1 and tokens % 1 == 0,
            "count the tokens",
        ),
        Assumption(
            "one head", lambda heads, **_: heads == 1, "with more heads the rank may be that of X"
        ),
    ],
    level="K",
    latex="In one head of softmax attention over $n$ tokens, masked or not, whose queries $Q = X "
    r"W_q$ enter the loss through the scores $Q K^T/\sqrt{d}$ alone, the gradient of $W_q$ has "
    "rank at most $n - 1$, and the gradient of a query that may attend to one key only is 0.",
)


def _value_rank(tokens: int, heads: int) -> Any:
    """The largest rank."""
    return (tokens + heads - abs(tokens - heads)) / 2


VALUE_RANK = theorem(
    "leak.value_rank",
    "In attention of H heads over n tokens whose outputs enter the loss through their mean alone, "
    "the gradient of W_v has rank at most min(n, H).",
    "the mean gives every output the same gradient g / n, so that of the values in head h is the "
    "product of the column A_h^T 1 and the row g_h / n; X^T times H such products",
    formula=_value_rank,
    assumptions=[
        Assumption(
            "an integer number of tokens >= 1",
            lambda tokens, **_: tokens >= 1 and tokens % 1 == 0,
            "count the tokens",
        ),
        Assumption(
            "an integer number of heads >= 1",
            lambda heads, **_: heads >= 1 and heads % 1 == 0,
            "count the heads",
        ),
        Assumption(
            "a loss of the mean of attention's outputs alone",
            lambda outputs_differ, **_: outputs_differ == 0,
            "with a loss of each token, or with layers in between, the rank may be that of X",
        ),
    ],
    level="K",
    latex="In attention of $H$ heads over $n$ tokens whose outputs enter the loss through their "
    r"mean alone, the gradient of $W_v$ has rank at most $\min(n, H)$.",
)


def _span_union(rank_of_outer: int) -> Any:
    """The dimension that is spanned."""
    return rank_of_outer


SPAN_UNION = theorem(
    "leak.span_union",
    "The columns of the gradients of W_q, W_k and W_v lie in the span of the tokens X_t that "
    "attention reads. Where the tokens are independent, they span a space of dimension rank [dQ dK "
    "dV]; it holds every token if that is the number of tokens.",
    "[dW_q dW_k dW_v] = X^T [dQ dK dV], and X^T has independent columns; Petrov, Dimitrov, Baader, "
    "Mueller and Vechev 2024, arXiv 2405.15586 (DAGER), for one of the three",
    formula=_span_union,
    assumptions=[
        Assumption(
            "an integer number of tokens >= 1",
            lambda tokens, **_: tokens >= 1 and tokens % 1 == 0,
            "count the tokens",
        ),
        Assumption(
            "independent tokens",
            lambda dependent_tokens, **_: dependent_tokens == 0,
            "count repeated tokens once, and shorten the input to the width of the model",
        ),
        Assumption(
            "a rank of [dQ dK dV] from 0 to the number of tokens",
            lambda tokens, rank_of_outer, **_: (
                0 <= rank_of_outer <= tokens and rank_of_outer % 1 == 0
            ),
            "compute the rank",
        ),
    ],
    level="K",
    latex="The columns of the gradients of $W_q$, $W_k$ and $W_v$ lie in the span of the tokens "
    r"$X_t$ that attention reads. Where the tokens are independent, they span a space of dimension "
    r"$\operatorname{rank} [dQ\ dK\ dV]$; it holds every token if that is the number of tokens.",
)


def _fibre(multiplicities: Sequence[int]) -> Any:
    """How many different inputs share the gradient."""
    repeated = math.prod(math.factorial(count) for count in multiplicities)
    return math.factorial(sum(multiplicities)) // repeated


FIBRE = theorem(
    "leak.fibre",
    "Where tokens have no positions, attention is not masked and the last vectors of a group of m "
    "tokens enter the loss symmetrically (all of them under a loss of their mean, those of one "
    "label under a loss of each token), an input's gradient stays the same when these tokens "
    "change places: m! / (m_1! m_2! ...) inputs share it, m_i how often each different token "
    "occurs in the group.",
    "attention commutes with a permutation P of its rows, softmax(P S P^T) P V = P softmax(S) V, "
    "so do layers that act on each token, and the loss ignores P: it is the same function of the "
    "weights",
    formula=_fibre,
    assumptions=[
        Assumption(
            "no positions",
            lambda positions, **_: positions == 0,
            "positions tell the orders apart",
        ),
        Assumption("no mask", lambda masked, **_: masked == 0, "a mask tells the orders apart"),
        Assumption(
            "a loss that is symmetric in the last vectors of the group",
            lambda outputs_differ, **_: outputs_differ == 0,
            "what a token has of its own, such as a label, tells it apart",
        ),
        Assumption(
            "integer multiplicities >= 1",
            lambda multiplicities, **_: (
                len(multiplicities) >= 1 and all(m >= 1 and m % 1 == 0 for m in multiplicities)
            ),
            "count how often each different token occurs",
        ),
    ],
    level="K",
    latex="Where tokens have no positions, attention is not masked and the last vectors of a "
    "group of $m$ tokens enter the loss symmetrically (all of them under a loss of their mean, "
    "those of one label under a loss of each token), an input's gradient stays the same when these "
    r"tokens change places: $\frac{m!}{m_1! m_2! \cdots}$ inputs share it, $m_i$ how often each "
    "different token occurs in the group.",
)
