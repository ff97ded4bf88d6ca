"""What a cell's trials say: a bound violated, the limit of information, or a search that failed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from dpaccount.attacks.attack import fibre_size
from dpaccount.attacks.audit import Audit, audit_identification
from dpaccount.attacks.rates import Rate, exceeds
from dpaccount.attacks.sweep import ceilings
from dpaccount.attacks.sweep.ceilings import Ceiling
from dpaccount.attacks.sweep.cells import Cell, target_of
from dpaccount.attacks.sweep.trial import Trial
from dpaccount.attacks.targets import sentence_pool

__all__ = [
    "SHOWN_ERROR", "Claim", "Verdict", "audit_of", "claims", "is_beyond", "tests_of",
    "verdict_of",
]  # fmt: skip

#: The chance of error of the audits that are shown.
SHOWN_ERROR = 0.05


class Verdict(Enum):
    """What stands between an attack and all secrets of a cell.

    VIOLATION: more successes than a ceiling allows, beyond chance, or a budget shown from below
    that is above the one accounted for. SUCCESS: every secret is named.
    INFORMATION_LIMIT: of those not named, most were answered with something at least as likely as
    the truth: the rule that is right most often with the same knowledge misses those as well
    (leak.likelihood). SEARCH_FAILURE: for most the truth was likelier than the answer: a better
    search may find it, so the failure proves nothing. The last two are the words that `Outcome` has
    for one secret.

    Example:
        >>> [verdict.value for verdict in Verdict]
        ['violation', 'all named', 'information limit', 'search failure']
    """

    VIOLATION = "violation"
    SUCCESS = "all named"
    INFORMATION_LIMIT = "information limit"
    SEARCH_FAILURE = "search failure"


class Claim(NamedTuple):
    """Successes that ceilings speak of.

    Args:
        what: "secret", "up to order" or "token".
        successes: How often.
        ceilings: On the chance of each; "global" first.
    """

    what: str
    successes: int
    ceilings: tuple[Ceiling, ...]

    @property
    def tightest(self) -> Ceiling:
        """In each trial the least ceiling that is a guarantee: what the verdict rests on."""
        return ceilings.tightest(self.ceilings)

    def exceeds(self, *, error: float) -> bool:
        """Whether so many successes have a chance of at most `error` where the ceilings hold."""
        return exceeds(self.successes, self.tightest.each, error=error)


def claims(cell: Cell, found: Sequence[Trial]) -> list[Claim]:
    """What the ceilings say of a cell: of secrets, of orders that cannot be told, of tokens.

    The chance without the release is that of the secrets as they are drawn: 1/K among K
    candidates; V^-n for n tokens drawn from V, times the orders that leave one gradient where
    answers count up to order; for sentences of known length, the number of lengths over that of
    sentences. A token of a drawn secret has the chance 1/V, whatever the others are; one of a
    sentence is not spoken of.

    Among candidates there are the local ceiling and that of their largest distance, or that for
    who is told the steps; for drawn tokens that of a genie who tells all tokens but one, which
    bounds the whole secret too, in order or not: who has it has that token as well. What a sample
    of secrets says of the local ceiling there is an estimate.
    """
    target, length = target_of(cell.target), cell.question.length
    exact = sum(trial.exact for trial in found)

    def claim(what: str, successes: int, prior: Fraction, *others: Ceiling | None) -> Claim:
        every = (ceilings.everywhere(cell, prior, len(found)), *others)
        return Claim(what, successes, tuple(one for one in every if one is not None))

    def near(prior: Fraction) -> Ceiling | None:
        return ceilings.local_estimate(cell, prior, found)

    if cell.identifies:
        prior = Fraction(1, cell.question.candidates)
        nearer = (
            ceilings.local(cell, prior, found), ceilings.told(cell, prior, found),
            ceilings.pairs(cell, found),
        )  # fmt: skip
        return [claim("secret", exact, prior, *nearer)]
    if target.tokenizer is not None:
        pool = sentence_pool(target)
        prior = Fraction(len({len(tokens) for tokens in pool}), len(pool))
        return [claim("secret", exact, prior, near(prior))]
    if not target.vocabulary:
        return []
    prior, genie = (
        Fraction(1, target.vocabulary**length),
        ceilings.genie(cell, target.vocabulary, found),
    )
    rows = [claim("secret", exact, prior, near(prior), genie)]
    orders = fibre_size(target, range(length))
    if orders > 1:
        modulo, prior = sum(trial.modulo for trial in found), min(orders * prior, Fraction(1))
        rows.append(claim("up to order", modulo, prior, near(prior), genie))
    if orders == 1:  # else no position can be told apart, and the answer's order is a guess
        token = sum(trial.token for trial in found)
        rows.append(claim("token", token, Fraction(1, target.vocabulary), genie))
    return rows


def audit_of(cell: Cell, found: Sequence[Trial], *, error: float) -> Audit | None:
    """What naming one of K candidates says of the budget from below; None for other attacks.

    Every trial has candidates, secret and noise of its own, and the attack answers with the
    likeliest: no threshold is chosen.

    Guarantee: lower, but for a chance of error (risk.audit_epsilon, risk.audit_mu,
    risk.clopper_pearson).
    """
    if not cell.identifies:
        return None
    rate = Rate(sum(trial.exact for trial in found), len(found))
    prior, delta = Fraction(1, cell.question.candidates), cell.question.delta
    return audit_identification(rate, prior=prior, delta=delta, error=error)


def tests_of(cell: Cell, of: Sequence[Claim]) -> int:
    """How many tests a cell is put to, over which the chance of a false alarm is shared."""
    return len(of) + int(cell.identifies)


def is_beyond(cell: Cell, audit: Audit | None) -> bool:
    """Whether an audit is above what the budget was accounted for."""
    if audit is None or cell.epsilon is None or cell.mu is None:
        return False
    sides = (audit.epsilon, cell.epsilon), (audit.mu, cell.mu)
    for shown, accounted in sides:
        assert shown.lower is not None
        assert accounted.upper is not None
        if shown.lower > accounted.upper:
            return True
    return False


def verdict_of(cell: Cell, found: Sequence[Trial], of: Sequence[Claim], *, error: float) -> Verdict:
    """The verdict of a cell.

    Args:
        cell: The cell.
        found: Its trials.
        of: Its claims.
        error: The chance of a false alarm of each claim, and of the audit.
    """
    if any(claim.exceeds(error=error) for claim in of):
        return Verdict.VIOLATION
    if is_beyond(cell, audit_of(cell, found, error=error)):
        return Verdict.VIOLATION
    missed = [trial for trial in found if not trial.modulo]
    if not missed:
        return Verdict.SUCCESS
    likely = sum(trial.likely for trial in missed)
    return Verdict.INFORMATION_LIMIT if 2 * likely > len(missed) else Verdict.SEARCH_FAILURE
