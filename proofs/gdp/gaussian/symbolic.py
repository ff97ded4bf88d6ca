"""The trade-off function of threshold tests: its slope is minus the likelihood ratio there."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    assert theorem.formula is None
    t = sympy.Symbol("t", real=True)
    mu = sympy.Symbol("mu", positive=True)
    false_positive, false_negative = SYMBOLS.ncdf(-t), SYMBOLS.ncdf(t - mu)
    ratio = sympy.exp(mu * t - mu**2 / 2)
    identical(
        sympy.diff(false_negative, t),
        -ratio * sympy.diff(false_positive, t),
        what="the slope of the trade-off is minus the ratio of the densities at the threshold",
    )
    growth = sympy.simplify(sympy.diff(ratio, t))
    if not growth.is_positive:
        raise NotProved("the ratio rises, so that thresholds are the best tests")
