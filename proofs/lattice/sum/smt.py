"""A set's P - e^eps Q adds over values, and no set has more than the values with p > e^eps q."""

import z3

from dpaccount.proving.solver import Exponentials, holds, maximum, reals


def prove(theorem):
    p, q, more_p, more_q, epsilon, grown = reals("p q more_p more_q epsilon grown")
    ops = Exponentials((epsilon, grown))
    laws = [grown > 0, p >= 0, q >= 0, more_p >= 0, more_q >= 0]

    def part(first, second):
        return theorem(first, second, epsilon, ops)

    holds(
        part(p + more_p, q + more_q) == part(p, q) + part(more_p, more_q),
        *laws,
        what="the parts of disjoint sets add",
    )
    most = maximum(p - grown * q, 0)
    taken = z3.Bool("taken")
    holds(z3.If(taken, part(p, q), 0) <= most, *laws, what="no choice gives more")
    best = p > grown * q
    holds(z3.If(best, part(p, q), 0) == most, *laws, what="the threshold's choice gives it")
