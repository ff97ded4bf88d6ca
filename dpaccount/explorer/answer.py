"""What the verbs answer to a question; a certified number first, then all that follows from it."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from dpaccount.accountants.saddlepoint.tiers import FastSaddlepoint
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency
from dpaccount.ceilings import Risk, risk
from dpaccount.errors import NotConverged
from dpaccount.explorer.question import Question
from dpaccount.guarantees import Bound
from dpaccount.reports.curves import deltas_around, points, quick_method
from dpaccount.reports.model import Curve, Point

__all__ = ["ADJACENCY", "Cost", "ceilings", "cost"]

ADJACENCY = Adjacency.ADD_REMOVE
_ONE_THREAD = {"limits": 1, "user_api": "blas"}  # two processes answer at once


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
    with threadpool_limits(**_ONE_THREAD):
        return _cost(question)


def _cost(question: Question) -> Cost:
    run = question.run
    bound = profile(run, adjacency=ADJACENCY).epsilon(question.delta)
    method = quick_method(run, ADJACENCY)
    deltas = deltas_around(question.delta)
    if method == FastSaddlepoint.name:  # many at once, which share what they can
        with suppress(NotConverged):
            bounds = FastSaddlepoint().epsilons_at([run], deltas, ADJACENCY)[0]
            found = tuple(Point(*pair) for pair in zip(deltas, bounds, strict=True))
            return Cost(question, bound, Curve(FastSaddlepoint.name, True, found))
    curve = profile(run, method=method, adjacency=ADJACENCY)
    return Cost(question, bound, Curve(curve.method, True, points(curve, deltas)))


def ceilings(question: Question) -> Risk:
    """What any attacker can reach, as `dpaccount.risk` gives it.

    Raises:
        DPAccountError: As `dpaccount.risk`.
    """
    method = quick_method(question.run, ADJACENCY)
    with threadpool_limits(**_ONE_THREAD):
        return risk(
            question.run, fprs=[question.fpr], candidates=[question.candidates], method=method,
            adjacency=ADJACENCY,
        )  # fmt: skip
