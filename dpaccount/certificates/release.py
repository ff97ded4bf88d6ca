"""One sampled release in ball arithmetic: enclosures of E_Q[r^z v] and bounds of its decay.

r(x) = 1 - q + q e^u with u = (2x - 1) / (2 sigma^2), Q = N(0, sigma^2), l = q e^u / (1 - q), and
v a weight in [0, 1]. Every number is a ball or an upper end; the theorem named beside a line is
where it comes from (docs/explanation/certified-accountant.md derives them).
"""

from __future__ import annotations

from flint import acb, arb

from dpaccount.certificates.numbers import BALLS, enclose
from dpaccount.certificates.witness import Grid, Release, Window
from dpaccount.theorems import invert

__all__ = ["Sampled", "waves"]

_HOPS = 400
#: Cells for each node at least: few make Taylor sums long, many make transforms long.
_FINENESS = 2.5
_MOST_ORDERS = 400


def _density(x: arb) -> arb:
    """phi(x)."""
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


class _Weight:
    """The weight v(x) = Phi((X - x)/w), or its complement, on the nodes.

    Theorem invert.window gives a majorant for shifts |y| <= a: v(x) and a bump at the center. Its
    own values on x + ib are at most `growth(b)` times those on the line.
    """

    def __init__(self, window: Window, nodes: list[arb], *, complement: bool) -> None:
        self.width, self.complement = enclose(window.width), complement
        self.center = enclose(window.center)
        places = [(x - self.center) / self.width for x in nodes]
        self.values = [BALLS.ncdf(p if complement else -p) for p in places]
        self.bumps = [_density(p) for p in places]
        self.before, self.after = places[0] < 0, places[-1] > 0
        top = _density(arb(0))
        # the largest bump on each cell, and the larger of the two ends of the monotone part
        self.cell_bumps = [
            top if not (p > 0 or n < 0) else a.max(b)
            for p, n, a, b in zip(places, places[1:], self.bumps, self.bumps[1:], strict=False)
        ]
        self.cell_values = self.values[1:] if complement else self.values[:-1]

    def spread(self, a: arb) -> arb:
        """The factor of the bump for a shift of at most a."""
        factor: arb = invert.WINDOW(a, self.width, ops=BALLS)
        return factor

    def left(self, spread: arb) -> arb:
        """At least the majorant everywhere to the left of the first node."""
        bump = self.bumps[0] if self.before else arb(1)
        return (self.values[0] if self.complement else arb(1)) + spread * bump

    def right(self, spread: arb) -> arb:
        """At least the majorant beyond the last node; without e^(-(x-X)^2/(2 w^2)) if it falls."""
        bump = self.bumps[-1] if self.complement and self.after else arb(1)
        return 1 + spread * bump

    def growth(self, b: arb) -> arb:
        """How much a further shift by b can raise the majorant."""
        return (b * b / (2 * self.width * self.width)).exp()


