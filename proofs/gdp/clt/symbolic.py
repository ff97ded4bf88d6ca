"""The variance of a step's ratio under the law without the record, and the sum over settings."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    x = sympy.Symbol("x", real=True)
    s = sympy.Symbol("s", positive=True)  # 1 / sigma^2
    root = sympy.sqrt(s)
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    ratio = sympy.exp(root * x - s / 2)

    def mean(value):
        return sympy.integrate(density * value, (x, -sympy.oo, sympy.oo))

    identical(mean(ratio), 1, what="the ratio's mean")
    variance = sympy.simplify(mean(ratio**2) - 1)
    q, r, more = sympy.symbols("q r more", positive=True)
    t, u = sympy.symbols("t u", positive=True, integer=True)
    found = theorem([(q, t, s), (r, u, more)], SYMBOLS)
    wanted = t * q**2 * variance + u * r**2 * variance.subs(s, more)
    identical(found**2, wanted, what="mu^2 is the variance of the sum of q (ratio - 1)")
    identical(found, sympy.sqrt(found**2), what="mu is not negative")
