"""What any attacker can reach at a budget: upper ends that hold for every attack."""

from dpaccount.ceilings.summary import Pick, Rate, Risk, risk

__all__ = ["Pick", "Rate", "Risk", "risk"]
