"""Witnesses chosen so that one error term matters, each in a family of that term's name.

Every family is drawn from a fixed seed: steps ask one release, questions ask a whole line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction as F  # noqa: N817 - many numbers
from functools import cache
from random import Random

from dpaccount.certificates import Grid, Line, Release, Run, Window

__all__ = ["FAMILIES", "AtOnce", "Beyond", "Question", "Step", "Sum", "cases"]

_SIGMAS = (F(1, 2), F(7, 10), F(1), F(2), F(5))
_RATES = (F(1, 1000), F(1, 50), F(1, 10), F(3, 10), F(1, 2), F(9, 10))


@dataclass(frozen=True)
class Step:
    """A question to one release: moments and the decay at exponents s + it."""

    release: Release
    grid: Grid
    s: float
    height: float
    count: int
    pieces: bool = False


@dataclass(frozen=True)
class Question:
    """A question to a line: delta at some eps."""

    run: Run
    line: Line
    epsilons: tuple[float, ...]


@dataclass(frozen=True)
class Sum:
    """A question to the sums over losses: weights, losses, heights, and what may be left out."""

    weights: tuple[float, ...]
    losses: tuple[float, ...]
    height: float
    count: int
    allowed: float


@dataclass(frozen=True)
class Beyond:
    """A question to what lies beyond one release's grid, at an angle times a height of `turn`."""

    release: Release
    grid: Grid
    s: float
    turn: float


@dataclass(frozen=True)
class AtOnce:
    """A question to what needs no line: closed forms, and what holds at once."""

    run: Run
    epsilons: tuple[float, ...]


# -- drawing -----------------------------------------------------------------------------------


def _release(rng: Random, steps: int = 1) -> Release:
    return Release(rng.choice(_SIGMAS), rng.choice(_RATES), steps)


def _grid(sigma, low, high, spacing, *, strip=0.8, shift=0.3, margin=0.4, cut=None, core=None):
    first, last = math.floor(low / spacing), math.ceil(high / spacing)
    return Grid(spacing, min(first, -1), max(last, 1), strip, shift, margin, cut=cut, core=core)


def _angles(rng: Random):
    shift = rng.choice((0.01, 0.1, 0.3, 0.8, 1.2)) * rng.uniform(0.7, 1.0)
    return {
        "strip": rng.uniform(0.03, 1.5),
        "shift": shift,
        "margin": rng.uniform(0.05, 0.98) * (1.57 - shift),
    }


def _exponent(rng: Random) -> float:
    return rng.choice((rng.uniform(1.0, 6.0), rng.uniform(-6.0, 0.0)))


def _window(rng: Random, sigma: float, s: float = 0.0) -> Window:
    center = rng.choice((0.0, 1.0, s)) + rng.uniform(-2.0, 2.0) * sigma
    return Window(center, sigma * math.exp(rng.uniform(-2.5, 0.3)))


def _whole(rng: Random, sigma: float, s: float):
    return min(s, 0.0) - 11 * sigma, max(s, 1.0) + 11 * sigma


def _coarse_spacing(rng: Random) -> Step:
    """Few nodes in x over the whole range; often on the best strip, where the bound is tight."""
    release, s = _release(rng), _exponent(rng)
    sigma = float(release.noise_multiplier)
    spacing, angles = sigma * rng.uniform(0.6, 3.5), _angles(rng)
    if rng.random() < 0.7:
        angles["strip"] = min(2 * math.pi / spacing, 1.5)
        angles["margin"] = min(2 * math.pi / spacing, 1.5 - angles["shift"])
    height = rng.choice((0.0, 0.1, 1.0, 5.0))
    grid = _grid(sigma, *_whole(rng, sigma, s), spacing, **angles)
    return Step(release, grid, s, height, rng.randint(1, 8))


