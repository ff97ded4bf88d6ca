"""Log-concave probabilities: the ratio at a shift does not fall from one place to the next."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    assert theorem.formula is None
    # p(x-d), p(x-d+1), p(x), p(x+1), and what log-concavity says of them for shifts of 1 and 2
    a, b, c = reals("a b c")
    positive = [a > 0, b > 0, c > 0]
    holds(a / b <= b / c, *positive, a * c <= b * b, what="a shift of 1")
    # from a shift of d to one of d + 1: p(x-d-1)/p(x) = p(x-d-1)/p(x-d) times p(x-d)/p(x)
    one, two, step_one, step_two = reals("one two step_one step_two")
    holds(
        one * step_one <= two * step_two,
        one >= 0,
        one <= two,
        step_one >= 0,
        step_one <= step_two,
        what="one more",
    )
