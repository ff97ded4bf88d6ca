"""What a linear layer read, from its own gradients (leak.linear)."""

from __future__ import annotations

import torch
from torch import Tensor

from dpaccount.attacks.threat import View
from dpaccount.theorems.leak import LINEAR

__all__ = ["linear_input"]


def linear_input(view: View, layer: str) -> Tensor:
    """The one vector that a linear layer with bias read: (inputs,).

    Guarantee: exact where the layer read one vector of one example and nothing is noised
    (leak.linear). Of all outputs the one with the largest bias gradient is read: there a rounding
    error costs least.

    Args:
        view: What was released.
        layer: The layer's name, such as "head": under a pooled loss it reads the mean of the last
            vectors.

    Raises:
        InputError: Where a gradient was not released.
        Unsupported: Where every bias gradient is 0.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> secret = target.batch([(3, 1, 4, 1)], [2])
        >>> view = expose(target, secret, Threat(), seed=0)
        >>> pooled = target.module.encode(target.token_vectors()[secret.inputs]).mean(dim=1)[0]
        >>> bool((linear_input(view, "head") - pooled).abs().max() < 1e-9)
        True

    Source: Phong, Aono, Hayashi, Wang and Moriai 2017; see leak.linear.
    """
    weight, bias = view.need(f"{layer}.weight", f"{layer}.bias")
    row = int(bias.abs().argmax())
    LINEAR.require(bias_gradient=float(bias[row]))
    found: Tensor = torch.as_tensor(LINEAR(weight[row], bias[row]))
    return found
