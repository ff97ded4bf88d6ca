"""Proofs of registered theorems: found in `proofs/`, run, and entered in a ledger."""

from dpaccount.proving.errors import NotProved

__all__ = ["NotProved"]
