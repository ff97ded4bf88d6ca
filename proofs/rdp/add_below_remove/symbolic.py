"""The pairing of a ratio with its mirror image, and the function whose growth decides."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    w, q, ratio, above = sympy.symbols("w q ratio above", positive=True)
    a = 1 + above
    # psi(r) = (r^a - r^(1-a)) / (r - 1), with r = e^(2w)
    r = sympy.exp(2 * w)
    psi = (r**a - r ** (1 - a)) / (r - 1)
    b = 2 * a - 1
    quotient = sympy.sinh(b * w) / sympy.sinh(w)
    identical(psi.rewrite(sympy.exp), quotient.rewrite(sympy.exp), what="psi in hyperbolic sines")
    # so psi(1/r) = psi(r); its slope in w has the sign of N = b cosh(bw) sinh(w) - sinh(bw) cosh(w)
    sign = b * sympy.cosh(b * w) * sympy.sinh(w) - sympy.sinh(b * w) * sympy.cosh(w)
    identical(sympy.diff(quotient, w) * sympy.sinh(w) ** 2, sign, what="the slope of psi")
    identical(sign.subs(w, 0), 0, what="N starts at 0")
    growth = (b**2 - 1) * sympy.sinh(b * w) * sympy.sinh(w)
    identical(sympy.diff(sign, w), growth, what="the slope of N")
    if not (sympy.expand(b**2 - 1).is_positive and sympy.sinh(sympy.expand(b * w)).is_positive):
        raise NotProved("N grows")
    # r1 at a ratio L > 1 and r2 at its mirror image 1/L: L (1 - r2) = r1 - 1 and r1 r2 >= 1
    size = 1 + ratio
    first, second = 1 - q + q * size, 1 - q + q / size
    identical(size * (1 - second), first - 1, what="the two distances from 1")
    excess = q * (1 - q) * ratio**2 / size
    identical(first * second - 1, excess, what="r1 r2 - 1 = q (1-q) (L-1)^2 / L")
