"""The two logarithms are those of a geometric law on both sides of 0 and of its tails."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    inverse = sympy.Symbol("inverse", positive=True)  # 1/b
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    s = sympy.exp(-inverse)

    def point(at):
        return sympy.exp(theorem(at, True, inverse, SYMBOLS))

    def tail(at):
        return sympy.exp(theorem(at, False, inverse, SYMBOLS))

    identical(point(k + 1), s * point(k), what="the ratio of neighbours")
    identical(tail(k) - tail(k + 1), point(k), what="a tail less the next is a point")
    identical(tail(k + 1), s * tail(k), what="tails fall to 0")
    identical(tail(0) + tail(1), 1, what="all of it: from 0 up, and from -1 down")
    identical(point(0), (1 - s) / (1 + s), what="(1 - s)/(1 + s) at 0")
