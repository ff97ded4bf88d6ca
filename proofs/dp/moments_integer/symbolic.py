"""The formula is the logarithm of the binomial expansion of the moment, at orders 2 to 4."""

import sympy

from dpaccount.proving.symbols import branches, identical


def prove(theorem):
    x, sigma = sympy.symbols("x sigma", positive=True)
    q = sympy.Symbol("q", positive=True)
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    # E_Q[e^(k u)], u = (2x - 1)/(2 sigma^2): the square completed
    power = sympy.exp(k * (k - 1) / (2 * sigma**2))
    identical(
        sympy.exp(-(x**2) / (2 * sigma**2) + k * (2 * x - 1) / (2 * sigma**2)),
        power * sympy.exp(-((x - k) ** 2) / (2 * sigma**2)),
        what="a shifted density times e^(k (k-1)/(2 sigma^2))",
    )
    # with e = e^(1/(2 sigma^2)) as the unknown, moments are polynomials in q and e
    e = 1 + sympy.Symbol("g", positive=True)
    noise = 1 / sympy.sqrt(2 * sympy.log(e))
    for order in (2, 3, 4):
        moment = sum(
            sympy.binomial(order, i) * (1 - q) ** (order - i) * q**i * e ** (i * (i - 1))
            for i in range(order + 1)
        )
        call = lambda guided, ops, n=order: theorem(n, guided(q), guided(noise), ops)  # noqa: E731
        for found in branches(call):
            identical(sympy.exp(found), moment, {q: (0, 1)}, what=f"the moment of order {order}")
