"""The loss of Laplace noise lies within the formula and reaches it."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    scale, output, first, second = reals("scale output first second")
    epsilon = theorem(scale)

    def size(x):
        return maximum(x, -x)

    # the logarithm of the ratio of the two densities at an output
    loss = (size(output - second) - size(output - first)) / scale
    near = [scale > 0, size(first - second) <= 1]
    holds(loss <= epsilon, *near, what="every loss is at most the formula")
    reached = [output == 0, first == 0, second == 1, scale > 0]
    holds(loss == epsilon, *reached, what="no smaller epsilon holds")
