"""Who attacks: what is released, what is known, and the one object that an attack is given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.errors import InputError, shown

__all__ = ["Threat", "View", "clip_factors", "expose", "read_noise", "read_rate"]

_NOISE = 0x6E6F697365  # sets the noise's random numbers apart from all others of the same seed
_SAMPLE = 0x73616D706C65  # and those of who is sampled
#: Numbers that a view of sampled steps may hold: 1 GB in float64.
_MOST_NUMBERS = 2**27


@dataclass(frozen=True)
class Threat:
    """What an attacker sees and knows.

    The model is public and stays the same over the steps. Noise is noise_multiplier * clip_norm on
    the *sum* of the clipped gradients, at every step. Where every step has the whole batch, the
    mean of the releases tells all that they tell, and that is what is shown. Where the record is
    in each step with chance sampling_rate, by itself, all releases are shown; which of them have
    the record is not.

    Args:
        clip_norm: C in (0, inf): the largest norm of one example's gradient; longer ones are
            scaled down to it.
        noise_multiplier: sigma in [0, inf): noise standard deviation / clip norm.
        batch_size: Examples in the sum; 1 shows the gradient of each by itself.
        steps: Releases.
        sampling_rate: In (0, 1]: the chance of the record to be in a step (Poisson sampling); below
            1 for a batch of one: the other records of a step are known to the attacker, who
            subtracts them.
        embedding: Whether the gradient of the token embedding is released. If not, it is frozen:
            neither shown nor counted in the norm that is clipped.
        knows_labels: Whether the attacker has the labels.
        knows_lengths: Whether the attacker has the lengths.
        prior: The attacker's chances for each token of the vocabulary, the same at every position
            and independent; None for equal ones.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> Threat(clip_norm=2, noise_multiplier=0.5, steps=4).noise_std
        0.5
    """

    clip_norm: float = 1.0
    noise_multiplier: float = 0.0
    batch_size: int = 1
    steps: int = 1
    sampling_rate: float = 1.0
    embedding: bool = False
    knows_labels: bool = True
    knows_lengths: bool = True
    prior: tuple[float, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Read the numbers."""
        keep = object.__setattr__
        keep(self, "clip_norm", float(_validate.positive(self.clip_norm, "clip_norm")))
        keep(self, "noise_multiplier", float(read_noise(self.noise_multiplier)))
        keep(
            self, "batch_size", _validate.count(self.batch_size, "batch_size", least=1, most=10**6)
        )
        keep(self, "steps", _validate.count(self.steps, "steps", least=1))
        keep(self, "sampling_rate", _rate(self.sampling_rate, self.batch_size))
        for name in ("embedding", "knows_labels", "knows_lengths"):
            _validate.flag(getattr(self, name), name)
        if self.prior is not None:
            keep(self, "prior", _chances(self.prior))

    @property
    def is_sampled(self) -> bool:
        """Whether the record may be missing from a step."""
        return self.sampling_rate < 1

    @property
    def noise_std(self) -> float:
        """The standard deviation of the noise in each coordinate of what is shown.

        That is the mean of all steps, or each step by itself where the record is sampled.
        """
        one = self.noise_multiplier * self.clip_norm
        return one if self.is_sampled else one / math.sqrt(self.steps)


def read_rate(value: object) -> Exact:
    """Read the chance of the record to be in a step, in (0, 1].

    Raises:
        InputError: For anything else.
    """
    name, allowed = "sampling_rate", "a number in (0, 1]"
    rate = _validate.exact(value, name, allowed=allowed)
    if rate == 0:
        advice = "a record that is in no step leaves no trace: nothing is to be attacked"
    elif not 0 < rate <= 1:
        advice = "give batch size divided by dataset size"
    else:
        return _validate.rate(rate)
    raise InputError(name, given=rate.text, allowed=allowed, advice=advice)


def _rate(value: object, batch_size: int) -> float:
    rate = read_rate(value)
    if rate < 1 and batch_size != 1:
        raise InputError(
            "sampling_rate",
            given=f"{rate.text} with batch_size {batch_size}",
            allowed="1 for a batch of several",
            advice="sample one record, with batch_size 1",
        )
    return float(rate)


def read_noise(value: object) -> Exact:
    """Read a noise multiplier in [0, inf).

    Raises:
        InputError: For anything else.
    """
    name, allowed = "noise_multiplier", "a number in [0, inf)"
    number = _validate.exact(value, name, allowed=allowed)
    if number < 0:
        raise InputError(
            name, given=number.text, allowed=allowed,
            advice="give the noise standard deviation divided by the clip norm",
        )  # fmt: skip
    return _validate.noise_multiplier(number) if number else number


