"""The mass at a grid point is the change of slope there, before and after lowering the curve."""

from dpaccount.proving.solver import Exponentials, holds, reals


def prove(theorem):
    width, step, at = reals("width step at")
    ops = Exponentials((width, step))
    left, here, right, before, now, after = reals("left here right before now after")

    def mass(one, two, three):
        # of a curve through three neighbouring grid points at/step, at, at * step in e^eps
        rising = (three - two) / (at * step - at)
        falling = (two - one) / (at - at / step)
        return at * (rising - falling)

    grid = [step > 1, at > 0]
    lowered = mass(left - before, here - now, right - after)
    found = theorem(mass(left, here, right), before, now, after, width, ops)
    holds(found == lowered, *grid, what="the formula is the lowered curve's mass")
