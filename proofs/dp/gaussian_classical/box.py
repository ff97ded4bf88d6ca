"""The exact delta at the formula's epsilon is below delta, for e^-7 <= eps <= 1 and
.2232 <= ln(1/delta) <= 40."""

from fractions import Fraction

import sympy
from flint import arb

from dpaccount.proving.balls import BALLS, positive
from dpaccount.proving.symbols import SYMBOLS, identical
from dpaccount.theorems.dp import GAUSSIAN_EXACT


def prove(theorem):
    sigma, depth = sympy.symbols("sigma depth", positive=True)  # depth = ln(1/delta)
    identical(
        theorem(sigma, -depth, SYMBOLS),
        sympy.sqrt(2 * (sympy.log(sympy.Rational(5, 4)) + depth)) / sigma,
        what="the statement's epsilon",
    )

    def slack(small, depth):
        epsilon = (-small).exp()
        noise = theorem(epsilon, -depth, BALLS)  # sigma at epsilon: the two may change places
        # delta falls in epsilon and grows with mu = 1/sigma (both slopes: dp.gaussian_exact's part)
        delta = GAUSSIAN_EXACT(1 / noise.lower(), epsilon.lower(), BALLS)
        # a lower end only, so that a part on which it fails is cut and not taken for refuted
        return (1 - delta * depth.exp()).union(arb(1))

    identical(
        theorem(theorem(sigma, -depth, SYMBOLS), -depth, SYMBOLS),
        sigma,
        what="noise at epsilon and epsilon at noise",
    )
    box = [(Fraction(0), Fraction(7)), (Fraction(2232, 10000), Fraction(40))]
    positive(slack, box, depth=24, most=3000, what="delta at the formula's epsilon")
