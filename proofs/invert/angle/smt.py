"""The slope of arg(1 + l e^(i t)) in t lies between 0 and the larger of the two, reaching both."""

import z3

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    grown, cosine = reals("l cosine")
    first, second = theorem(grown)
    slope = (grown * cosine + grown**2) / (1 + 2 * grown * cosine + grown**2)
    angle = [grown >= 0, cosine >= 0, cosine <= 1]
    holds(slope >= 0, *angle, what="the angle grows")
    holds(slope <= maximum(first, second), *angle, what="by at most the larger one")
    holds(slope == first, grown >= 0, cosine == 1, what="the first is reached at 0")
    holds(slope == second, grown >= 0, cosine == 0, what="the second is reached at pi/2")
    square = 1 + 2 * grown * cosine + grown**2  # of |1 + l e^(i t)|
    holds(square <= (1 + grown) ** 2, *angle, what="the size is at most 1 + l")
    holds(square >= (1 + grown * cosine) ** 2, *angle, what="and at least 1 + l cos")
    real_part = 1 + grown * cosine
    holds(z3.And(real_part >= 1, square >= 1), *angle, what="no zero and no cut is met")
