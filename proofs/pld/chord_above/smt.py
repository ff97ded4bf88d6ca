"""How far the chord of one loss's curve lies above it in its cell, at most and exactly where."""

from dpaccount.proving.solver import Exponentials, holds, maximum, reals
from dpaccount.theorems.pld import CONNECT_THE_DOTS


def prove(theorem):
    rise, width, loss, end, grown = reals("rise width loss end grown")
    # loss = e^rise and end = e^width; the cell is [1, end] in e^eps, which is `grown`
    ops = Exponentials((rise, loss), (-rise, 1 / loss), (-width, 1 / end))
    cell = [loss >= 1, loss <= end, end > 1]
    height = theorem(CONNECT_THE_DOTS(rise, width, ops), rise, width, ops)
    # the curve ends at 0 where e^eps is the loss's, so there the chord is the distance
    at_loss = (1 - 1 / loss) * (end - loss) / (end - 1)
    holds(
        height == at_loss,
        *cell,
        what="the formula is the distance at the loss itself",
        tried=[loss == 2, end == 3],
    )
    # both sides times loss (end - 1) > 0: no division is left
    chord = (loss - 1) * (end - grown)
    curve = maximum(loss - grown, 0) * (end - 1)
    holds(
        chord - curve <= (loss - 1) * (end - loss),
        *cell,
        grown >= 1,
        grown <= end,
        what="elsewhere in the cell the distance is no larger",
    )
