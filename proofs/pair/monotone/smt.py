"""A mixture with the other law is dominated, in both directions: two outputs, any probabilities."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    rate, p, q, grown = reals("rate p q grown")
    laws = [p >= 0, p <= 1, q >= 0, q <= 1, grown > 0, rate >= 0, rate <= 1]

    def stick(one, other):
        first = maximum(one - grown * other, 0)
        return first + maximum((1 - one) - grown * (1 - other), 0)

    mixed = (1 - rate) * q + rate * p
    holds(stick(p, q) >= maximum(1 - grown, 0), *laws, what="at least that of two equal laws")
    holds(stick(mixed, q) <= stick(p, q), *laws, what="the mixture first")
    holds(stick(q, mixed) <= stick(q, p), *laws, what="the mixture second")
