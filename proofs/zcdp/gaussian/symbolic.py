"""rho times the order is the Renyi divergence of `rdp.gaussian`, whose integral is done again."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    x = sympy.Symbol("x", real=True)
    mu, above = sympy.symbols("mu above", positive=True)
    order = 1 + above
    moment = sympy.exp(order * (order - 1) * mu**2 / 2)
    identical(
        sympy.exp(-(x**2) / 2) * sympy.exp(order * (mu * x - mu**2 / 2)),
        moment * sympy.exp(-((x - order * mu) ** 2) / 2),
        what="completing the square",
    )
    divergence = sympy.expand_log(sympy.log(moment), force=True) / (order - 1)
    identical(theorem(mu**2) * order, divergence, what="rho times the order")
