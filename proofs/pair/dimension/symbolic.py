"""One coordinate counts, scaling and noise make the shift smaller, and mixing is convex."""

import sympy

from dpaccount.proving.solver import holds, maximum, reals
from dpaccount.proving.symbols import identical


def prove(theorem):
    assert theorem.formula is None
    x, y = sympy.symbols("x y", real=True)
    first, second, third = sympy.symbols("x1:4", real=True)
    sigma, shift = sympy.symbols("sigma shift", positive=True)

    def log_density(at, mean, variance):
        return -((at - mean) ** 2) / (2 * variance) - sympy.log(2 * sympy.pi * variance) / 2

    # three coordinates, the difference along the first
    with_record = log_density(first, shift, sigma**2)
    without = log_density(first, 0, sigma**2)
    others = log_density(second, 0, sigma**2) + log_density(third, 0, sigma**2)
    loss = (with_record + others) - (without + others)
    identical(loss, (2 * shift * first - shift**2) / (2 * sigma**2), what="the loss")
    # x -> t x + sqrt(1 - t^2) sigma Z: the joint density of x and the result y is that of y, which
    # has mean t times the mean of x and variance sigma^2, times that of x given y
    t = shift / sympy.sqrt(1 + shift**2)  # any number in (0, 1)
    for mean in (sympy.Integer(0), sympy.Integer(1)):
        joint = log_density(x, mean, sigma**2) + log_density(y, t * x, (1 - t**2) * sigma**2)
        given = log_density(x, mean + t * (y - t * mean), (1 - t**2) * sigma**2)
        result = log_density(y, t * mean, sigma**2)
        identical(joint, given + result, what=f"the law sent on from mean {mean}")
    # joint convexity at a point, and merging outputs
    w, p1, p2, q1, q2, grown = reals("w p1 p2 q1 q2 grown")
    mixed = maximum(w * p1 + (1 - w) * p2 - grown * (w * q1 + (1 - w) * q2), 0)
    apart = w * maximum(p1 - grown * q1, 0) + (1 - w) * maximum(p2 - grown * q2, 0)
    holds(mixed <= apart, w >= 0, w <= 1, grown > 0, what="joint convexity")
