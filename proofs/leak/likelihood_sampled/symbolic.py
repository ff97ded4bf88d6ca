"""One step's part is the mixture's density over that of the noise alone."""

import sympy

from dpaccount.proving.symbols import identical


class Symbols:
    log = staticmethod(sympy.log)

    @staticmethod
    def log1p(x):
        return sympy.log(1 + x)

    @staticmethod
    def logaddexp(x, y):
        return sympy.log(sympy.exp(x) + sympy.exp(y))


def prove(theorem):
    first, second, a, b = sympy.symbols("first second a b", real=True)
    noise, rate = sympy.symbols("noise rate", positive=True)

    def density(x, y):
        return sympy.exp(-(x**2 + y**2) / (2 * noise**2)) / (2 * sympy.pi * noise**2)

    score = 2 * (first * a + second * b) - (a**2 + b**2)
    mixture = (1 - rate) * density(first, second) + rate * density(first - a, second - b)
    identical(
        sympy.exp(theorem(score, noise, rate, Symbols)) * density(first, second),
        mixture,
        what="the density of a step",
    )
