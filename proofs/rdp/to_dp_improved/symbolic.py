"""Solving `rdp.to_log_delta` for epsilon gives the formula."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical
from dpaccount.theorems.rdp import TO_LOG_DELTA


def prove(theorem):
    divergence, n = sympy.symbols("divergence n", positive=True)
    log_delta = sympy.Symbol("log_delta", negative=True)
    epsilon = theorem(divergence, n, log_delta, SYMBOLS)
    identical(
        TO_LOG_DELTA(n * divergence, n, epsilon, SYMBOLS),
        log_delta,
        ranges={log_delta: (-5, -1)},
        what="delta at the formula's epsilon is the given one",
    )
