"""The inversion on a vertical line, piece by piece: full sums, direct integrals, discrete laws."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

from hypothesis import strategies as st
from mpmath import mp, mpc, mpf
from properties.oracles import (
    MP,
    close,
    hockey_gaussian,
    hockey_poisson,
    integrate,
    law,
    log_uniform,
    weight_pairs,
)
from properties.registry import checks

#: Formulas here ask for pi, too; some take complex numbers.
OPS = SimpleNamespace(**vars(MP), pi=mp.pi)
_TINY = mpf(10) ** -40


def _normal(z):
    """The normal distribution function, of complex numbers too."""
    return mp.erfc(-z / mp.sqrt(2)) / 2


_RATES = st.floats(0.01, 0.99)


def _losses(pair):
    """Losses of a discrete pair with the masses under both laws."""
    p, q = map(law, pair)
    return [(mp.log(a / b), a, b) for a, b in zip(p, q, strict=True)]


def _smoothed(pair, mu, z):
    """M(z) of a discrete pair composed with one Gaussian of mu."""
    discrete = mp.fsum(b * mp.exp(z * loss) for loss, _, b in _losses(pair))
    return discrete * mp.exp(mpf(mu) ** 2 * z * (z - 1) / 2)


def _smoothed_delta(pair, mu, eps):
    """Its delta: given the discrete output, the Gaussian's at what is left of eps."""
    return mp.fsum(a * hockey_gaussian(mu, eps - loss) for loss, a, _ in _losses(pair))


_SAME = ([1, 1], [1, 1])
_LINE = {
    "mu": log_uniform(0.3, 3),
    "eps": st.floats(-3, 6),
    "shift": log_uniform(0.1, 4),
}


# -- the formula and the sum -------------------------------------------------------------------


@checks(
    "invert.formula",
    count=5,
    cases=[
        {"pair": _SAME, "mu": 1.0, "eps": 1.0, "shift": 1.0},
        {"pair": _SAME, "mu": 0.5, "eps": -1.5, "shift": 0.3},
        {"pair": ([3, 1], [1, 3]), "mu": 1.0, "eps": 0.7, "shift": 0.5},
    ],
    pair=weight_pairs,
    **_LINE,
)
def integral_over_the_line_is_delta(theorem, pair, mu, eps, shift):
    with mp.workdps(25):
        c, eps = 1 + mpf(shift), mpf(eps)

        def height(t):
            z = mpc(c, t)
            return mp.re(theorem.formula(z, mp.log(_smoothed(pair, mu, z)), eps, OPS))

        # the poles at 0 and 1 are near the line: short panels first
        near, far = min(mpf(1), c - 1), 11 / mpf(mu) + 2
        value = integrate(height, 0, near, near / 4)
        value += integrate(height, near, far, min(mpf(1), 6 * near))
        assert abs(value / mp.pi - _smoothed_delta(pair, mu, eps)) <= mpf(10) ** -13


@checks("invert.formula")
def line_lies_to_the_right_of_one(theorem):
    assert all(theorem.applies(c=c) for c in (1 + 1e-15, 1.5, 2.0, 1e300))
    assert not any(theorem.applies(c=c) for c in (1.0, 0.5, -3.0, math.nan))


def _node_sum(mu, eps, c, h):
    """h/(2 pi) times the sum of F over all nodes, for one Gaussian."""
    total, k = mpf(0), 0
    while True:
        z = mpc(c, k * h)
        term = mp.exp(mpf(mu) ** 2 * z * (z - 1) / 2 - (z - 1) * eps) / (z * (z - 1))
        total += mp.re(term) * (2 if k else 1)
        if abs(term) < mpf(10) ** -45 * abs(total):
            return total * h / (2 * mp.pi)
        k += 1


def _aliases(mu, eps, c, h, sign):
    """Sum over m = 1, 2, .. of e^(sign m (c-1) 2 pi/h) delta(eps + sign m 2 pi/h)."""
    total, m, step = mpf(0), 0, 2 * mp.pi / h
    while True:
        m += 1
        term = mp.exp(sign * m * (c - 1) * step) * hockey_gaussian(mu, eps + sign * m * step)
        total += term
        # to the right the terms may grow before they fall
        if term < mpf(10) ** -44 * (total + _TINY) and (sign < 0 or m * step > c * mu * mu - eps):
            return total


