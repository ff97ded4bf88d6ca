"""What a cell's trials say: a bound violated, the limit of information, or a search that failed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from dpaccount.attacks.attack import fibre_size
from dpaccount.attacks.rates import Rate
from dpaccount.attacks.sweep.cells import Cell
from dpaccount.attacks.sweep.trial import Trial
from dpaccount.attacks.targets import Target, find_target, sentence_pool
from dpaccount.guarantees import Bound

__all__ = ["ALARM", "Claim", "Verdict", "claims", "judge"]

#: The chance that a table of true ceilings is called violated anywhere.
ALARM = 1e-6


class Verdict(Enum):
    """What stands between an attack and all secrets of a cell.

    VIOLATION: more successes than a ceiling allows, beyond chance. SUCCESS: every secret is named.
    INFORMATION: of those not named, most were answered with something at least as likely as the
    truth: no attack with the same knowledge does better on those. SEARCH: for most the truth was
    likelier than the answer: a better search may find it, so the failure proves nothing.
    """

    VIOLATION = "violation"
    SUCCESS = "all named"
    INFORMATION = "information limit"
    SEARCH = "search failure"


class Claim(NamedTuple):
    """Successes that a ceiling speaks of.

    Args:
        what: "secret", "up to order" or "token".
        successes: How often.
        ceiling: On the chance of each.
    """

    what: str
    successes: int
    ceiling: Bound


@lru_cache(maxsize=8)
def _target(name: str) -> Target:
    return find_target(name)


def claims(cell: Cell, found: Sequence[Trial]) -> list[Claim]:
    """What the ceilings say of a cell: of secrets, of orders that cannot be told, of tokens.

    The chance without the release is that of the secrets as they are drawn: 1/K among K
    candidates; V^-n for n tokens drawn from V, times the orders that leave one gradient where
    answers count up to order; for sentences of known length, the number of lengths over that of
    sentences. A token of a drawn secret has the chance 1/V, whatever the others are; one of a
    sentence is not spoken of.
    """
    target, length = _target(cell.target), cell.question.length
    exact = sum(trial.exact for trial in found)
    if cell.identifies:
        return [Claim("secret", exact, cell.ceiling(Fraction(1, cell.question.candidates)))]
    if target.tokenizer is not None:
        pool = sentence_pool(target)
        prior = Fraction(len({len(tokens) for tokens in pool}), len(pool))
        return [Claim("secret", exact, cell.ceiling(prior))]
    if not target.vocabulary:
        return []
    prior = Fraction(1, target.vocabulary**length)
    rows = [Claim("secret", exact, cell.ceiling(prior))]
    orders = fibre_size(target, range(length))
    if orders > 1:
        modulo = sum(trial.modulo for trial in found)
        rows.append(Claim("up to order", modulo, cell.ceiling(min(orders * prior, Fraction(1)))))
    if orders == 1:  # else no position can be told apart, and the answer's order is a guess
        token = sum(trial.token for trial in found)
        rows.append(Claim("token", token, cell.ceiling(Fraction(1, target.vocabulary))))
    return rows


def judge(found: Sequence[Trial], of: Sequence[Claim], *, tests: int) -> Verdict:
    """The verdict of a cell.

    Args:
        found: Its trials.
        of: Its claims.
        tests: Claims of the whole table, over which the chance of a false alarm is shared
            (risk.clopper_pearson for each).
    """
    for claim in of:
        assert claim.ceiling.upper is not None  # ceilings are upper ends
        if Rate(claim.successes, len(found)).lower(ALARM / tests) > claim.ceiling.upper:
            return Verdict.VIOLATION
    missed = [trial for trial in found if not trial.modulo]
    if not missed:
        return Verdict.SUCCESS
    likely = sum(trial.likely for trial in missed)
    return Verdict.INFORMATION if 2 * likely > len(missed) else Verdict.SEARCH
