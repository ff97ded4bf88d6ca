"""delta(eps) in balls: by closed forms, or by inverting the transform on a witness's line.

Every public result is a pair of balls' ends that enclose the true delta. Nothing is searched for
and nothing is assumed of the witness: a poor one gives a wide enclosure.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import acb, arb, ctx

from dpaccount.certificates.numbers import BALLS, enclose
from dpaccount.certificates.release import Sampled
from dpaccount.certificates.witness import Line, Release, Run
from dpaccount.theorems import dp, invert

__all__ = ["Inversion", "closed_form", "is_closed", "largest_loss", "trivial"]

#: Releases up to which every one is looked at by itself in what holds at once.
_FEW = 100


def _one_release(release: Release, epsilon: arb, *, add: bool) -> arb:
    """invert.one_step and invert.one_step_added: one sampled release, in relative terms."""
    q, mu = enclose(release.sampling_rate), 1 / enclose(release.noise_multiplier)
    toward = -epsilon if add else epsilon
    below = -toward.expm1()
    if below >= q:  # e^eps <= 1 - q, or to add e^-eps <= 1 - q
        return arb(0) if add else below
    front = invert.ONE_STEP_ADDED(q, epsilon, ops=BALLS) if add else q
    if not below < q:  # not known: both forms lie between these
        least = arb(0) if add else below.max(arb(0))
        return least.union(least + abs(front))
    inner = invert.ONE_STEP(q, toward, ops=BALLS)
    value: arb = dp.GAUSSIAN_EXACT(mu, -inner if add else inner, BALLS)
    return front * value


def is_closed(run: Run) -> bool:
    """Whether `closed_form` covers the run: one Gaussian, or one sampled release."""
    if run.releases:
        return not run.mu_squared and len(run.releases) == 1 and run.releases[0].steps == 1
    return run.mu_squared > 0


def largest_loss(run: Run) -> arb:
    """The largest loss of sampled steps to which a record is added (invert.support)."""
    return -sum((r.steps * (1 - enclose(r.sampling_rate)).log() for r in run.releases), arb(0))


def _tellings(run: Run) -> tuple[Release, ...]:
    """The releases one of which may tell most alone: all, or of many the extreme ones."""
    if len(run.releases) <= _FEW:
        return run.releases
    least_noise = min(run.releases, key=lambda r: (r.noise_multiplier, -r.sampling_rate))
    most_often = max(run.releases, key=lambda r: (r.sampling_rate, -r.noise_multiplier))
    return least_noise, most_often


def trivial(run: Run, epsilon: arb) -> tuple[arb, arb]:
    """What holds at once, without a line.

    delta is at least max(0, 1 - e^eps) and delta of each part alone (invert.one_part); at most that
    of the same releases unsampled (gdp.sampling_never_hurts), the sum of the parts' deltas at equal
    shares of eps (invert.all_parts), and 0 beyond a bounded loss (invert.support).
    """
    low = (1 - epsilon.exp()).max(arb(0))
    if run.add and not run.mu_squared and epsilon >= largest_loss(run):
        return arb(0), arb(0)
    total, together = enclose(run.mu_squared), arb(0)
    share = epsilon / (sum(r.steps for r in run.releases) + (1 if run.mu_squared else 0))
    if run.mu_squared:
        low = low.max(dp.GAUSSIAN_EXACT(total.sqrt(), epsilon, BALLS))
        together += dp.GAUSSIAN_EXACT(total.sqrt(), share, BALLS)
    for release in _tellings(run):
        low = low.max(_one_release(release, epsilon, add=run.add))
    for release in run.releases:
        total += release.steps / enclose(release.noise_multiplier) ** 2
        if len(run.releases) <= _FEW:
            together += release.steps * _one_release(release, share, add=run.add)
        else:
            together = arb(1)
    high = dp.GAUSSIAN_EXACT(total.sqrt(), epsilon, BALLS).upper()
    together = together.upper()
    high = together if together < high else high
    return low.lower(), (high if high < 1 else arb(1))


def _within(run: Run, epsilon: arb, low: arb, high: arb) -> tuple[arb, arb]:
    """The enclosure, cut to what holds at once; NaN leaves only that."""
    least, most = trivial(run, epsilon)
    low, high = low.lower(), high.upper()
    low = low if low > least else least
    return low, (high if high < most else most)


def closed_form(run: Run, epsilon: arb) -> tuple[arb, arb]:
    """Both ends of delta(eps) of a run that `is_closed`."""
    if run.releases:
        value = _one_release(run.releases[0], epsilon, add=run.add)
    else:
        value = dp.GAUSSIAN_EXACT(enclose(run.mu_squared).sqrt(), epsilon, BALLS)
    return _within(run, epsilon, value, value)


class Inversion:
    """A run on a line: the node values once, then delta at as many eps as wanted.

    Args:
        run: What is accounted for, in one direction.
        line: The witness.

    Raises:
        ValueError: If the witness is outside the theorems' assumptions.
    """

    def __init__(self, run: Run, line: Line) -> None:
        if not 64 <= line.precision <= 10**6 or len(line.grids) != len(run.releases):
            raise ValueError("precision or number of grids")
        self.run, self.line = run, line
        with ctx.workprec(line.precision):
            self.c, self.beyond = enclose(line.c), enclose(line.beyond)
            self.height, self.tilt = enclose(line.height), enclose(line.tilt)
            self.reach = enclose(line.reach)
            self.mu_squared = enclose(run.mu_squared)
            if not (1 < self.c < self.beyond and self.height > 0 and line.nodes >= 1):
                raise ValueError("a line outside the theorems' assumptions")
            self.releases = [Sampled(r, g) for r, g in zip(run.releases, line.grids, strict=True)]
            self.has_core = any(grid.core for grid in line.grids)
            if self.has_core and not (
                all(grid.core for grid in line.grids)
                and self.tilt > 1
                and not (run.add and any(grid.cut for grid in line.grids))
            ):
                raise ValueError("cores need every grid, a tilt > 1, and no cut when adding")
            self.height_top = self.height * line.nodes
            self._prepare()

    def _power(self, z: arb) -> arb:
        """The exponent of r at a real point z of the transform: z to remove, 1 - z to add."""
        return 1 - z if self.run.add else z

    def _gaussian(self, z: Any) -> Any:
        """The unsampled Gaussian's transform: exp(mu^2 z (z - 1) / 2)."""
        return (self.mu_squared * z * (z - 1) / 2).exp()

    def _transform(self, z: arb, *, core: bool = False) -> arb:
        """M at a real point."""
        value: arb = self._gaussian(z)
        for release in self.releases:
            value *= release.moment(self._power(z), core=core) ** release.steps
        return value

    def _on_nodes(self, *, core: bool) -> list[acb]:
        count = self.line.nodes
        values = [self._gaussian(acb(self.c, self.height * k)) for k in range(count + 1)]
        sign = -1 if self.run.add else 1
        for release in self.releases:
            found = release.transform(self._power(self.c), sign * self.height, count, core=core)
            values = [v * _power(z, release.steps) for v, z in zip(values, found, strict=True)]
        return values

    def _prepare(self) -> None:
        """Everything that does not depend on eps."""
        line = self.line
        values = self._on_nodes(core=False)
        self.at_c = values[0].real
        if self.has_core:
            cores = self._on_nodes(core=True)
            values = [v - w for v, w in zip(values, cores, strict=True)]
        points = [acb(self.c, self.height * k) for k in range(line.nodes + 1)]
        self.values = [v / (z * (z - 1)) for v, z in zip(values, points, strict=True)]
        self.at_beyond = self._transform(self.beyond)
        # how large the transform can be from the last node on (theorem invert.decay)
        tail = (self.mu_squared * (self.c * (self.c - 1) - self.height_top**2) / 2).exp()
        bounds = [r.decay(self._power(self.c), self.height_top) for r in self.releases]
        if self.has_core:
            whole = [r.moment(self._power(self.c)).upper() for r in self.releases]
            relative = sum(
                (r.steps * b / w for r, b, w in zip(self.releases, bounds, whole, strict=True)),
                arb(0),
            )
            for release, value in zip(self.releases, whole, strict=True):
                tail *= value**release.steps
            tail *= relative
        else:
            for release, bound in zip(self.releases, bounds, strict=True):
                tail *= bound**release.steps
        self.tail = invert.TRUNCATION(tail, self.height_top, ops=BALLS).upper()
        self.cuts = [
            (r, grid.cut) for r, grid in zip(self.releases, line.grids, strict=True) if grid.cut
        ]
        self.lost = sum((r.steps * r.lost(w, mixture=True) for r, w in self.cuts), arb(0)).upper()

    @cached_property
    def _alias(self) -> tuple[arb, arb]:
        """The factors of the two alias sums (invert.aliasing_left, invert.aliasing_right)."""
        left = invert.ALIASING_LEFT(self.c, self.height, ops=BALLS)
        right = invert.ALIASING_RIGHT(self.c, self.beyond, self.height, self.at_beyond, ops=BALLS)
        return left.upper(), right.upper()

    @cached_property
    def _core_masses(self) -> tuple[arb, arb, arb]:
        """M of the cores at 1 and at 0 (to add), and at the tilt."""
        one, zero, tilted = arb(1), arb(1), self._gaussian(self.tilt)
        for release, grid in zip(self.releases, self.line.grids, strict=True):
            assert grid.core is not None  # checked in __init__
            tilted *= release.moment(self.tilt, core=True).upper() ** release.steps
            if self.run.add:
                one *= release.mass(grid.core, mixture=False) ** release.steps
                zero *= release.mass(grid.core, mixture=True) ** release.steps
        return one, zero, tilted.upper()

    @cached_property
    def _core_ends(self) -> tuple[arb, arb]:
        """How far the steps of all cores lead from the common end, and what reaches beyond that."""
        way, beyond = arb(0), arb(0)
        for release, grid in zip(self.releases, self.line.grids, strict=True):
            assert grid.core is not None  # checked in __init__
            way += release.steps * release.excess_at(grid.core, self.reach)
            beyond += release.steps * BALLS.ncdf(-self.reach)
        if self.mu_squared > 0:  # an unsampled Gaussian leads anywhere
            way = arb("+inf")
        return way.upper(), beyond.upper()

    def _core_part(self, epsilon: arb) -> tuple[arb, arb]:
        """The part of delta on which every step falls into its core (theorem invert.core)."""
        if not self.has_core:
            return arb(0), arb(0)
        one, zero, tilted = self._core_masses
        way, beyond = self._core_ends
        edge = sum((r.steps * r.log_rest for r in self.releases), arb(0))
        if not self.run.add:
            over = tilted * (-(self.tilt - 1) * epsilon).exp()
            inside = way <= epsilon - edge
            return arb(0), over.min(beyond) if inside else over
        base = one - epsilon.exp() * zero
        over = tilted * (self.tilt * epsilon).exp()
        inside = way <= -edge - epsilon
        return base, base + (over.min(beyond * epsilon.exp()) if inside else over)

    @cached_property
    def _cut_losses(self) -> tuple[arb, arb]:
        """What the product of the cuts lacks to 1, expected with and without the record."""
        found = [
            sum((r.steps * (-r.lost(w, mixture=m)).log1p() for r, w in self.cuts), arb(0))
            for m in (True, False)
        ]
        return -found[0].expm1(), -found[1].expm1()

    def _cut_part(self, epsilon: arb) -> tuple[arb, arb]:
        """The part of delta that the cuts leave out (theorems invert.cut and invert.far)."""
        edge = sum((r.steps * r.log_rest for r in self.releases), arb(0))
        bounded = not self.run.add and not self.run.mu_squared
        if not (self.cuts and bounded and epsilon > edge):
            return arb(0), self.lost
        known = invert.FAR(*self._cut_losses, epsilon, ops=BALLS)
        short = sum(
            (r.steps * r.lost_below(w, epsilon - edge + r.log_rest) for r, w in self.cuts), arb(0)
        )
        high = (known + epsilon.exp() * short).upper()
        return known.lower().max(arb(0)), (high if high < self.lost else self.lost)

    def delta_of(self, epsilon: Fraction) -> tuple[arb, arb]:
        """Both ends of delta(eps) at an exact rational."""
        with ctx.workprec(self.line.precision):
            return self.delta(enclose(epsilon))

    def delta(self, epsilon: arb) -> tuple[arb, arb]:
        """Both ends of delta at any exact real eps."""
        with ctx.workprec(self.line.precision):
            total = self.values[0].real / 2
            phase = -self.height * epsilon
            for k, value in enumerate(self.values[1:], 1):
                sine, cosine = (phase * k).sin_cos()
                total += value.real * cosine - value.imag * sine
            drop = (-(self.c - 1) * epsilon).exp()
            total *= self.height / arb.pi() * drop
            tail = self.tail * drop
            left, right = self._alias
            core_low, core_high = self._core_part(epsilon)
            cut_low, cut_high = self._cut_part(epsilon)
            chernoff = self.at_c.upper() * drop * invert.CHERNOFF(self.c, ops=BALLS)
            low = total - tail - left - right * (-(self.beyond - 1) * epsilon).exp()
            low += core_low + cut_low
            high = total + tail + core_high + cut_high
            above = (chernoff + cut_high).upper()
            high = high if high.is_finite() and high.upper() < above else above
            return _within(self.run, epsilon, low, high)


def _power(z: acb, steps: int) -> acb:
    """z^steps; a box around 0 becomes the disc of that radius."""
    if z.contains(0):
        radius = arb(0, (z.abs_upper() ** steps).upper())
        return acb(radius, radius)
    return z**steps
