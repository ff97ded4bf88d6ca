"""The least of Mironov's epsilons over the order, where it is, and that it is a minimum."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical
from dpaccount.theorems.rdp import TO_DP_MIRONOV


def prove(theorem):
    rho, depth, n = sympy.symbols("rho depth n", positive=True)  # depth = ln(1/delta), n = a - 1
    epsilon = TO_DP_MIRONOV(rho * (1 + n), n, -depth)
    best = sympy.sqrt(depth / rho)
    identical(sympy.diff(epsilon, n).subs(n, best), 0, what="the slope is 0 there")
    bent = sympy.simplify(sympy.diff(epsilon, n, 2))
    if not bent.is_positive:
        raise NotProved("Mironov's epsilon is convex in the order")
    identical(theorem(rho, -depth, SYMBOLS), epsilon.subs(n, best), what="the least epsilon")
