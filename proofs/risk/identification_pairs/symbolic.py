"""The derivative of the smooth maximum between two laws; the mu of vectors that are d apart."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    distance, noise, p = sympy.symbols("distance noise p", positive=True)
    mu = theorem(distance, noise, sympy)
    # two orthogonal vectors of length mu s
    identical(2 * (mu * noise) ** 2, distance**2, what="the squared distance")

    count = 3
    x = sympy.symbols("x0:3", real=True)
    rows = [[sympy.Symbol(f"m{min(i, j)}{max(i, j)}") for j in range(count)] for i in range(count)]
    total = sum(sympy.exp(p * each) for each in x)
    smooth = total ** (1 / p)
    weights = [sympy.exp(p * each) / total for each in x]
    change = sum(
        rows[i][j] * sympy.diff(smooth, x[i], x[j]) for i in range(count) for j in range(count)
    ) - sum(rows[i][i] * sympy.diff(smooth, x[i]) for i in range(count))
    apart = sum(
        weights[i] * weights[j] * (rows[i][i] + rows[j][j] - 2 * rows[i][j])
        for i in range(count)
        for j in range(count)
    )
    identical(change / smooth, (p - 1) * apart / 2, what="twice the derivative over F")
