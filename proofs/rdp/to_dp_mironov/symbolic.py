"""Markov's inequality for e^((a-1) L) gives delta at the formula's epsilon."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical
from dpaccount.theorems.rdp import TO_DP_IMPROVED


def prove(theorem):
    divergence, n, below = sympy.symbols("divergence n below", positive=True)
    log_delta = -below
    epsilon = theorem(divergence, n, log_delta)
    # P(L > eps) <= E[e^((a-1) L)] e^(-(a-1) eps), and E[e^((a-1) L)] = e^((a-1) R)
    identical(n * divergence - n * epsilon, log_delta, what="the exponent of Markov's bound")
    # it is above the improved epsilon, by ln(1 + 1/n) + ln(1 + n)/n, so it also follows from that
    slack = epsilon - TO_DP_IMPROVED(divergence, n, log_delta, SYMBOLS)
    identical(slack, sympy.log(1 + 1 / n) + sympy.log(1 + n) / n, what="the improvement")
    if not (sympy.log(1 + 1 / n) + sympy.log(1 + n) / n).is_positive:
        raise NotProved("the improvement is positive")