class Sampled:
    """One release on the grid of a witness.

    Raises:
        ValueError: If the grid is not one that the theorems allow.
    """

    def __init__(self, release: Release, grid: Grid) -> None:
        half_pi = arb.pi() / 2
        self.strip, self.shift = enclose(grid.strip), enclose(grid.shift)
        self.margin, self.spacing = enclose(grid.margin), enclose(grid.spacing)
        allowed = (
            0 < release.sampling_rate < 1
            and release.noise_multiplier > 0
            and self.spacing > 0
            and grid.first < 0 < grid.last
            and 0 < self.strip < half_pi
            and self.margin > 0
            and self.shift > 0
            and self.shift + self.margin < half_pi
            and all(w is None or (w.width > 0) for w in (grid.cut, grid.core))
        )
        if not allowed:
            raise ValueError("a grid outside the theorems' assumptions")
        self.steps = release.steps
        self.sigma, q = enclose(release.noise_multiplier), enclose(release.sampling_rate)
        self.variance = self.sigma * self.sigma
        self.rest, self.odds = 1 - q, q / (1 - q)
        self.q, self.log_rest = q, self.rest.log()
        self.nodes = [self.spacing * j for j in range(grid.first, grid.last + 1)]
        scale = self.spacing / (self.sigma * (2 * arb.pi()).sqrt())
        twice = 1 / (2 * self.variance)
        self.masses = [scale * (-x * x * twice).exp() for x in self.nodes]
        self.grown = [self.odds * ((2 * x - 1) * twice).exp() for x in self.nodes]
        self.excess = [grown.log1p() for grown in self.grown]
        self.losses = [self.log_rest + e for e in self.excess]
        peak = scale  # a cell that holds 0 has its largest mass there
        zero = -grid.first
        self.cell_masses = [
            peak if j in (zero - 1, zero) else (b if j < zero else a)
            for j, (a, b) in enumerate(zip(self.masses, self.masses[1:], strict=False))
        ]
        # arg(1 + l e^(i t)) <= t m(l) for t in [0, pi/2], m = max(l/(1+l), l^2/(1+l^2))
        self.turns = [_turn(grown) for grown in self.grown]
        self.cell_turns = self.turns[1:]
        self.cut = _Weight(grid.cut, self.nodes, complement=False) if grid.cut else None
        self.core = _Weight(grid.core, self.nodes, complement=False) if grid.core else None
        self.outer = _Weight(grid.core, self.nodes, complement=True) if grid.core else None
        self._unit = (
            self.spacing / self.variance
        )  # a strip of half-width t sigma^2: e^(2 pi t / unit)

    def _weights(self, core: bool) -> list[_Weight]:
        return [w for w in (self.cut, self.core if core else None) if w is not None]

    # -- sums on the nodes ---------------------------------------------------------------------

    def _sum(self, s: arb, weights: list[_Weight]) -> list[arb]:
        """The terms mass r^s v on the nodes."""
        terms = [m * (s * e).exp() for m, e in zip(self.masses, self.losses, strict=True)]
        for weight in weights:
            terms = [t * v for t, v in zip(terms, weight.values, strict=True)]
        return terms

    def _cells(self, s: arb, turn: arb, a: arb, weights: list[_Weight]) -> arb:
        """At least the integral of phi r^s e^(turn m(l)) times the weights' majorants of shift a.

        phi, r, m and the weights are monotone on a cell that does not hold their peak, so the
        larger end counts. What lies outside the grid is added.
        """
        ends = self.losses[1:] if s >= 0 else self.losses[:-1]
        spreads = [w.spread(a) for w in weights]
        total = arb(0)
        for j, (mass, loss, m) in enumerate(
            zip(self.cell_masses, ends, self.cell_turns, strict=True)
        ):
            term = mass * (s * loss + turn * m).exp()
            for w, spread in zip(weights, spreads, strict=True):
                term *= w.cell_values[j] + spread * w.cell_bumps[j]
            total += term
        return (total + self._outside(s, turn, spreads, weights)).upper()

    def _outside(
        self,
        s: arb,
        turn: arb,
        spreads: list[arb] | None = None,
        weights: list[_Weight] | None = None,
    ) -> arb:
        """At least the integral, and the sum, of phi r^s e^(turn m(l)) v beyond the grid.

        l and m grow with x, m by at most 1/2 in log l. On a stretch of length d the logarithm of
        phi r^s has a slope of at most -f, where r^s is constant if s < 0; the last stretch has no
        end, and there the slope of turn m counts too.
        """
        power = s if s >= 0 else arb(0)
        base = (s * self.log_rest).exp() / (self.sigma * (2 * arb.pi()).sqrt())
        twice = 1 / (2 * self.variance)
        low, grown = -self.nodes[0], self.grown[0]
        # to the left r^s falls, or grows at most at the slope that it has at the first node
        fall = low if s >= 0 else low + s * grown / (1 + grown)
        start = s * self.excess[0]
        if not fall > 0:
            fall, start = low, arb(0)  # r^s <= (1-q)^s
        left = (-low * low * twice + start + turn * self.turns[0]).exp() * self.variance / fall
        right, base_right, step = arb(0), arb(1), 4 * self.spacing
        x, reach = self.nodes[-1], power + turn / 2 + self.sigma
        grown = self.grown[-1]
        for w, spread in zip(weights or [], spreads or [arb(0)] * len(weights or []), strict=True):
            left, base_right = left * w.left(spread), base_right * w.right(spread)
        falling = [w for w in weights or [] if not w.complement]
        for _ in range(_HOPS):
            last = bool(x > reach)
            if turn > 0 and grown < 20:  # r^s and the angle are taken at different ends of a hop
                step = step.min(self.variance / 8)
            following = x + step
            high = self.odds * ((2 * following - 1) * twice).exp()
            slope = power + turn / 2 if last else power * high / (1 + high)
            fall = (x - slope) / self.variance
            angle = _turn(grown if last else high)
            value = s * grown.log1p() - x * x * twice + turn * angle
            for w in falling:
                # v and its majorant are at most e^(-(x-X)^2/(2 w^2)) (1 + spread) beyond X
                ahead = (x - w.center).max(arb(0)) / w.width
                value -= ahead * ahead / 2
                fall += ahead / w.width
            if last:
                right += value.exp() * (1 / fall + self.spacing)
                break
            # one more node: a stretch need not start at one
            right += value.exp() * (-fall * step).exp().max(arb(1)) * (step + self.spacing)
            x, step, grown = following, step * arb(1.125), high
        else:
            return arb("+inf")
        return (base * (left + right * base_right)).upper()

    def _grid_error(self, half_width: arb, area: arb) -> arb:
        """Trapezoid rule on the line (theorem invert.strip)."""
        error: arb = invert.STRIP(area, half_width, self._unit, ops=BALLS)
        return error

    def _ripple(self, s: arb, height: arb, core: bool) -> arb:
        """Bound of |sum - integral| of phi r^(s + it) v for |t| <= height, ends included."""
        weights = self._weights(core)
        angle, cosine = self.strip, self.strip.cos()
        a = angle * self.variance
        # |r| <= r(|x|) for s >= 0; |1 + l e^(it)| >= (1+l)^cos t for s < 0 (Bernoulli)
        power = s if s >= 0 else s * cosine
        area = self._cells(power, height * angle, a, weights)
        if not s >= 0:
            area *= (s * (1 - cosine) * self.log_rest).exp()
        area *= (a * a / (2 * self.variance)).exp()
        error = self._grid_error(angle, area) + self._outside(s, arb(0), weights=weights)
        return error.upper()

    # -- what the line asks for ----------------------------------------------------------------

    def moment(self, s: arb, *, core: bool = False) -> arb:
        """E_Q[r^s v] as a ball; with the core's weight if asked."""
        total = sum(self._sum(s, self._weights(core)), arb(0))
        error = self._ripple(s, arb(0), core)
        return total + arb(0, error)

    def transform(self, s: arb, height: arb, count: int, *, core: bool = False) -> list[acb]:
        """E_Q[r^(s + i k h) v] for k = 0 .. count, as boxes; either sign of h."""
        terms = self._sum(s, self._weights(core))
        error = self._ripple(s, abs(height) * count, core)
        found, left_out = waves(terms, self.losses, abs(height), count, error)
        disc = acb(arb(0, error + left_out), arb(0, error + left_out))
        if not height > 0:
            found = [z.conjugate() for z in found]
        return [z + disc for z in found]

    def decay(self, s: arb, height: arb) -> arb:
        """At least |E_Q[r^(s + it) v (1 - core)]| for every t >= height (no core: of v alone)."""
        weights = self._weights(core=False) + ([self.outer] if self.outer else [])
        a, b = self.shift * self.variance, self.margin * self.variance
        spreads = [w.spread(a) for w in weights]
        cosine, sine = self.shift.cos(), self.shift.sin()
        total = arb(0)
        for j, (mass, grown) in enumerate(zip(self.masses, self.grown, strict=True)):
            modulus = self.log_rest + (grown * (2 * cosine + grown)).log1p() / 2
            angle = arb.atan2(grown * sine, 1 + grown * cosine)
            term = mass * (s * modulus - height * angle).exp()
            for w, spread in zip(weights, spreads, strict=True):
                term *= w.values[j] + spread * w.bumps[j]
            total += term
        widest = (self.shift + self.margin).cos()
        power = s if s >= 0 else s * widest
        area = self._cells(power, arb(0), a, weights)
        if not s >= 0:
            area *= (s * (1 - widest) * self.log_rest).exp()
        area *= (b * b / (2 * self.variance)).exp()
        for w in weights:
            area *= w.growth(b)
        # the angle of 1 + l e^(i t) grows with t on [0, pi/2], so that the height only lowers terms
        power = s if s >= 0 else s * cosine
        outside = self._outside(power, arb(0), spreads, weights)
        if not s >= 0:
            outside *= (s * (1 - cosine) * self.log_rest).exp()
        total += self._grid_error(self.margin, area) + outside
        return (total * (a * a / (2 * self.variance)).exp()).upper()

    def mass(self, window: Window, *, mixture: bool) -> arb:
        """E[v] of one window under Q, or under the mixture P."""
        scale = (self.variance + enclose(window.width) ** 2).sqrt()
        center = enclose(window.center)
        without = BALLS.ncdf(center / scale)
        if not mixture:
            return without
        return self.rest * without + self.q * BALLS.ncdf((center - 1) / scale)

    def excess_at(self, window: Window, reach: arb) -> arb:
        """Log r - log(1 - q) at so many widths beyond a window's center."""
        x = enclose(window.center) + reach * enclose(window.width)
        return (self.odds * ((2 * x - 1) / (2 * self.variance)).exp()).log1p()

    def lost(self, window: Window, *, mixture: bool) -> arb:
        """1 - E[v] of one window under Q, or under the mixture P, without cancellation."""
        scale = (self.variance + enclose(window.width) ** 2).sqrt()
        center = enclose(window.center)
        without = BALLS.ncdf(-center / scale)
        if not mixture:
            return without
        return self.rest * without + self.q * BALLS.ncdf((1 - center) / scale)

    def lost_below(self, window: Window, loss: arb) -> arb:
        """The largest 1 - v where log r < loss; loss > log(1 - q)."""
        x = self.variance * invert.ONE_STEP(self.q, loss, ops=BALLS) + arb("0.5")
        return BALLS.ncdf((x - enclose(window.center)) / enclose(window.width))


