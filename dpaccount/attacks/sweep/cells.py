"""What is attacked how: targets, attacks and noise, and what each combination allows anybody."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import torch

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.accounting import epsilon, profile
from dpaccount.attacks.catalog import ATTACKS
from dpaccount.attacks.targets.catalog import TARGETS, find_target
from dpaccount.attacks.targets.model import Target
from dpaccount.attacks.threat import read_noise, read_rate
from dpaccount.calibration import calibrate
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Gaussian, Mechanism, PoissonSubsampled, SelfComposed

__all__ = ["SWEPT_ATTACKS", "SWEPT_TARGETS", "Cell", "Question", "target_of"]

#: What a sweep attacks: continuous secrets are not named, so nothing would be counted.
SWEPT_TARGETS = tuple(name for name in TARGETS if name != "digits")
#: And how: the others read a gradient (the embedding's, or dX) that no such target releases.
SWEPT_ATTACKS = tuple(name for name in ATTACKS if name not in ("embedding-rows", "identity"))


@lru_cache(maxsize=8)
def target_of(name: str) -> Target:
    """The model that a sweep attacks, made once; in float64 where that costs nothing."""
    found = find_target(name)
    # a real model is used as it is
    return found if found.tokenizer is not None else find_target(name, dtype=torch.float64)


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
        steps: Releases, each with its own noise.
        sampling_rate: In (0, 1]: the chance of the secret to be in a step; below 1 for the attack
            "identify" alone.
        delta: At which epsilon is shown.
        seed: Of everything that is drawn.

    Example:
        >>> from dpaccount.attacks.sweep import run_attacks
        >>> table = run_attacks(noise_multipliers=[1], steps=4, trials=2, evaluations=50, length=3)
        >>> table.question.attacks, table.question.to_json()["noise_multipliers"]
        (('span',), ['1'])
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
    sampling_rate: Exact
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
        sampling_rate: object,
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
        rate, small = read_rate(sampling_rate), _validate.delta(delta)
        named = _names(attacks, "attack", SWEPT_ATTACKS)
        _fit(named, rate)
        if epsilons is not None:
            noise = tuple(_calibrated(value, small, count, rate) for value in epsilons)
        else:
            noise = tuple(_noise(value, count) for value in noise_multipliers or ())
        if not noise:
            raise InputError(
                "noise_multiplier" if epsilons is None else "epsilon",
                given="no value",
                allowed="at least one",
                advice=f"give for example {'0,0.1,1' if epsilons is None else '1,2,4,8'}",
            )
        called = _names(targets, "target", SWEPT_TARGETS)
        return cls(
            called,
            named,
            noise,
            _validate.count(trials, "trials", least=1, most=10**7),
            _validate.count(evaluations, "evaluations", least=1, most=10**9),
            _validate.count(candidates, "candidates", least=2, most=10**6),
            _length(length, called),
            _validate.positive(clip_norm, "clip_norm"),
            count,
            rate,
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
            "sampling_rate": self.sampling_rate.text,
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

    Example:
        >>> from dpaccount.attacks.sweep import run_attacks
        >>> table = run_attacks(noise_multipliers=[1], steps=4, trials=2, evaluations=50, length=3)
        >>> (cell,) = table.question.cells()
        >>> cell.target, cell.noise_std, cell.is_whole
        ('attention', 0.5, True)
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
        step = PoissonSubsampled(Gaussian(self.noise_multiplier), self.question.sampling_rate)
        return SelfComposed(step, self.question.steps)

    @property
    def is_whole(self) -> bool:
        """Whether every step has the secret."""
        return self.question.sampling_rate == 1

    @property
    def noise_std(self) -> float:
        """Of the mean of all steps, which have the secret; in each coordinate, in clip norms."""
        return float(self.noise_multiplier) / math.sqrt(self.question.steps)

    @property
    def epsilon(self) -> Bound | None:
        """The budget of the releases; None without noise."""
        return None if self.run is None else _epsilon(self.run, self.question.delta)

    @property
    def mu(self) -> Bound | None:
        """Mu of Gaussian differential privacy; None without noise."""
        return None if self.run is None else profile(self.run, method="gdp").gdp_mu()


@lru_cache(maxsize=4096)
def _epsilon(run: Mechanism, delta: Exact) -> Bound:
    return epsilon(run, delta)


def _fit(attacks: Sequence[str], rate: Exact) -> None:
    """Refuse attacks that read one gradient where steps may miss the secret."""
    others = [name for name in attacks if name != "identify"]
    if rate < 1 and others:
        raise InputError(
            "sampling_rate", given=f"{rate.text} with the attack {others[0]}",
            allowed="1 for every attack but identify, which alone reads steps that may miss the "
            "secret",
            advice="take the attack identify, or a sampling rate of 1",
        )  # fmt: skip


def _noise(value: object, steps: int) -> Exact:
    number = read_noise(value)
    least = Fraction(1, 10**70) * (1 + math.isqrt(steps))
    if number and not number >= least:
        raise InputError(
            "noise_multiplier", given=number.text,
            allowed=f"0, or a number from {float(least):.0e} on, as epsilon is shown up to 1e139",
            advice="check the unit",
        )  # fmt: skip
    return number


def _calibrated(value: object, delta: Exact, steps: int, rate: Exact) -> Exact:
    """The noise multiplier whose releases cost epsilon at most."""
    target = _validate.exact(value, "epsilon", allowed="a number above 0")
    if not target > 0:
        raise InputError(
            "epsilon", given=target.text, allowed="a number above 0", advice="give a budget"
        )
    whole = DPSGD(noise_multiplier=Exact(1), sampling_rate=rate, steps=steps)
    found = calibrate(whole, epsilon=target, delta=delta, solve_for="noise_multiplier")
    return _validate.noise_multiplier(found.value)


def _length(value: object, targets: Sequence[str]) -> int:
    """Tokens of a secret, no more than every target reads for which they are drawn."""
    length = _validate.count(value, "length", least=1, most=10**4)
    for name in targets:
        if name != "minilm":  # its secrets are sentences
            longest = target_of(name).max_length
            if length > longest:
                raise InputError(
                    "length", given=length, allowed=f"1 to {longest} for the target {name}",
                    advice="draw shorter secrets",
                )  # fmt: skip
    return length


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
