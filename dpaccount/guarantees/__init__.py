"""What is known: a bound with its side, trust and theorems, and the profile that gives it."""

from dpaccount.guarantees.bound import (
    Bound,
    Trust,
    down,
    from_log,
    number_text,
    tightest,
    up,
    worst,
)
from dpaccount.guarantees.profile import PrivacyProfile, WorstOf, all_of, gaussian_mu

__all__ = [
    "Bound",
    "PrivacyProfile",
    "Trust",
    "WorstOf",
    "all_of",
    "down",
    "from_log",
    "gaussian_mu",
    "number_text",
    "tightest",
    "up",
    "worst",
]
