"""Chernoff's bound under a tilted law: the exponent's sign beyond the edge, and its mean."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    transform, tilted, tilt, more, edge, loss = reals("transform tilted tilt more edge loss")
    bound = theorem(transform, tilted, more, edge)
    # log of e^(t (l - b)) times the density tilted by s, against that tilted by s + t
    exponent = more * (loss - edge)
    tilted_density = tilt * loss - tilted
    further_density = (tilt + more) * loss - transform
    holds(
        exponent + tilted_density == further_density + bound,
        what="the mean of e^(t (l - b)) under the tilted law is e^bound",
    )
    holds(exponent >= 0, more > 0, loss >= edge, what="it counts what lies above the edge")
    holds(exponent >= 0, more < 0, loss <= edge, what="and below it")
