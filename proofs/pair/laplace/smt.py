"""The ratio of shifted Laplace densities, sampled or not, does not fall in the output."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    x, further, shift, rate, low, high = reals("x further shift rate low high")

    def size(value):
        return maximum(value, -value)

    def loss(at):  # times the scale
        return size(at) - size(at - shift)

    holds(loss(x) <= loss(x + further), further >= 0, shift >= 0, what="the loss does not fall")
    mixed = (1 - rate + rate * low, 1 - rate + rate * high)
    holds(mixed[0] <= mixed[1], low <= high, rate >= 0, what="nor does the mixture's ratio")
