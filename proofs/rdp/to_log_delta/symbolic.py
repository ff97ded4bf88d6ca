"""The best constant in (1 - e^-u)_+ <= c e^((a-1) u): where it is reached, what it is, and why."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    n, t, moment = sympy.symbols("n t moment", positive=True)  # n = a - 1, t = e^-u
    epsilon = sympy.Symbol("epsilon", real=True)
    # u > 0, so 0 < t < 1; s = t/(1 - t) is any positive number
    s = sympy.Symbol("s", positive=True)
    log_ratio = sympy.log(1 - t) + n * sympy.log(t)
    identical(
        sympy.diff(log_ratio, t, 2),
        -(1 / (1 - t) ** 2) - n / t**2,
        ranges={t: (0, 1)},
        what="the second derivative",
    )
    bent = (-(1 / (1 - t) ** 2) - n / t**2).subs(t, s / (1 + s))
    if not sympy.simplify(bent).is_negative:
        raise NotProved("the logarithm is concave in e^-u")
    best = n / (n + 1)
    identical(sympy.diff(log_ratio, t).subs(t, best), 0, what="the slope is 0 at e^-u = (a-1)/a")
    constant = log_ratio.subs(t, best)
    identical(
        theorem(moment, n, epsilon, SYMBOLS),
        moment - n * epsilon + constant,
        what="ln of e^((a-1)(R - eps)) times the constant",
    )
