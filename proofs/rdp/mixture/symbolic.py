"""Both forms of the formula: the exact one, and the one for large moments, which lies above it."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import branches, identical


def prove(theorem):
    q, more, ratio = sympy.symbols("q more ratio", positive=True)

    def mixed(moment):
        return 1 - q + q * sympy.exp(moment)

    def every(moment):
        return branches(lambda guided, ops: theorem(guided(moment), guided(q), ops))

    small = 600 - more
    for found in every(small):
        identical(sympy.exp(found), mixed(small), what="ln(1 + q (e^K - 1)) for K < 600")
    large = 601 + more
    for found in every(large):
        # 1 in place of 1 - q: larger, and by less than the rounding of what follows
        identical(
            sympy.exp(found - large),
            (mixed(large) + q) * sympy.exp(-large),
            what="ln(1 + q e^K) for K > 601, which is larger",
        )
    # r^a and r^(1-a) are convex for a > 1: the sign of their second derivatives
    a = 1 + more
    for power in (a, 1 - a):
        second = sympy.powsimp(sympy.diff(ratio**power, ratio, 2) / ratio ** (power - 2))
        identical(second, power * (power - 1), what="second derivative of a power")
        if not sympy.expand(power * (power - 1)).is_positive:
            raise NotProved(f"convexity of the power {power}")
