"""Poisson sampling, output by output, in both directions."""

from dpaccount.proving.solver import Exponentials, holds, maximum, reals


def prove(theorem):
    rate, epsilon, grown, p, q = reals("rate epsilon grown p q")
    amplified = theorem(epsilon, rate, Exponentials((epsilon, grown))).of
    laws = [p >= 0, q >= 0, rate >= 0, rate <= 1, grown >= 1]
    sampled = (1 - rate) * q + rate * p
    holds(
        maximum(sampled - amplified * q, 0) == rate * maximum(p - grown * q, 0),
        *laws,
        what="removing: q times the unsampled part, exactly",
    )
    holds(
        maximum(q - amplified * sampled, 0) <= rate * maximum(q - grown * p, 0),
        *laws,
        what="adding: at most q times the unsampled part",
    )
