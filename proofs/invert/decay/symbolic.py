"""What each factor becomes when the line is moved by i theta sigma^2."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    x = sympy.Symbol("x", real=True)
    sigma, theta, odds = sympy.symbols("sigma theta odds", positive=True)
    rate = odds / (1 + odds)
    moved = x + sympy.I * theta * sigma**2

    def density(at):
        return sympy.exp(-(at**2) / (2 * sigma**2))

    back = x - sympy.I * theta * sigma**2
    identical(
        density(moved) * density(back),
        (density(x) * sympy.exp(theta**2 * sigma**2 / 2)) ** 2,
        what="the size of the density on the moved line",
    )

    def grown(at):
        return odds * sympy.exp((2 * at - 1) / (2 * sigma**2))

    identical(grown(moved), grown(x) * sympy.exp(sympy.I * theta), what="l turns by theta")
    ratio = 1 - rate + rate * sympy.exp((2 * x - 1) / (2 * sigma**2))
    identical(ratio, (1 - rate) * (1 + grown(x)), what="r in terms of l")
