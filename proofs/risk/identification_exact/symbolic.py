"""Corners of a simplex are as far apart as longer orthogonal vectors; the scores' density."""

import sympy

from dpaccount.proving.symbols import identical


class Symbols:
    exp, sqrt, pi = sympy.exp, sympy.sqrt, sympy.pi

    @staticmethod
    def ncdf(x):
        return (1 + sympy.erf(x / sympy.sqrt(2))) / 2


def prove(theorem):
    mu = sympy.symbols("mu", positive=True)
    t = sympy.symbols("t", real=True)
    for count in (2, 3, 7):
        corners = sympy.eye(count) - sympy.ones(count, count) / count
        length = sympy.sqrt((corners.row(0) * corners.row(0).T)[0])
        away = (corners.row(0) - corners.row(1)) * mu / length
        longer = mu * sympy.sqrt(sympy.Rational(count, count - 1))
        identical((away * away.T)[0], 2 * longer**2, what="the squared distance of two corners")
        density = sympy.exp(-((t - mu) ** 2) / 2) / sympy.sqrt(2 * sympy.pi)
        below = sympy.erfc(-t / sympy.sqrt(2)) / 2
        found = theorem(t, count, mu, Symbols)
        wanted = (density * below ** (count - 1)).rewrite(sympy.erf)
        identical(found, wanted, what="phi(t - mu) Phi(t)^(K-1)")
