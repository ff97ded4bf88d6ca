"""The split by the cores' weight, the two sides of the hockey stick, and exchanging one factor."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    weight, core, value, grown = reals("weight core value grown")
    part = maximum(value - grown, 0)
    holds(
        weight * part == weight * (1 - core) * part + weight * core * part,
        what="two parts",
    )
    inside = weight * (1 - core)
    unit = [weight >= 0, weight <= 1, core >= 0, core <= 1]
    holds(inside >= 0, *unit, what="the first part's weight is not negative")
    holds(inside <= 1, *unit, what="and at most 1")
    short = maximum(grown - value, 0)
    holds(part == (value - grown) + short, what="the closed form and what it lacks")
    holds(short <= grown, value >= 0, grown > 0, what="which is at most e^eps")
    holds(short == 0, value >= grown, what="and nothing above eps")
    a, b, c, d = reals("a b c d")
    holds(a * b - c * d == (a - c) * b + c * (b - d), what="one factor at a time")
