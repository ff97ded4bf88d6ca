"""The certified accountant: a plan in float64, a line, and balls that decide."""

from dpaccount.accountants.saddlepoint.accountant import Saddlepoint

__all__ = ["Saddlepoint"]