def _short_range(rng: Random) -> Step:
    """Much lies outside the grid, on one side or on both."""
    release, s = _release(rng), _exponent(rng)
    sigma = float(release.noise_multiplier)
    low, high = _whole(rng, sigma, s)
    side = rng.randint(0, 2)
    if side != 0:
        low = -rng.uniform(0.1, 2.5) * sigma
    if side != 1:
        high = rng.uniform(0.1, 2.5) * sigma + rng.choice((0.0, max(s, 0.0)))
    spacing = min(sigma, sigma**2) * rng.uniform(0.1, 0.5)
    grid = _grid(sigma, low, high, spacing, **_angles(rng))
    return Step(release, grid, s, rng.choice((0.0, 0.1, 1.0)), rng.randint(1, 5))


def _with_windows(rng: Random, base) -> Step:
    step = base(rng)
    sigma = float(step.release.noise_multiplier)
    which = rng.randint(1, 3)
    cut = _window(rng, sigma, step.s) if which & 1 else None
    core = _window(rng, sigma, step.s) if which & 2 else None
    return replace(step, grid=replace(step.grid, cut=cut, core=core))


def _steep(rng: Random) -> Step:
    """Large exponents, small spreads: what changes fast on one cell."""
    release = _release(rng)
    sigma = float(release.noise_multiplier)
    s = min(30.0, 20.0 * sigma) * rng.choice((-1, 1)) * rng.uniform(0.2, 1.0)  # no overflow
    spacing = sigma * rng.uniform(0.2, 1.5)
    low, high = _whole(rng, sigma, s)
    if rng.random() < 0.5:
        low, high = -rng.uniform(0.5, 3) * sigma, max(s, 0) + rng.uniform(-1, 3) * sigma
    angles = _angles(rng)
    grid = _grid(sigma, low, high, spacing, **angles)
    return Step(release, grid, s, rng.choice((0.0, 1.0, 10.0)), rng.randint(1, 8))


def _pieces(rng: Random) -> Step:
    """The bounds that the others are made of, each against what its docstring says."""
    special = rng.choice((None,) * 4 + _SPECIAL)
    if special:
        return special(rng)
    base = rng.choice((_coarse_spacing, _short_range, _steep))
    step = _with_windows(rng, base) if rng.random() < 0.6 else base(rng)
    widths = [w.width for w in (step.grid.cut, step.grid.core) if w is not None]
    most = (
        rng.uniform(0.3, 4) * min(widths, default=1e3) / float(step.release.noise_multiplier) ** 2
    )
    grid = replace(
        step.grid, shift=min(step.grid.shift, most), strip=min(step.grid.strip, 2 * most)
    )
    return replace(step, grid=grid, pieces=True, height=rng.choice((0.0, 1.0, 5.0, 20.0, 60.0)))


def _at_the_knee(rng: Random) -> Step:
    """The grid ends where the angle grows fastest, and the height is as large as a mode there."""
    release = Release(rng.choice((F(2), F(5))), rng.choice((F(1, 10), F(3, 10))), 1)
    sigma, q, s = (
        float(release.noise_multiplier),
        float(release.sampling_rate),
        rng.uniform(-0.5, 0.5),
    )
    knee = 0.5 + sigma**2 * (math.log1p(-q) - math.log(q)) + rng.uniform(-0.3, 0.1) * sigma**2
    spacing = sigma / 8
    grid = _grid(sigma, -11 * sigma, knee, spacing, **_angles(rng))
    end = grid.last * spacing
    height = 2 * max(end - sigma - max(s, 0.0), 0.0) * rng.uniform(0.9, 0.999)
    return Step(release, grid, s, height, 1, pieces=True)


