"""A Gaussian secret, released through a line, is known to exactly this error."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    slope = sympy.symbols("a", real=True)
    spread, noise = sympy.symbols("tau s", positive=True)
    explained = (slope * spread**2) ** 2 / (slope**2 * spread**2 + noise**2)
    identical(
        1 / theorem(slope**2, 1 / spread**2, noise),
        spread**2 - explained,
        what="the conditional variance of two joint normals",
    )
