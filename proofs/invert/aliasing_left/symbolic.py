"""The aliases on the left, with delta at most 1, are a geometric series; the formula is its sum."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    above, height = sympy.symbols("above height", positive=True)
    m, n = sympy.symbols("m n", integer=True, positive=True)
    c, period = 1 + above, 2 * sympy.pi / height
    factor = sympy.exp(-(c - 1) * m * period)  # of delta(eps - m p)
    ratio = factor.subs(m, 1)
    if not sympy.simplify((c - 1) * period).is_positive:
        raise NotProved("the ratio lies below 1")
    identical(factor.subs(m, m + 1), factor * ratio, what="a geometric series")
    found = theorem(c, height, SYMBOLS)
    # its sum s is the number with s = x + x s, the rest after n terms being x^n s
    identical(found, ratio + ratio * found, what="the sum of the series")
    x = sympy.Symbol("x", positive=True)
    identical(
        sympy.expand((x - x ** (n + 1)) / (1 - x) + x ** (n + 1)),
        sympy.expand((x - x ** (n + 2)) / (1 - x)),
        ranges={x: (0, 1)},
        what="the sum of n terms",
    )
