"""What a weight takes from the hockey stick, output by output, and from a product of weights."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    p, q, grown, weight, rest = reals("p q grown weight rest")
    part = maximum(p - grown * q, 0)
    laws = [p >= 0, q >= 0, grown > 0, weight >= 0, weight <= 1]
    holds(weight * part <= part, *laws, what="it only lowers")
    holds(part - weight * part <= (1 - weight) * p, *laws, what="by at most (1 - w) p")
    # one more weight: 1 - a v <= (1 - a) + (1 - v)
    unit = [weight >= 0, weight <= 1, rest >= 0, rest <= 1]
    holds(1 - rest * weight <= (1 - rest) + (1 - weight), *unit, what="a union bound's step")
