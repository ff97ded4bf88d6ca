"""Taylor's remainder of a power at 1, by which moments are mixtures of hockey sticks."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    n, t, e = sympy.symbols("n t e", positive=True)
    a = 1 + n
    rest = t**a - 1 - a * (t - 1)
    identical(rest.subs(t, 1), 0, what="no rest at 1")
    identical(sympy.diff(rest, t).subs(t, 1), 0, what="no slope at 1")
    weight = a * (a - 1) * t ** (a - 2)
    identical(sympy.diff(rest, t, 2), weight, what="the second derivative is the weight")
    if not weight.subs(t, e).is_positive:
        raise NotProved("the weights are positive")
    # the pair's other direction: r^-a under P = r Q is r^(1-a) under Q
    identical(t ** (-a) * t, t ** (1 - a), what="adding")
