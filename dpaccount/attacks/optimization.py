"""Attacks that look for inputs whose gradient is the released one, by descent on continuous inputs.

DLG matches gradients in squared distance, Inverting Gradients in cosine, TAG in squared and
absolute distance. Their losses have many local minima, so each is started many times; all starts
go through one batched pass (`torch.func`), which on small models is much faster than one by one.
An attack that ends in a local minimum proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, vmap

from dpaccount.attacks.attack import Guess
from dpaccount.attacks.exact.labels import label_of
from dpaccount.attacks.lbfgs import minimize
from dpaccount.attacks.threat import View, clip_factors
from dpaccount.errors import InputError

__all__ = ["MATCHES", "GradientMatching", "dlg", "inverting_gradients", "tag"]

Match = Callable[[list[Tensor], list[Tensor]], Tensor]
#: Of the absolute distance. TAG's own factor goes by the layer (not checked against the paper);
#: this is the one of LAMP's comparison with TAG, `--tag_factor 0.01` in tag.sh of
#: github.com/eth-sri/lamp at c140a00 (Balunovic et al. 2022, arXiv 2202.08827).
_ABSOLUTE = 0.01
#: Adam gets farther by long courses than by many.
_LONG: Mapping[str, Any] = {"optimizer": "adam", "starts": 4, "steps": 2400}


def _squared(found: list[Tensor], given: list[Tensor]) -> Tensor:
    pairs = zip(found, given, strict=True)
    return torch.stack([(a - b).square().sum() for a, b in pairs]).sum()


def _cosine(found: list[Tensor], given: list[Tensor]) -> Tensor:
    inner = torch.stack([(a * b).sum() for a, b in zip(found, given, strict=True)]).sum()
    sizes = [torch.stack([part.square().sum() for part in side]).sum() for side in (found, given)]
    return 1 - inner / (sizes[0] * sizes[1]).clamp_min(1e-300).sqrt()


def _both(found: list[Tensor], given: list[Tensor]) -> Tensor:
    pairs = zip(found, given, strict=True)
    absolute = torch.stack([(a - b).abs().sum() for a, b in pairs]).sum()
    return _squared(found, given) + _ABSOLUTE * absolute


#: How two gradients are compared.
MATCHES: Mapping[str, Match] = {"squared": _squared, "cosine": _cosine, "both": _both}


@dataclass(frozen=True)
class GradientMatching:
    """Descent on the token vectors of one example, from random starts.

    Args:
        name: Of the attack.
        source: Its paper.
        match: "squared", "cosine" or "both".
        optimizer: "lbfgs" or "adam".
        starts: Random starts.
        steps: Of the optimizer, for each start.
        learning_rate: Of Adam; a tenth after 3/8, 5/8 and 7/8 of the steps each.
        signed: Whether Adam is given only the signs of a slope.
        batched: Whether all starts go through one pass; the starts are the same either way.

    Raises:
        InputError: For a match or an optimizer of another name.

    Example:
        >>> GradientMatching("mine", "none yet", match="cosine", optimizer="adam").steps
        300

    Source: `source`; see `dlg`, `inverting_gradients` and `tag`.
    """

    name: str
    source: str
    match: str = "squared"
    optimizer: str = "lbfgs"
    starts: int = 16
    steps: int = 300
    learning_rate: float = 0.1
    signed: bool = False
    batched: bool = True

    def __post_init__(self) -> None:
        """Check the words."""
        for field, allowed in (("match", tuple(MATCHES)), ("optimizer", ("lbfgs", "adam"))):
            if getattr(self, field) not in allowed:
                raise InputError(
                    field,
                    given=getattr(self, field),
                    allowed=", ".join(allowed),
                    advice="name one of these",
                )

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """Guess one example, by the start that ends nearest to the released gradient."""
        found, losses, used = self.descend(view, evaluations=evaluations, seed=seed)
        best = int(losses.argmin())
        vectors, score = found[best], -float(losses[best])
        if not view.target.vocabulary:
            return Guess(values=vectors[None], score=score, evaluations=used)
        distances = torch.cdist(vectors, view.target.token_vectors())
        tokens = tuple(distances.argmin(dim=1).tolist())
        return Guess(tokens=(tokens,), score=score, evaluations=used)

    def descend(self, view: View, *, evaluations: int, seed: int) -> tuple[Tensor, Tensor, int]:
        """Where each start ends, its loss there, and the gradients that were computed.

        Returns:
            Token vectors or patches (starts, length, width), losses (starts,), evaluations.

        Raises:
            InputError: For a batch or an unknown length.
        """
        if view.batch_size != 1 or view.lengths is None:
            raise InputError(
                "view",
                given=f"{view.batch_size} examples" if view.lengths is not None else "no length",
                allowed="one example of known length",
                advice="take another attack",
            )
        target, length = view.target, int(view.lengths[0])
        width = target.shape.width if target.vocabulary else target.shape.patch
        generator = torch.Generator().manual_seed(seed)
        starts = max(1, min(self.starts, evaluations))
        begin = torch.randn(starts, length, width, dtype=target.dtype, generator=generator)
        loss = _loss(view, MATCHES[self.match])
        steps = max(1, min(self.steps, evaluations // starts))
        run = minimize if self.optimizer == "lbfgs" else self._adam
        if self.batched:
            return run(vmap(loss), begin, steps)
        ended = [run(vmap(loss), row[None], steps) for row in begin]
        return (
            torch.cat([row for row, _, _ in ended]),
            torch.cat([value for _, value, _ in ended]),
            sum(used for _, _, used in ended),
        )

    def _adam(
        self, losses: Callable[[Tensor], Tensor], begin: Tensor, steps: int
    ) -> tuple[Tensor, Tensor, int]:
        """Adam, in ever smaller steps; each start keeps its best point."""
        at = begin.clone().requires_grad_()
        optimizer = torch.optim.Adam([at], lr=self.learning_rate)
        slower = torch.optim.lr_scheduler.MultiStepLR(
            optimizer, [steps * eighths // 8 for eighths in (3, 5, 7)]
        )
        best, least = begin.clone(), torch.full((len(begin),), torch.inf, dtype=begin.dtype)
        for _ in range(steps):
            optimizer.zero_grad()
            values = losses(at)
            values.sum().backward()
            with torch.no_grad():
                better = values < least
                least = torch.where(better, values.detach(), least)
                best = torch.where(better[:, None, None], at.detach(), best)
                if self.signed and at.grad is not None:
                    at.grad.sign_()
            optimizer.step()
            slower.step()
        return best, least, steps * len(begin)


def _loss(view: View, match: Match) -> Callable[[Tensor], Tensor]:
    """The mismatch of one point's gradient, clipped as the released one was."""
    target = view.target
    labels = _labels(view)
    given = list(view.gradients.values())
    names = tuple(view.gradients)
    parameters = target.parameters()
    vectors = bool(target.vocabulary)

    def example_loss(chosen: dict[str, Tensor], point: Tensor) -> Tensor:
        every = {**parameters, **chosen}
        return target.losses(point[None], labels, vectors=vectors, parameters=every)[0]

    chosen = {name: parameters[name] for name in names}

    def loss(point: Tensor) -> Tensor:
        found = grad(example_loss)(chosen, point)
        squares = torch.stack([part.square().sum() for part in found.values()]).sum()
        factor = clip_factors(squares.clamp_min(1e-300), view.clip_norm)
        return match([factor * found[name] for name in names], given)

    return loss


