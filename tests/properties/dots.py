"""The curve of sampled Laplace noise, and dots of curves on a grid: by quadrature and by search."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import MP, close, integrate, log_uniform
from properties.registry import checks

_SLOPES = st.lists(st.floats(-5, 5), min_size=2, max_size=6, unique=True)


def laplace_delta(eps, b, q):
    """The hockey stick of (1-q) Lap(0, b) + q Lap(1, b) over Lap(0, b), piece by piece."""
    scale = 1 / (2 * b)

    def excess(x):
        with_record = (1 - q) * mp.exp(-abs(x) / b) + q * mp.exp(-abs(x - 1) / b)
        return max(with_record - mp.exp(eps) * mp.exp(-abs(x) / b), 0) * scale

    # the ratio rises from 0 to 1 only, so that what is counted begins at one place
    low, high = mpf(0), mpf(1)
    if excess(mpf(0)) == 0:
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) == 0 else (low, middle)
    inner = integrate(excess, high if excess(mpf(0)) == 0 else 0, 1, b / 4)
    return inner + b * excess(mpf(1)) + b * excess(mpf(0))


@checks(
    "pair.laplace_curve",
    count=25,
    b=log_uniform(0.1, 20),
    q=st.floats(0.001, 1),
    place=st.floats(0.01, 0.99),
)
def the_curve_of_laplace_is_its_hockey_stick(theorem, b, q, place):
    b, q = mpf(b), mpf(q)
    ratio = mp.exp((2 * mpf(place) - 1) / b)
    theorem.require(above=q * ratio, rate=q, inverse_scale=1 / b, ops=MP)
    value, slope = theorem.formula(q * ratio, q, 1 / b, ops=MP)
    eps = mp.log(1 - q + q * ratio)
    assert abs(value - laplace_delta(eps, b, q)) <= mpf(10) ** -20
    step = mpf(10) ** -12
    ends = [theorem.formula(q * ratio + s, q, 1 / b, ops=MP)[0] for s in (-step, step)]
    assert abs((ends[1] - ends[0]) / (2 * step) - slope) <= mpf(10) ** -15 * (1 + abs(slope))


@checks(
    "pair.laplace_curve",
    cases=[
        {"log_ratio": -0.51, "holds": False},
        {"log_ratio": -0.5, "holds": True},
        {"log_ratio": 0.0, "holds": True},
        {"log_ratio": 0.5, "holds": True},
        {"log_ratio": 0.51, "holds": False},
    ],
)
def the_curve_of_laplace_is_asked_between_its_atoms(theorem, log_ratio, holds):
    above = mp.exp(mpf(log_ratio)) / 4
    with mp.workdps(60):
        assert theorem.applies(above=above, rate=mpf(1) / 4, inverse_scale=0.5, ops=_EXACT) is holds


@checks(
    "pair.laplace_curve",
    cases=[
        {"above": 0.0, "rate": 0.25},
        {"above": -0.25, "rate": 0.25},
        {"above": -0.25, "rate": -0.25},
        {"above": 0.25, "rate": -0.25},
        {"above": 0.25, "rate": 0.0},
        {"above": 0.0, "rate": 0.0},
    ],
)
def the_curve_of_laplace_needs_numbers_above_zero(theorem, above, rate):
    assert theorem.applies(above=above, rate=rate, inverse_scale=1.0, ops=MP) is False


class _EXACT:
    """Logarithms as the edge has them."""

    exp, sqrt = mp.exp, mp.sqrt

    @staticmethod
    def log(value):
        return mp.nint(mp.log(value) * 10**20) / 10**20


@checks(
    "lattice.kink",
    masses=st.lists(st.floats(0, 1), min_size=3, max_size=6),
    width=log_uniform(0.01, 3),
    first=st.integers(-3, 3),
)
def kinks_give_the_masses_back(theorem, masses, width, first):
    width = mpf(width)
    theorem.require(width=width)
    losses = [(first + k) * width for k in range(len(masses))]

    def curve(at):
        # below every loss too: the mass that is left is on the line of slope -1
        return mp.fsum(
            mpf(p) * max(1 - mp.exp(at - x), 0) for x, p in zip(losses, masses, strict=True)
        )

    for k, mass in enumerate(masses):
        around = [curve(losses[k] + j * width) for j in (-1, 0, 1)]
        found = theorem.formula(*around, width, ops=MP)
        assert abs(found - mpf(mass)) <= mpf(10) ** -35


@checks(
    "lattice.kink",
    cases=[
        {"width": 0.0, "holds": False},
        {"width": -1.0, "holds": False},
        {"width": 1e-9, "holds": True},
    ],
)
def kinks_need_a_width(theorem, width, holds):
    assert theorem.applies(width=width) is holds


def broken_line(slopes, width):
    """A convex curve on [0, width] as the most of lines, and the slopes at its ends."""
    rising = sorted(map(mpf, slopes))
    edges = [width * mpf(k) / len(rising) for k in range(len(rising) + 1)]
    values = [mpf(0)]
    for slope, (a, b) in zip(rising, itertools.pairwise(edges), strict=True):
        values.append(values[-1] + slope * (b - a))
    return rising, edges, values


@checks("lattice.chord_gap", slopes=_SLOPES, width=log_uniform(0.01, 10))
def no_chord_is_higher_than_the_gap(theorem, slopes, width):
    width = mpf(width)
    rising, edges, values = broken_line(slopes, width)
    chord = (values[-1] - values[0]) / width
    theorem.require(chord=chord, first=rising[0], last=rising[-1])
    gap = theorem.formula(chord, rising[0], rising[-1], width)
    heights = [values[0] + chord * x - y for x, y in zip(edges, values, strict=True)]
    assert max(heights) <= gap * (1 + mpf(10) ** -30) + mpf(10) ** -35
    if len(rising) == 2:
        # two lines of any lengths: the tangents are the curve
        share = (rising[1] - chord) / (rising[1] - rising[0])
        corner = share * width
        assert close(gap, (chord - rising[0]) * corner, 1e-30)


@checks(
    "lattice.chord_gap",
    cases=[
        {"chord": 0.0, "first": -1.0, "last": 1.0, "holds": True},
        {"chord": -1.0, "first": -1.0, "last": 1.0, "holds": True},
        {"chord": 1.0, "first": -1.0, "last": 1.0, "holds": True},
        {"chord": -1.1, "first": -1.0, "last": 1.0, "holds": False},
        {"chord": 1.1, "first": -1.0, "last": 1.0, "holds": False},
        {"chord": 1.0, "first": 1.0, "last": 1.0, "holds": False},
    ],
)
def a_gap_needs_slopes_that_rise(theorem, chord, first, last, holds):
    assert theorem.applies(chord=chord, first=first, last=last) is holds


@checks("lattice.end_gap", slopes=_SLOPES, width=log_uniform(0.01, 10), start=st.floats(-2, 2))
def lowered_to_the_tangent_at_the_end_it_stays_below(theorem, slopes, width, start):
    width, start = mpf(width), mpf(start)
    rising, edges, values = broken_line(slopes, width)
    values = [start + value for value in values]
    gap = theorem.formula(values[0], rising[0], width, values[-1])
    assert gap >= -(mpf(10) ** -35)
    lowered = values[-1] - gap
    for x, y in zip(edges, values, strict=True):
        assert values[0] + (lowered - values[0]) * x / width <= y + mpf(10) ** -35
    # and no less would do for every curve: just right of the end it is the tangent
    higher = values[0] + (lowered - values[0] + mpf(10) ** -6) * edges[1] / width
    assert higher > values[1]
    mirrored = theorem.formula(values[-1], rising[-1], -width, values[0])
    assert close(mirrored + 1, values[0] - values[-1] + rising[-1] * width + 1, 1e-30)
