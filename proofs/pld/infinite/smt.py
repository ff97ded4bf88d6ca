"""The union bound over groups of steps."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    first, second, one, two = reals("first second one two")
    holds(
        theorem([first, second], [one, two]) == first * one + second * two,
        what="the formula is the sum of the masses times the steps",
    )
    chance = [first >= 0, first <= 1, second >= 0, second <= 1]
    for steps in ((1, 0), (1, 1), (2, 1), (3, 2)):
        none = (1 - first) ** steps[0] * (1 - second) ** steps[1]
        holds(1 - none <= theorem([first, second], steps), *chance, what=f"steps {steps}")
    # one step more, from any number of them on: 1 - a (1-m) <= (1-a) + m
    a, m = reals("a m")
    holds(1 - a * (1 - m) <= (1 - a) + m, a >= 0, a <= 1, m >= 0, what="the step of the induction")
