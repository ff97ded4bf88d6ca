"""Why a likelihood attack ended as it did, judged by who knows the truth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dpaccount.attacks.attack import Guess, Success, measure
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.targets.model import Batch
from dpaccount.attacks.threat import View

__all__ = ["Judgment", "Outcome", "judge"]

#: Scores are sums in float32 of a model's ten million products.
_ROUNDING = 1e-5


class Outcome(Enum):
    """How an attack ended.

    SUCCESS: the secret, word for word. INFORMATION_LIMIT: an answer at least as likely as the
    secret, but for rounding, and wrong: a better search would not have named it either.
    SEARCH_FAILURE: the secret is likelier.

    Example:
        >>> Outcome("search failure").name
        'SEARCH_FAILURE'
    """

    SUCCESS = "success"
    INFORMATION_LIMIT = "information limit"
    SEARCH_FAILURE = "search failure"


@dataclass(frozen=True)
class Judgment:
    """What an attack has reached.

    Args:
        outcome: How it ended.
        success: How much of the secret it has; `optimal` is whether it found a score as large as
            the secret's.
        truth_score: The secret's score.

    Example:
        >>> success = Success(position=1.0, bag=1.0, exact=1.0, modulo_order=1.0, optimal=True)
        >>> Judgment(Outcome.SUCCESS, success, truth_score=0.98).success.optimal
        True
    """

    outcome: Outcome
    success: Success
    truth_score: float


def judge(guess: Guess, secrets: Batch, view: View, *, tolerance: float | None = None) -> Judgment:
    """Hold an answer against the secret, outside of the attack.

    Args:
        guess: The attack's answer, with its score.
        secrets: The one example.
        view: What the attack saw.
        tolerance: By how much a score may be below the secret's; None for what rounding may do:
            1e-5 of the squared norm of the secret's clipped gradient.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer()
        >>> secret = target.batch([(3, 1, 4, 1)], [2])
        >>> view = expose(target, secret, Threat(noise_multiplier="0.01"), seed=0)
        >>> judge(Guess(((3, 1, 4, 1),)), secret, view).outcome.value
        'success'
        >>> judge(Guess(((3, 1, 4, 2),)), secret, view).outcome.value
        'search failure'

    Source: see leak.likelihood.
    """
    scorer = Scorer(view)
    # both scored here, side by side: the attack's own word is not taken
    truth, found = scorer([secrets.tokens[0], guess.tokens[0]])
    # by the gradient and not the clip norm, beside which a short one's scores are all alike
    allowed = _ROUNDING * scorer.square(secrets.tokens[0]) if tolerance is None else tolerance
    scored = Guess(guess.tokens, guess.labels, found, guess.evaluations)
    success = measure(scored, secrets, view.target, truth_score=truth, tolerance=allowed)
    if guess.tokens[0] == secrets.tokens[0]:
        outcome = Outcome.SUCCESS
    else:
        outcome = Outcome.INFORMATION_LIMIT if success.optimal else Outcome.SEARCH_FAILURE
    return Judgment(outcome, success, truth)
