"""Draw docs/explanation/contour.png and core.png from the lines that dpaccount itself plans.

Run it again with: python docs/explanation/draw_contour.py (needs matplotlib).
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from flint import arb, ctx

from dpaccount._validate import Exact
from dpaccount.accountants.saddlepoint.solve import solve_epsilon
from dpaccount.certificates import Grid, Release, Run
from dpaccount.certificates.inversion import Inversion
from dpaccount.certificates.numbers import enclose
from dpaccount.certificates.release import Sampled

HERE = Path(__file__).resolve().parent
INK, BLUE, RED, GOLD = "#1f2933", "#1f5fa8", "#c2371f", "#e0a100"
LOG_10 = math.log(10.0)
DELTA = 1e-5


def log_transform(release: Release, z: Any) -> Any:
    """log |M(z)| and the phase of M(z), to remove, in float64: for pictures only."""
    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    x = np.arange(-14.0 * sigma, 30.0 + 14.0 * sigma, sigma / 12.0)
    u = (2.0 * x - 1.0) / (2.0 * sigma**2)
    loss = np.where(u < 30.0, np.log1p(q * np.expm1(np.minimum(u, 30.0))), u + math.log(q))
    mass = -(x * x) / (2.0 * sigma**2) + math.log(sigma / 12.0 / (sigma * math.sqrt(2 * math.pi)))
    flat = z.ravel()
    exponents = mass + flat.real[:, None] * loss
    top = exponents.max(axis=1)
    total = (np.exp(exponents - top[:, None]) * np.exp(1j * flat.imag[:, None] * loss)).sum(axis=1)
    value = np.log(np.abs(total)) + top
    return (release.steps * value).reshape(z.shape)


def log10_f(release: Release, z: Any, epsilon: float) -> Any:
    """log10 |F(z)|."""
    found = log_transform(release, z) - (z.real - 1.0) * epsilon
    return (found - np.log(np.abs(z * (z - 1.0)))) / LOG_10


def decay(release: Release, grid: Grid, s: float, height: float) -> float:
    """The proven bound of log |E[r^(s+it)]| for all t >= height, at the best of some angles."""
    sigma = float(release.noise_multiplier)
    found = math.inf
    for shift in np.geomspace(0.004, 1.3, 40):
        margin = min(1.5, 1.565 - float(shift))
        tried = Grid(grid.spacing / 2, 2 * grid.first, 2 * grid.last, grid.strip, float(shift),
                     margin, grid.cut, grid.core)  # fmt: skip
        bound = Sampled(release, tried).decay(arb(s), arb(height))
        found = min(found, float(bound.log()) if bound > 0 else math.inf)
        if sigma * shift > 6.0:
            break
    return found


def contour() -> None:
    """The plane and the line of the run W2."""
    release = Release(Fraction("1.1"), Fraction(256, 60_000), 14_063)
    run = Run(Fraction(0), (release,), add=False)
    ends = solve_epsilon(run, Exact(Fraction("1e-5")), 2e-10)
    line, epsilon = ends.line, (ends.lower + ends.upper) / 2
    assert line is not None
    nodes = line.c + 1j * line.height * np.arange(-line.nodes, line.nodes + 1)
    real = np.linspace(1.02, 40.0, 4000)
    saddle = float(real[np.argmin(log10_f(release, real + 0j, epsilon))])

    plt.rcParams["font.size"] = 13
    for name in ("axes.edgecolor", "text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
        plt.rcParams[name] = INK
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(13.6, 6.0), gridspec_kw={"width_ratios": [1.0, 1.12]}
    )
    # left: the plane
    x, y = np.linspace(-4.0, 12.5, 166), np.linspace(-17.5, 17.5, 281)
    plane = x[None, :] + 1j * y[:, None]
    with np.errstate(divide="ignore"):
        size = log10_f(release, plane, epsilon)
    levels = np.arange(-30, 5, 2)
    filled = left.contourf(x, y, np.clip(size, -29.9, 3.9), levels=levels, cmap="Blues_r")
    left.contour(x, y, size, levels=levels, colors="white", linewidths=0.4, alpha=0.6)
    bar = figure.colorbar(filled, ax=left, pad=0.02)
    bar.set_label(r"$\log_{10}|F(z)|$")
    left.axvline(line.c, color=RED, lw=1.6)
    left.plot(nodes.real, nodes.imag, "o", color=RED, ms=5.5, mec="white", mew=0.6)
    left.plot([0, 1], [0, 0], "x", color=INK, ms=10, mew=2.6)
    left.plot([saddle], [0], "D", color=GOLD, ms=9, mec=INK, mew=1.0)
    box = {"boxstyle": "round,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.88}
    left.annotate("poles 0 and 1", (0.5, 0.3), (-3.5, 4.6), bbox=box,
                  arrowprops={"arrowstyle": "-", "color": INK})  # fmt: skip
    left.annotate(f"saddle {saddle:.2f}", (saddle, 0), (8.2, 4.6), bbox=box,
                  arrowprops={"arrowstyle": "-", "color": INK})  # fmt: skip
    left.annotate(f"Re z = {line.c:.2f}\nand its nodes", (line.c, -11.95), (7.1, -16.4),
                  bbox=box, color=RED)  # fmt: skip
    left.set(xlabel="Re z", ylabel="Im z", title="the integrand F in the complex plane")

    # right: along the line
    t = np.linspace(0.0, 23.0, 600)
    right.plot(t, log10_f(release, line.c + 1j * t, epsilon), color=BLUE, lw=2.0, label="|F|")
    k = np.arange(line.nodes + 1) * line.height
    right.plot(k, log10_f(release, line.c + 1j * k, epsilon), "o", color=RED, ms=6,
               mec="white", mew=0.6, label=f"the {line.nodes + 1} nodes")  # fmt: skip
    with ctx.workprec(100):
        heights = np.linspace(1.0, 23.0, 26)
        bounds = np.array([decay(release, line.grids[0], line.c, float(h)) for h in heights])
        inversion = Inversion(run, line)
        drop = (-(inversion.c - 1) * enclose(epsilon)).exp()
        tail = float((inversion.tail * drop).upper())
        value = inversion.delta(arb(epsilon))
    front = release.steps * bounds - (line.c - 1) * epsilon - 2 * np.log(heights)
    right.plot(heights, front / LOG_10, color=GOLD, lw=2.2, ls="--",
               label="proven bound, for all larger Im z")  # fmt: skip
    top = float(k[-1])
    right.axvline(top, color=RED, lw=1.2, ls=":")
    right.annotate("the sum ends here;\nall that follows adds\nless than "
                   f"{_power(tail)}", (top + 0.3, -1.0), va="top", fontsize=12.5)  # fmt: skip
    width = float((value[1] - value[0]).upper())
    right.axhline(math.log10(width), color=INK, lw=1.0, ls=":")
    label = f"width of the enclosure\nof $\\delta$: {_power(width)}"
    right.text(0.3, math.log10(width) - 0.4, label, fontsize=12.5, va="top")
    right.set(xlabel="Im z", ylabel=r"$\log_{10}|F|$", xlim=(0, 23), ylim=(-30, 0),
              title=f"along Re z = {line.c:.2f}")  # fmt: skip
    right.grid(alpha=0.25)
    right.legend(loc="lower left", framealpha=0.95, fontsize=12.5)
    figure.suptitle(
        r"noise 1.1, rate 256/60000, 14,063 steps, $\delta = 10^{-5}$, remove: "
        f"$\\varepsilon$ = {epsilon:.9f}, to {ends.upper - ends.lower:.0e}",
        fontsize=14,
    )
    _save(figure, "contour.png")


def core() -> None:
    """A run of two steps, whose transform hardly falls, and what a core does about it."""
    release = Release(Fraction(1, 2), Fraction(1, 10), 2)
    run = Run(Fraction(0), (release,), add=False)
    ends = solve_epsilon(run, Exact(Fraction("1e-5")), 2e-10)
    line, epsilon = ends.line, (ends.lower + ends.upper) / 2
    assert line is not None
    grid = line.grids[0]
    assert grid.core is not None
    fine = replace(grid, spacing=grid.spacing / 4, first=4 * grid.first, last=4 * grid.last)
    count = 240
    with ctx.workprec(160):
        sampled = Sampled(release, fine)
        step = enclose(line.height)
        whole = sampled.transform(enclose(line.c), step, count)
        inner = sampled.transform(enclose(line.c), step, count, core=True)
        inversion = Inversion(run, line)
        tail = float((inversion.tail * (-(inversion.c - 1) * enclose(epsilon)).exp()).upper())
        full = np.array([complex(g**2) for g in whole])
        left_over = np.array([complex(g**2 - k**2) for g, k in zip(whole, inner, strict=True)])
    height = line.height * np.arange(count + 1)
    z = line.c + 1j * height
    scale = -(line.c - 1) * epsilon / LOG_10 - np.log10(np.abs(z * (z - 1)))

    figure, (left, right) = plt.subplots(
        1, 2, figsize=(13.6, 5.2), gridspec_kw={"width_ratios": [1.0, 1.12]}
    )
    sigma, q = 0.5, 0.1
    x = np.linspace(-2.2, 3.4, 700)
    r = 1 - q + q * np.exp((2 * x - 1) / (2 * sigma**2))
    density = np.exp(-(x**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    weight = np.array([0.5 * math.erfc((a - grid.core.center) / grid.core.width / math.sqrt(2))
                       for a in x])  # fmt: skip
    left.fill_between(x, density * r * weight, color=BLUE, alpha=0.25)
    left.plot(
        x, density * r * weight, color=BLUE, lw=2, label="density with the record, in the core"
    )
    left.plot(x, density * r * (1 - weight), color=RED, lw=2, label="the same, outside the core")
    left.plot(x, weight, color=INK, lw=1.3, ls="--", label="weight of the core")
    left.set(xlabel="output x of one step", ylabel="", ylim=(0, 1.7), xlim=(-2.2, 3.4),
             title="the core and what is left")  # fmt: skip
    twin = left.twinx()
    twin.plot(x, np.log(r), color=GOLD, lw=2.2)
    twin.set_ylabel("privacy loss log r(x)", color="#946a00")
    twin.tick_params(axis="y", colors="#946a00")
    twin.set_ylim(-0.6, 14.0)
    left.legend(loc="upper left", fontsize=11.5, framealpha=0.95)
    left.grid(alpha=0.2)

    right.plot(height, np.log10(np.abs(full)) + scale, color=BLUE, lw=1.6,
               label=r"$G^T$: would need about 100,000 nodes")  # fmt: skip
    right.plot(height, np.log10(np.abs(left_over)) + scale, color=RED, lw=1.8,
               label=r"$G^T - G_\mathrm{core}^T$: what is integrated")  # fmt: skip
    right.axvline(line.nodes * line.height, color=INK, lw=1.0, ls=":")
    label = f"the last of {line.nodes + 1} nodes;\nall the rest adds\nless than {_power(tail)}"
    right.annotate(label, (line.nodes * line.height + 0.8, -13.0), fontsize=12.5)  # fmt: skip
    right.set(xlabel="Im z", ylabel=r"$\log_{10}$ of the part of $|F|$",
              xlim=(0, 60), ylim=(-26, -3), title=f"along Re z = {line.c:.2f}")  # fmt: skip
    right.legend(loc="upper right", fontsize=12.5, framealpha=0.95)
    right.grid(alpha=0.25)
    figure.suptitle(
        r"noise 0.5, rate 0.1, 2 steps, $\delta = 10^{-5}$, remove: "
        f"$\\varepsilon$ = {epsilon:.9f}", fontsize=14,
    )  # fmt: skip
    _save(figure, "core.png")


def _power(value: float) -> str:
    exponent = math.floor(math.log10(value))
    return f"${value / 10.0**exponent:.1f}\\cdot 10^{{{exponent}}}$"


def _save(figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(HERE / name, dpi=88, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    contour()
    core()
