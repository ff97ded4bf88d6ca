"""Over two tangents a chord is highest where they meet, and there it has the formula's height."""

from dpaccount.proving.solver import holds, reals


def prove(theorem):
    chord, first, last, width, place = reals("chord first last width place")
    gap = theorem(chord, first, last, width)
    given = [first <= chord, chord <= last, first < last, width > 0]
    inside = [place >= 0, place <= width]
    # heights of the chord over the tangents at its ends; the curve lies above both
    over_first, over_last = (chord - first) * place, (last - chord) * (width - place)
    holds(
        gap * (last - first) == (chord - first) * (last - chord) * width,
        *given,
        what="the formula without its division",
    )
    # the mean of the two heights with weights last - chord and chord - first is the formula
    holds(
        (last - chord) * over_first + (chord - first) * over_last
        == (chord - first) * (last - chord) * width,
        *given,
        *inside,
        what="a weighted mean of the heights is the gap",
    )
    one, other, share, least = reals("one other share least")
    holds(
        least <= share * one + (1 - share) * other,
        least <= one,
        least <= other,
        share >= 0,
        share <= 1,
        what="the smaller height is at most their mean",
    )
