"""What gradients give away with certainty."""

from __future__ import annotations

from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["KEY_RANK", "LINEAR"]


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
