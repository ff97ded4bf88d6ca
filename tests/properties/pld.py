"""Losses on a grid: from above, from below, and what transforms lose."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import MP, close, log_uniform
from properties.registry import checks
from scipy.fft import rfft

GRID = st.integers(2, 7)


def hockey(losses, masses, at):
    """Delta at an epsilon of finitely many losses under the numerator."""
    return mp.fsum(p * (1 - mp.exp(at - x)) for x, p in zip(losses, masses, strict=True) if x > at)


def places(width, first, last):
    """Epsilons on grid points and between them."""
    step = mpf(width) / 4
    return [first * mpf(width) + k * step for k in range(-6, 4 * (last - first) + 7)]


@checks(
    "pld.connect_the_dots",
    cases=[{"rise": 0.3, "width": 1.0}, {"rise": 1e-7, "width": 1e-4}],
    rise=st.floats(0, 1),
    width=log_uniform(1e-6, 3),
)
def both_laws_keep_their_mass(theorem, rise, width):
    y = mpf(rise) * mpf(width) if rise != 0.3 else mpf(rise)
    share = theorem.formula(y, mpf(width), ops=MP)
    assert 0 <= share <= 1
    # under the denominator a loss has its mass times e^-loss
    assert close(share * mp.exp(-mpf(width)) + (1 - share), mp.exp(-y))


@checks("pld.connect_the_dots", count=10, rise=st.floats(0.01, 0.99), width=log_uniform(0.01, 3))
def delta_is_met_at_grid_points_and_above_between(theorem, rise, width):
    width = mpf(width)
    y = mpf(rise) * width
    share = theorem.formula(y, width, ops=MP)
    for at in places(width, 0, 1):
        moved = hockey([mpf(0), width], [1 - share, share], at)
        true = hockey([y], [mpf(1)], at)
        assert moved >= true - mpf(10) ** -40
        if not 0 < at < width:
            assert close(1 + moved, 1 + true)


@checks(
    "pld.connect_the_dots",
    cases=[
        {"rise": -0.1, "width": 1.0, "holds": False},
        {"rise": 0.0, "width": 1.0, "holds": True},
        {"rise": 1.0, "width": 1.0, "holds": True},
        {"rise": 1.1, "width": 1.0, "holds": False},
        {"rise": 0.0, "width": 0.0, "holds": False},
        {"rise": math.nan, "width": 1.0, "holds": False},
    ],
)
def only_losses_of_the_cell_are_split(theorem, rise, width, holds):
    assert theorem.applies(rise=rise, width=width) is holds


@checks(
    "pld.chord_above",
    count=15,
    cases=[{"rises": [0.5], "weights": [1.0], "width": 0.5}],
    rises=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    weights=st.lists(log_uniform(0.01, 1), min_size=5, max_size=5),
    width=log_uniform(0.001, 2),
)
def the_chord_is_no_higher(theorem, rises, weights, width):
    width = mpf(width)
    losses = [mpf(r) * width for r in rises]
    masses = [mpf(w) for w in weights[: len(losses)]]
    bound = mpf(0)
    for y, p in zip(losses, masses, strict=True):
        share = (1 - mp.exp(-y)) / (1 - mp.exp(-width))
        bound += p * theorem.formula(share, y, width, ops=MP)
    low, high = hockey(losses, masses, mpf(0)), hockey(losses, masses, width)
    highest = mpf(0)
    for at in [*places(width, 0, 1), *losses]:
        if 0 <= at <= width:
            part = (mp.exp(at) - 1) / (mp.exp(width) - 1)
            highest = max(highest, (1 - part) * low + part * high - hockey(losses, masses, at))
    assert highest <= bound + mpf(10) ** -40
    if len(losses) == 1:  # all of it at one place: the bound is met there
        assert close(1 + highest, 1 + bound)


@checks(
    "pld.dominated",
    count=15,
    cases=[{"masses": [0.2, 0.5, 0.3], "lowered": [0.01, 0.03, 0.02], "width": 0.5}],
    masses=st.lists(log_uniform(0.01, 1), min_size=3, max_size=6),
    lowered=st.lists(st.floats(0, 0.1), min_size=6, max_size=6),
    width=log_uniform(0.05, 2),
)
def the_curve_lies_lower_by_what_was_given(theorem, masses, lowered, width):
    width, count = mpf(width), len(masses)
    masses = [mpf(p) for p in masses]
    lower = [mpf(0), mpf(0), *(mpf(c) for c in lowered[:count]), mpf(0), mpf(0)]
    padded = [mpf(0), *masses, mpf(0)]
    new = [
        theorem.formula(padded[j], lower[j], lower[j + 1], lower[j + 2], width, ops=MP)
        for j in range(count + 2)
    ]
    points = [(j - 1) * width for j in range(count + 2)]
    for j in range(count + 2):
        true = hockey(points, padded, points[j])
        assert close(1 + hockey(points, new, points[j]), 1 + true - lower[j + 1])


@checks(
    "pld.dominated",
    cases=[{"width": 0.0, "holds": False}, {"width": 1e-9, "holds": True}],
)
def a_grid_has_a_width(theorem, width, holds):
    assert theorem.applies(width=width) is holds


@checks(
    "pld.tilted",
    count=15,
    cases=[{"losses": [1.0, 2.0], "tilt": 0.5, "at": 0.5}],
    losses=st.lists(st.floats(-3, 5), min_size=1, max_size=6),
    tilt=log_uniform(0.01, 20),
    at=st.floats(-2, 4),
)
def tilting_changes_nothing(theorem, losses, tilt, at):
    losses, tilt, at = [mpf(x) for x in losses], mpf(tilt), mpf(at)
    masses = [mpf(1) / len(losses)] * len(losses)
    total = mp.fsum(p * mp.exp(tilt * x) for x, p in zip(losses, masses, strict=True))
    mean = mp.fsum(
        p * mp.exp(tilt * x) / total * theorem.formula(tilt, x - at, ops=MP)
        for x, p in zip(losses, masses, strict=True)
        if x > at
    )
    assert close(1 + mean * total * mp.exp(-tilt * at), 1 + hockey(losses, masses, at))


@checks("pld.tilted", cases=[{"above": 0.0, "holds": False}, {"above": 1e-9, "holds": True}])
def losses_at_epsilon_are_left_out(theorem, above, holds):
    assert theorem.applies(above=above) is holds


@checks(
    "pld.wrap",
    count=20,
    cases=[{"losses": [-1.0, 0.0, 2.0], "tilt": 0.5, "more": 1.5, "edge": 1.0}],
    losses=st.lists(st.floats(-3, 5), min_size=2, max_size=6),
    tilt=log_uniform(0.01, 5),
    more=st.one_of(log_uniform(0.01, 10), log_uniform(0.01, 10).map(lambda t: -t)),
    edge=st.floats(-3, 5),
)
def tilted_mass_beyond_an_edge_is_no_larger(theorem, losses, tilt, more, edge):
    def moment(s):
        return mp.log(mp.fsum(mp.exp(s * mpf(x)) for x in losses) / len(losses))

    tilt, more, edge = mpf(tilt), mpf(more), mpf(edge)
    bound = mp.exp(theorem.formula(moment(tilt + more), moment(tilt), more, edge))
    weight = mp.exp(-moment(tilt)) / len(losses)
    beyond = [mpf(x) for x in losses if (x >= edge if more > 0 else x <= edge)]
    assert mp.fsum(weight * mp.exp(tilt * x) for x in beyond) <= bound * (1 + mpf(10) ** -40)
    # equality where all of the mass lies on the edge
    one = theorem.formula((tilt + more) * edge, tilt * edge, more, edge)
    assert abs(one) < mpf(10) ** -40


@checks(
    "pld.wrap",
    cases=[
        {"more": 0.0, "holds": False},
        {"more": -1.0, "holds": True},
        {"more": 1e-9, "holds": True},
    ],
)
def a_tilt_is_changed(theorem, more, holds):
    assert theorem.applies(more=more) is holds


@checks(
    "pld.spectrum",
    count=20,
    cases=[{"sizes": [0.9], "errors": [0.01], "steps": [3]}],
    sizes=st.lists(st.floats(0.1, 1), min_size=1, max_size=3),
    errors=st.lists(log_uniform(1e-12, 0.3), min_size=3, max_size=3),
    steps=st.lists(st.integers(1, 40), min_size=3, max_size=3),
)
def products_of_powers_stay_within(theorem, sizes, errors, steps):
    sizes = [mpf(m) for m in sizes]
    errors, steps = [mpf(e) for e in errors[: len(sizes)]], steps[: len(sizes)]
    bound = theorem.formula(sizes, errors, steps, ops=MP)
    for angle in (0, 1, 2, 3):
        exact = changed = mpf(1)
        for m, e, n in zip(sizes, errors, steps, strict=True):
            exact *= m**n
            changed *= (m + e * mp.expjpi(mpf(angle) / 3)) ** n
        assert abs(changed - exact) <= bound * (1 + mpf(10) ** -40)
    # to first order it is the derivative, taken at the larger magnitude
    product, slope = mpf(1), mpf(0)
    for m, e, n in zip(sizes, errors, steps, strict=True):
        product *= (m + e) ** n
        slope += n * e / (m + e)
    assert close(bound, product * slope)


@checks(
    "pld.spectrum",
    cases=[
        {"magnitudes": [0.0], "errors": [1e-9], "holds": True},
        {"magnitudes": [-0.1], "errors": [1e-9], "holds": False},
        {"magnitudes": [0.5], "errors": [0.0], "holds": False},
    ],
)
def sizes_are_not_negative(theorem, magnitudes, errors, holds):
    assert theorem.applies(magnitudes=magnitudes, errors=errors) is holds


@checks("pld.fft", count=12, levels=GRID, seed=st.integers(0, 10**6))
def transforms_of_floats_stay_within(theorem, levels, seed):
    draw = np.random.default_rng(seed)
    values = draw.exponential(size=2**levels) ** 3
    found, total = rfft(values), mp.fsum(mpf(float(v)) for v in values)
    bound = theorem.formula(levels, mpf(2) ** -53) * total
    for j in range(found.size):
        true = mp.fsum(
            mpf(float(v)) * mp.expjpi(mpf(-2 * j * k) / 2**levels) for k, v in enumerate(values)
        )
        assert abs(mp.mpc(complex(found[j])) - true) <= bound


@checks("pld.fft", cases=[{"levels": 0}, {"levels": 17}])
def a_level_loses_an_addition_and_a_product(theorem, levels):
    # 1 + sqrt(5) + 1 units for a sum, a product of complex numbers and a twiddle factor, with a
    # level to spare for what turns a real transform into a complex one of half its length
    least = (levels + 1) * (2 + math.sqrt(5))
    assert least < theorem.formula(levels, 1) <= 2 * least
    assert theorem.formula(levels, 3) == 3 * theorem.formula(levels, 1)


@checks(
    "pld.fft",
    cases=[
        {"levels": -1, "holds": False},
        {"levels": 0, "holds": True},
        {"levels": 40, "holds": True},
        {"levels": 41, "holds": False},
    ],
)
def lengths_are_powers_of_two(theorem, levels, holds):
    assert theorem.applies(levels=levels) is holds


@checks(
    "pld.infinite",
    count=20,
    cases=[{"masses": [0.1, 0.2], "steps": [2, 1]}],
    masses=st.lists(log_uniform(1e-12, 0.5), min_size=1, max_size=3),
    steps=st.lists(st.integers(1, 50), min_size=3, max_size=3),
)
def some_infinite_loss_is_no_likelier(theorem, masses, steps):
    masses, steps = [mpf(m) for m in masses], steps[: len(masses)]
    none = mpf(1)
    for m, n in zip(masses, steps, strict=True):
        none *= (1 - m) ** n
    bound = theorem.formula(masses, steps)
    assert 1 - none <= bound
    # and for rare ones it is as likely, to first order
    rare = theorem.formula([m * mpf(10) ** -30 for m in masses], steps)
    assert close(rare * mpf(10) ** 30, bound)
    none = mpf(1)
    for m, n in zip(masses, steps, strict=True):
        none *= (1 - m * mpf(10) ** -20) ** n
    assert close(1 - none, bound * mpf(10) ** -20, 1e-15)


@checks(
    "pld.shift",
    count=20,
    cases=[{"losses": [0.5, 1.0], "off": [0.1, -0.05], "at": 0.8, "steps": 3}],
    losses=st.lists(st.floats(-1, 2), min_size=2, max_size=2),
    off=st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=2),
    at=st.floats(-1, 3),
    steps=st.integers(1, 4),
)
def moved_losses_are_a_moved_epsilon(theorem, losses, off, at, steps):
    def sums(values):
        found = [mpf(0)]
        for _ in range(steps):
            found = [total + mpf(x) for total in found for x in values]
        return found

    radius = max(abs(mpf(r)) for r in off)
    total = theorem.formula([radius], [steps])
    given = sums(losses)
    true = sums([mpf(x) + mpf(r) for x, r in zip(losses, off, strict=True)])
    masses = [mpf(1) / len(given)] * len(given)
    middle = hockey(true, masses, mpf(at))
    assert (
        hockey(given, masses, mpf(at) + total) <= middle <= hockey(given, masses, mpf(at) - total)
    )
    assert total == steps * radius


@checks("pld.shift", count=5, radii=st.lists(st.floats(0.01, 1), min_size=2, max_size=4))
def phases_add(theorem, radii):
    steps = list(range(1, len(radii) + 1))
    worst = mpf(0)
    for radius, n in zip(radii, steps, strict=True):
        for _ in range(n):
            worst += mpf(radius)
    assert close(theorem.formula([mpf(r) for r in radii], steps), worst)
