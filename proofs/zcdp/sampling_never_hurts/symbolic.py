"""Powers are convex, and the divergence's lower end over the order tends to the unsampled rho."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    n, ratio, sigma = sympy.symbols("n ratio sigma", positive=True)  # n = a - 1
    q = sympy.Symbol("q", positive=True)
    a = 1 + n
    for power in (a, 1 - a):
        bend = sympy.powsimp(sympy.diff(ratio**power, ratio, 2) / ratio ** (power - 2))
        identical(bend, power * (power - 1), what="second derivative of a power")
        if not sympy.expand(power * (power - 1)).is_positive:
            raise NotProved(f"convexity of the power {power}")
    log_moment = a * sympy.log(q) + a * (a - 1) / (2 * sigma**2)  # of q L alone
    least = log_moment / (a - 1) / a
    identical(sympy.limit(least, n, sympy.oo), 1 / (2 * sigma**2), what="the limit")