_SUM = {**_LINE, "height": log_uniform(0.2, 6)}
_SUM_CASES = [
    {"mu": 1.0, "eps": 1.0, "shift": 1.0, "height": 1.0},
    {"mu": 0.7, "eps": -2.0, "shift": 0.5, "height": 3.0},
    {"mu": 2.0, "eps": 5.0, "shift": 2.0, "height": 5.0},
]


@checks("invert.aliasing_left", count=15, cases=_SUM_CASES, **_SUM)
def sum_over_all_nodes_is_delta_and_its_aliases(theorem, mu, eps, shift, height):
    c, h, eps = 1 + mpf(shift), mpf(height), mpf(eps)
    left = _aliases(mu, eps, c, h, -1)
    parts = hockey_gaussian(mu, eps), left, _aliases(mu, eps, c, h, 1)
    assert min(parts) >= 0
    assert abs(_node_sum(mu, eps, c, h) - sum(parts)) <= mpf(10) ** -35 * (1 + sum(parts))
    assert left <= theorem.formula(c, h, OPS)


@checks("invert.aliasing_left", cases=[{"shift": 1.0, "height": 1.0}], **{
    "shift": log_uniform(0.1, 4), "height": log_uniform(0.2, 6),
})  # fmt: skip
def left_bound_is_the_sum_where_delta_is_one(theorem, shift, height):
    ratio = mp.exp(-2 * mp.pi * mpf(shift) / mpf(height))
    total = mp.nsum(lambda m: ratio**m, [1, mp.inf], method="d") if ratio < 0.5 else None
    truth = ratio / (1 - ratio) if total is None else total
    assert close(theorem.formula(1 + mpf(shift), mpf(height), OPS), truth, 1e-30)
    here = theorem.formula(1 + shift, height)
    assert abs(here - truth) <= 1e-13 * (1 + 1 / shift) * (1 + shift / height) * truth


def _height_is_positive(theorem, **others):
    assert all(theorem.applies(height=h, **others) for h in (1e-9, 0.5, 1.0, 7.0))
    assert not any(theorem.applies(height=h, **others) for h in (0.0, -1.0, math.nan))


@checks("invert.aliasing_left")
def left_alias_has_its_range(theorem):
    _height_is_positive(theorem, c=1.5)
    assert theorem.applies(c=2.5, height=1.0)
    assert not any(theorem.applies(c=c, height=1.0) for c in (1.0, 0.5, -2.0, math.nan))


@checks("invert.aliasing_right", count=15, cases=[{**c, "more": 1.0} for c in _SUM_CASES],
        more=log_uniform(0.05, 5), **_SUM)  # fmt: skip
def right_aliases_stay_below_the_bound(theorem, mu, eps, shift, height, more):
    c, h, eps = 1 + mpf(shift), mpf(height), mpf(eps)
    beyond = c + mpf(more)
    transform = mp.exp(mpf(mu) ** 2 * beyond * (beyond - 1) / 2)
    claimed = theorem.formula(c, beyond, h, transform, OPS)
    assert _aliases(mu, eps, c, h, 1) <= claimed * mp.exp(-(beyond - 1) * eps)
    # where every delta meets the exponential bound the sum is geometric
    ratio = mp.exp(-2 * mp.pi * (beyond - c) / h)
    assert close(claimed, transform * ratio / (1 - ratio), 1e-30)
    here = theorem.formula(float(c), float(beyond), height, float(transform))
    assert abs(here - claimed) <= 1e-12 * (1 + c / more) * (1 + c / h) * claimed


@checks("invert.aliasing_right")
def right_alias_has_its_range(theorem):
    _height_is_positive(theorem, c=1.5, beyond=2.5)
    assert theorem.applies(c=1.25, beyond=1.75, height=1.0)
    for c, beyond in [(1.5, 1.5), (2.0, 1.5), (1.0, 2.0), (0.5, 2.0), (0.5, 0.2),
                      (math.nan, 2.0), (1.5, math.nan)]:  # fmt: skip
        assert not theorem.applies(c=c, beyond=beyond, height=1.0)


