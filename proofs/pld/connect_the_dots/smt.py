"""One loss in a cell, shared between the cell's ends: both masses stay and the curve rises."""

import z3

from dpaccount.proving.solver import Exponentials, holds, maximum, reals


def prove(theorem):
    rise, width, near, far, grown = reals("rise width near far grown")
    # near = e^-rise and far = e^-width, the grid point below being at 0; grown = e^eps
    ops = Exponentials((-rise, near), (-width, far))
    cell = [far > 0, far <= near, near <= 1, far < 1]
    share = theorem(rise, width, ops)
    holds(z3.And(share >= 0, share <= 1), *cell, what="a share")
    holds(share * far + (1 - share) == near, *cell, what="the denominator's mass stays")

    def curve(inverse):
        return maximum(1 - grown * inverse, 0)

    moved = share * curve(far) + (1 - share) * curve(z3.RealVal(1))
    given = [*cell, grown > 0]
    holds(moved >= curve(near), *given, what="the curve is nowhere lower")
    holds(moved == curve(near), *given, grown <= 1, what="unchanged at grid points below")
    holds(moved == curve(near), *given, grown * far >= 1, what="unchanged at grid points above")
    inside = [*given, grown >= 1, grown * far <= 1]
    holds(moved == share * (1 - grown * far), *inside, what="linear in e^eps inside the cell")
