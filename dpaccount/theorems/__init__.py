"""The register of theorems: every public number cites ids from here."""

from dpaccount.theorems import dp, gdp, invert, lattice, leak, pair, pld, rdp, risk, sgd, zcdp
from dpaccount.theorems.registry import Assumption, Theorem, all_theorems

__all__ = [
    "Assumption",
    "Theorem",
    "all_theorems",
    "dp",
    "gdp",
    "invert",
    "lattice",
    "leak",
    "pair",
    "pld",
    "rdp",
    "risk",
    "sgd",
    "zcdp",
]
