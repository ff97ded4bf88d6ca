"""The Renyi divergence of randomized response lies below order times the formula."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    x, epsilon, above = sympy.symbols("x epsilon above", positive=True)
    a = 1 + above
    e = sympy.exp(epsilon)
    moment = (e ** (a) + e ** (1 - a)) / (1 + e)
    high, low = 1 / (1 + e), e / (1 + e)
    identical(moment, high * e**a + low * e ** (-a), what="the moment of order a")
    half = epsilon / 2
    identical(
        moment,
        (sympy.cosh((2 * a - 1) * half) / sympy.cosh(half)).rewrite(sympy.exp),
        what="the moment in hyperbolic cosines",
    )
    # g(x) = x^2/2 - ln cosh x grows for x >= 0: g' = x - tanh x, whose slope is tanh^2 x
    g = x**2 / 2 - sympy.log(sympy.cosh(x))
    slope = sympy.diff(g, x)
    identical(slope, x - sympy.tanh(x), what="g'")
    identical(slope.subs(x, 0), 0, what="g' starts at 0")
    identical(sympy.diff(slope, x), sympy.tanh(x) ** 2, what="g''")
    # so ln cosh(y) - ln cosh(x) <= (y^2 - x^2)/2 for y >= x >= 0; at y = (2a-1) eps/2, x = eps/2
    room = (((2 * a - 1) * half) ** 2 - half**2) / 2
    identical(room, (a - 1) * a * theorem(epsilon), what="(a-1) a rho is that room")
