"""Moments, transforms and decays of planned grids enclose what mpmath finds on the real line."""

from __future__ import annotations

import math
from fractions import Fraction as F  # noqa: N817 - many numbers

import pytest
from certificates.truths import ball
from flint import arb, ctx
from mpmath import mp, mpc, mpf

from dpaccount.accountants.saddlepoint.effort import Effort
from dpaccount.accountants.saddlepoint.model import Model
from dpaccount.accountants.saddlepoint.plan import plan
from dpaccount.certificates import Grid, Release, Run, Window
from dpaccount.certificates.numbers import enclose
from dpaccount.certificates.release import Sampled

#: noise multiplier, sampling rate, steps, whether a record is added, eps, about its delta
CASES = [
    (F(1), F(1, 100), 100, False, 0.95, 1e-6),
    (F(1), F(1, 100), 100, True, 0.38, 1e-6),
    (F(2), F(1, 2), 10, False, 4.5, 1e-6),
    (F(2), F(1, 2), 10, True, 3.0, 1e-6),
    (F(4, 5), F(1, 100), 1000, False, 3.7, 1e-6),
    (F(5), F(1, 1000), 3, False, 0.00098, 1e-6),
    (F(5), F(1, 1000), 3, True, 0.0007, 1e-6),
    (F(1, 2), F(1, 10), 5, False, 22.14, 1e-12),
    (F(20), F(1, 5), 1000, True, 1.2, 1e-5),
    (F(11, 10), F(1, 250), 10_000, False, 1.84, 1e-5),
]


def quick(release: Release, t: float) -> bool:
    """Whether `moment` at this height takes a few thousand points at most."""
    return abs(t) <= 60 * float(release.noise_multiplier)


def moment(release: Release, z, windows) -> mpc:
    """E_Q[r^z v] by a sum so fine that its error is below 1e-30 of the terms' sizes."""
    with mp.workdps(40):
        sigma = mpf(release.noise_multiplier.numerator) / release.noise_multiplier.denominator
        q = mpf(release.sampling_rate.numerator) / release.sampling_rate.denominator
        s = mp.re(z)
        widths = [mpf(w.width) for w, _ in windows]
        h = min([sigma, *widths]) / 5
        h = min(h, 2 * mp.pi * sigma**2 / (90 + 2 * abs(mp.im(z)) + 2 * abs(s)))
        low, high = -14 * sigma, max(s, 1) + 14 * sigma  # for s < 0, r^s <= (1-q)^s on the left
        for window, outer in windows:  # and beyond a cut, next to nothing
            if not outer:
                high = min(high, max(mpf(window.center), 1) + 30 * mpf(window.width))
        total = mpc(0)
        for j in range(int(mp.floor(low / h)), int(mp.ceil(high / h)) + 1):
            x = j * h
            log_r = mp.log1p(q * mp.expm1((2 * x - 1) / (2 * sigma**2)))
            term = mp.exp(-x * x / (2 * sigma**2) + z * log_r)
            for window, outer in windows:
                p = (x - mpf(window.center)) / mpf(window.width)
                term *= mp.ncdf(p if outer else -p)
            total += term
        return total * h / (sigma * mp.sqrt(2 * mp.pi))


