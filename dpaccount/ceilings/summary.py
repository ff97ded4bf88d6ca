"""The ceilings on membership tests and on reconstruction, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, Trust, worst
from dpaccount.mechanisms import Mechanism, canonical

__all__ = ["CANDIDATES", "FPRS", "Membership", "Pick", "Risk", "risk"]

FPRS = tuple(f"1e-{decade}" for decade in range(2, 10))
CANDIDATES = (2, 16, 256, 1024, 1_000_000)


class Membership(NamedTuple):
    """A false positive rate of a membership test and the largest true positive rate there.

    Args:
        fpr: The false positive rate.
        bound: On the true positive rate.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> (row,) = risk(Gaussian(1), fprs=["0.001"], candidates=[]).tpr
        >>> print(row.fpr, row.bound)
        0.001 in [0.01829846, 0.01829847]
    """

    fpr: Exact
    bound: Bound


class Pick(NamedTuple):
    """A number of equally likely candidates and the largest chance to name the right one.

    Args:
        candidates: How many.
        bound: On the chance.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> (row,) = risk(Gaussian(1), fprs=[], candidates=[2]).reconstruction
        >>> print(row.candidates, row.bound)
        2 in [0.8413447, 0.8413448]
    """

    candidates: int
    bound: Bound


@dataclass(frozen=True)
class Risk:
    """What any attacker can reach against one record of a run.

    Args:
        tpr: Largest true positive rate of a membership test, for each false positive rate.
        reconstruction: Largest chance to pick the right record, for each number of candidates.
        advantage: Largest difference of a test's true and false positive rate.
        run: What was run.
        adjacency: Which datasets are neighbors.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> known = risk(Gaussian(1), fprs=["0.001"], candidates=[2])
        >>> known.trust.value, known.theorems[-2:]
        ('certified', ('risk.reconstruction', 'risk.tpr'))
    """

    tpr: tuple[Membership, ...]
    reconstruction: tuple[Pick, ...]
    advantage: Bound
    run: Mechanism
    adjacency: Adjacency

    def most(self, bound: Bound, guessed: Fraction) -> float | Fraction:
        """The upper end of a ceiling; exactly what guessing reaches where nothing was released.

        Args:
            bound: One of `tpr` or `reconstruction`.
            guessed: The false positive rate, or 1 over the candidates.
        """
        if canonical(self.run, self.adjacency).is_identity:
            return guessed
        return 1.0 if bound.upper is None else bound.upper

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Every bound in it."""
        tests, picks = (row.bound for row in self.tpr), (row.bound for row in self.reconstruction)
        return (*tests, *picks, self.advantage)

    @property
    def method(self) -> str:
        """The theory that gave the bounds, or "best" where there are several."""
        names = {bound.method for bound in self.bounds}
        return names.pop() if len(names) == 1 else "best"

    @property
    def trust(self) -> Trust:
        """The least trust of all bounds."""
        return worst(self.bounds).trust

    @property
    def theorems(self) -> tuple[str, ...]:
        """Every theorem that a bound stands on."""
        return worst(self.bounds).theorems


def _listed(values: Any, name: str, example: str) -> list[Any]:
    """The values of a list; text is one value and no list."""
    if not isinstance(values, (str, bytes)):
        try:
            return list(values)
        except Exception:  # a stranger's own method may raise anything
            pass
    raise InputError(
        name,
        given=shown(values),
        allowed="a list of numbers",
        advice=f"give for example {example}",
    ) from None


def risk(
    run: Mechanism,
    *,
    fprs: Iterable[Number] = FPRS,
    candidates: Iterable[Number] = CANDIDATES,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    on_row: Callable[[str], None] | None = None,
) -> Risk:
    """The ceilings for any attacker who sees every release and knows all other records.

    Guarantee: upper (risk.tpr, risk.advantage, risk.reconstruction); lower ends where the theory
    gives them, of the ceilings themselves: attackers may be far below. Membership takes the worse
    direction of the adjacency; reconstruction compares with the record's absence, direction
    REMOVE alone.

    Args:
        run: What was run, such as `DPSGD`.
        fprs: False positive rates in [0, 1] of membership tests; may be empty.
        candidates: How many records the secret one is hidden among, all equally likely to the
            attacker: integers from 2 to 1e15; may be empty. Unequal chances: give 1 over the
            largest, or use `PrivacyProfile.reconstruction`.
        method: A theory or its name; None for the tightest guarantee of each number.
        adjacency: Which datasets are neighbors.
        on_row: Called with the name of each number as it is done.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run; for candidates under adjacency ADD;
            for a method that gives estimates only.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> known = risk(Gaussian(1), fprs=["0.001"], candidates=[2])
        >>> print(known.tpr[0].bound, known.reconstruction[0].bound)
        in [0.01829846, 0.01829847] in [0.8413447, 0.8413448]

    Source: Balle, Cherubin and Hayes 2022, arXiv 2201.04845; Hayes, Mahloujifar and Balle 2023,
    arXiv 2302.07225.
    """
    rates = [_validate.fpr(fpr) for fpr in _listed(fprs, "fprs", '["1e-3", "1e-6"]')]
    counts = [
        _validate.count(number, "candidates", least=2)
        for number in _listed(candidates, "candidates", "[2, 256]")
    ]
    curve = profile(run, method=method, adjacency=adjacency)
    done = on_row or (lambda name: None)
    # first what may be refused
    picks = []
    for number in counts:
        picks.append(Pick(number, curve.reconstruction(Fraction(1, number))))
        done(f"{number} candidates")
    tests = []
    for rate in rates:
        tests.append(Membership(rate, curve.tpr(rate)))
        done(f"false positive rate {rate.text}")
    advantage = curve.advantage()
    if not advantage.trust.is_guarantee:
        curve.tpr("0.5")  # refuses: an estimate is no ceiling
    return Risk(tuple(tests), tuple(picks), advantage, run, curve.adjacency)
