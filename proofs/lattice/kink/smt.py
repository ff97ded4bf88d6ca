"""The mass at a grid point is the change of the curve's slope there, times e^eps."""

from dpaccount.proving.solver import Exponentials, holds, reals


def prove(theorem):
    width, step, at = reals("width step at")
    before, here, after = reals("before here after")
    # grid points lie at at/step, at and at * step in e^eps
    found = theorem(before, here, after, width, Exponentials((width, step)))
    rising = (after - here) / (at * step - at)
    falling = (here - before) / (at - at / step)
    grid = [step > 1, at > 0]
    holds(found == at * (rising - falling), *grid, what="the formula is the change of slope")
    # one loss at the point itself: 1 - e^eps / e^loss below it, 0 above
    alone = theorem(1 - 1 / step, 0, 0, width, Exponentials((width, step)))
    holds(alone == 1, step > 1, what="a single loss has its mass")
