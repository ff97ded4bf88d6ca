"""Witnesses chosen so that one error term matters, each in a family of that term's name.

Every family is drawn from a fixed seed. A case is tried on an evaluator (the real one, or one with
something wrong in it); what comes back says how the truth was missed, or is None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction as F  # noqa: N817 - many numbers
from functools import lru_cache
from random import Random

import numpy as np
from certificates.truths import delta_of, excludes, moments
from flint import arb, ctx
from scipy.special import ndtr

from dpaccount.certificates import Grid, Line, Release, Run, Window
from dpaccount.certificates.numbers import enclose

__all__ = ["FAMILIES", "missed"]

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


# -- drawing -----------------------------------------------------------------------------------


def _release(rng: Random, steps: int = 1) -> Release:
    return Release(rng.choice(_SIGMAS), rng.choice(_RATES), steps)


def _grid(sigma, low, high, spacing, *, strip=0.8, shift=0.3, margin=0.4, cut=None, core=None):
    first, last = math.floor(low / spacing), math.ceil(high / spacing)
    return Grid(
        spacing, min(first, -1), max(last, 1), strip, shift, margin, cut=cut, core=core
    )


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
    base = rng.choice((_coarse_spacing, _short_range, _steep))
    step = _with_windows(rng, base) if rng.random() < 0.6 else base(rng)
    widths = [w.width for w in (step.grid.cut, step.grid.core) if w is not None]
    most = rng.uniform(0.3, 4) * min(widths, default=1e3) / float(step.release.noise_multiplier) ** 2
    grid = replace(step.grid, shift=min(step.grid.shift, most))
    return replace(step, grid=grid, pieces=True, height=rng.choice((0.0, 1.0, 5.0, 20.0)))


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
    reach, grids = rng.uniform(0.3, 2.5), []
    for grid, release in zip(line.grids, run.releases, strict=True):
        sigma = float(release.noise_multiplier)
        width = sigma * rng.uniform(1, 40)
        core = Window(rng.uniform(-4, 2) * sigma - reach * width, width)
        grids.append(replace(grid, core=core, shift=0.5))
    tilt = 1 + math.exp(rng.uniform(-3, 1.5))
    line = replace(line, reach=reach, tilt=tilt, grids=tuple(grids))
    edges = [-sum(r.steps * math.log1p(-float(r.sampling_rate)) for r in run.releases)]
    near = tuple(sign * e * part for e in edges for sign in (-1, 1) for part in (0.5, 0.8, 0.95))
    return Question(run, line, _EPS + (tuple(min(e, 5.0) for e in near)))


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


FAMILIES = {
    "coarse spacing": (_coarse_spacing, 250),
    "short range": (_short_range, 250),
    "coarse windows": (lambda rng: _with_windows(rng, _coarse_spacing), 200),
    "short windows": (lambda rng: _with_windows(rng, _short_range), 200),
    "steep": (_steep, 250),
    "steep windows": (lambda rng: _with_windows(rng, _steep), 150),
    "pieces": (_pieces, 500),
    "few nodes": (_few_nodes, 60),
    "coarse height": (_coarse_height, 150),
    "close cut": (_close_cut, 40),
    "cores": (_cores, 120),
    "large tilt": (_large_tilt, 120),
    "core tail": (_core_tail, 60),
    "wide cores": (_wide_cores, 120),
    "coarse line": (_coarse_line, 100),
    "low precision": (_low_precision, 20),
}


@lru_cache(maxsize=None)
def _cases(family: str) -> tuple:
    draw, count = FAMILIES[family]
    return tuple(draw(Random(f"{family} {i}")) for i in range(count))


# -- trying ------------------------------------------------------------------------------------


def missed(evaluator, family: str) -> str | None:
    """How an evaluator (anything with Sampled and Inversion) misses a truth of a family, if so."""
    for case in _cases(family):
        ask = _ask_line if isinstance(case, Question) else _ask_release
        if isinstance(case, Step) and case.pieces:
            ask = _ask_pieces
        found = ask(evaluator, case)
        if found:
            return f"{found}: {case}"
    return None


def _ask_release(evaluator, case: Step) -> str | None:
    with ctx.workprec(100):
        sampled = evaluator.Sampled(case.release, case.grid)
        s, h = enclose(case.s), enclose(case.height)
        for core in (False, True) if case.grid.core else (False,):
            window = case.grid.core if core else None
            heights = tuple(case.height * k for k in range(case.count + 1))
            values, radius = moments(case.release, case.grid.cut, window, False, case.s, heights)
            found = sampled.moment(s, core=core)
            if not found.overlaps(arb(values[0].real, radius)):
                return f"moment {found} misses {values[0]}"
            for sign in (1, -1):
                boxes = sampled.transform(s, sign * h, case.count, core=core)
                for k, (box, value) in enumerate(zip(boxes, values, strict=True)):
                    real, imag = arb(value.real, radius), arb(sign * value.imag, radius)
                    if not (box.real.overlaps(real) and (k == 0 or box.imag.overlaps(imag))):
                        return f"transform {box} misses {value} at k = {k}"
        for top in (0.0, case.height, 3.0):
            bound = sampled.decay(s, enclose(top))
            outer = case.grid.core is not None
            above = tuple(top + more for more in (0.0, 0.2, 1.0, 5.0))
            values, radius = moments(
                case.release, case.grid.cut, case.grid.core, outer, case.s, above
            )
            if any(bound < abs(value) - radius for value in values):
                return f"decay {bound} is below {values}"
    return None


def _ask_pieces(evaluator, case: Step) -> str | None:
    with ctx.workprec(100):
        sampled = evaluator.Sampled(case.release, case.grid)
        s, axis = enclose(case.s), Axis.of(case)
        shift, spacing = case.grid.shift, case.grid.spacing
        a = shift * axis.sigma**2
        windows = [(case.grid.cut, False, sampled.cut), (case.grid.core, False, sampled.core),
                   (case.grid.core, True, sampled.outer)]  # fmt: skip
        chosen = [w for w in windows if w[0] is not None]
        kinds = [[], *([w] for w in chosen)]
        if len(chosen) == 3:
            kinds += [[chosen[0], chosen[1]], [chosen[0], chosen[2]]]
        for kind in kinds:
            weights = [w for _, _, w in kind]
            spreads = [w.spread(enclose(shift) * sampled.variance) for w in weights]
            v = axis.majorant(kind, a)
            for turn in (0.0, case.height):
                f = axis.mass * axis.power(case.s, turn) * v
                bound = sampled._cells(s, enclose(turn), enclose(shift) * sampled.variance, weights)
                if bound < f.sum() * (1 - 1e-9):
                    return f"cells {bound} below {f.sum()} with {kind}"
                bound = sampled._outside(s, enclose(turn), spreads, weights)
                beyond = f[axis.x < axis.low].sum() + f[axis.x > axis.high].sum()
                # the cells at the two ends are counted by half
                if bound < beyond * (1 - 1e-9) - axis.slack(f):
                    return f"outside {bound} below {beyond} with {kind} and turn {turn}"
            nodes = axis.beyond(spacing, case.grid)
            f = nodes.mass * nodes.power(case.s, 0.0) * nodes.majorant(kind, 0.0)
            bound = sampled._outside(s, arb(0), weights=weights)
            if bound < f.sum() * (1 - 1e-9):
                return f"outside {bound} below the sum {f.sum()} with {kind}"
        kind = [w for w in chosen if w[1] or w[0] is case.grid.cut]
        for top in (0.0, case.height):
            f = axis.mass * axis.moved(case.s, shift, top) * axis.majorant(kind, a)
            truth = f.sum() * math.exp((shift * axis.sigma) ** 2 / 2)
            bound = sampled.decay(s, enclose(top))
            if bound < truth * (1 - 1e-9):
                return f"decay {bound} below the moved integral {truth}"
    return None


@dataclass(frozen=True)
class Axis:
    """Outputs x in float64 with their masses, far beyond every grid."""

    release: Release
    x: np.ndarray
    spacing: float
    low: float
    high: float

    @staticmethod
    @lru_cache(maxsize=None)
    def of(case: Step) -> Axis:
        sigma, grid = float(case.release.noise_multiplier), case.grid
        widths = [w.width for w in (grid.cut, grid.core) if w is not None]
        fine = min([sigma, sigma**2, *widths]) / 16
        low = min(case.s, 0) - 11 * sigma
        high = max(case.s, 1) + case.height + 11 * sigma
        x = np.arange(math.floor(low / fine), math.ceil(high / fine)) * fine
        return Axis(case.release, x, fine, grid.first * grid.spacing, grid.last * grid.spacing)

    def beyond(self, spacing: float, grid: Grid) -> Axis:
        """The nodes that the grid leaves out."""
        left = np.arange(math.floor(self.x[0] / spacing), grid.first)
        right = np.arange(grid.last + 1, math.ceil(self.x[-1] / spacing) + 1)
        nodes = np.concatenate([left, right]) * spacing
        return Axis(self.release, nodes, spacing, self.low, self.high)

    @property
    def sigma(self) -> float:
        return float(self.release.noise_multiplier)

    @property
    def mass(self):
        scale = self.spacing / (self.sigma * math.sqrt(2 * math.pi))
        return scale * np.exp(-self.x**2 / (2 * self.sigma**2))

    @property
    def odds(self):
        q = float(self.release.sampling_rate)
        return q / (1 - q) * np.exp((2 * self.x - 1) / (2 * self.sigma**2))

    def power(self, s: float, turn: float):
        """r^s e^(turn m)."""
        odds, rest = self.odds, math.log1p(-float(self.release.sampling_rate))
        slope = np.maximum(1 / (1 + 1 / odds), 1 / (1 + 1 / odds / odds))
        return np.exp(s * (rest + np.log1p(odds)) + turn * slope)

    def moved(self, s: float, shift: float, top: float):
        """|r^(s + it)| on the moved line."""
        rest = math.log1p(-float(self.release.sampling_rate))
        moved = 1 + self.odds * np.exp(1j * shift)
        return np.exp(s * (rest + np.log(np.abs(moved))) - top * np.angle(moved))

    def majorant(self, kind, a: float):
        """The product of the windows' majorants for shifts up to a."""
        total = np.ones_like(self.x)
        for window, outer, _ in kind:
            p, ratio = (self.x - window.center) / window.width, a / window.width
            bump = np.exp(math.log(ratio) + ratio**2 / 2 - p * p / 2) if ratio else 0 * p
            total *= ndtr(p if outer else -p) + bump / math.sqrt(2 * math.pi)
        return total

    def slack(self, f) -> float:
        """Of an integral that begins or ends between two points."""
        ends = [int(np.searchsorted(self.x, edge)) for edge in (self.low, self.high)]
        return float(sum(f[max(i - 2, 0) : i + 2].max(initial=0.0) for i in ends))


def _ask_line(evaluator, case: Question) -> str | None:
    inversion = evaluator.Inversion(case.run, case.line)
    for eps in case.epsilons:
        low, high = inversion.delta(arb(eps))
        truth = delta_of(case.run, eps)
        if excludes(low, high, truth):
            return f"[{low}, {high}] misses {truth} at eps = {eps}"
    return None
