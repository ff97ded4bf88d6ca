"""Figures: one small function each, data in, a matplotlib figure out, in one style.

matplotlib is an optional extra (`report`) and is imported when a figure is
drawn, not before.
"""

from dpaccount.reports.plots.attackers import reconstruction, roc, tradeoff
from dpaccount.reports.plots.attacks import attack_success
from dpaccount.reports.plots.between import sandwich
from dpaccount.reports.plots.budget import epsilon_curve, epsilon_map
from dpaccount.reports.plots.convergence import excess_of_budgets
from dpaccount.reports.plots.style import Line, check_picture, need_matplotlib, save, svg

__all__ = [
    "Line",
    "attack_success",
    "check_picture",
    "epsilon_curve",
    "epsilon_map",
    "excess_of_budgets",
    "need_matplotlib",
    "reconstruction",
    "roc",
    "sandwich",
    "save",
    "svg",
    "tradeoff",
]
