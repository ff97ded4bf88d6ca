"""Which of many tokens that a span holds made it: the fewest that explain the gradient.

In a batch, tokens at shared positions put further tokens into the span: with vectors tok_a + pos_i,
tok_a + pos_j and tok_b + pos_j in it, tok_b + pos_i is in it as well. Their coefficients tell them
apart: the true tokens explain [dW_q, dW_k, dW_v] with few large ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dpaccount.attacks.exact.span import first_inputs, stacked
from dpaccount.attacks.threat import View

__all__ = ["explain"]

_ROUNDS = 60
_CONVEX = 20  # rounds with the sum of norms, before those with the sum of their roots
_RIDGE = 1e-12
_KEPT = 1e-4  # of the largest coefficient


def explain(
    view: View,
    spanned: Tensor,
    allowed: Sequence[Sequence[int]],
) -> list[list[int]]:
    """For each position the tokens with large coefficients, largest first.

    Reweighted least squares: each round solves for the coefficients of least weighted norm and
    takes their sizes as the next weights.

    Args:
        view: What was released.
        spanned: The basis of the span.
        allowed: For each position the tokens in it.

    Source: Cotter, Rao, Engan and Kreutz-Delgado 2005, IEEE Transactions on Signal Processing
    53(7) (M-FOCUSS).
    """
    atoms = [(place, token) for place, tokens in enumerate(allowed) for token in tokens]
    vectors = [
        first_inputs(view.target, place, torch.tensor(tokens))
        for place, tokens in enumerate(allowed)
    ]
    within = torch.cat(vectors).double() @ spanned.double().T
    given = spanned.double() @ stacked(view).double().T
    # rotate the many columns of the gradients into as many as the span has dimensions
    given = given @ torch.linalg.svd(given, full_matrices=False)[2].T
    weights = torch.ones(len(atoms), dtype=torch.float64)
    sizes = weights
    for turn in range(_ROUNDS):
        gram = within.T @ (weights[:, None] * within)
        gram += _RIDGE * gram.diagonal().max() * torch.eye(len(gram), dtype=gram.dtype)
        sizes = (weights[:, None] * (within @ torch.linalg.solve(gram, given))).norm(dim=1)
        weights = sizes ** (1.0 if turn < _CONVEX else 1.5)
        weights = weights / weights.max()
    sizes = sizes * within.norm(dim=1)
    found: list[list[int]] = [[] for _ in allowed]
    for index in sizes.argsort(descending=True).tolist():
        if sizes[index] > _KEPT * sizes.max():
            place, token = atoms[index]
            found[place].append(token)
    return found