def _labels(view: View) -> Tensor | None:
    if view.target.shape.loss == "next":
        raise InputError(
            "target",
            given="a language model",
            allowed="a classifier, whose label does not depend on the input",
            advice="take the span test",
        )
    return label_of(view)


def dlg(**changes: Any) -> GradientMatching:
    """Deep Leakage from Gradients: squared distance, L-BFGS.

    Args:
        changes: Any of `GradientMatching`'s arguments.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer(width=8, vocabulary=8, bias=True, dtype=torch.float64)
        >>> view = expose(target, target.batch([(3, 1, 4)], [1]), Threat(clip_norm=1000), seed=0)
        >>> guess = dlg(starts=4, steps=60)(view, evaluations=240, seed=0)
        >>> sorted(guess.tokens[0]), guess.evaluations  # without positions there is no order
        ([1, 3, 4], 240)

    Source: Zhu, Liu and Han 2019, arXiv 1906.08935.
    """
    source = "Zhu, Liu and Han 2019, Deep Leakage from Gradients, arXiv 1906.08935"
    return GradientMatching("dlg", source, **changes)


def inverting_gradients(**changes: Any) -> GradientMatching:
    """Inverting Gradients: cosine, Adam on the signs of slopes.

    Args:
        changes: Any of `GradientMatching`'s arguments.

    Example:
        >>> inverting_gradients(starts=2).match, inverting_gradients().signed
        ('cosine', True)

    Source: Geiping, Bauermeister, Droege and Moeller 2020, arXiv 2003.14053.
    """
    source = "Geiping, Bauermeister, Droege and Moeller 2020, arXiv 2003.14053"
    options = {"match": "cosine", "signed": True, **_LONG, **changes}
    return GradientMatching("inverting-gradients", source, **options)


def tag(**changes: Any) -> GradientMatching:
    """TAG: squared and absolute distance, Adam.

    Args:
        changes: Any of `GradientMatching`'s arguments.

    Example:
        >>> tag(steps=100).match, tag(steps=100).steps
        ('both', 100)

    Source: Deng, Wang, Li, Shang, Liu, Rajasekaran and Ding 2021, arXiv 2103.06819; the factor of
    the absolute distance as in Balunovic et al. 2022, arXiv 2202.08827 (LAMP).
    """
    source = "Deng, Wang, Li, Shang, Liu, Rajasekaran and Ding 2021, TAG, arXiv 2103.06819"
    options = {"match": "both", **_LONG, **changes}
    return GradientMatching("tag", source, **options)
