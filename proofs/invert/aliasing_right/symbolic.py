"""The aliases on the right, by Chernoff's bound, are a geometric series; the formula is its sum."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    above, further, height, transform = sympy.symbols("above further height M", positive=True)
    epsilon = sympy.Symbol("epsilon", real=True)
    m = sympy.Symbol("m", integer=True, positive=True)
    c, period = 1 + above, 2 * sympy.pi / height
    beyond = c + further
    # e^((c-1) m p) times Chernoff's bound of delta(eps + m p) at c'
    term = sympy.exp((c - 1) * m * period)
    term *= transform * sympy.exp(-(beyond - 1) * (epsilon + m * period))
    term /= sympy.exp(-(beyond - 1) * epsilon)
    ratio = sympy.exp(-further * period)
    if not (further * period).is_positive:
        raise NotProved("the ratio lies below 1")
    identical(sympy.powsimp(term), transform * ratio**m, what="a geometric series")
    found = theorem(c, beyond, height, transform, SYMBOLS)
    identical(found, ratio * transform + ratio * found, what="the sum of the series")