@checks("invert.chernoff", cases=[{"c": 2.0}, {"c": 1.01}], c=st.floats(1.001, 60))
def factor_is_the_largest_ratio(theorem, c):
    exact = mpf(c)

    def ratio(u):
        return mp.expm1(u) * mp.exp(-exact * u)

    claimed = theorem.formula(exact, OPS)
    low, high = mpf(0), mpf(2) + 2 * mp.log1p(1 / (exact - 1))
    for _ in range(130):  # the ratio has one top
        third = (high - low) / 3
        if ratio(low + third) < ratio(high - third):
            low += third
        else:
            high -= third
    assert close(claimed, ratio(low), 1e-30)
    assert abs(theorem.formula(c) - claimed) <= 1e-13 * claimed


@checks("invert.chernoff", count=40, pair=weight_pairs, **_LINE)
def delta_stays_below_the_transform(theorem, pair, mu, eps, shift):
    c, eps = 1 + mpf(shift), mpf(eps)
    bound = _smoothed(pair, mu, c) * mp.exp(-(c - 1) * eps) * theorem.formula(c, OPS)
    assert _smoothed_delta(pair, mu, eps) <= bound


@checks("invert.chernoff")
def chernoff_has_its_range(theorem):
    line_lies_to_the_right_of_one(theorem)


@checks("invert.truncation", cases=[{"bound": 0.5, "height": 0.3, "last": 4}],
        bound=log_uniform(1e-6, 10), height=log_uniform(1e-3, 10),
        last=st.integers(1, 5000))  # fmt: skip
def nodes_beyond_the_last_add_at_most_this(theorem, bound, height, last):
    b, h = mpf(bound), mpf(height)

    def beyond(k):  # both sides, where |F| is B / t^2
        return h / (2 * mp.pi) * 2 * b / h**2 * mp.zeta(2, k)

    # the bound is an integral that lies between two sums
    assert beyond(last + 1) <= theorem.formula(b, last * h, OPS) <= beyond(last)
    truth = theorem.formula(b, last * h, OPS)
    assert abs(theorem.formula(bound, last * height) - truth) <= 1e-14 * truth


@checks("invert.truncation", count=15, **_SUM, last=st.integers(1, 30))
def gaussian_tail_is_below(theorem, mu, eps, shift, height, last):
    c, h = 1 + mpf(shift), mpf(height)
    total, k = mpf(0), last
    while True:
        k += 1
        z = mpc(c, k * h)
        term = abs(mp.exp(mpf(mu) ** 2 * z * (z - 1) / 2) / (z * (z - 1)))
        total += term
        if term <= mpf(10) ** -30 * total:
            break
    top = last * h
    largest = mp.exp(mpf(mu) ** 2 * (c * (c - 1) - top**2) / 2)
    assert total * h / mp.pi <= theorem.formula(largest, top, OPS)


@checks("invert.truncation")
def at_least_one_node_is_kept(theorem):
    assert all(theorem.applies(top=top) for top in (1e-9, 0.5, 1.0, 1e9))
    assert not any(theorem.applies(top=top) for top in (0.0, -1.0, math.nan))


# -- one sampled release -----------------------------------------------------------------------


class _Step:
    """One sampled Gaussian release with a weight Phi((X-x)/w), or its complement, or none."""

    def __init__(self, sigma, rate, center=None, width=1.0, outer=False):
        self.sigma, self.rate = mpf(sigma), mpf(rate)
        self.square = self.sigma**2
        self.center, self.width, self.outer = center, mpf(width), outer
        self.rest = 1 - self.rate

    def density(self, x):
        return mp.exp(-x * x / (2 * self.square)) / (self.sigma * mp.sqrt(2 * mp.pi))

    def odds(self, x):
        return self.rate / self.rest * mp.exp((2 * x - 1) / (2 * self.square))

    def weight(self, x):
        if self.center is None:
            return mpf(1)
        p = (x - mpf(self.center)) / self.width
        return mp.ncdf(p if self.outer else -p)

    def majorant(self, x, a):
        """Theorem invert.window."""
        if self.center is None:
            return mpf(1)
        p, ratio = (x - mpf(self.center)) / self.width, a / self.width
        return self.weight(x) + ratio * mp.exp(ratio**2 / 2) * mp.npdf(p)

    def integral(self, f, s):
        wide = 12 * self.sigma
        panel = min(self.square, self.sigma, self.width if self.center is not None else mpf(9))
        return integrate(f, min(s, 0) - wide, max(s, 1) + wide, 2 * panel)

    def moment(self, z):
        """E_Q[r^z v]."""
        return self.integral(
            lambda x: (
                self.density(x)
                * mp.exp(z * (mp.log(self.rest) + mp.log1p(self.odds(x))))
                * self.weight(x)
            ),
            mp.re(z),
        )