def encloses(found: arb, truth, size) -> bool:
    """Whether a ball holds a number known to 1e-30 of a size."""
    with ctx.workprec(300):
        return found.overlaps(ball(truth, float(size) * 1e-30))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_planned_grids_are_tight_and_right(case):
    sigma, q, steps, add, eps, delta = case
    run = Run(F(0), (Release(sigma, q, steps),), add)
    line = plan(Model(run, math.log(delta) - 45), eps, math.log(delta), -18.0, Effort())
    (release,), (grid,) = run.releases, line.grids
    weights = [(w, False) for w in (grid.cut,) if w]
    cores = [(w, False) for w in (grid.core,) if w]
    with ctx.workprec(line.precision):
        sampled = Sampled(release, grid)
        height = enclose(line.height)
        s = enclose(1) - enclose(line.c) if add else enclose(line.c)
        boxes = sampled.transform(s, -height if add else height, line.nodes)
        plain = sampled.moment(s)
        bound = sampled.decay(s, height * line.nodes)
    with mp.workdps(60):
        exponent = 1 - mpf(line.c) if add else mpf(line.c)
        sign = -1 if add else 1
        size = mp.re(moment(release, mpc(exponent, 0), weights))
        assert encloses(plain, size, size)
        chosen = [k for k in range(line.nodes + 1) if quick(release, k * line.height)]
        for k in sorted({0, chosen[min(1, len(chosen) - 1)], chosen[-1]}):
            truth = moment(release, mpc(exponent, sign * k * mpf(line.height)), weights)
            assert encloses(boxes[k].real, mp.re(truth), size)
            if k:
                assert encloses(boxes[k].imag, mp.im(truth), size)
            assert float(boxes[k].real.rad()) <= 1e-8 * size / steps
        outer = [(w, True) for w, _ in cores]
        top = mpf(line.height) * line.nodes
        for part in (1, 1.3):
            if not quick(release, part * float(top)):
                continue
            truth = moment(release, mpc(exponent, part * top), weights + outer)
            assert not bound < float(abs(truth)) * (1 - 1e-12)
        if not cores:  # and the bound says that the transform has fallen
            assert bound < size


_WINDOWS = [
    (None, None),
    (Window(2.5, 0.6), None),
    (None, Window(0.3, 0.4)),
    (Window(2.5, 0.6), Window(0.3, 0.4)),
    (Window(-1.0, 0.3), Window(4.0, 1.5)),
]


@pytest.mark.parametrize("s", [2.25, -1.5])
@pytest.mark.parametrize("windows", _WINDOWS, ids=str)
@pytest.mark.parametrize("spacing", [0.0625, 0.75])
def test_windows_on_grids_fine_and_coarse(s, windows, spacing):
    cut, core = windows
    release = Release(F(9, 10), F(3, 20), 1)
    grid = Grid(spacing, -int(11 / spacing), int(14 / spacing), 0.9, 0.4, 0.5, cut, core)
    with ctx.workprec(150):
        sampled = Sampled(release, grid)
        kinds = [False, True] if core else [False]
        found = {kind: sampled.transform(enclose(s), arb(1), 6, core=kind) for kind in kinds}
        plain = {kind: sampled.moment(enclose(s), core=kind) for kind in kinds}
        bound = sampled.decay(enclose(s), arb(3))
    for kind in kinds:
        parts = [(w, False) for w in (cut, core if kind else None) if w]
        size = mp.re(moment(release, mpc(s), parts))
        assert encloses(plain[kind], size, size)
        for k in (1, 6):
            truth = moment(release, mpc(s, k), parts)
            assert encloses(found[kind][k].real, mp.re(truth), size)
            assert encloses(found[kind][k].imag, mp.im(truth), size)
        if spacing == 0.0625:
            assert float(found[kind][6].real.rad()) <= 1e-15 * size
    left = [(cut, False)] * bool(cut) + [(core, True)] * bool(core)
    for t in (3, 5):
        assert float(abs(moment(release, mpc(s, t), left))) <= float(bound) * (1 + 1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"spacing": 0.0}, {"spacing": -0.1}, {"spacing": math.nan}, {"first": 0}, {"last": 0},
        {"strip": 0.0}, {"strip": 1.6}, {"strip": math.nan}, {"shift": 0.0}, {"shift": math.nan},
        {"margin": 0.0}, {"shift": 1.0, "margin": 0.6}, {"margin": math.nan},
        {"cut": Window(1.0, 0.0)}, {"core": Window(1.0, -1.0)}, {"cut": Window(1.0, math.nan)},
    ],
    ids=str,
)  # fmt: skip
def test_grids_outside_the_theorems_are_refused(change):
    good = {"spacing": 0.1, "first": -50, "last": 50, "strip": 0.5, "shift": 0.3, "margin": 0.3}
    Sampled(Release(F(1), F(1, 2), 1), Grid(**good))
    with pytest.raises(ValueError, match="assumptions"):
        Sampled(Release(F(1), F(1, 2), 1), Grid(**(good | change)))
