"""What theorems say of a setting: a prediction from each, or which of its assumptions fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dpaccount.convergence.enclosures import ends
from dpaccount.convergence.rules import RULES, Claim, Rule
from dpaccount.convergence.setting import Setting
from dpaccount.errors import Unsupported
from dpaccount.guarantees import Bound, Trust
from dpaccount.theorems.sgd_noise import NOISE, POISSON_VARIANCE

__all__ = ["QUANTITIES", "Prediction", "predictions"]

#: What is predicted, in words.
QUANTITIES = {
    "distance": "E |x_T - x*|^2",
    "excess": "E f(x_T) - f*",
    "mean_excess": "mean over the steps of E f(x_t) - f*",
    "average_excess": "E f(mean of x_t) - f*",
    "gradient": "mean over the steps of E |grad f(x_t)|^2",
}
#: For a problem's constants a float's own error is far below what is added.
_SLACK = 1e-12


@dataclass(frozen=True)
class Prediction:
    """What one theorem says.

    Args:
        quantity: One of `QUANTITIES`.
        theorem: Its id.
        bound: An upper end; both ends where the theorem is an equality; None: it does not apply.
        missing: Which assumption fails.
    """

    quantity: str
    theorem: str
    bound: Bound | None
    missing: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether the theorem is an equality."""
        return self.bound is not None and self.bound.lower is not None


def predictions(
    setting: Setting, quantities: Sequence[str] = tuple(QUANTITIES)
) -> tuple[Prediction, ...]:
    """What every theorem on descent says of a setting, or why it says nothing.

    Guarantee: upper, each by the theorem that it names and by sgd.noise; both ends where that is
    an equality.

    Args:
        setting: As `setting_of` makes it.
        quantities: Names from `QUANTITIES`: what is to be predicted.
    """
    return tuple(_prediction(rule, setting) for rule in RULES if rule.quantity in quantities)


def _prediction(rule: Rule, setting: Setting) -> Prediction:
    name = rule.theorem.id
    try:
        claims = _claims(rule, setting)
    except Unsupported as error:
        return Prediction(rule.quantity, name, None, error.missing)
    if not claims:
        return Prediction(rule.quantity, name, None, "it needs what is not known of this problem")
    found = [(*ends(claim.ball, name), claim.theorems) for claim in claims]
    low, high, rests = min(found, key=lambda one: one[1])
    upper = high * (1.0 + _SLACK)
    lower = low * (1.0 - _SLACK) if rule.exact else None
    ids = {name, NOISE.id, POISSON_VARIANCE.id, *setting.facts.theorems, *rests}
    bound = Bound(lower, upper, None, "sgd", Trust.PROVED, tuple(sorted(ids)))
    return Prediction(rule.quantity, name, bound)


def _claims(rule: Rule, setting: Setting) -> list[Claim]:
    """What the theorem gives for each choice; one that its assumptions refuse is left out."""
    found: list[Claim] = []
    refused: Unsupported | None = None
    for made in rule.choices(setting, rule.theorem):
        try:
            found.append(made())
        except Unsupported as error:
            refused = refused or error
    if not found and refused is not None:
        raise refused
    return found