_STEP = {
    "sigma": st.floats(0.6, 3),
    "rate": _RATES,
    "s": st.floats(-4, 5),
}


@checks(
    "invert.decay",
    count=4,
    cases=[
        {"sigma": 1.0, "rate": 0.2, "s": 2.5, "theta": 0.9, "t0": 4.0, "window": None},
        {"sigma": 1.0, "rate": 0.5, "s": -1.5, "theta": 1.3, "t0": 2.0, "window": None},
        {"sigma": 1.0, "rate": 0.3, "s": 2.0, "theta": 0.4, "t0": 3.0, "window": (1.0, 0.7, True)},
        {
            "sigma": 1.5,
            "rate": 0.3,
            "s": -1.0,
            "theta": 0.3,
            "t0": 0.0,
            "window": (2.0, 0.9, False),
        },
    ],
    **_STEP,
    theta=st.floats(0.05, 1.5),
    t0=st.floats(0, 20),
    window=st.none() | st.tuples(st.floats(-2, 3), st.floats(0.4, 2), st.booleans()),
)
def moved_line_bounds_all_heights_above(theorem, sigma, rate, s, theta, t0, window):
    with mp.workdps(20):
        step = _Step(sigma, rate, *(window or ()))
        s, turn, a = mpf(s), mp.expj(mpf(theta)), mpf(theta) * mpf(sigma) ** 2

        def bound(x):
            grown = 1 + step.odds(x) * turn
            modulus = (step.rest * abs(grown)) ** s
            fall = mp.exp(-mpf(t0) * mp.arg(grown))
            return step.density(x) * modulus * fall * step.majorant(x, a)

        claimed = mp.exp(mpf(theta) ** 2 * step.square / 2) * step.integral(bound, s)
        for above in (0, 0.7, 5):
            assert abs(step.moment(mpc(s, mpf(t0) + above))) <= claimed + mpf(10) ** -14


@checks("invert.strip", cases=[{"spacing": 2.0}, {"spacing": 6.0}], spacing=st.floats(0.8, 9))
def gaussian_sum_meets_the_bound(theorem, spacing):
    # on its best strip the bound is the first alias, and the error is the sum of all
    h = mpf(spacing)
    whole = mp.sqrt(2 * mp.pi)
    reach = int(16 / h) + 1
    found = h * mp.fsum(mp.exp(-((k * h) ** 2) / 2) for k in range(-reach, reach + 1))
    error = abs(found - whole)
    for factor in (1, 0.7, 1.6):
        a = factor * 2 * mp.pi / h
        claimed = theorem.formula(whole * mp.exp(a * a / 2), a, h, OPS)
        assert error <= claimed + _TINY
        if factor == 1:
            small = mp.exp(-2 * mp.pi * a / h)
            assert claimed <= error * (1 + 2 * small) + _TINY
            here = theorem.formula(float(whole * mp.exp(a * a / 2)), float(a), spacing)
            assert abs(here - claimed) <= 1e-11 * claimed


@checks("invert.strip", shift=st.floats(0, 1), spacing=st.floats(0.3, 3), a=st.floats(0.1, 0.95))
def sum_near_poles_stays_below(theorem, shift, spacing, a):
    # 1/(1+x^2)^2 has poles at +-i; its integral is pi/2, its full sum known by partial fractions
    h, y = mpf(spacing), mpf(shift) * mpf(spacing)

    def shifted(w):  # sum over k of h / ((k h + y)^2 + w^2)
        p = 2 * mp.pi * w / h
        return mp.pi / w * mp.sinh(p) / (mp.cosh(p) - mp.cos(2 * mp.pi * y / h))

    found = -mp.diff(shifted, 1) / 2  # d/d(w^2) = (1/2w) d/dw
    area = mp.quad(lambda x: 1 / abs(1 + mpc(x, mpf(a)) ** 2) ** 2, [-mp.inf, -1, 0, 1, mp.inf])
    assert abs(found - mp.pi / 2) <= theorem.formula(area, mpf(a), h, OPS)


