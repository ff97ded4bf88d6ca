"""The growth factor of rounding over k stages, against the formula, for units up to 2^-20."""

import sympy
from flint import arb, arb_poly

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import identical


def prove(theorem):
    levels, unit = sympy.symbols("levels unit", positive=True)
    identical(theorem(levels, unit), 8 * (levels + 1) * unit, what="the statement's bound")
    largest = arb(2) ** -20
    for k in range(41):
        # a stage: one addition, one product of complex numbers, one twiddle factor's own rounding
        stage = arb_poly([1, 1]) * arb_poly([1, arb(5).sqrt()]) * arb_poly([1, 1])
        factor = arb_poly([1])
        for _ in range(k):
            factor *= stage
        growth = arb_poly(
            factor.coeffs()[1:] or [arb(0)]
        )  # (factor - 1)/u: no negative coefficient
        if not all(c >= 0 for c in growth.coeffs()):
            raise NotProved("the growth rises with the unit")
        if not growth(largest) <= arb(theorem(k, 1)):
            raise NotProved(f"{k} stages")