def _chances(values: object) -> tuple[float, ...]:
    try:
        chances = tuple(float(value) for value in values)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        chances = ()
    good = all(0 <= chance <= 1 for chance in chances) and abs(math.fsum(chances) - 1) < 1e-6
    if not good:
        raise InputError(
            "prior",
            given=shown(values),
            allowed="a chance for each token, together 1",
            advice="give one number in [0, 1] for each token of the vocabulary",
        )
    return chances


@dataclass(frozen=True, eq=False)
class View:
    """All that an attack is given.

    Args:
        target: The public model.
        gradients: By parameter, the mean over the steps of the sum of clipped gradients, noised.
            Where the record is sampled there is none: to read it is refused.
        noise_std: Of the noise in each coordinate of what is shown.
        clip_norm: What each example's gradient was clipped to.
        batch_size: Examples in the sum.
        steps: Releases that the mean was taken over.
        labels: As far as known.
        lengths: As far as known.
        prior: Chances of the tokens, (vocabulary,); None for equal ones.
        sampling_rate: The chance that a step has the record.
        releases: Where the record is sampled, by parameter, every step's noised sum: (steps, ...).

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> secret = target.batch([(3, 1, 4)], [2])
        >>> view = expose(target, secret, Threat(noise_multiplier="0.5", steps=4), seed=0)
        >>> view.noise_std, view.labels.tolist(), view.lengths.tolist()
        (0.25, [2], [3])
        >>> view.need("head.weight")[0].shape
        torch.Size([4, 16])
    """

    target: Target
    gradients: Mapping[str, Tensor]
    noise_std: float
    clip_norm: float
    batch_size: int
    steps: int = 1
    labels: Tensor | None = None
    lengths: Tensor | None = None
    prior: Tensor | None = None
    sampling_rate: float = 1.0
    releases: Mapping[str, Tensor] | None = None

    def need(self, *names: str) -> tuple[Tensor, ...]:
        """The gradients of some parameters.

        Raises:
            InputError: Where one was not released.
        """
        for name in names:
            if name not in self.gradients:
                raise InputError(
                    "gradients",
                    given=f"no gradient of {name}",
                    allowed="one for each layer that the attack reads",
                    advice="take another attack, or release that layer's gradient",
                )
        return tuple(self.gradients[name] for name in names)


class _NoMean(Mapping[str, Tensor]):
    """The gradients of a view of sampled steps: who reads them takes the view for another."""

    def _refuse(self) -> NoReturn:
        raise InputError(
            "sampling_rate",
            given="steps that may miss the record",
            allowed="1 for this attack, which reads one gradient",
            advice="take identify, which reads every step, or a sampling_rate of 1",
        )

    def __getitem__(self, _name: str) -> Tensor:
        """Refused."""
        self._refuse()

    def __iter__(self) -> Iterator[str]:
        """Refused."""
        self._refuse()

    def __len__(self) -> int:  # noqa: PLE0303 - it raises, whatever is asked
        """Refused."""
        self._refuse()


def clip_factors(squares: Tensor, clip_norm: float) -> Tensor:
    """What gradients of the given squared norms are multiplied by, so that none exceeds C.

    Args:
        squares: Squared norms; what rounding leaves below 0 counts as 0.
        clip_norm: C in (0, inf).

    Example:
        >>> clip_factors(torch.tensor([0.25, 4.0]), 1.0)
        tensor([1.0000, 0.5000])

    Source: Abadi et al. 2016, arXiv 1607.00133, Algorithm 1 (item quoted from memory).
    """
    norms = squares.clamp_min(0).sqrt()
    return torch.where(norms > clip_norm, clip_norm / norms, torch.ones_like(norms))


