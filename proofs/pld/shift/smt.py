"""Losses known to within r_i give a sum known to within the sum of T_i r_i, which is reached."""

import z3

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    one, two, three, near_one, near_two, near_three = reals("l1 l2 l3 n1 n2 n3")
    first, second, grown = reals("r1 r2 grown")
    total = theorem([first, second], (2, 1))  # two steps of the first kind, one of the second

    def within(a, b, r):
        return z3.And(a - b <= r, b - a <= r)

    given = [first >= 0, second >= 0]
    given += [within(one, near_one, first), within(two, near_two, first)]
    given += [within(three, near_three, second)]
    truth, near = one + two + three, near_one + near_two + near_three
    holds(z3.And(truth <= near + total, truth >= near - total), *given, what="the sum")
    far = [one == near_one + first, two == near_two + first, three == near_three + second]
    holds(truth == near + total, *given, *far, what="the sum reaches it")
    # 1 - e^(eps - l) does not fall where l rises
    smaller, larger = reals("smaller larger")  # e^-l' <= e^-l for l' >= l
    holds(
        maximum(1 - grown * smaller, 0) >= maximum(1 - grown * larger, 0),
        grown > 0,
        smaller <= larger,
        what="delta does not fall where losses rise",
    )
    count_one, count_two = reals("t1 t2")
    holds(
        theorem([first, second], [count_one, count_two]) == first * count_one + second * count_two,
        what="any number of steps",
    )
