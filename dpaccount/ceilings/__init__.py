"""What any attacker can reach at a budget: upper ends that hold for every attack."""

from dpaccount.ceilings.candidates import Geometry, identification, pairwise_identification
from dpaccount.ceilings.error import reconstruction_error
from dpaccount.ceilings.local import local_reconstruction, told_reconstruction
from dpaccount.ceilings.summary import Membership, Pick, Risk, risk
from dpaccount.ceilings.tokens import Context, token_recovery

__all__ = [
    "Context",
    "Geometry",
    "Membership",
    "Pick",
    "Risk",
    "identification",
    "local_reconstruction",
    "pairwise_identification",
    "reconstruction_error",
    "risk",
    "token_recovery",
    "told_reconstruction",
]
