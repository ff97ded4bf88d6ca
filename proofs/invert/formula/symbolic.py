"""The two-sided Laplace transform of one loss's curve is the integrand without its exponential."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    above, y = sympy.symbols("above y", positive=True)
    loss, epsilon = sympy.symbols("loss epsilon", real=True)
    z = 1 + above
    # delta(e) = (e^S - e^e)_+ of a single loss S, at e = S - y; M(z) = e^(z S)
    curve = sympy.exp(loss) * (1 - sympy.exp(-y))
    weight = sympy.exp((z - 1) * (loss - y))
    parts = sympy.expand(sympy.powsimp(sympy.expand(curve * weight)))
    whole = sympy.integrate(parts, (y, 0, sympy.oo))
    found = theorem(z, z * loss, epsilon, SYMBOLS)
    identical(
        found * sympy.exp((z - 1) * epsilon),
        whole,
        what="M(z)/(z (z-1)) is the transform of delta",
    )
