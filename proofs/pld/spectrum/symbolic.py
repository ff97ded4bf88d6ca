"""The formula is the sum over the factors of what exchanging each may change at most."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    for count in (1, 2, 3):
        m = sympy.symbols(f"m1:{count + 1}", positive=True)
        e = sympy.symbols(f"e1:{count + 1}", positive=True)
        t = sympy.symbols(f"t1:{count + 1}", positive=True, integer=True)
        whole = sympy.prod([(a + b) ** n for a, b, n in zip(m, e, t, strict=True)])
        # one of the t_i factors of a kind is exchanged: the error e_i times all the others
        exchanged = sum(n * b * whole / (a + b) for a, b, n in zip(m, e, t, strict=True))
        found = theorem(m, e, t, SYMBOLS)
        identical(sympy.exp(sympy.log(found)), exchanged, what=f"{count} kinds of factors")
    # the exchange itself, for real numbers: a product's change is telescoped
    x, y = sympy.symbols("x1:4"), sympy.symbols("y1:4")
    steps = [sympy.prod(y[:i]) * (x[i] - y[i]) * sympy.prod(x[i + 1 :]) for i in range(3)]
    identical(sum(steps), sympy.prod(x) - sympy.prod(y), what="telescoping")
