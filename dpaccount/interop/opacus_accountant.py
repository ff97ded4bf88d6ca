"""An accountant that Opacus can be told to use: its number is the certified upper end.

Opacus is imported here, so nothing else of the package imports this module; `register_opacus` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opacus.accountants import IAccountant, register_accountant

from dpaccount._validate import Number
from dpaccount.accounting import epsilon
from dpaccount.errors import DPAccountError, Unsupported
from dpaccount.guarantees import Bound
from dpaccount.interop.opacus import from_opacus
from dpaccount.mechanisms import Mechanism

__all__ = ["NAME", "OpacusAccountant", "register"]

NAME = "dpaccount"


class OpacusAccountant(IAccountant):
    """What an Opacus run costs, by the certified accountant.

    Guarantee: `get_epsilon` is the upper end of `get_bound`, the bracket of `dpaccount.epsilon` for
    the recorded steps under add-or-remove, each a Poisson sample; Opacus records no sampler.

    It keeps the record as Opacus's own accountants do, so that checkpoints of theirs load into it.

    Example:
        >>> accountant = OpacusAccountant()
        >>> for _ in range(500):
        ...     accountant.step(noise_multiplier=1.1, sample_rate=0.01)
        >>> print(accountant.get_bound(1e-5), len(accountant))
        in [1.082591, 1.082592] 500

    Source: Opacus 1.6.0, `opacus/accountants/accountant.py`.
    """

    def __init__(self) -> None:
        """Start with no steps."""
        self.history: list[tuple[float, float, int]] = []

    def step(self, *, noise_multiplier: float, sample_rate: float) -> None:
        """Record one optimizer step.

        Args:
            noise_multiplier: Standard deviation of the noise over the clipping norm.
            sample_rate: Chance of each record to be in the batch.
        """
        steps = 1
        if self.history and self.history[-1][:2] == (noise_multiplier, sample_rate):
            steps += self.history.pop()[2]
        self.history.append((noise_multiplier, sample_rate, steps))

    @property
    def run(self) -> Mechanism:
        """The recorded steps as a mechanism."""
        return from_opacus(self)

    def get_bound(self, delta: Number, **options: Any) -> Bound:
        """Epsilon of the recorded steps, from both sides.

        Args:
            delta: In (0, 1), as a number or as text.
            options: As `dpaccount.epsilon` takes them: `method`, `adjacency`.

        Raises:
            InputError: If a step has no noise or another value outside its domain.
        """
        return epsilon(self.run, delta, **options)

    def get_epsilon(self, delta: Number, **options: Any) -> float:
        """The upper end of `get_bound`: what the run is guaranteed not to exceed.

        Raises:
            InputError: As `get_bound`.
            Unsupported: If the method gives no guarantee.
        """
        bound = self.get_bound(delta, **options)
        if bound.upper is None or not bound.trust.is_guarantee:
            raise Unsupported(
                f"get_epsilon by {bound.method}",
                missing="an estimate is no guarantee",
                advice="ask get_bound for it",
            )
        return bound.upper

    def __len__(self) -> int:
        """The number of recorded steps."""
        return sum(steps for _, _, steps in self.history)

    @classmethod
    def mechanism(cls) -> str:
        """The name under which Opacus knows it."""
        return NAME

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a record of this accountant or of any of Opacus's own.

        Raises:
            ValueError: If it is no such record; what was recorded before stays.
        """
        try:
            from_opacus(state_dict if state_dict is not None else {}, name="state_dict")
        except DPAccountError as error:
            raise ValueError(str(error)) from error
        self.history = [(noise, rate, int(steps)) for noise, rate, steps in state_dict["history"]]


def register() -> None:
    """Make Opacus know the accountant; once is enough, more does no harm."""
    register_accountant(NAME, OpacusAccountant, force=True)
