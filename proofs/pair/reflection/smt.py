"""The hockey stick of the reversed pair, output by output."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    p, q, grown = reals("p q grown")
    reversed_ = maximum(q - grown * p, 0)
    forward = maximum(p - q / grown, 0)  # at -eps
    holds(
        reversed_ == q - grown * p + grown * forward,
        p >= 0,
        q >= 0,
        grown > 0,
        what="(q - e p)_+ = q - e p + e (p - q/e)_+",
    )
