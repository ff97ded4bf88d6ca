"""A certificate as data, and the checker, which does not know how it was found."""

from dpaccount.certificates.check import Verification, verify
from dpaccount.certificates.witness import Grid, Line, Release, Run, Window

__all__ = ["Grid", "Line", "Release", "Run", "Verification", "Window", "verify"]