def _far_core(rng: Random) -> Step:
    """What the core leaves lies where the losses are large; exponents far below 0."""
    release = Release(rng.choice(_SIGMAS[:3]), rng.choice((F(1, 50), F(1, 10), F(3, 10))), 1)
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    knee = 0.5 + sigma**2 * (math.log1p(-q) - math.log(q))
    core = Window(knee + rng.uniform(-0.5, 6) * sigma, sigma * rng.uniform(0.3, 1.5))
    shift = min(rng.uniform(0.05, 1.45), 3 * core.width / sigma**2)
    angles = {"shift": shift, "margin": (1.57 - shift) * rng.uniform(0.6, 0.99), "strip": 0.5}
    high = rng.choice((knee + 11.0 * sigma, knee + rng.uniform(-1, 1) * sigma))
    spacing = sigma * math.exp(rng.uniform(-3, -0.4))
    if rng.random() < 0.4:  # nothing but what lies right of the grid is left to bounds
        high, spacing = knee + rng.uniform(0, 1) * sigma, sigma * rng.uniform(0.02, 0.05)
        angles |= {"shift": rng.uniform(1.2, 1.4), "margin": 0.16}
        core = Window(knee - rng.uniform(-0.5, 1) * sigma, sigma**2 * rng.uniform(0.5, 1))
    grid = _grid(sigma, -11 * sigma, high, spacing, core=core, **angles)
    return Step(release, grid, -rng.uniform(5, 25), 0.0, 1, pieces=True)


def _cut_at_the_knee(rng: Random) -> Step:
    """Exponents far below 0 at large heights: the angle's growth against the modulus."""
    release = Release(rng.choice(_SIGMAS[:4]), rng.choice(_RATES[:4]), 1)
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    knee = 0.5 + sigma**2 * (math.log1p(-q) - math.log(q))
    strip = rng.uniform(1.2, 1.57)
    cut = Window(knee + rng.uniform(-1, 1) * sigma**2, sigma**2 * rng.uniform(0.4, 1.5))
    height = (knee**2 / sigma**2 + rng.uniform(0, 20)) / strip
    grid = _grid(sigma, -11 * sigma, knee + 8 * sigma, sigma * rng.uniform(0.05, 0.2), strip=strip,
                 shift=0.1, margin=0.3, cut=cut)  # fmt: skip
    return Step(release, grid, -rng.uniform(3, 20), min(height, 150.0), 1, pieces=True)


def _left_of_the_grid(rng: Random) -> Step:
    """A window's end that lies left of the grid, with a large bump."""
    step = _short_range(rng)
    sigma = float(step.release.noise_multiplier)
    width = sigma * rng.uniform(0.1, 0.5)
    grid, low = step.grid, -rng.uniform(0.2, 1.5) * sigma
    window = Window(low - rng.uniform(0.5, 3) * width, width)
    which = rng.choice(("cut", "core"))
    grid = replace(grid, first=min(math.floor(low / grid.spacing), -1), last=math.ceil(
        (max(step.s, 1) + 11 * sigma) / grid.spacing), **{which: window},
        shift=min(rng.uniform(1, 4) * width / sigma**2, 0.9), margin=0.3)  # fmt: skip
    return replace(step, grid=grid, pieces=True)


def _thin_bump(rng: Random) -> Beyond:
    """At a large turn all that lies beyond the grid is one bump, thinner than a hop of the bound.

    At l the turn's slope is about 2 turn / l^2: where it is far above x, the bump is near and high.
    """
    release = Release(rng.choice(_SIGMAS[:4]), rng.choice(_RATES[:4]), 1)
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    knee = 0.5 + sigma**2 * (math.log1p(-q) - math.log(q))
    end = knee + sigma**2 * math.log(rng.uniform(0.5, 25.0))
    turn = (2 * abs(end) + rng.uniform(20, 200)) * 200
    return Beyond(release, _grid(sigma, -11 * sigma, end, sigma * rng.uniform(0.02, 0.6)),
                  rng.uniform(-3, 3), turn)  # fmt: skip


_SPECIAL = (_at_the_knee, _left_of_the_grid, _cut_at_the_knee)

