"""The sampled ratio less e^eps is q times the unsampled one less the formula's exponential."""

import sympy

from dpaccount.proving.symbols import SYMBOLS, identical


def prove(theorem):
    q, ratio, more = sympy.symbols("q ratio more", positive=True)
    grown = 1 - q + q * more  # any e^eps above 1 - q
    inner = sympy.exp(theorem(q, sympy.log(grown), SYMBOLS))
    sampled = 1 - q + q * ratio
    identical(sampled - grown, q * (ratio - inner), what="r - e^eps", ranges={q: (0, 1)})
