"""The losses of Gaussian pairs together are that of one pair of their common direction."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    for count in (1, 2, 3, 4):
        mus = sympy.symbols(f"m1:{count + 1}", positive=True)
        x = sympy.symbols(f"x1:{count + 1}", real=True)
        mu = sympy.sqrt(sum(m**2 for m in mus))
        y = sum(m * at for m, at in zip(mus, x, strict=True)) / mu
        loss = sum(m * at - m**2 / 2 for m, at in zip(mus, x, strict=True))
        identical(loss, mu * y - mu**2 / 2, what="the loss as one pair's")
        identical(sum((m / mu) ** 2 for m in mus), 1, what="the variance of y")
        identical(sum(m * m / mu for m in mus), mu, what="its mean under the first law")
