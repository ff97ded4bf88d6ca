"""The score over 2 s^2 is the log of prior times density, but for what no candidate changes."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    first, second, a, b = sympy.symbols("first second a b", real=True)
    noise, chance = sympy.symbols("noise chance", positive=True)
    score = theorem(first * a + second * b, a**2 + b**2, noise, sympy.log(chance))
    log_density = -((first - a) ** 2 + (second - b) ** 2) / (2 * noise**2)
    same_for_all = (first**2 + second**2) / (2 * noise**2)
    identical(
        score / (2 * noise**2),
        sympy.log(chance) + log_density + same_for_all,
        what="the log posterior",
    )