_LINES = (
    Run(F(1), (), False),
    Run(F(4), (), True),
    Run(F(1, 4), (Release(F(1), F(1, 5), 1),), False),
    Run(F(1), (Release(F(1, 2), F(1, 10), 1),), True),
    Run(F(0), (Release(F(1), F(1, 2), 1),), False),
    Run(F(0), (Release(F(1), F(1, 2), 1),), True),
    Run(F(0), (Release(F(1, 2), F(3, 10), 1),), False),
    Run(F(0), (Release(F(1), F(1, 5), 2),), False),
    Run(F(0), (Release(F(1), F(1, 5), 2),), True),
    Run(F(0), (Release(F(1), F(1, 5), 1), Release(F(2), F(1, 2), 1)), False),
    Run(F(0), (Release(F(1), F(1, 5), 1), Release(F(2), F(1, 2), 1)), True),
    Run(F(0), (Release(F(1, 2), F(9, 10), 2),), False),
    Run(F(0), (Release(F(1, 2), F(9, 10), 2),), True),
)
_EPS = (-2.5, -1.0, -0.3, 0.0, 0.1, 0.4, 0.5, 1.0, 2.0, 3.5, 5.0)
_SAMPLED = _LINES[4:]


def _line(run: Run, c, beyond, height, nodes, **grids) -> Line:
    """A line with good grids, whatever its nodes are."""
    made = []
    s, t = (1 - c, 1 - beyond) if run.add else (c, beyond)
    for release in run.releases:
        sigma = float(release.noise_multiplier)
        made.append(
            _grid(
                sigma, min(s, t, 0) - 9 * sigma, max(s, t, 1) + 9 * sigma,
                min(sigma, sigma**2) / 3, **grids,
            )
        )  # fmt: skip
    return Line(c, beyond, height, nodes, 2.0, 2.0, 100, tuple(made))


def _few_nodes(rng: Random) -> Question:
    """The sum ends early: what lies beyond dominates."""
    run = rng.choice(_LINES)
    c = 1 + math.exp(rng.uniform(-1, 2.3))
    height = min(c - 1, 3.0) * rng.uniform(0.05, 0.9)
    line = _line(run, c, c + rng.uniform(1, 4), height, rng.randint(1, 8),
                 shift=rng.choice((0.05, 0.3, 0.6, 1.0)))  # fmt: skip
    return Question(run, line, _EPS)


def _coarse_height(rng: Random) -> Question:
    """Nodes far apart: the alias sums dominate, on one side or the other."""
    run = rng.choice(_LINES[:4] * 2 + _LINES)
    c = 1 + math.exp(rng.uniform(-2, 1.6))
    beyond = c + math.exp(rng.uniform(-2, 2))
    height = 2 * math.pi * min(c - 1, beyond - c) / math.exp(rng.uniform(-1.5, 2.5))
    if rng.random() < 0.5:
        height = 2 * math.pi * (c - 1) / math.exp(rng.uniform(-1.5, 2.0))
        beyond = c + height * rng.uniform(0.2, 2)
    nodes = min(max(int(9 / height), 3), 60)
    return Question(run, _line(run, c, min(beyond, 60.0), height, nodes, shift=0.6), _EPS)


def _close_cut(rng: Random) -> Question:
    """A cut where outputs still are likely: what it loses dominates."""
    run = rng.choice([run for run in _SAMPLED if not run.add])
    c = 1 + rng.uniform(0.3, 3)
    line = _line(run, c, c + rng.uniform(1, 4), (c - 1) / 2.5, rng.choice((12, 40, 150)), shift=0.6)
    grids = [
        replace(
            grid,
            cut=Window(
                rng.uniform(-1, 4) * float(r.noise_multiplier),
                float(r.noise_multiplier) * rng.uniform(0.1, 2.0),
            ),
        )
        for grid, r in zip(line.grids, run.releases, strict=True)
    ]
    return Question(run, replace(line, grids=tuple(grids)), _EPS)


