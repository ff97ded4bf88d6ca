"""What is attacked how: targets, attacks and noise, and what each combination allows anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.accounting import epsilon, profile
from dpaccount.adjacency import Adjacency
from dpaccount.attacks.catalog import ATTACKS
from dpaccount.attacks.targets.catalog import TARGETS
from dpaccount.calibration import calibrate
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, Trust
from dpaccount.mechanisms import DPSGD, Gaussian, Mechanism, SelfComposed

__all__ = ["Cell", "Question"]

#: Continuous secrets are not named, so nothing is counted.
_WITH_TOKENS = tuple(name for name in TARGETS if name != "digits")
#: Without noise everything is allowed.
_ALL = Bound(1.0, 1.0, method="no noise", trust=Trust.CERTIFIED, theorems=("risk.tpr",))


@dataclass(frozen=True)
class Question:
    """What a sweep is about.

    Args:
        targets: Names of targets.
        attacks: Names of attacks.
        noise_multipliers: Noise levels in [0, inf).
        trials: Secrets attacked in each cell.
        evaluations: Candidates that one attack may look at.
        candidates: K of the attack "identify": the secret is one of K public ones.
        length: Tokens of a secret, where tokens are drawn.
        clip_norm: C.
        steps: Releases of the whole batch, each with its own noise.
        delta: At which epsilon is shown.
        seed: Of everything that is drawn.
    """

    targets: tuple[str, ...]
    attacks: tuple[str, ...]
    noise_multipliers: tuple[Exact, ...]
    trials: int
    evaluations: int
    candidates: int
    length: int
    clip_norm: Exact
    steps: int
    delta: Exact
    seed: int

    @classmethod
    def read(
        cls,
        *,
        targets: Sequence[str],
        attacks: Sequence[str],
        noise_multipliers: Sequence[object] | None,
        epsilons: Sequence[object] | None,
        trials: object,
        evaluations: object,
        candidates: object,
        length: object,
        clip_norm: object,
        steps: object,
        delta: object,
        seed: object,
    ) -> Question:
        """Read what a user gave; noise is given itself, or as the budgets it is calibrated to.

        Raises:
            InputError: For anything outside its domain.
        """
        if (noise_multipliers is None) == (epsilons is None):
            raise InputError(
                "noise_multiplier",
                given="both it and epsilon" if epsilons is not None else "nothing",
                allowed="noise multipliers, or budgets epsilon",
                advice="give one of the two",
            )
        count = _validate.count(steps, "steps", least=1)
        small = _validate.delta(delta)
        if epsilons is not None:
            noise = tuple(_calibrated(value, small, count) for value in epsilons)
        else:
            noise = tuple(_noise(value) for value in noise_multipliers or ())
        if not noise:
            raise InputError(
                "noise_multiplier",
                given="no value",
                allowed="at least one",
                advice='give for example "0,0.1,1"',
            )
        return cls(
            _names(targets, "target", _WITH_TOKENS),
            _names(attacks, "attack", ATTACKS),
            noise,
            _validate.count(trials, "trials", least=1, most=10**7),
            _validate.count(evaluations, "evaluations", least=1, most=10**9),
            _validate.count(candidates, "candidates", least=2, most=10**6),
            _validate.count(length, "length", least=1, most=10**4),
            _validate.positive(clip_norm, "clip_norm"),
            count,
            small,
            _validate.count(seed, "seed", most=2**32 - 1),
        )

    def cells(self) -> Iterator[Cell]:
        """Every combination, the noise moving fastest."""
        for target in self.targets:
            for attack in self.attacks:
                for noise in self.noise_multipliers:
                    yield Cell(self, target, attack, noise)

    def to_json(self) -> dict[str, Any]:
        """All that the answers depend on, as plain data."""
        return {
            "targets": list(self.targets),
            "attacks": list(self.attacks),
            "noise_multipliers": [noise.text for noise in self.noise_multipliers],
            "trials": self.trials,
            "evaluations": self.evaluations,
            "candidates": self.candidates,
            "length": self.length,
            "clip_norm": self.clip_norm.text,
            "steps": self.steps,
            "delta": self.delta.text,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Cell:
    """One target, one attack and one level of noise.

    Args:
        question: The sweep.
        target: Name of the target.
        attack: Name of the attack.
        noise_multiplier: sigma.
    """

    question: Question
    target: str
    attack: str
    noise_multiplier: Exact

    @property
    def identifies(self) -> bool:
        """Whether the secret is one of K that are public."""
        return self.attack == "identify"

    @property
    def run(self) -> Mechanism | None:
        """What was released, as the accountants take it; None without noise."""
        if not self.noise_multiplier:
            return None
        return SelfComposed(Gaussian(self.noise_multiplier), self.question.steps)

    @cached_property
    def epsilon(self) -> Bound | None:
        """The budget of the releases; None without noise."""
        return None if self.run is None else epsilon(self.run, self.question.delta)

    def ceiling(self, prior: Fraction) -> Bound:
        """What no attacker exceeds whose chance without the releases is at most the prior.

        Guarantee: upper (risk.reconstruction).
        """
        if self.run is None:
            return _ALL
        return profile(self.run, adjacency=Adjacency.REMOVE).reconstruction(prior)


def _noise(value: object) -> Exact:
    number = _validate.exact(value, "noise_multiplier", allowed="a number in [0, inf)")
    return number if number == 0 else _validate.noise_multiplier(number)


def _calibrated(value: object, delta: Exact, steps: int) -> Exact:
    """The noise multiplier whose releases cost epsilon at most."""
    target = _validate.exact(value, "epsilon", allowed="a number above 0")
    if not target > 0:
        raise InputError(
            "epsilon", given=target.text, allowed="a number above 0", advice="give a budget"
        )
    whole = DPSGD(noise_multiplier=Exact(1), sampling_rate=Exact(1), steps=steps)
    found = calibrate(whole, epsilon=target, delta=delta, solve_for="noise_multiplier")
    return _validate.noise_multiplier(found.value)


def _names(values: Sequence[str], name: str, known: Any) -> tuple[str, ...]:
    listed = [values] if isinstance(values, str) else list(values)
    for value in listed:
        if not isinstance(value, str) or value not in known:
            raise InputError(
                name, given=shown(value), allowed=", ".join(known), advice="name one of these"
            )
    if not listed:
        raise InputError(name, given="none", allowed=", ".join(known), advice="name at least one")
    return tuple(dict.fromkeys(listed))
