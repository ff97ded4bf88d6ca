"""The size of the window's derivative off the line, largest at the end, times the way there."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    x, center = sympy.symbols("x center", real=True)
    y, a, w = sympy.symbols("y a w", positive=True)

    def density(p):
        return sympy.exp(-(p**2) / 2) / sympy.sqrt(2 * sympy.pi)

    p = (x - center) / w
    slope = sympy.diff((1 + sympy.erf((center - x) / (w * sympy.sqrt(2)))) / 2, x)
    identical(slope, -density(p) / w, what="v' is minus the density over w")
    moved = density((x + sympy.I * y - center) / w) / w
    turned = density((x - sympy.I * y - center) / w) / w  # its conjugate
    size = density(p) * sympy.exp(y**2 / (2 * w**2)) / w
    identical(moved * turned, size**2, what="the size of v' at x + iy")
    # at most its value at y = a, over a way of length a
    identical(
        theorem(a, w, SYMBOLS) * density(p),
        a * size.subs(y, a),
        what="the formula is the way times the largest slope",
    )
    identical(sympy.diff(sympy.log(size), y), y / w**2, what="the size of v' grows with y")