def _telling_cut(rng: Random) -> Question:
    """A cut near the output that tells all by itself at one eps: what is known of it dominates."""
    wide = Run(F(0), (Release(F(2), F(1, 2), 1),), False)
    run = rng.choice([*(run for run in _SAMPLED if not run.add), _LINES[2], _SAMPLED[4], wide])
    c = 1 + rng.uniform(0.3, 3)
    line = _line(
        run, c, c + rng.uniform(1, 4), (c - 1) / 2.5, rng.choice((40, 150, 600)), shift=0.6
    )
    least = sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)
    eps, grids = rng.uniform(-0.4, 2.0), []
    for grid, release in zip(line.grids, run.releases, strict=True):
        sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
        inner = math.expm1(max(eps - least + math.log1p(-q), math.log1p(-0.9 * q))) / q
        width = sigma * rng.uniform(0.08, 0.5)
        center = sigma**2 * math.log1p(inner) + 0.5 + width * rng.uniform(-1.0, 3.0)
        grids.append(replace(grid, cut=Window(center, width), shift=min(0.6, 3 * width / sigma**2),
                             strip=min(grid.strip, 4 * width / sigma**2)))  # fmt: skip
    # fine enough for what changes within a window
    grids = [replace(g, spacing=g.spacing / 4, first=4 * g.first, last=4 * g.last) for g in grids]
    near = tuple(eps + away for away in (-0.2, 0.0, 0.2))
    return Question(run, replace(line, grids=tuple(grids)), (*near, *_EPS[2:8]))


def _at_once(rng: Random) -> AtOnce:
    """Any run at any eps, near the ends of the losses too."""
    run = rng.choice(_LINES)
    edge = -sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)
    near = tuple(sign * edge * part for sign in (-1, 1) for part in (0.5, 0.9, 0.99, 1.01))
    return AtOnce(run, (*(e for e in near if abs(e) < 6), *_EPS, rng.uniform(-3, 5)))


def _cores(rng: Random) -> Question:
    """Cores at any place, reach and tilt: what they leave over dominates."""
    run = rng.choice([*_SAMPLED, *_LINES[2:4]])
    c = 1 + rng.uniform(0.5, 3)
    line = _line(run, c, c + rng.uniform(1, 6), (c - 1) / rng.uniform(1.5, 3), 30, shift=0.3)
    grids = []
    for grid, release in zip(line.grids, run.releases, strict=True):
        sigma = float(release.noise_multiplier)
        width = sigma * math.exp(rng.uniform(-1.5, 0))
        core = Window(rng.uniform(-2, 3) * sigma, width)
        cut = None
        if not run.add and rng.random() < 0.3:
            cut = Window(rng.uniform(1, 6) * sigma, 0.5 * sigma)
        grids.append(replace(grid, core=core, cut=cut, shift=min(0.3, width / sigma**2)))
    reach, tilt = rng.uniform(-1, 4), 1 + math.exp(rng.uniform(-4, 2))
    line = replace(line, reach=reach, tilt=tilt, grids=tuple(grids))
    return Question(run, line, _EPS)


def _large_tilt(rng: Random) -> Question:
    """Cores whose leftover at the tilt is small: the reach and the way decide."""
    question = _cores(rng)
    return replace(question, line=replace(question.line, tilt=1 + rng.uniform(1, 12),
                                          reach=rng.uniform(1.0, 6.0)))  # fmt: skip


def _core_tail(rng: Random) -> Question:
    """Cores on a line that ends early."""
    question = _cores(rng)
    line = question.line
    height = min(line.c - 1, 3.0) * rng.uniform(0.1, 0.6)
    return replace(question, line=replace(line, height=height, nodes=rng.randint(1, 5)))


