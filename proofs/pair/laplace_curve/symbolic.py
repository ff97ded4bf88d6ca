"""The hockey stick of sampled Laplace noise from its threshold, by integrals of the densities."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    x, threshold = sympy.symbols("x threshold", real=True)
    scale, rate = sympy.symbols("scale rate", positive=True)
    # at an output between 0 and 1 the ratio of Lap(1, b) to Lap(0, b) is e^((2x - 1)/b)
    ratio = sympy.exp((2 * threshold - 1) / scale)
    inner = sympy.integrate(sympy.exp((x - 1) / scale) / (2 * scale), (x, threshold, 1))
    with_record = sympy.simplify(inner) + sympy.Rational(1, 2)  # half of Lap(1, b) lies above 1
    without = sympy.exp(-threshold / scale) / 2
    identical(
        sympy.diff(without, threshold),
        -sympy.exp(-threshold / scale) / (2 * scale),
        what="the tail of Lap(0, b) above the threshold",
    )
    # above it: (1-q) Q + q P - (1 - q + q ratio) Q
    expected = rate * (with_record - ratio * without)
    value, _ = theorem(rate * ratio, rate, 1 / scale, SYMBOLS)
    identical(value, expected, what="the value")
    above = sympy.Symbol("above", positive=True)
    curve, steepness = theorem(above, rate, 1 / scale, SYMBOLS)
    identical(sympy.diff(curve, above), steepness, what="the slope")
