"""The exponent is even about the law's center, with the variance parameter, and gives the loss."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    k = sympy.Symbol("k", integer=True)
    d, v = sympy.symbols("d v", positive=True)

    def log_without(output):  # centered at 0
        return theorem(output - d, d, v)

    log_with = log_without(k)  # at output d + k the law with the record has k to go
    identical(log_without(0), 0, what="the largest at the center, 0 but for the normalizer")
    identical(log_without(k), log_without(-k), what="even")
    bend = log_without(k + 1) - 2 * log_without(k) + log_without(k - 1)
    identical(bend, -1 / v, what="a quadratic with the variance parameter")
    identical(log_with - log_without(d + k), (2 * k + d) * d / (2 * v), what="the loss")
