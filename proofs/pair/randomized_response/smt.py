"""The two laws of randomized response sum to 1 and have the formula for their largest ratio."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    truth, answers = reals("truth answers")
    range_ = [answers >= 2, truth * answers > 1, truth < 1]
    other = (1 - truth) / (answers - 1)
    odds = theorem(truth, answers)
    holds(truth + (answers - 1) * other == 1, *range_, what="a law")
    holds(odds * other == truth, *range_, what="the formula is the ratio at the true answer")
    holds(odds > 1, *range_, what="the ratio at the true answer is the largest")
