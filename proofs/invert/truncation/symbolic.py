"""The nodes beyond the last: each below a difference of 1/k, the differences telescoping."""

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    bound, height, t, above, more = sympy.symbols("bound height t above more", positive=True)
    last = sympy.Symbol("last", integer=True, positive=True)
    # |z|^2 |z - 1|^2 >= t^4 on z = c + it
    c = 1 + above
    size = sympy.expand((c**2 + t**2) * ((c - 1) ** 2 + t**2) - t**4)
    if not size.is_positive:
        raise NotProved("|z (z-1)| >= t^2")
    k = 1 + more  # any number above 1
    gap = 1 / (k - 1) - 1 / k - 1 / k**2
    identical(gap, 1 / (more * k**2), what="1/k^2 lies below 1/(k-1) - 1/k")
    # both signs of k, h/(2 pi) each: h/pi B/(k h)^2, and the sum of 1/k^2 beyond K is below 1/K
    whole = height / sympy.pi * bound / height**2 * (1 / last)
    identical(theorem(bound, last * height, SYMBOLS), whole, what="the sum of the bounds")
