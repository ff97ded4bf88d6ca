"""Both sides of the Fourier series beyond its middle are geometric; the formula is their sum."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    area, width, spacing = sympy.symbols("area width spacing", positive=True)
    m = sympy.Symbol("m", integer=True, positive=True)
    term = area * sympy.exp(-width * 2 * sympy.pi * m / spacing)  # of the frequency 2 pi m / h
    ratio = sympy.exp(-2 * sympy.pi * width / spacing)
    if not (2 * sympy.pi * width / spacing).is_positive:
        raise NotProved("the ratio lies below 1")
    identical(term, area * ratio**m, what="a geometric series")
    found = theorem(area, width, spacing, SYMBOLS)
    identical(found, 2 * area * ratio + ratio * found, what="the sum of two such series")
