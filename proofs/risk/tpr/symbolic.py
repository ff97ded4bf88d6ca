"""On each way through its branches the formula is the logarithm of rate e^eps + delta."""

import sympy

from dpaccount.proving.symbols import branches, identical


def prove(theorem):
    rate, delta = sympy.symbols("rate delta", positive=True)
    epsilon = sympy.Symbol("epsilon", real=True)
    given = (sympy.log(rate), epsilon, sympy.log(delta))
    for found in branches(lambda guided, ops: theorem(*map(guided, given), ops)):
        identical(sympy.exp(found), rate * sympy.exp(epsilon) + delta, what="rate e^eps + delta")
