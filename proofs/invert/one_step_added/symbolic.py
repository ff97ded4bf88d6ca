"""1 - e^eps r in terms of the unsampled release, and the mirrored Gaussian hockey stick."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical
from dpaccount.theorems.dp import GAUSSIAN_EXACT
from dpaccount.theorems.invert import ONE_STEP


def prove(theorem):
    q, ratio, more, mu = sympy.symbols("q ratio more mu", positive=True)
    inner = sympy.Symbol("inner", real=True)
    ranges = {q: (0, 1)}
    turned = 1 - q + q * more  # e^-eps, any number above 1 - q
    epsilon = -sympy.log(turned)
    edge = sympy.exp(ONE_STEP(q, -epsilon, SYMBOLS))
    factor = theorem(q, epsilon, SYMBOLS)
    sampled = 1 - q + q * ratio
    identical(1 - sampled / turned, q / turned * (edge - ratio), ranges, what="1 - e^eps r")
    identical(factor, q / turned * edge, ranges, what="the factor is q e^eps e^eps'")
    identical(factor, 1 - (1 - q) / turned, ranges, what="the factor is 1 - (1-q) e^eps")
    # E_Q[(1 - e^-eps' e^u)_+] is the Gaussian's delta at -eps': P and Q are mirror images
    straight = GAUSSIAN_EXACT(mu, -inner, SYMBOLS)
    below = SYMBOLS.ncdf(inner / mu + mu / 2)  # Q where u < eps', in units of the noise
    with_record = SYMBOLS.ncdf(inner / mu - mu / 2)  # and P
    identical(straight, below - sympy.exp(-inner) * with_record, what="the mirrored delta")
