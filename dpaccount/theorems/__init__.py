"""The register of theorems: every public number cites ids from here."""

from dpaccount.theorems import (
    audits,
    dp,
    gdp,
    invert,
    lattice,
    leak,
    likelihood,
    pair,
    pld,
    rdp,
    risk,
    sgd,
    zcdp,
)
from dpaccount.theorems.cited import CITED_BECAUSE
from dpaccount.theorems.registry import (
    LEVELS,
    Assumption,
    Theorem,
    all_theorems,
    closure,
    effective_level,
    unregistered,
    weakest,
)

__all__ = [
    "CITED_BECAUSE",
    "LEVELS",
    "Assumption",
    "Theorem",
    "all_theorems",
    "audits",
    "closure",
    "dp",
    "effective_level",
    "gdp",
    "invert",
    "lattice",
    "leak",
    "likelihood",
    "pair",
    "pld",
    "rdp",
    "risk",
    "sgd",
    "unregistered",
    "weakest",
    "zcdp",
]
