"""The largest value of (e^y - 1) e^(-c y): where it is, what it is, and that it is the largest."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    n, t, s = sympy.symbols("n t s", positive=True)
    c = 1 + n
    # with t = e^-y in (0, 1)
    log_ratio = sympy.log(1 - t) + (c - 1) * sympy.log(t)
    identical(
        sympy.exp(log_ratio),
        (1 / t - 1) * t**c,
        ranges={t: (0, 1)},
        what="(e^y - 1) e^(-c y)",
    )
    bent = sympy.simplify(sympy.diff(log_ratio, t, 2).subs(t, s / (1 + s)))
    if not bent.is_negative:
        raise NotProved("the logarithm is concave in e^-y")
    best = (c - 1) / c
    identical(sympy.diff(log_ratio, t).subs(t, best), 0, what="the slope is 0 at e^y = c/(c-1)")
    identical(
        sympy.log(theorem(c, SYMBOLS)),
        log_ratio.subs(t, best),
        what="the largest value",
    )