@checks("invert.strip")
def strip_and_spacing_are_positive(theorem):
    for value in (1e-9, 0.5, 1.0, 2.0):
        assert theorem.applies(half_width=value, spacing=0.5)
        assert theorem.applies(half_width=0.5, spacing=value)
    for value in (0.0, -1.0, math.nan):
        assert not theorem.applies(half_width=value, spacing=0.5)
        assert not theorem.applies(half_width=0.5, spacing=value)


@checks(
    "invert.taylor",
    cases=[{"phase": 1.5, "orders": 2}],
    phase=log_uniform(1e-3, 3),
    orders=st.integers(1, 12),
)
def taylor_sums_are_so_near(theorem, phase, orders):
    x = mpf(phase)
    short = mp.fsum((1j * x) ** m / mp.factorial(m) for m in range(orders))
    bound = theorem.formula(x, orders)
    # the next term is all of it where x is small, and at least a quarter below 3
    assert bound / 4 <= abs(mp.expj(x) - short) <= bound * (1 + _TINY)
    near = mpf("0.001")
    short = mp.fsum((1j * near) ** m / mp.factorial(m) for m in range(orders))
    assert theorem.formula(near, orders) <= abs(mp.expj(near) - short) * (1 + near)


@checks("invert.taylor")
def taylor_sums_have_a_term(theorem):
    for orders in (1, 2, 30):
        assert theorem.applies(orders=orders)
    for orders in (0, -1, math.nan):
        assert not theorem.applies(orders=orders)


@checks("invert.angle", grown=log_uniform(1e-6, 1e6), theta=st.floats(1e-3, math.pi / 2))
def angle_and_modulus_stay_inside(theorem, grown, theta):
    l, t = mpf(grown), mpf(theta)  # noqa: E741 - the name in the theorem
    moved = 1 + l * mp.expj(t)
    assert 0 <= mp.arg(moved) <= t * max(theorem.formula(l))
    assert mp.arg(1 + l * mp.expj(t * mpf("0.99"))) < mp.arg(moved)
    assert (1 + l) ** mp.cos(t) * (1 - _TINY) <= abs(moved) <= 1 + l


@checks("invert.angle", cases=[{"grown": 0.5}, {"grown": 3.0}], grown=log_uniform(1e-3, 1e3))
def slopes_of_the_angle_are_met_at_both_ends(theorem, grown):
    l, h = mpf(grown), mpf(10) ** -15  # noqa: E741
    first, second = theorem.formula(l)
    for slope, at in ((first, mpf(0)), (second, mp.pi / 2)):
        ends = [mp.arg(1 + l * mp.expj(at + side * h)) for side in (-1, 1)]
        assert close((ends[1] - ends[0]) / (2 * h), slope, 1e-20)


_WINDOW = {
    "x": st.floats(-4, 4),
    "width": st.floats(0.2, 3),
    "part": st.floats(0.01, 3),
}


@checks("invert.window", cases=[{"x": 0.5, "width": 1.0, "part": 3.0}], **_WINDOW)
def window_grows_by_at_most_the_bump(theorem, x, width, part):
    x, w = mpf(x), mpf(width)
    a = mpf(part) * w
    factor = theorem.formula(a, w, OPS)
    for sign in (1, -1):
        limit = _normal(sign * x / w) + factor * mp.npdf(x / w)
        for y in (a / 3, a, -a):
            assert abs(_normal(sign * mpc(x, y) / w)) <= limit


@checks("invert.window", cases=[{"width": 2.0, "part": 1.5}], width=st.floats(0.2, 3),
        part=st.floats(0.01, 3))  # fmt: skip