def _turn(grown: arb) -> arb:
    """m(l) of theorem invert.angle, which grows with l."""
    first, second = invert.ANGLE(grown)
    larger: arb = first.max(second)
    return larger


def waves(
    weights: list[arb], losses: list[arb], height: arb, count: int, allowed: arb
) -> tuple[list[acb], arb]:
    """The sums of w_j e^(i k h L_j) over j, k = 0 .. count, and how far from them each may be.

    The losses fall into cells whose centers are multiples of 2 pi / (n h): there the phases are
    roots of unity. With d_j the way from the center, e^(i k h d_j) is a short Taylor sum
    (invert.taylor), each term of which is one discrete Fourier transform for all k.

    Args:
        weights: w_j >= 0.
        losses: L_j.
        height: h > 0.
        count: The last k.
        allowed: Terms are added until what they leave out is below this.
    """
    n = 8
    while n < _FINENESS * count:
        n *= 2
    width = 2 * arb.pi() / (n * height)
    per_loss = float(1 / width)
    ways = [float(loss) * per_loss for loss in losses]
    if not (height > 0 and all(abs(way) < 2.0**53 for way in ways)):
        raise ValueError("a height of 0, or one at which phases are not resolved")
    places = [round(way) for way in ways]  # the nearest, but any would be right
    top = height * count
    phases = [top * (x - width * j) for x, j in zip(losses, places, strict=True)]
    total, largest = sum(weights, arb(0)), arb(0)
    for phase in phases:
        largest = largest.max(abs(phase))
    orders = 2
    while orders < _MOST_ORDERS and not total * invert.TAYLOR(largest, orders) < allowed / 1000:
        orders += 2
    # e^(i t x) = sum of (i t)^m x^m / m!, t = k / count; an even and an odd m share a transform
    ahead, behind, factors = [acb(0)] * (count + 1), [acb(0)] * (count + 1), [arb(1)] * (count + 1)
    turns = [-((arb(k) / count) ** 2) for k in range(count + 1)]
    values = weights
    for m in range(0, orders, 2):
        even, odd = [arb(0)] * n, [arb(0)] * n
        following = [v * x / (m + 1) for v, x in zip(values, phases, strict=True)]
        for j, v, w in zip(places, values, following, strict=True):
            even[-j % n] += v
            odd[-j % n] += w
        wave = acb.dft([acb(x, y) for x, y in zip(even, odd, strict=True)])
        for k, factor in enumerate(factors):
            ahead[k] += factor * wave[k]
            behind[k] += factor * wave[-k % n]
        factors = [f * t for f, t in zip(factors, turns, strict=True)]
        values = [v * x / (m + 2) for v, x in zip(following, phases, strict=True)]
    found = []
    for k, (one, other) in enumerate(zip(ahead, behind, strict=True)):
        t = arb(k) / count
        found.append((one * (1 + t) + other.conjugate() * (1 - t)) / 2)
    return found, (total * invert.TAYLOR(largest, orders)).upper()
