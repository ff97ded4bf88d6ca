"""The formula is the noise's standard deviation over the distance, in any unit."""

import sympy

from dpaccount.proving.symbols import identical


def prove(theorem):
    sigma, radius, clip = sympy.symbols("sigma r C", positive=True)
    noise_std, distance = sigma * clip, radius * clip
    identical(theorem(sigma, radius), noise_std / distance, what="noise over distance")
    identical(
        sympy.diff(theorem(sigma, radius), radius), -sigma / radius**2, what="how it falls with r"
    )
