"""A DP-SGD run, as people describe it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.errors import InputError, shown
from dpaccount.mechanisms.base import Mechanism, register
from dpaccount.mechanisms.composition import SelfComposed
from dpaccount.mechanisms.gaussian import Gaussian
from dpaccount.mechanisms.sampling import PoissonSubsampled, check_sampler

__all__ = ["CHANGEABLE", "DPSGD"]

#: What `DPSGD.with_value` can change.
CHANGEABLE = ("noise_multiplier", "steps", "sampling_rate", "batch_size")


@register
@dataclass(frozen=True)
class DPSGD(Mechanism):
    """Training with per-example gradients clipped, summed over a Poisson sample, and noised.

    What is left out is derived; what is given twice must agree.

    Args:
        noise_multiplier: Noise standard deviation / clip norm, in (0, inf).
        batch_size: Expected batch size, an integer from 1 to `dataset_size`.
        dataset_size: Number of records, an integer >= 1.
        epochs: Passes over the data, a number >= 0.
        sampling_rate: In [0, 1]; by default batch_size / dataset_size.
        steps: An integer from 0 to 1e15; by default ceil(epochs * dataset_size / batch_size) in
            exact arithmetic. (Opacus's own loader runs int(1 / (1 / len(loader))) batches an
            epoch; give `steps` when you know how many ran.)
        clip_norm: Largest L2 norm of one record's contribution, > 0. Optional.
        noise_std: Standard deviation of the noise on the *sum* of gradients, instead of
            `noise_multiplier`; needs `clip_norm`.
        sampler: How batches were drawn: "poisson".

    Raises:
        InputError: For values outside their domain, missing or contradictory ones.
        Unsupported: For any sampler but "poisson".

    Example:
        >>> run = DPSGD(noise_multiplier=1.1, batch_size=256, dataset_size=60_000, epochs=60)
        >>> run.sampling_rate, run.steps
        (256/60000, 14063)
    """

    noise_multiplier: Exact = None  # type: ignore[assignment]  # None = derive; never None after init
    batch_size: int | None = None
    dataset_size: int | None = None
    epochs: Exact | None = None
    sampling_rate: Exact = None  # type: ignore[assignment]  # as above
    steps: int = None  # type: ignore[assignment]  # as above
    clip_norm: Exact | None = None
    noise_std: Exact | None = None
    sampler: str = "poisson"
    kind: ClassVar[str] = "dpsgd"

    def __post_init__(self) -> None:
        """Check the domains, derive what was left out, refuse what contradicts itself."""
        self._set(sampler=check_sampler(self.sampler))
        for name in ("clip_norm", "noise_std"):
            if getattr(self, name) is not None:
                self._set(**{name: _validate.positive(getattr(self, name), name)})
        self._resolve_noise()
        self._resolve_rate()
        self._resolve_steps()

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _resolve_noise(self) -> None:
        derived = None
        if self.noise_std is not None:
            if self.clip_norm is None:
                raise _missing("clip_norm", "noise_std")
            derived = Exact(self.noise_std / self.clip_norm)
        if self.noise_multiplier is not None:
            given = _validate.noise_multiplier(self.noise_multiplier)
            if derived is not None and derived != given:
                raise _contradiction(
                    "noise_multiplier", given.text, "noise_std / clip_norm", derived
                )
            self._set(noise_multiplier=given)
        elif derived is not None:
            self._set(noise_multiplier=_validate.noise_multiplier(derived))
        else:
            raise _missing("noise_multiplier", "noise_std and clip_norm", either=True)

    def _resolve_rate(self) -> None:
        if self.dataset_size is not None:
            self._set(dataset_size=_validate.count(self.dataset_size, "dataset_size", least=1))
        derived = None
        if self.batch_size is not None:
            if self.dataset_size is None:
                raise _missing("dataset_size", "batch_size")
            batch = _validate.count(self.batch_size, "batch_size", least=1)
            if batch > self.dataset_size:
                raise InputError(
                    "batch_size",
                    given=batch,
                    allowed=f"at most dataset_size = {self.dataset_size}",
                    advice="check which of the two is which",
                )
            self._set(batch_size=batch)
            derived = Exact(batch, self.dataset_size, text=f"{batch}/{self.dataset_size}")
        if self.sampling_rate is not None:
            given = _validate.rate(self.sampling_rate)
            if derived is not None and derived != given:
                raise _contradiction(
                    "sampling_rate", given.text, "batch_size / dataset_size", derived
                )
            self._set(sampling_rate=given)
        elif derived is not None:
            self._set(sampling_rate=derived)
        else:
            raise _missing("sampling_rate", "batch_size and dataset_size", either=True)

    def _resolve_steps(self) -> None:
        derived = None
        if self.epochs is not None:
            epochs = _validate.exact(self.epochs, "epochs", allowed="a number >= 0")
            if not epochs >= 0:
                raise InputError(
                    "epochs", given=epochs.text, allowed="a number >= 0", advice="give passes made"
                )
            self._set(epochs=epochs)
            if self.sampling_rate == 0 and epochs > 0:
                raise _missing("steps", "epochs at sampling rate 0")
            derived = math.ceil(epochs / self.sampling_rate) if epochs else 0
        if self.steps is not None:
            given = _validate.steps(self.steps)
            if derived is not None and derived != given:
                raise _contradiction("steps", str(given), "ceil(epochs / sampling_rate)", derived)
            self._set(steps=given)
        elif derived is not None:
            self._set(steps=_validate.steps(derived))
        else:
            raise _missing("steps", "epochs", either=True)

    @property
    def mechanism(self) -> SelfComposed:
        """The run as a mechanism: steps x Poisson sampling x Gaussian noise."""
        step = PoissonSubsampled(Gaussian(self.noise_multiplier), self.sampling_rate)
        return SelfComposed(step, self.steps)

    def with_value(self, name: str, value: Number) -> DPSGD:
        """The run with one value changed and what follows from it derived anew.

        Args:
            name: One of `CHANGEABLE`. When the rate changes in a run described by epochs, the
                epochs stay and the steps follow.
            value: The new value.
        """
        if name not in CHANGEABLE:
            raise InputError(
                "name", given=shown(name), allowed=", ".join(CHANGEABLE), advice="name one of these"
            )
        changes: dict[str, Any] = {name: value}
        if name == "noise_multiplier":
            changes["noise_std"] = None
        elif name == "steps":
            changes["epochs"] = None
        elif name in ("sampling_rate", "batch_size"):
            changes.setdefault("sampling_rate", None)
            changes.setdefault("batch_size", None)
            if self.epochs is not None:
                changes["steps"] = None
        return dataclasses.replace(self, **changes)


def _missing(name: str, partner: str, *, either: bool = False) -> InputError:
    return InputError(
        name,
        given="nothing",
        allowed=f"{name}, or else {partner}" if either else f"{name} together with {partner}",
        advice=f"give {name}" + (f" (or {partner})" if either else ""),
    )


def _contradiction(name: str, given: str, formula: str, derived: object) -> InputError:
    return InputError(
        name,
        given=given,
        allowed=f"the value of {formula}, which is {derived}",
        advice=f"leave {name} out, or correct what contradicts it",
    )
