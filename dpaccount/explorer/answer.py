"""What the verbs answer to a question; a certified number first, then all that follows from it."""

from __future__ import annotations

from typing import NamedTuple

from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency
from dpaccount.ceilings import Risk, risk
from dpaccount.explorer.question import Question
from dpaccount.guarantees import Bound
from dpaccount.reports.curves import deltas_around, points, quick_method
from dpaccount.reports.model import Curve

__all__ = ["ADJACENCY", "Cost", "ceilings", "cost"]

ADJACENCY = Adjacency.ADD_REMOVE


class Cost(NamedTuple):
    """What a run costs.

    Args:
        question: What was asked.
        bound: Epsilon, as `dpaccount.epsilon` gives it.
        curve: Epsilon along delta, by the theory of many numbers.
    """

    question: Question
    bound: Bound
    curve: Curve


def cost(question: Question) -> Cost:
    """Epsilon at the delta, by the tightest guarantee, and the curve.

    Raises:
        DPAccountError: As `dpaccount.epsilon`.
    """
    run = question.run
    bound = profile(run, adjacency=ADJACENCY).epsilon(question.delta)
    method = quick_method(run, ADJACENCY)
    curve = profile(run, method=method, adjacency=ADJACENCY)
    found = points(curve, deltas_around(question.delta))
    name = found[0].bound.method if method is None and found else str(method or bound.method)
    return Cost(question, bound, Curve(name, True, found))


def ceilings(question: Question) -> Risk:
    """What any attacker can reach, as `dpaccount.risk` gives it.

    Raises:
        DPAccountError: As `dpaccount.risk`.
    """
    method = quick_method(question.run, ADJACENCY)
    return risk(
        question.run, fprs=[question.fpr], candidates=[question.candidates], method=method,
        adjacency=ADJACENCY,
    )  # fmt: skip
