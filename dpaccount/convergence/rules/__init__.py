"""How each theorem on descent is asked: its arguments from a setting, in every way worth a try.

A rule yields choices (how to split the noise, where to start, how many last steps to look at).
Each gives a valid bound, so that the search over them decides tightness and never truth.
"""

from __future__ import annotations

from functools import partial

from dpaccount.convergence.rules import distance, mean, value
from dpaccount.convergence.rules.asking import Claim, Rule
from dpaccount.theorems import coupled, descent, excess, matrix, sgd, sine

__all__ = ["RULES", "Claim", "Rule"]

_BY_DISTANCE = partial(distance.exact, by_value=False)
_BY_VALUE = partial(distance.exact, by_value=True)

RULES = (
    Rule("distance", sgd.QUADRATIC_EXACT, _BY_DISTANCE, exact=True),
    Rule("distance", sgd.STRONGLY_CONVEX, distance.contraction),
    Rule("distance", descent.GROWTH, distance.growth),
    Rule("distance", sgd.SECTOR, distance.contraction),
    Rule("distance", coupled.COUPLED_DISTANCE, distance.coupled_distance),
    Rule("distance", descent.SCHEDULE, distance.schedule),
    Rule("distance", descent.DECAYING, distance.decaying),
    Rule("excess", sgd.QUADRATIC_EXACT, _BY_VALUE, exact=True),
    Rule("excess", excess.LAST_ITERATE, value.last_iterate),
    Rule("excess", excess.PL_SHARP, value.polyak),
    Rule("excess", sgd.PL, value.polyak),
    Rule("excess", matrix.MATRIX_LAST_ITERATE, value.last_iterate),
    Rule("excess", matrix.MATRIX_PL, value.polyak),
    Rule("excess", coupled.COUPLED_VALUE, value.coupled_value),
    Rule("excess", coupled.VALUE_OF_DISTANCE, value.value_of_distance),
    Rule("mean_excess", excess.QUADRATIC_MEAN, mean.means),
    Rule("mean_excess", excess.CONVEX_SMOOTH, mean.means),
    Rule("mean_excess", excess.CONVEX_ITERATES, mean.lipschitz),
    Rule("average_excess", descent.QUADRATIC_AVERAGE, _BY_VALUE, exact=True),
    # f at the mean iterate is no more than the mean of f
    Rule("average_excess", excess.QUADRATIC_MEAN, mean.means),
    Rule("average_excess", excess.CONVEX_SMOOTH, mean.means),
    Rule("average_excess", sgd.CONVEX, mean.lipschitz),
    Rule("gradient", sgd.NONCONVEX, mean.nonconvex),
    Rule("gradient", sine.SINE, mean.over_waves),
)
