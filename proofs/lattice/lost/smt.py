"""A value that is left out adds between 0 and its probability."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    found, p, q, grown = reals("found p q grown")
    laws = [found >= 0, p >= 0, q >= 0, grown > 0]
    truth = found + maximum(p - grown * q, 0)
    holds(found <= truth, *laws, what="the sum is a lower end")
    holds(truth <= theorem(found, p), *laws, what="the formula is an upper end")
    holds(truth == theorem(found, p), *laws, q == 0, what="it is reached where q = 0")