def _wide_cores(rng: Random) -> Question:
    """Cores that hardly change where the outputs lie, and end before them or among them."""
    run = rng.choice([*_SAMPLED, *_LINES[-2:], *_LINES[2:4]])
    c = 1 + rng.uniform(0.5, 2.5)
    line = _line(run, c, c + rng.uniform(1, 4), (c - 1) / rng.uniform(2, 3), rng.choice((20, 60)))
    reach, grids = rng.uniform(*rng.choice(((-1.0, 0.3), (0.3, 2.5), (0.8, 2.5)))), []
    for grid, release in zip(line.grids, run.releases, strict=True):
        sigma = float(release.noise_multiplier)
        width = sigma * rng.uniform(1, 40)
        core = Window(rng.uniform(-4, 2) * sigma - reach * width, width)
        grids.append(replace(grid, core=core, shift=0.5))
    tilt = 1 + math.exp(rng.uniform(-3, 1.5))
    line = replace(line, reach=reach, tilt=tilt, grids=tuple(grids))
    edges = [-sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)]
    near = tuple(sign * e * part for e in edges for sign in (-1, 1) for part in (0.5, 0.8, 0.95))
    return Question(run, line, (*_EPS, 8.0, 11.0, *(min(e, 5.0) for e in near)))


def _ends(rng: Random) -> Question:
    """Narrow cores whose ends decide, for steps that lose much."""
    run = rng.choice((*_LINES[-2:], *_LINES[4:9]))
    c = 1 + rng.uniform(0.15, 0.7)
    line = _line(run, c, c + rng.uniform(0.3, 1), (c - 1) / rng.uniform(1.5, 2.5), 150)
    reach, grids, ends = rng.uniform(1.5, 3.0), [], 0.0
    for grid, release in zip(line.grids, run.releases, strict=True):
        sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
        width = sigma * rng.uniform(0.15, 0.6)
        end = rng.uniform(-1.0, 2.5) * sigma + rng.choice((0.0, 1.0))
        core = Window(end - reach * width, width)
        excess = math.log1p(q / (1 - q) * math.exp((2 * end - 1) / (2 * sigma**2)))
        ends += release.steps * (excess * rng.uniform(0.4, 1.05) + math.log1p(-q))
        grids.append(replace(grid, core=core, shift=min(0.5, 2 * width / sigma**2)))
    line = replace(line, reach=reach, tilt=1 + rng.uniform(0.05, 3), grids=tuple(grids))
    eps = min(-ends if run.add else ends, 12.0)
    return Question(run, line, (*_EPS[:-1], eps))


_FLAT = tuple(
    Run(F(0), (Release(F(5), q, steps),), add)
    for q in (F(1, 1000), F(1, 50))
    for steps in (1, 2)
    for add in (False, True)
)


def _flat_tail(rng: Random) -> Question:
    """A transform that hardly falls: the sum beyond the last node is what its bound says."""
    run = rng.choice(_FLAT)
    c = 1 + rng.uniform(1, 4)
    height = (c - 1) / rng.uniform(2, 4)
    nodes = math.ceil(rng.uniform(2, 6) * c / height)
    line = _line(run, c, c + rng.uniform(2, 6), height, nodes, shift=0.01)
    if rng.random() < 0.7:
        core = Window(rng.uniform(-2, 2) * 5.0, 5.0 * rng.uniform(0.3, 1.5))
        line = replace(line, grids=tuple(replace(g, core=core) for g in line.grids),
                       tilt=rng.uniform(1.1, 20.0), reach=rng.uniform(2, 6))  # fmt: skip
    return Question(run, line, (-0.3, -0.1, -0.02, 0.0, 0.02, 0.1, 0.3))


