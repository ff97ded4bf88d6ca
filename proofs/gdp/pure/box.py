"""The broken line's inner corner lies on G_mu at the formula's mu, on a box of epsilon.

The formula is evaluated in floats, as by the accountants, and enclosed: the corner is met to within
the formula's own rounding, for which 1e-12 relative is allowed.
"""

from fractions import Fraction

from flint import arb

from dpaccount.proving import NotProved
from dpaccount.proving.balls import BALLS, enclose


def prove(theorem):
    for at in range(1, 401):
        epsilon = Fraction(at, 10)
        mu = enclose(float(theorem(float(epsilon))))
        corner = 1 / (1 + enclose(float(epsilon)).exp())
        # G_mu(t) = t at t = Phi(-mu/2): the corner has equal error rates
        slack = arb("1e-12")
        if not BALLS.ncdf(-mu * (1 + slack) / 2) < corner < BALLS.ncdf(-mu * (1 - slack) / 2):
            raise NotProved(f"the corner at epsilon {at / 10}")
