"""The tilted integrand times the tilted law is the hockey stick's integrand."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    tilt, epsilon, transform = sympy.symbols("tilt epsilon transform", real=True)
    above = sympy.Symbol("above", positive=True)
    loss = epsilon + above
    density = sympy.exp(tilt * loss - transform)  # of the tilted law with respect to P
    front = sympy.exp(transform - tilt * epsilon)
    found = front * density * theorem(tilt, above, SYMBOLS)
    identical(found, 1 - sympy.exp(epsilon - loss), what="the integrand under P")
