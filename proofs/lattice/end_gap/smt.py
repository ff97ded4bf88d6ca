"""Lowered by the formula, the point beside an end lies on the tangent at that end."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    end, slope, away, there = reals("end slope away there")
    place, curve = reals("place curve")
    lowered = there - theorem(end, slope, away, there)
    holds(lowered == end + slope * away, what="the lowered point is on the tangent")
    # between the end and that point a convex curve is above its tangent, and so above the line
    line = end + (lowered - end) * place
    for side in (away > 0, away < 0):
        holds(
            line <= curve,
            side,
            place >= 0,
            place <= 1,
            curve >= end + slope * away * place,
            what="the line from the end to the lowered point is below the curve",
        )
