"""Where attention alone reads the input, its input in closed form (leak.attention_identity)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.exact.span import PARTS
from dpaccount.attacks.threat import View
from dpaccount.errors import Unsupported
from dpaccount.theorems.leak import ATTENTION_IDENTITY

__all__ = ["AttentionIdentity", "input_product", "recover_inputs"]


def input_product(view: View) -> Tensor:
    """X^T dX, the sum over query, key and value of dW^T W: (width, width).

    Guarantee: exact where X enters through query, key and value alone (leak.attention_identity).

    Raises:
        InputError: Where a gradient was not released.
        Unsupported: For a target with a residual path or a normalization in between.
    """
    shape = view.target.shape
    ATTENTION_IDENTITY.require(
        other_paths=int(shape.residual) + int(shape.norm == "pre"), examples=view.batch_size
    )
    names = [f"blocks.0.attention.{part}.weight" for part in PARTS]
    weights = view.target.parameters()
    pairs = zip(view.need(*names), (weights[name] for name in names), strict=True)
    return torch.stack([gradient.T @ weight for gradient, weight in pairs]).sum(dim=0)


def recover_inputs(view: View, length: int) -> Tensor:
    """What the first attention read, X: (length, width).

    The gradient of learned positions is dX. Where its rows are independent, X^T = (X^T dX) dX^+.

    Raises:
        Unsupported: Without positions, with a normalization after them, or where dX has a smaller
            rank than there are tokens.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(positions=True, loss="token", dtype=torch.float64)
        >>> secret = target.batch([(3, 1, 4, 1)], [[0, 1, 2, 3]])
        >>> view = expose(target, secret, Threat(), seed=0)
        >>> read = target.module.embedding(target.token_vectors()[secret.inputs])[0]
        >>> bool((recover_inputs(view, 4) - read).abs().max() < 1e-9)
        True

    Source: Lu, Zhang, Zhao, Guo and Cheng 2022, arXiv 2112.14087 (APRIL); see
    leak.attention_identity.
    """
    shape = view.target.shape
    product = input_product(view)
    if not shape.positions or shape.norm == "post":
        raise Unsupported(
            "the closed form of attention's input",
            missing="dX, which the gradient of learned positions is where nothing follows them",
            advice="take the span test",
        )
    outer = view.need("embedding.position.weight")[0][:length]
    singular = torch.linalg.svdvals(outer)
    eps = torch.finfo(outer.dtype).eps
    if length > outer.shape[1] or not bool(singular[-1] > 32 * eps * singular[0]):
        raise Unsupported(
            "the closed form of attention's input",
            missing=f"{length} independent rows of dX",
            advice="take the span test",
        )
    found: Tensor = torch.linalg.lstsq(outer.T, product.T).solution
    return found


@dataclass(frozen=True)
class AttentionIdentity:
    """X in closed form, and for each row the nearest token; it computes no gradient.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(positions=True, loss="token", dtype=torch.float64)
        >>> secret = target.batch([(3, 1, 4, 1)], [[0, 1, 2, 3]])
        >>> view = expose(target, secret, Threat(), seed=0)
        >>> AttentionIdentity()(view, evaluations=1, seed=0).tokens
        ((3, 1, 4, 1),)

    Source: Lu, Zhang, Zhao, Guo and Cheng 2022, arXiv 2112.14087 (APRIL); see
    leak.attention_identity.
    """

    name: str = "identity"
    source: str = "Lu, Zhang, Zhao, Guo and Cheng 2022, APRIL, arXiv 2112.14087"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """The tokens; for patches, what the embedding layer gave is read back."""
        length = view.target.max_length if view.lengths is None else int(view.lengths[0])
        found = recover_inputs(view, length)
        embedding: Any = view.target.module.embedding
        found = found - embedding.position.weight[:length]
        if view.target.shape.segments:
            found = found - embedding.segment.weight[0]
        if not view.target.vocabulary:
            weight, bias = embedding.patch.weight, embedding.patch.bias
            values = torch.linalg.lstsq(weight, (found - bias).T).solution.T
            return Guess(values=values[None])
        distances = torch.cdist(found, view.target.token_vectors())
        return Guess(tokens=(tuple(distances.argmin(dim=1).tolist()),))
