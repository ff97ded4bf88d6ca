"""The hockey stick as two integrals beyond the point where the loss is eps, and its slope."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    x, epsilon = sympy.symbols("x epsilon", real=True)
    mu = sympy.Symbol("mu", positive=True)

    def density(shift):
        return sympy.exp(-((x - shift) ** 2) / 2) / sympy.sqrt(2 * sympy.pi)

    # in units of the noise: N(mu, 1) against N(0, 1)
    edge = epsilon / mu + mu / 2
    loss = sympy.expand(-((x - mu) ** 2) / 2 + x**2 / 2)
    identical(loss.subs(x, edge), epsilon, what="the loss is eps at the edge")
    identical(sympy.diff(loss, x), mu, what="and rises")
    beyond = []
    for shift in (mu, sympy.Integer(0)):
        tail = SYMBOLS.ncdf(shift - x)
        identical(sympy.diff(tail, x), -density(shift), what="the tail's slope")
        identical(sympy.limit(tail, x, sympy.oo), 0, what="the tail ends at 0")
        beyond.append(tail.subs(x, edge))
    found = theorem(mu, epsilon, SYMBOLS)
    identical(found, beyond[0] - sympy.exp(epsilon) * beyond[1], what="the hockey stick")
    slope = -sympy.exp(epsilon) * SYMBOLS.ncdf(-mu / 2 - epsilon / mu)
    identical(sympy.diff(found, epsilon), slope, what="d delta / d eps = -e^eps Q(loss > eps)")
    grown = sympy.exp(-((mu / 2 - epsilon / mu) ** 2) / 2) / sympy.sqrt(2 * sympy.pi)
    identical(sympy.diff(found, mu), grown, what="d delta / d mu is a normal density")