def factor_is_the_way_times_the_steepest_slope(theorem, width, part):
    w = mpf(width)
    a, h = mpf(part) * w, mpf(10) ** -15
    # straight up from the center v falls fastest at the end of the way
    rise = abs(_normal(mpc(0, a + h) / w) - _normal(mpc(0, a - h) / w)) / (2 * h)
    assert close(theorem.formula(a, w, OPS), a * rise / mp.npdf(0), 1e-20)
    here = theorem.formula(float(a), width)
    assert abs(here - theorem.formula(a, w, OPS)) <= 1e-13 * here


@checks("invert.window", **_WINDOW, more=st.floats(0.01, 3))
def majorant_grows_slowly_off_the_line(theorem, x, width, part, more):
    w = mpf(width)
    a, b = mpf(part) * w, mpf(more) * w
    factor = theorem.formula(a, w, OPS)
    for sign in (1, -1):
        on_line = _normal(sign * mpf(x) / w) + factor * mp.npdf(mpf(x) / w)
        z = mpc(x, b) / w
        off = _normal(sign * z) + factor * mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)
        assert abs(off) <= on_line * mp.exp((b / w) ** 2 / 2)


@checks("invert.window")
def window_has_a_width(theorem):
    assert all(theorem.applies(width=w) for w in (1e-9, 0.5, 1.0, 9.0))
    assert not any(theorem.applies(width=w) for w in (0.0, -1.0, math.nan))


# -- parts of delta, on discrete laws ----------------------------------------------------------


_WEIGHTS = st.lists(st.floats(0, 1), min_size=5, max_size=5)


def _steps(pair, weights, count):
    """Outcomes of so many steps: ratio, mass without the record, and the steps' numbers."""
    p, q = map(law, pair)
    for each in itertools.product(range(len(p)), repeat=count):
        ratio = mp.fprod(p[i] / q[i] for i in each)
        yield ratio, mp.fprod(q[i] for i in each), each, mp.fprod(mpf(weights[i]) for i in each)


@checks("invert.cut", pair=weight_pairs, weights=_WEIGHTS, eps=st.floats(-2, 3),
        count_steps=st.integers(1, 3))  # fmt: skip
def weighting_steps_costs_at_most_what_is_lost(theorem, pair, weights, eps, count_steps):
    factor = mp.exp(mpf(eps))
    parts = [
        (mass * max(ratio - factor, 0), weight)
        for ratio, mass, _, weight in _steps(pair, weights, count_steps)
    ]
    missing = mp.fsum(part * (1 - weight) for part, weight in parts)
    p = law(pair[0])
    lost = count_steps * mp.fsum(a * (1 - mpf(w)) for a, w in zip(p, weights, strict=False))
    assert -_TINY <= missing <= lost + _TINY


@checks("invert.far", count=60, pair=weight_pairs, weights=_WEIGHTS, eps=st.floats(-2, 3),
        count_steps=st.integers(1, 3))  # fmt: skip
def what_is_cut_is_known_where_it_tells(theorem, pair, weights, eps, count_steps):
    p, q = map(law, pair)
    order = sorted(range(len(p)), key=lambda i: p[i] / q[i])
    pair = tuple([side[i] for i in order] for side in pair)
    p, q = map(law, pair)
    weights = sorted(weights, reverse=True)
    losses = [mp.log(a / b) for a, b in zip(p, q, strict=True)]
    factor, outcomes = mp.exp(mpf(eps)), list(_steps(pair, weights, count_steps))
    cut = mp.fsum(mass * max(ratio - factor, 0) * (1 - w) for ratio, mass, _, w in outcomes)
    lost = mp.fsum(ratio * mass * (1 - w) for ratio, mass, _, w in outcomes)
    without = mp.fsum(mass * (1 - w) for _, mass, _, w in outcomes)
    known = theorem.formula(lost, without, mpf(eps), OPS)
    limit = mpf(eps) - (count_steps - 1) * losses[0]
    short = [1 - mpf(w) for loss, w in zip(losses, weights, strict=False) if loss < limit]
    slack = factor * count_steps * max(short, default=mpf(0))
    assert known - _TINY <= cut <= known + slack + _TINY
    # where every cut output tells all by itself, nothing is left open
    telling = [0 if loss >= limit else 1 for loss in losses]
    outcomes = list(_steps(pair, telling, count_steps))
    cut = mp.fsum(mass * max(ratio - factor, 0) * (1 - w) for ratio, mass, _, w in outcomes)
    lost = mp.fsum(ratio * mass * (1 - w) for ratio, mass, _, w in outcomes)
    without = mp.fsum(mass * (1 - w) for _, mass, _, w in outcomes)
    assert abs(cut - theorem.formula(lost, without, mpf(eps), OPS)) <= _TINY
    fine = theorem.formula(float(lost), float(without), eps)
    assert abs(fine - cut) <= 1e-14 * (1 + math.exp(eps))


