"""What a cut leaves out of the hockey stick, output by output."""

import z3

from dpaccount.proving.solver import Exponentials, holds, maximum, reals


def prove(theorem):
    p, q, weight, epsilon, grown = reals("p q weight epsilon grown")
    ops = Exponentials((epsilon, grown))
    laws = [p >= 0, q >= 0, grown > 0, weight >= 0, weight <= 1]
    left_out = (1 - weight) * maximum(p - grown * q, 0)
    known = theorem((1 - weight) * p, (1 - weight) * q, epsilon, ops)
    short = z3.If(p < grown * q, grown * (1 - weight) * q, 0)
    holds(known <= left_out, *laws, what="a - e^eps b is a lower end")
    holds(left_out <= known + short, *laws, what="what it lacks")
    holds(left_out == known, *laws, p >= grown * q, what="nothing where the loss is above eps")
    a, b, c, d = reals("a b c d")
    both = theorem(a + c, b + d, epsilon, ops)
    parts = theorem(a, b, epsilon, ops) + theorem(c, d, epsilon, ops)
    holds(both == parts, grown > 0, what="the parts add")
