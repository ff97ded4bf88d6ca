"""How it is bounded: the theories, one file each."""

from dpaccount.accountants.base import Accountant
from dpaccount.accountants.best import Best
from dpaccount.accountants.chains import CHAINS
from dpaccount.accountants.closed_form import ClosedForm
from dpaccount.accountants.gdp import GDP, GDPLimit
from dpaccount.accountants.lattice import LatticeSum
from dpaccount.accountants.pld import PLD
from dpaccount.accountants.rdp import RDP
from dpaccount.accountants.saddlepoint import FastSaddlepoint, Saddlepoint
from dpaccount.accountants.zcdp import ZCDP

__all__ = [
    "CHAINS",
    "GDP",
    "PLD",
    "RDP",
    "ZCDP",
    "Accountant",
    "Best",
    "ClosedForm",
    "FastSaddlepoint",
    "GDPLimit",
    "LatticeSum",
    "Saddlepoint",
]
