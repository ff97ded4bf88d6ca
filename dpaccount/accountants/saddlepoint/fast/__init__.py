"""Both ends of eps and delta in float64, rounding bounded a priori: proved, not certified.

Each error has a term in `inversion` or `nodes`, and what is assumed of floating point stands in
`bounds`. Where a bound gets wide the bracket gets wide, and where anything overflows or is not a
number the end is None, "not known": the caller then asks the ball arithmetic.
"""

from dpaccount.accountants.saddlepoint.fast.answers import (
    WIDE,
    FastEnds,
    fast_delta,
    fast_epsilon,
    fast_tables,
)
from dpaccount.accountants.saddlepoint.fast.quantile import fast_threshold

__all__ = ["WIDE", "FastEnds", "fast_delta", "fast_epsilon", "fast_tables", "fast_threshold"]
