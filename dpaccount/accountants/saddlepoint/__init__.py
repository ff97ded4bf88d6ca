"""The certified accountant: a plan in float64, a line, and balls that decide."""

from dpaccount.accountants.saddlepoint.accountant import Saddlepoint
from dpaccount.accountants.saddlepoint.certification import Certified, certify
from dpaccount.accountants.saddlepoint.tiers import FastSaddlepoint, FastSide

__all__ = ["Certified", "FastSaddlepoint", "FastSide", "Saddlepoint", "certify"]
