"""The constants of the written proof: what the body of the moment takes and what the tail may."""

import sympy
import z3
from flint import arb

from dpaccount.proving import NotProved
from dpaccount.proving.solver import holds
from dpaccount.proving.symbols import identical

TAIL = "0.597"  # what is left of the formula's 2 for the tail
EDGE = "0.36"  # of q (order - 1), where the second condition takes over from the first


def seen(claim, what):
    if not claim:
        raise NotProved(what)


def prove(theorem):
    order, q, sigma, length, x = sympy.symbols("order q sigma length x", positive=True)
    room = theorem(order, q, sigma) * (order - 1)
    identical(room, 2 * q**2 * order * (order - 1) / sigma**2, what="the statement's bound")
    # body: e/2 from Taylor's remainder, (e^s - 1)/s <= its value at s = 1/16 for s = 1/sigma^2
    body = arb(1).exp() / 2 * 16 * (arb(1) / 16).expm1()
    seen(body + arb(TAIL) < 2, "the body leaves room for the tail")

    # tail: E[e^(a u)] beyond u = L is a shifted Gaussian's tail; the exponents cancel
    u = (2 * x - 1) / (2 * sigma**2)
    shifted = -((x - order) ** 2) / (2 * sigma**2) + order * (order - 1) / (2 * sigma**2)
    identical(-(x**2) / (2 * sigma**2) + order * u, shifted, what="the square completed")
    at = sigma**2 * length + sympy.Rational(1, 2)
    identical(u.subs(x, at), length, what="where u is L")
    left = order * length - sigma**2 * length**2 / 2 - length / 2 - 1 / (8 * sigma**2)
    identical(shifted.subs(x, at), left, what="the exponent of the tail")
    # Mills: 1/(sqrt(2 pi) z) with z >= sigma L/2 >= 2 L
    seen(1 / (2 * (2 * arb.pi()).sqrt()) < arb("0.2"), "Mills's factor is below .2/L")

    # q (a-1) at most the edge, by the first condition; the value grows with it and falls in sigma
    edge = arb(EDGE)
    seen(1 + edge.log() < 0, "t^(2 ln sigma) sigma^2 falls in sigma")
    seen(edge + arb("0.2") < 1, "q a < 1")
    value = arb("0.2") / (1 + 1 / edge).log() * 16 * edge ** (2 * arb(4).log() - arb("0.5"))
    seen(value < arb(TAIL), "the tail by the first condition")
    # above it, by the second condition, with 1/L <= t + 1/2
    t = z3.Real("t")
    holds(
        z3.Q(4, 100) * (t + z3.Q(1, 2)) <= z3.RealVal(TAIL) * t * t,
        t >= z3.RealVal(EDGE),
        what="the tail by the second condition",
    )
