"""The moment of the Gaussian likelihood ratio, by the integral."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    x = sympy.Symbol("x", real=True)
    mu, above = sympy.symbols("mu above", positive=True)
    order = 1 + above
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)  # in units of the noise
    ratio = sympy.exp(mu * x - mu**2 / 2)
    identical(
        density * ratio,
        sympy.exp(-((x - mu) ** 2) / 2) / sympy.sqrt(2 * sympy.pi),
        what="the ratio of the two densities",
    )
    # E[ratio^a] is the integral of a normal density's exponent with the square completed
    moment = sympy.exp(order * (order - 1) * mu**2 / 2)
    identical(
        density * sympy.exp(order * (mu * x - mu**2 / 2)),
        moment * sympy.exp(-((x - order * mu) ** 2) / 2) / sympy.sqrt(2 * sympy.pi),
        what="completing the square",
    )
    whole = sympy.integrate(sympy.exp(-((x - mu) ** 2) / 2), (x, -sympy.oo, sympy.oo))
    identical(whole, sympy.sqrt(2 * sympy.pi), what="the density integrates to 1")
    identical(
        theorem(order, mu**2),
        sympy.expand_log(sympy.log(moment), force=True) / (order - 1),
        what="the divergence",
    )
