"""Where the ratio stays below e^eps nothing is added; the largest loss to add a record."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    p, q, grown, most, rate, ratio = reals("p q grown most rate ratio")
    holds(
        maximum(p - grown * q, 0) == 0,
        p >= 0,
        q >= 0,
        p <= most * q,
        most <= grown,
        what="no output adds anything",
    )
    mixture = 1 - rate + rate * ratio
    holds(
        (1 / mixture) * (1 - rate) < 1,
        rate > 0,
        rate < 1,
        ratio > 0,
        what="1/r lies below 1/(1-q)",
    )
    one, two, first, second = reals("l1 l2 b1 b2")
    holds(one + two <= first + second, one <= first, two <= second, what="sums of losses")