def expose(target: Target, secrets: Batch, threat: Threat, *, seed: int) -> View:
    """Release noised gradients of secrets.

    Each example's whole gradient (the embedding's included where it is released) is scaled to a
    norm of at most C; the sum gets noise of standard deviation sigma C at every step. Only copies
    leave: nothing in the view shares memory with the secrets, nor tells which steps had them.

    Args:
        target: The model.
        secrets: As many examples as the threat's batch size.
        threat: What is released and known.
        seed: Of the noise, which nobody is told.

    Raises:
        InputError: For a batch of another size, a gradient that is not finite, a prior of another
            size than the vocabulary, more sampled steps than memory holds, or noise or a clip norm
            that the model's numbers do not hold.

    Example:
        >>> from dpaccount.attacks.targets import attention_layer
        >>> target = attention_layer()
        >>> secret = target.batch([(3, 1, 4)], [2])
        >>> view = expose(target, secret, Threat(noise_multiplier="0.5", steps=4), seed=0)
        >>> sorted(view.gradients)[:2]
        ['blocks.0.attention.key.weight', 'blocks.0.attention.query.weight']

    Source: Abadi et al. 2016, arXiv 1607.00133, Algorithm 1 (item quoted from memory).
    """
    if len(secrets) != threat.batch_size:
        raise InputError(
            "secrets",
            given=f"{len(secrets)} examples",
            allowed=f"{threat.batch_size}, the batch size",
            advice="set batch_size",
        )
    if threat.prior is not None and len(threat.prior) != target.vocabulary:
        raise InputError(
            "prior",
            given=f"{len(threat.prior)} chances",
            allowed=f"{target.vocabulary}, one for each token",
            advice="give the chances of the target's own vocabulary",
        )
    _check_numbers(target, threat)
    total = _clipped_sum(target, secrets, threat)
    gradients: Mapping[str, Tensor] = MappingProxyType(total)
    releases = None
    if threat.is_sampled:
        total = _sampled(total, threat, seed)
        gradients, releases = _NoMean(), MappingProxyType(total)
    _add_noise(total, threat.noise_std, seed)
    return View(
        target,
        gradients,
        threat.noise_std,
        threat.clip_norm,
        threat.batch_size,
        threat.steps,
        secrets.labels.clone() if threat.knows_labels and secrets.labels is not None else None,
        secrets.lengths.clone() if threat.knows_lengths else None,
        torch.tensor(threat.prior, dtype=torch.float64) if threat.prior is not None else None,
        threat.sampling_rate,
        releases,
    )


def _check_numbers(target: Target, threat: Threat) -> None:
    """Refuse noise and clip norms whose squares over- or underflow in the model's numbers."""
    small = target.dtype == torch.float32
    least, most = (1e-18, 1e15) if small else (1e-150, 1e150)
    noise, norm = threat.noise_std, threat.clip_norm
    # noise enters squares of float64 alone, but for its own overflow
    if noise and not 1e-150 <= noise <= most:
        raise InputError(
            "noise_multiplier", given=f"noise of standard deviation {noise:g}",
            allowed=f"from 1e-150 to {most:g} for this target, or 0",
            advice="check the unit of the noise multiplier and the clip norm",
        )  # fmt: skip
    if not norm >= least:
        raise InputError(
            "clip_norm", given=f"{norm:g}", allowed=f"at least {least:g} for this target",
            advice="check the unit",
        )  # fmt: skip


def _sampled(total: dict[str, Tensor], threat: Threat, seed: int) -> dict[str, Tensor]:
    """The sum at every step: that of the record, or nothing."""
    size = threat.steps * sum(part.numel() for part in total.values())
    if not size <= _MOST_NUMBERS:
        raise InputError(
            "steps",
            given=f"{threat.steps} sampled steps, {size} numbers",
            allowed=f"at most {_MOST_NUMBERS} numbers over all steps",
            advice="take fewer steps or a smaller target",
        )
    drawn = np.random.default_rng([_SAMPLE, seed]).random(threat.steps) < threat.sampling_rate
    present = torch.from_numpy(drawn)
    return {
        name: present.to(part.dtype).view(-1, *[1] * part.ndim) * part
        for name, part in total.items()
    }


def _clipped_sum(target: Target, secrets: Batch, threat: Threat) -> dict[str, Tensor]:
    names = target.names(embedding=threat.embedding)
    parameters = target.parameters()
    total = {name: torch.zeros_like(parameters[name]) for name in names}
    for example in secrets:
        (gradient,) = target.gradients(example, names)
        squares = torch.stack([part.double().square().sum() for part in gradient.values()]).sum()
        if not bool(torch.isfinite(squares)):
            raise InputError(
                "secrets",
                given="an example whose gradient is not finite",
                allowed="examples with finite gradients",
                advice="look at the model's weights and the inputs",
            )
        factor = float(clip_factors(squares, threat.clip_norm))
        for name, part in gradient.items():
            total[name].add_(part, alpha=factor)
    return total


def _add_noise(total: dict[str, Tensor], noise_std: float, seed: int) -> None:
    if not noise_std > 0:
        return
    words = np.random.SeedSequence([_NOISE, seed]).generate_state(1, np.uint64)
    generator = torch.Generator().manual_seed(int(words[0]))
    for part in total.values():
        noise = torch.randn(part.shape, dtype=part.dtype, generator=generator)
        part.add_(noise, alpha=noise_std)