def _both_aliases(rng: Random) -> Question:
    """Both alias sums are as large as their bounds: delta is near 1 around the next alias, too."""
    mu = rng.choice((F(1, 2), F(1), F(8)))
    wide = float(mu)
    step = rng.uniform(4.0, 8.0) * max(1.0, 2.0 * (wide > 2))
    c = 1 + rng.uniform(0.1, 1.2) / step
    beyond = c + rng.uniform(0.5, 3.0) / step
    height = 2 * math.pi / step
    nodes = math.ceil(9.0 / wide / height) + 2
    line = Line(c, beyond, height, nodes, 1.0, 2.0, 100, ())
    first = wide * wide / 2 - step
    return Question(Run(mu * mu, (), rng.random() < 0.5), line,
                    tuple(first - wide * part for part in (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)))  # fmt: skip  # noqa: E501


def _coarse_line(rng: Random) -> Question:
    """A line on grids that are coarse or short."""
    run = rng.choice(_SAMPLED)
    c = 1 + rng.uniform(0.3, 3)
    line = _line(run, c, c + rng.uniform(0.5, 5), (c - 1) / 2.5, rng.choice((2, 10, 40)))
    grids = []
    for release in run.releases:
        base = rng.choice((_coarse_spacing, _short_range))
        grids.append((_with_windows(rng, base) if rng.random() < 0.3 else base(rng)).grid)
        sigma = float(release.noise_multiplier)
        scale = sigma / max(abs(grids[-1].first * grids[-1].spacing) / 8, 0.1)
        grids[-1] = replace(grids[-1], spacing=grids[-1].spacing * scale, core=None)
        if run.add:
            grids[-1] = replace(grids[-1], cut=None)
    return Question(run, replace(line, grids=tuple(grids)), _EPS)


def _low_precision(rng: Random) -> Question:
    """Few bits, and a line that cancels."""
    question = _few_nodes(rng)
    c = 1 + rng.uniform(5, 25)
    line = _line(question.run, c, c + 2, rng.uniform(0.3, 3), rng.randint(1, 60))
    return replace(question, line=replace(line, precision=rng.randint(64, 80)))


def _waves(rng: Random) -> Sum:
    """Few losses, so that the errors of their Taylor sums hardly cancel."""
    count, far = rng.choice((1, 2, 3, 12, 51)), rng.choice((0.01, 1.0, 40.0))
    losses = tuple(rng.uniform(-1.0, 1.0) * far for _ in range(rng.choice((1, 2, 5))))
    weights = tuple(rng.uniform(0.1, 3.0) for _ in losses)
    allowed = 10.0 ** rng.choice((2, 0, -2, -5, -14))
    return Sum(weights, losses, rng.uniform(0.5, 2.0) * 10.0 ** rng.choice((-2, 0)), count, allowed)


FAMILIES = {
    "waves": (_waves, 60),
    "coarse spacing": (_coarse_spacing, 250),
    "short range": (_short_range, 250),
    "coarse windows": (lambda rng: _with_windows(rng, _coarse_spacing), 200),
    "short windows": (lambda rng: _with_windows(rng, _short_range), 200),
    "steep": (_steep, 250),
    "steep windows": (lambda rng: _with_windows(rng, _steep), 150),
    "pieces": (_pieces, 600),
    "far core": (_far_core, 120),
    "thin bump": (_thin_bump, 40),
    "few nodes": (_few_nodes, 60),
    "coarse height": (_coarse_height, 150),
    "close cut": (_close_cut, 40),
    "at once": (_at_once, 30),
    "telling cut": (_telling_cut, 120),
    "cores": (_cores, 120),
    "large tilt": (_large_tilt, 120),
    "core tail": (_core_tail, 60),
    "wide cores": (_wide_cores, 160),
    "ends": (_ends, 120),
    "flat tail": (_flat_tail, 60),
    "both aliases": (_both_aliases, 80),
    "coarse line": (_coarse_line, 100),
    "low precision": (_low_precision, 20),
}


@cache
def cases(family: str) -> tuple:
    """The questions of a family, the same ones each time."""
    draw, count = FAMILIES[family]
    return tuple(draw(Random(f"{family} {i}")) for i in range(count))
