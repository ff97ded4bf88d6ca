"""Losses that take single values: their sums, in ball arithmetic."""

from dpaccount.accountants.lattice.accountant import LatticeSum

__all__ = ["LatticeSum"]
