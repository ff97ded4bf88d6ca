"""The remainder is i times the integral of the one before; the formula is integrated likewise."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    x = sympy.Symbol("x", positive=True)
    i = sympy.I

    def remainder(n):
        return sympy.exp(i * x) - sum((i * x) ** m / sympy.factorial(m) for m in range(n))

    identical(theorem(x, 1), sympy.integrate(1, (x, 0, x)), what="one term")
    for n in range(1, 13):
        identical(remainder(n).subs(x, 0), 0, what=f"the remainder starts at 0, {n} terms")
        identical(
            sympy.diff(remainder(n + 1), x), i * remainder(n), what=f"the remainder, {n} terms"
        )
        bound = theorem(x, n + 1)
        identical(bound.subs(x, 0), 0, what=f"the bound starts at 0, {n} terms")
        identical(sympy.diff(bound, x), theorem(x, n), what=f"the bound, {n} terms")
