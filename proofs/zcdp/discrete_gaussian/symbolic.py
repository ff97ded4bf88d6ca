"""The moment of the discrete Gaussian's ratio: a square completed, and a shifted sum."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    sensitivity, sigma, above = sympy.symbols("sensitivity sigma above", positive=True)
    x = sympy.Symbol("x", integer=True)
    order = 1 + above
    log_p = -((x - sensitivity) ** 2) / (2 * sigma**2)
    log_q = -(x**2) / (2 * sigma**2)
    rho = theorem((sensitivity / sigma) ** 2)
    shifted = -((x - order * sensitivity) ** 2) / (2 * sigma**2)
    identical(
        order * log_p + (1 - order) * log_q,
        shifted + (order - 1) * order * rho,
        what="the exponent of p^a q^(1-a): a shifted Gaussian and (a-1) a rho",
    )
