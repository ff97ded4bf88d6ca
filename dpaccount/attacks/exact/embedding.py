"""What the gradient of the token embedding gives away: which tokens there are."""

from __future__ import annotations

from dataclasses import dataclass

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.threat import View

__all__ = ["EmbeddingRows", "rows_that_changed"]


def rows_that_changed(view: View) -> tuple[int, ...]:
    """The tokens whose rows of the embedding have a gradient, largest first.

    Without noise these are the tokens of the batch, each once; under noise every row has one, and
    those are taken that stand out of it.

    Raises:
        InputError: Where the embedding's gradient is withheld.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> secret = target.batch([(5, 3, 3, 60)], [1])
        >>> sorted(rows_that_changed(expose(target, secret, Threat(embedding=True), seed=0)))
        [3, 5, 60]

    Source: Melis, Song, De Cristofaro and Shmatikov 2019, arXiv 1805.04049.
    """
    (gradient,) = view.need("embedding.token.weight")
    sizes = gradient.double().norm(dim=1)
    width = gradient.shape[1]
    # a row of noise is longer than this less than once in 1e8 rows, whatever its width
    edge = view.noise_std * (width**0.5 + 5.0) if view.noise_std > 0 else 0.0
    found = (sizes > edge).nonzero()[:, 0]
    return tuple(found[sizes[found].argsort(descending=True)].tolist())


@dataclass(frozen=True)
class EmbeddingRows:
    """The set of tokens, from the embedding's gradient alone; it computes no gradient.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> secret = target.batch([(5, 3, 3, 60)], [1])
        >>> view = expose(target, secret, Threat(embedding=True), seed=0)
        >>> [sorted(row) for row in EmbeddingRows()(view, evaluations=1, seed=0).tokens]
        [[3, 5, 60]]

    Source: Melis, Song, De Cristofaro and Shmatikov 2019, arXiv 1805.04049.
    """

    name: str = "embedding-rows"
    source: str = "Melis, Song, De Cristofaro and Shmatikov 2019, arXiv 1805.04049"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """All tokens of the batch as one bag, each once."""
        return Guess(tokens=(rows_that_changed(view),))