@checks("invert.core", count=60, pair=weight_pairs, weights=_WEIGHTS, end=st.integers(0, 4),
        share=st.floats(-1, 1), tilt=st.floats(1.01, 6),
        count_steps=st.integers(1, 3))  # fmt: skip
def cores_are_known_or_small(theorem, pair, weights, end, share, tilt, count_steps):
    p, q = map(law, pair)
    order = sorted(range(len(p)), key=lambda i: p[i] / q[i])
    pair = tuple([side[i] for i in order] for side in pair)
    p, q = map(law, pair)
    end = min(end, len(p) - 1)
    way = count_steps * mp.log(p[end] / q[end])  # as far as steps that stay can lead
    weights = sorted(weights, reverse=True)
    past = count_steps * max([mpf(w) for w in weights[end + 1 : len(p)]], default=mpf(0))
    outcomes = list(_steps(pair, weights, count_steps))
    tilted = mp.fsum(mass * ratio ** mpf(tilt) * w for ratio, mass, _, w in outcomes)
    # remove: eps at or beyond the way
    eps = way + abs(mpf(share))
    core = mp.fsum(mass * max(ratio - mp.exp(eps), 0) * w for ratio, mass, _, w in outcomes)
    assert core <= past + _TINY
    assert core <= tilted * mp.exp(-(mpf(tilt) - 1) * eps) + _TINY
    # add: the ratio is turned over, and eps lies at or before minus the way
    for eps in (-way - abs(mpf(share)), -way + mpf(share)):
        core = mp.fsum(mass * max(1 - mp.exp(eps) * ratio, 0) * w for ratio, mass, _, w in outcomes)
        one = mp.fsum(mass * w for _, mass, _, w in outcomes)
        zero = mp.fsum(mass * ratio * w for ratio, mass, _, w in outcomes)
        rest = core - (one - mp.exp(eps) * zero)
        assert -_TINY <= rest <= tilted * mp.exp(mpf(tilt) * eps) + _TINY
        if eps <= -way:
            assert rest <= mp.exp(eps) * past + _TINY


@checks("invert.one_part", first=weight_pairs, second=weight_pairs, eps=st.floats(-2, 3))
def a_part_spends_no_more_than_the_whole(theorem, first, second, eps):
    factor = mp.exp(mpf(eps))
    (p1, q1), (p2, q2) = map(law, first), map(law, second)
    whole = mp.fsum(
        max(a * c - factor * b * d, 0)
        for (a, b), (c, d) in itertools.product(zip(p1, q1, strict=True), zip(p2, q2, strict=True))
    )
    for p, q in ((p1, q1), (p2, q2)):
        part = mp.fsum(max(a - factor * b, 0) for a, b in zip(p, q, strict=True))
        assert part <= whole + _TINY


@checks(
    "invert.all_parts",
    first=weight_pairs,
    second=weight_pairs,
    one=st.floats(-2, 3),
    other=st.floats(-2, 3),
)
def the_whole_spends_no_more_than_its_parts(theorem, first, second, one, other):
    shares = [mp.exp(mpf(one)), mp.exp(mpf(other))]
    (p1, q1), (p2, q2) = map(law, first), map(law, second)
    whole = mp.fsum(
        max(a * c - shares[0] * shares[1] * b * d, 0)
        for (a, b), (c, d) in itertools.product(zip(p1, q1, strict=True), zip(p2, q2, strict=True))
    )
    parts = [
        mp.fsum(max(a - factor * b, 0) for a, b in zip(p, q, strict=True))
        for (p, q), factor in zip(((p1, q1), (p2, q2)), shares, strict=True)
    ]
    assert whole <= sum(parts) + _TINY
    # both parts count: where one of them tells nothing, the other is all of it
    if p1 == q1 and one == 0:
        assert whole <= parts[1] + _TINY


