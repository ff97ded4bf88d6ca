"""The formula is the law of randomized response without the record, and its loss is (2k-1) eps."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    epsilon, ratio = sympy.symbols("epsilon ratio", positive=True)
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    e = sympy.exp(epsilon)
    log = theorem(k, epsilon, SYMBOLS)
    low, high = (sympy.exp(log.subs(k, at)) for at in (0, 1))
    identical(low, e / (1 + e), what="probability e^eps/(1+e^eps) at the loss -eps")
    identical(high, 1 / (1 + e), what="probability 1/(1+e^eps) at the loss eps")
    identical(low / e + high * e, 1, what="the other law is one too")
    identical(low / e, high, what="it is the reverse")
    identical(high * e, low, what="it is the reverse")
    # a ratio between 1/e and e is a mixture of the two ends; a mean of 1 fixes the weights
    weight = (ratio - 1 / e) / (e - 1 / e)
    identical(weight * e + (1 - weight) / e, ratio, what="the ratio as a mixture")
    identical(weight.subs(ratio, 1), high, what="the mean weight is the probability")
