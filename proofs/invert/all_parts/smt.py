"""Two losses' joint excess over a sum of epsilons, by the excess of each."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    assert theorem.formula is None
    x, y, a, b = reals("x y a b")  # e^s, e^t, e^eps1, e^eps2
    least = -maximum(-x, -a)
    holds(
        x * y - a * b <= maximum(x - a, 0) * y + least * maximum(y - b, 0),
        x > 0,
        y > 0,
        a > 0,
        b > 0,
        what="the inequality under the expectation",
    )
    holds(least <= x, what="the mean of min(e^s, e^a) is at most that of e^s")