@checks("invert.support", pair=weight_pairs, count_steps=st.integers(1, 3), more=st.floats(0, 1))
def delta_ends_with_the_losses(theorem, pair, count_steps, more):
    outcomes = list(_steps(pair, [1] * 5, count_steps))
    largest = count_steps * max(loss for loss, _, _ in _losses(pair))
    for eps, ended in ((largest + more, True), (largest - mpf("0.01"), False)):
        delta = mp.fsum(mass * max(ratio - mp.exp(eps), 0) for ratio, mass, _, _ in outcomes)
        assert (delta <= _TINY) == ended


@checks("invert.support", sigma=st.floats(0.4, 4), rate=_RATES)
def adding_to_a_sample_has_a_largest_loss(theorem, sigma, rate):
    edge = -mp.log(1 - mpf(rate))
    assert hockey_poisson(sigma, rate, edge * (1 + _TINY), "add") == 0
    assert hockey_poisson(sigma, rate, edge * mpf("0.9"), "add") > 0


@checks(
    "invert.one_step",
    cases=[{"sigma": 1.0, "rate": 0.3, "eps": 1.0}, {"sigma": 2.0, "rate": 0.7, "eps": -0.5}],
    sigma=st.floats(0.4, 4),
    rate=_RATES,
    eps=st.floats(-2, 6),
)
def one_step_is_the_unsampled_release(theorem, sigma, rate, eps):
    truth = hockey_poisson(sigma, rate, eps, "remove")
    if not theorem.applies(sampling_rate=rate, epsilon=eps):
        assert close(truth, 1 - mp.exp(mpf(eps)))
        return
    inner = theorem.formula(mpf(rate), mpf(eps), OPS)
    assert abs(mpf(rate) * hockey_gaussian(1 / mpf(sigma), inner) - truth) <= _TINY
    near = 1 + 1 / abs(math.expm1(eps) + rate)
    assert abs(theorem.formula(rate, eps) - inner) <= 1e-14 * near * (1 + abs(inner))


@checks("invert.one_step")
def one_step_has_its_range(theorem):
    for rate, eps in [(0.5, -0.1), (0.5, 3.0), (0.9, -2.0), (0.5, -0.69)]:
        assert theorem.applies(sampling_rate=rate, epsilon=eps)
    for rate, eps in [(0.5, -0.7), (0.5, -9.0), (1e-3, -0.1), (0.0, 0.0), (math.nan, 1.0),
                      (0.5, math.nan)]:  # fmt: skip
        assert not theorem.applies(sampling_rate=rate, epsilon=eps)


@checks(
    "invert.one_step_added",
    cases=[{"sigma": 1.0, "rate": 0.3, "eps": -1.0}, {"sigma": 2.0, "rate": 0.7, "eps": 0.5}],
    sigma=st.floats(0.4, 4),
    rate=_RATES,
    eps=st.floats(-6, 2),
)
def adding_to_one_step_is_the_unsampled_release(theorem, sigma, rate, eps):
    truth = hockey_poisson(sigma, rate, eps, "add")
    if not theorem.applies(sampling_rate=rate, epsilon=eps):
        assert truth == 0
        return
    inner = mp.log((mp.exp(-mpf(eps)) - 1 + mpf(rate)) / mpf(rate))
    front = theorem.formula(mpf(rate), mpf(eps), OPS)
    assert abs(front * hockey_gaussian(1 / mpf(sigma), -inner) - truth) <= _TINY
    assert abs(theorem.formula(rate, eps) - front) <= 1e-15 * (rate + abs(math.expm1(eps))) * 4


@checks("invert.one_step_added")
def adding_to_one_step_has_its_range(theorem):
    for rate, eps in [(0.5, 0.1), (0.5, -3.0), (0.9, 2.0), (0.5, 0.69)]:
        assert theorem.applies(sampling_rate=rate, epsilon=eps)
    for rate, eps in [(0.5, 0.7), (0.5, 9.0), (1e-3, 0.1), (0.0, 0.0), (math.nan, 1.0),
                      (0.5, math.nan)]:  # fmt: skip
        assert not theorem.applies(sampling_rate=rate, epsilon=eps)
