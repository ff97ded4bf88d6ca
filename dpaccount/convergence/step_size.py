"""The step size whose predicted bound is least."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from dpaccount import _validate
from dpaccount._search import least
from dpaccount._validate import Exact
from dpaccount.convergence.problem import Facts
from dpaccount.convergence.rates import Prediction, predictions
from dpaccount.convergence.setting import Decaying, Setting
from dpaccount.errors import InputError

__all__ = ["CHIEF", "Chosen", "best_step_size", "check_stable", "chief_of"]

#: What a training is judged by, the first of these that a theorem speaks of.
CHIEF = ("mean_excess", "excess", "gradient", "distance")


@dataclass(frozen=True)
class Chosen:
    """A step size, and the prediction that it makes least.

    Args:
        learning_rate: The step size.
        prediction: What is predicted there.
    """

    learning_rate: Exact
    prediction: Prediction


def check_stable(setting: Setting) -> None:
    """Refuse steps that grow what they should shrink.

    Raises:
        InputError: If a step size is 2/L or more, so that rho >= 1.
    """
    first = float(setting.learning_rates[0])
    limit = 2.0 / setting.facts.smoothness  # 0 where f is not smooth: then no step is too long
    if limit > 0 and not first < limit:
        raise InputError(
            "learning_rate",
            given=setting.learning_rate.text
            if not isinstance(setting.learning_rate, Decaying)
            else f"{first:.4g} at the first step",
            allowed=f"below 2/L = {limit:.6g} on {setting.problem.name}: rho >= 1 from there",
            advice="take smaller steps",
        )


def chief_of(found: tuple[Prediction, ...], quantity: str | None = None) -> Prediction | None:
    """The least bound on what a training is judged by."""
    for name in CHIEF if quantity is None else (quantity,):
        of_it = [p for p in found if p.quantity == name and p.bound is not None]
        if of_it:
            return min(of_it, key=_upper)
    return None


def _chief(setting: Setting, wanted: tuple[str, ...]) -> Prediction | None:
    """The least bound on the first of some quantities that a theorem speaks of."""
    for name in wanted:
        found = chief_of(predictions(setting, (name,)), name)
        if found is not None:
            return found
    return None


def _upper(p: Prediction) -> float:
    assert p.bound is not None
    return math.inf if p.bound.upper is None else p.bound.upper


def best_step_size(setting: Setting, quantity: str | None = None) -> Chosen | None:
    """The step size of the least predicted bound; None if no theorem applies at any.

    Every step size gives a valid bound: the search decides how good it is, never whether it holds.

    Args:
        setting: Whose own step size does not matter.
        quantity: What is to be least; None: the chief one.
    """
    facts = setting.facts
    longest = _longest(facts)
    known: dict[float, Prediction | None] = {}

    wanted = CHIEF if quantity is None else (quantity,)

    def score(log_rate: float) -> float:
        rate = _short(math.exp(log_rate))
        found = _chief(setting.with_values(learning_rate=rate), wanted)
        known[float(rate)] = found
        return math.inf if found is None else _upper(found)

    high = math.log(longest) - 1e-3
    low = high - math.log(1e6)
    spots = [low + (high - low) * k / 24 for k in range(25)]
    values = [score(spot) for spot in spots]
    place = min(range(25), key=values.__getitem__)
    if math.isinf(values[place]):
        return None
    left, right = spots[max(place - 1, 0)], spots[min(place + 1, 24)]
    least(score, left, right, 0.01)
    best = min((rate for rate, p in known.items() if p), key=lambda r: _upper_of(known[r]))
    found = known[best]
    assert found is not None
    return Chosen(_short(best), found)


def _longest(facts: Facts) -> float:
    """The longest step that is looked at."""
    if math.isfinite(facts.smoothness):
        return 2.0 / facts.smoothness
    # a subgradient's steps are in the unit of distances; no theorem needs a limit
    away = math.sqrt(facts.distance_squared)
    return 10.0 * away if 0.0 < away < math.inf else 10.0


def _upper_of(p: Prediction | None) -> float:
    return math.inf if p is None else _upper(p)


def _short(rate: float) -> Exact:
    """Three digits are enough for a step size, and are what is simulated and printed."""
    return _validate.positive(f"{Decimal(rate):.3g}", "learning_rate")
