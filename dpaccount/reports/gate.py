"""A gate on a budget: does a run keep it, is it seen to break it, or is neither shown?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.errors import InputError, Unsupported
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import Mechanism

__all__ = ["ABOVE", "OPEN", "WITHIN", "Gate", "gate"]

WITHIN, ABOVE, OPEN = "within the budget", "above the budget", "not shown to be within the budget"


@dataclass(frozen=True)
class Gate:
    """A run held against a budget.

    Args:
        bound: Epsilon of the run.
        budget: The largest epsilon that is allowed.
        delta: Of both.
        adjacency: Which datasets are neighbors.
        run: What was run.
    """

    bound: Bound
    budget: Exact
    delta: Exact
    adjacency: Adjacency
    run: Mechanism

    @property
    def holds(self) -> bool:
        """Whether the upper end, as an exact number, is at most the budget."""
        upper = self.bound.upper
        # written so that what is not known, and infinity, is no pass
        return upper is not None and upper < math.inf and Fraction(upper) <= self.budget

    @property
    def verdict(self) -> str:
        """Within; above, where the lower end shows it; or neither, which is no pass either."""
        if self.holds:
            return WITHIN
        lower = self.bound.lower
        over = lower is not None and (lower == math.inf or Fraction(lower) > self.budget)
        return ABOVE if over else OPEN

    @property
    def slack(self) -> float:
        """The budget less the upper end, rounded down: negative where the run does not keep it."""
        upper = self.bound.upper
        if upper is None or upper == math.inf:
            return -math.inf
        gap = self.budget - Fraction(upper)
        value = float(gap)
        return value if Fraction(value) <= gap else math.nextafter(value, -math.inf)


def gate(
    run: Mechanism,
    *,
    max_epsilon: Number,
    delta: Number,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> Gate:
    """Hold a run against a budget.

    Guarantee: a gate that holds has an upper end, by theorem, that is at most the budget; the two
    are compared as exact numbers.

    Args:
        run: What was run, or is going to be.
        max_epsilon: The budget, in [0, 1e150].
        delta: In (0, 1).
        method: A theory or its name; None for the tightest guarantee.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run, or the method gives estimates only:
            an estimate passes no gate.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> gate(Gaussian(1), max_epsilon=5, delta="1e-5").verdict
        'within the budget'
        >>> gate(Gaussian(1), max_epsilon=4, delta="1e-5").verdict
        'above the budget'
    """
    try:
        budget = _validate.epsilon(max_epsilon, target=True)
    except InputError as error:
        raise InputError(
            "max_epsilon", given=error.given, allowed=error.allowed, advice=error.advice
        ) from error
    relation, number = adjacency_of(adjacency), _validate.delta(delta)
    bound = profile(run, method=method, adjacency=relation).epsilon(number)
    if not bound.trust.is_guarantee:
        raise Unsupported(
            f"a gate by {bound.method}",
            missing="an estimate may be below the truth, so it passes no gate",
            advice="leave the method out",
        )
    return Gate(bound, budget, number, relation, run)
