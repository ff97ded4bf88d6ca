"""Outputs that are no longer told apart have no larger hockey stick."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    p1, p2, q1, q2, grown = reals("p1 p2 q1 q2 grown")

    def part(p, q):
        return maximum(p - grown * q, 0)

    holds(
        part(p1 + p2, q1 + q2) <= part(p1, q1) + part(p2, q2),
        grown > 0,
        what="merging two outputs",
    )
