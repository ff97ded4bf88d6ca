"""What the noise costs in convergence: theorems, simulation, and the check of one by the other."""

from dpaccount.convergence.check import Convergence, converge
from dpaccount.convergence.noise import gradient_noise
from dpaccount.convergence.problem import Problem
from dpaccount.convergence.problems import PROBLEMS, problem_of
from dpaccount.convergence.setting import Decaying

__all__ = [
    "PROBLEMS", "Convergence", "Decaying", "Problem", "converge", "gradient_noise", "problem_of",
]  # fmt: skip
