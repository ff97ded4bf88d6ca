"""The privacy loss on a grid: an independent second road."""

from dpaccount.accountants.pld.accountant import PLD

__all__ = ["PLD"]
