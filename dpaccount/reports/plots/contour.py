"""How the certified accountant inverts a transform: the integrand on its contour, and a core."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.errors import Unsupported
from dpaccount.mechanisms import Mechanism, canonical
from dpaccount.reports.plots.style import COLORS, DASHES, INK, canvas, legend, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dpaccount.certificates import Grid, Line, Release, Run

__all__ = ["core", "integrand"]

_LOG_10 = math.log(10.0)
_BLUE, _RED, _GOLD = COLORS[0], COLORS[1], COLORS[4]


@dataclass(frozen=True)
class _Solved:
    """One sampled setting, direction remove, and the line that shows its epsilon."""

    run: Run
    release: Release
    line: Line
    epsilon: float
    delta: Exact

    @property
    def top(self) -> float:
        """The height of the last node."""
        return self.line.nodes * self.line.height

    def size(self, z: Any) -> Any:
        """The size log10 |F(z)| in float64: for pictures only."""
        import numpy as np

        found = _log_transform(self.release, z) - (z.real - 1.0) * self.epsilon
        return (found - np.log(np.abs(z * (z - 1.0)))) / _LOG_10

    @property
    def words(self) -> str:
        """What was run, and what was found."""
        setting = self.release
        return (
            f"noise {setting.noise_multiplier}, rate {setting.sampling_rate}, "
            f"{setting.steps:,} steps, delta {self.delta}, remove: epsilon = {self.epsilon:.9f}"
        )


def _solved(run: Mechanism, delta: Number) -> _Solved:
    from dpaccount.accountants.saddlepoint.solve import solve_epsilon
    from dpaccount.certificates import Release as Setting
    from dpaccount.certificates import Run as Described

    small = _validate.delta(delta)
    form = canonical(run)
    if form.mu_squared or len(form.phases) != 1 or form.failures:
        raise _not_drawn("one sampled setting")
    phase = form.phases[0]
    noise = getattr(phase.mechanism, "noise_multiplier", None)
    if phase.mechanism.label.split("(")[0] != "Gaussian" or noise is None:
        raise _not_drawn("Gaussian noise")
    release = Setting(noise, phase.sampling_rate, phase.steps)
    described = Described(Fraction(0), (release,), add=False)
    ends = solve_epsilon(described, small, 2e-10)
    if ends.line is None or not math.isfinite(ends.upper):
        raise _not_drawn("a run whose epsilon is shown by a line, and is not 0")
    return _Solved(described, release, ends.line, (ends.lower + ends.upper) / 2, small)


def _not_drawn(missing: str) -> Unsupported:
    return Unsupported("this figure", missing=f"it needs {missing}", advice="draw one DPSGD run")


def _log_transform(release: Release, z: Any) -> Any:
    """The size log |M(z)|, to remove, in float64."""
    import numpy as np

    sigma, q = float(release.noise_multiplier), float(release.sampling_rate)
    x = np.arange(-14.0 * sigma, 30.0 + 14.0 * sigma, sigma / 8.0)
    u = (2.0 * x - 1.0) / (2.0 * sigma**2)
    loss = np.where(u < 30.0, np.log1p(q * np.expm1(np.minimum(u, 30.0))), u + math.log(q))
    mass = -(x * x) / (2.0 * sigma**2) + math.log(1 / (8.0 * math.sqrt(2 * math.pi)))
    flat = z.ravel()
    exponents = mass + flat.real[:, None] * loss
    top = exponents.max(axis=1)
    total = (np.exp(exponents - top[:, None]) * np.exp(1j * flat.imag[:, None] * loss)).sum(axis=1)
    value = np.log(np.abs(total)) + top
    return (release.steps * value).reshape(z.shape)


@styled
def integrand(run: Mechanism, delta: Number) -> Figure:
    """The integrand in the plane with the line of integration, and along that line its end.

    Args:
        run: One setting of Gaussian noise on Poisson samples, such as a `DPSGD`.
        delta: In (0, 1).

    Returns:
        A matplotlib figure.

    Raises:
        Unsupported: For any other run.
    """
    found = _solved(run, delta)
    figure, (left, right) = canvas(9.6, 4.3, 1, 2, width_ratios=[1.0, 1.1])
    _plane(figure, left, found)
    _along(right, found)
    figure.suptitle(found.words, fontsize=9.5, x=0.01, ha="left")
    return figure


def _plane(figure: Figure, axes: Axes, found: _Solved) -> None:
    import numpy as np

    c, top = found.line.c, found.top
    x, y = np.linspace(-0.7 * c, 1.9 * c, 120), np.linspace(-1.4 * top, 1.4 * top, 160)
    with np.errstate(divide="ignore"):
        size = found.size(x[None, :] + 1j * y[:, None])
    levels = np.arange(-30, 5, 2)
    filled = axes.contourf(x, y, np.clip(size, -29.9, 3.9), levels=levels, cmap="Blues_r")
    axes.contour(x, y, size, levels=levels, colors="white", linewidths=0.4, alpha=0.6)
    bar = figure.colorbar(filled, ax=axes, pad=0.02)
    bar.set_label("log10 of |F(z)|")
    axes.axvline(c, color=_RED, lw=1.4)
    heights = found.line.height * np.arange(-found.line.nodes, found.line.nodes + 1)
    axes.plot(np.full(len(heights), c), heights, "o", color=_RED, mec="white", mew=0.5)
    axes.plot([0, 1], [0, 0], "x", color=INK, ms=8, mew=2.2)
    real = np.linspace(1.02, 6.0 * c, 4000)
    saddle = float(real[np.argmin(found.size(real + 0j))])
    axes.plot([saddle], [0], "D", color=_GOLD, ms=7, mec=INK, mew=0.9)
    box = {"boxstyle": "round,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.88}
    thin = {"arrowstyle": "-", "color": INK}
    axes.annotate("poles\n0 and 1", (0.5, 0.0), (-0.6 * c, 0.35 * top), bbox=box, arrowprops=thin)
    axes.annotate(f"saddle {saddle:.2f}", (saddle, 0), (1.2 * c, 0.4 * top), bbox=box,
                  arrowprops=thin)  # fmt: skip
    axes.annotate(f"Re z = {c:.2f}\nand its nodes", (c, -top), (1.1 * c, -1.3 * top), bbox=box)
    axes.grid(visible=False)
    axes.set(xlabel="Re z", ylabel="Im z", title="The integrand F")


def _along(axes: Axes, found: _Solved) -> None:
    import numpy as np
    from flint import arb, ctx

    from dpaccount.certificates.inversion import Inversion
    from dpaccount.certificates.numbers import enclose

    line, release = found.line, found.release
    end = 1.9 * found.top
    t = np.linspace(0.0, end, 600)
    axes.plot(t, found.size(line.c + 1j * t), color=_BLUE, label="|F|")
    k = np.arange(line.nodes + 1) * line.height
    axes.plot(k, found.size(line.c + 1j * k), "o", color=_RED, mec="white", mew=0.5,
              label=f"the {line.nodes + 1} nodes")  # fmt: skip
    with ctx.workprec(100):
        heights = np.linspace(end / 23.0, end, 14)
        bounds = np.array([_decay(release, line.grids[0], line.c, float(h)) for h in heights])
        inversion = Inversion(found.run, line)
        drop = (-(inversion.c - 1) * enclose(found.epsilon)).exp()
        tail = float((inversion.tail * drop).upper())
        value = inversion.delta(arb(found.epsilon))
    front = release.steps * bounds - (line.c - 1) * found.epsilon - 2 * np.log(heights)
    axes.plot(heights, front / _LOG_10, color=_GOLD, ls=DASHES[1],
              label="proven bound, for all larger Im z")  # fmt: skip
    width = math.log10(float((value[1] - value[0]).upper()))
    high = float(found.size(np.array([line.c + 0j]))[0])
    axes.set(xlabel="Im z", ylabel="log10 of |F|", xlim=(0, end),
             ylim=(1.45 * width, high + 1.5), title=f"Along Re z = {line.c:.2f}")  # fmt: skip
    axes.axvline(found.top, color=_RED, lw=1.0, ls=DASHES[2])
    axes.annotate(f"the sum ends here;\nall that follows adds\nless than {_power(tail)}",
                  (found.top + 0.01 * end, high + 1.0), va="top", fontsize=8)  # fmt: skip
    axes.axhline(width, color=INK, lw=1.0, ls=DASHES[2])
    axes.text(0.99 * end, width - 0.3, f"width of the enclosure\nof delta: {_power(10**width)}",
              fontsize=8, va="top", ha="right")  # fmt: skip
    legend(axes, loc=(0.53, 0.5))


def _decay(release: Release, grid: Grid, s: float, height: float) -> float:
    """The proven bound of log |E[r^(s+it)]| for all t >= height, at the best of some angles."""
    import numpy as np
    from flint import arb

    from dpaccount.certificates import Grid as Made
    from dpaccount.certificates.release import Sampled

    sigma, found = float(release.noise_multiplier), math.inf
    for shift in np.geomspace(0.004, 1.3, 24):
        margin = min(1.5, 1.565 - float(shift))
        tried = Made(grid.spacing / 2, 2 * grid.first, 2 * grid.last, grid.strip, float(shift),
                     margin, grid.cut, grid.core)  # fmt: skip
        bound = Sampled(release, tried).decay(arb(s), arb(height))
        found = min(found, float(bound.log()) if bound > 0 else math.inf)
        if sigma * shift > 6.0:
            break
    return found


@styled
def core(run: Mechanism, delta: Number) -> Figure:
    """A run of few steps, whose transform hardly falls, and what a core does about it.

    Args:
        run: One setting of Gaussian noise on Poisson samples whose line has a core.
        delta: In (0, 1).

    Returns:
        A matplotlib figure.

    Raises:
        Unsupported: For any other run.
    """
    found = _solved(run, delta)
    if found.line.grids[0].core is None:
        raise _not_drawn("a run of few steps, whose line has a core")
    figure, (left, right) = canvas(9.6, 3.9, 1, 2, width_ratios=[1.0, 1.1])
    _densities(left, found)
    _left_over(right, found)
    figure.suptitle(found.words, fontsize=9.5, x=0.01, ha="left")
    return figure


def _densities(axes: Axes, found: _Solved) -> None:
    import numpy as np

    kernel = found.line.grids[0].core
    assert kernel is not None  # seen to by `core`
    sigma, q = float(found.release.noise_multiplier), float(found.release.sampling_rate)
    x = np.linspace(-4.4 * sigma, 1.0 + 4.8 * sigma, 700)
    r = 1 - q + q * np.exp((2 * x - 1) / (2 * sigma**2))
    density = np.exp(-(x**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    weight = np.array(
        [0.5 * math.erfc((a - kernel.center) / kernel.width / math.sqrt(2)) for a in x]
    )
    axes.fill_between(x, density * r * weight, color=_BLUE, alpha=0.2, linewidth=0)
    axes.plot(x, density * r * weight, color=_BLUE, label="density with the record, in the core")
    axes.plot(x, density * r * (1 - weight), color=_RED, ls=DASHES[1],
              label="the same, outside the core")  # fmt: skip
    axes.plot(x, weight, color=INK, lw=1.2, ls=DASHES[2], label="weight of the core")
    loss = np.log(r)
    scale = float(loss.max())
    axes.plot(x, loss / scale, color=_GOLD, ls=DASHES[3],
              label=f"privacy loss log r(x), over {scale:.3g}")  # fmt: skip
    axes.set(xlabel="output x of one step", ylim=(-0.1, 1.75), xlim=(x[0], x[-1]),
             title="The core and what is left")  # fmt: skip
    legend(axes, loc="upper left")


def _left_over(axes: Axes, found: _Solved) -> None:
    import numpy as np
    from flint import ctx

    from dpaccount.certificates.inversion import Inversion
    from dpaccount.certificates.numbers import enclose
    from dpaccount.certificates.release import Sampled

    line, release, count = found.line, found.release, 240
    grid = line.grids[0]
    fine = replace(grid, spacing=grid.spacing / 4, first=4 * grid.first, last=4 * grid.last)
    with ctx.workprec(160):
        sampled, step = Sampled(release, fine), enclose(line.height)
        whole = sampled.transform(enclose(line.c), step, count)
        inner = sampled.transform(enclose(line.c), step, count, core=True)
        inversion = Inversion(found.run, line)
        drop = (-(inversion.c - 1) * enclose(found.epsilon)).exp()
        tail = float((inversion.tail * drop).upper())
        power = release.steps
        full = np.array([complex(g**power) for g in whole])
        rest = np.array([complex(g**power - k**power) for g, k in zip(whole, inner, strict=True)])
    height = line.height * np.arange(count + 1)
    z = line.c + 1j * height
    scale = -(line.c - 1) * found.epsilon / _LOG_10 - np.log10(np.abs(z * (z - 1)))
    axes.plot(height, np.log10(np.abs(full)) + scale, color=_BLUE,
              label="whole transform: hardly falls")  # fmt: skip
    axes.plot(height, np.log10(np.abs(rest)) + scale, color=_RED, ls=DASHES[1],
              label="without the core: what is integrated")  # fmt: skip
    axes.axvline(found.top, color=INK, lw=1.0, ls=DASHES[2])
    axes.annotate(f"the last of {line.nodes + 1} nodes;\nall the rest adds\nless than "
                  f"{_power(tail)}", (found.top + 0.8, -12.0), fontsize=8, va="top")  # fmt: skip
    axes.set(xlabel="Im z", ylabel="log10 of the part of |F|",
             xlim=(0, min(60.0, height[-1])), ylim=(-26, -3),
             title=f"Along Re z = {line.c:.2f}")  # fmt: skip
    legend(axes, loc="lower left")


def _power(value: float) -> str:
    exponent = math.floor(math.log10(value))
    return f"{value / 10.0**exponent:.1f}e{exponent}"
