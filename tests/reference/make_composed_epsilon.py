"""Reference epsilons of composed Poisson-subsampled Gaussian steps, by two roads.

With r(x) = 1 - q + q exp((2x-1)/(2 s^2)), Q = N(0, s^2), P = r Q and the entire G(w) = E_Q[r^w],

  remove: delta(eps) = 1/(2 pi i) int G(w)^T e^((1-w) eps) / (w (w-1)) dw, from a c above 1;
  add:    delta(eps) = 1/(2 pi i) int G(w)^T e^(w eps) / (w (w-1)) dw, from a c below 0.

The first road ("contour") leaves the vertical line: w runs from a saddle point c on a hyperbola
that bends right, where the integrand decays like exp(-eps Re w), and x runs on a curve that bends
up, below the first zero of r at Im x = pi s^2, where r^w does not cancel. Both integrals are sums
over Gauss-Legendre panels. Every row is made twice, with another c, other curves and other panels.

The second road ("nested", 3 steps at most) stays on the real line: the closed form of one step,
then delta_k(eps) = E_{x~P}[delta_{k-1}(eps - log r(x))]. Such rows are made by both roads, but for
tails so far that the first is lost to cancellation.

Needs mpmath and, for starting points only, numpy. Writes composed_epsilon.json beside itself, in
about a quarter of an hour; `radius` is ten times the largest difference between the makings of a
row, plus what printing drops. Parameters are the exact decimals, not the doubles nearest to them.
"""

import functools
import itertools
import json
import math
import pathlib
import time

import mpmath as mp
import numpy as np

DIGITS = 40
#: Parts of an integral this much below its largest part are left out.
NEGLIGIBLE = 28

A, B, C = ("1", (1, 100)), ("0.8", (1, 100)), ("0.5", (1, 10))
D, E, F = ("2", (1, 2)), ("5", (1, 1000)), ("0.4", (1, 1000))
G, H, J = ("0.3", (1, 20)), ("20", (1, 5)), ("1.1", (256, 60000))
#: (setting, steps, delta, directions)
UNIFORM = [
    (A, 1, "1e-3", "remove add"),
    (A, 1, "1e-10", "remove"),
    (C, 1, "1e-30", "remove"),
    (C, 1, "1e-100", "remove"),
    (D, 1, "1e-5", "remove add"),
    (H, 1, "1e-10", "remove add"),
    (B, 2, "1e-5", "remove add"),
    (G, 2, "1e-10", "remove"),
    (H, 2, "1e-30", "remove"),
    (H, 2, "1e-5", "add"),
    (J, 5, "1e-30", "remove"),
    (A, 5, "1e-10", "add"),
    (G, 5, "1e-3", "remove add"),
    (D, 5, "1e-100", "add"),
    (D, 10, "1e-100", "remove"),
    (A, 10, "1e-100", "remove"),
    (C, 10, "1e-10", "remove add"),
    (E, 10, "1e-5", "remove"),
    (F, 10, "1e-5", "remove"),
    (H, 10, "1e-100", "remove add"),
    (B, 50, "1e-5", "remove add"),
    (D, 50, "1e-5", "remove add"),
    (G, 50, "1e-3", "remove add"),
    (G, 50, "1e-100", "remove"),
    (H, 50, "1e-30", "remove add"),
    (A, 200, "1e-30", "remove add"),
    (E, 200, "1e-5", "remove add"),
    (F, 200, "1e-5", "remove add"),
    (J, 200, "1e-10", "remove add"),
    (B, 1000, "1e-6", "remove add"),
    (B, 1000, "1e-100", "remove add"),
    (C, 1000, "1e-30", "remove"),
    (D, 1000, "1e-100", "remove add"),
    (E, 1000, "1e-10", "remove"),
    (E, 1000, "1e-30", "add"),
    (G, 1000, "1e-10", "remove add"),
    (H, 1000, "1e-3", "remove add"),
    (J, 14063, "1e-5", "remove add"),
    (J, 14063, "1e-30", "remove add"),
    (J, 14063, "1e-100", "remove"),
    (("2.5", (16384, 1281167)), 72000, "8e-7", "remove add"),
    (("0.6", (1, 10000)), 100000, "1e-9", "remove add"),
    (B, 3, "1e-5", "remove"),
    (B, 3, "1e-3", "add"),
]
#: sigma falls from 2 to 0.7 while the rate grows from .001 to .02
SCHEDULE = [(f"{2 - 1.3 * i / 19:.4f}", (1 + i, 1000), 500) for i in range(20)]
#: (phases, delta)
MIXED = [
    ([("1", (1, 100), 100), ("2", (1, 20), 50)], "1e-5"),
    ([("4", (1, 1), 1), ("0.8", (1, 100), 200)], "1e-10"),
    (SCHEDULE, "1e-5"),
]
CASES = [
    ([(*setting, steps)], way, delta)
    for setting, steps, delta, ways in UNIFORM
    for way in ways.split()
] + [(phases, way, delta) for phases, delta in MIXED for way in ("remove", "add")]


class Plan:
    """How one making of a row goes: where the curves run and how finely they are cut."""

    def __init__(self, shift, slope, lift, tilt, panel, nodes, x_panel, x_nodes):
        self.shift = shift  # of c, in widths of the saddle
        self.slope = slope  # of the wings of w, as d Re / d Im
        self.lift = lift  # of the x curve at its left end, in s^2, while that is below 3 s
        self.tilt = tilt  # of the x curve at its right end, as d Im / d Re; at least the slope
        self.panel, self.nodes = panel, nodes
        self.x_panel, self.x_nodes = x_panel, x_nodes

    def finer(self, factor):
        """The same with shorter panels."""
        return Plan(
            self.shift,
            self.slope,
            self.lift,
            self.tilt,
            self.panel * factor,
            self.nodes,
            self.x_panel * factor,
            self.x_nodes,
        )


ROUGH = Plan(0.0, 0.5, math.pi / 2, 0.5, 0.6, 12, 1.4, 12)
PLANS = (
    Plan(0.0, 0.5, math.pi / 2, 0.5, 0.3, 18, 1.2, 18),
    Plan(0.3, 0.4, 1.4, 0.55, 0.27, 20, 1.1, 20),
)


@functools.cache
def legendre(n):
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1]."""
    rule = []
    for start in np.polynomial.legendre.leggauss(n)[0]:
        x = mp.mpf(float(start))
        for _ in range(4):  # Newton: 16, 32, 64 digits
            before, here = mp.mpf(1), x
            for k in range(2, n + 1):
                before, here = here, ((2 * k - 1) * x * here - (k - 1) * before) / k
            slope = n * (x * here - before) / (x * x - 1)
            x = x - here / slope
        rule.append((x, 2 / ((1 - x * x) * slope * slope)))
    return rule


def panels(cuts, n):
    """Nodes and weights of a Gauss-Legendre rule on every piece between the cuts."""
    for a, b in itertools.pairwise(cuts):
        half, middle = (mp.mpf(b) - a) / 2, (mp.mpf(b) + a) / 2
        for x, weight in legendre(n):
            yield middle + half * x, half * weight


class Step:
    """G of one step, `count` times."""

    def __init__(self, sigma, rate, count):
        self.s, self.q, self.count = mp.mpf(sigma), mp.mpf(rate[0]) / rate[1], count
        self.sampled = rate[0] < rate[1]
        s, q = float(self.s), float(self.q)
        if self.sampled:
            self.x0 = 0.5 + s * s * math.log((1 - q) / q)

    def loss(self, x):
        """log r, on floats."""
        u = (2 * x - 1) / (2 * float(self.s) ** 2)
        q = float(self.q)
        return np.where(
            u > 0,
            u + np.log(q + (1 - q) * np.exp(-np.maximum(u, 0))),
            np.log1p(q * np.expm1(np.minimum(u, 0))),
        )

    def real(self, c):
        """log G, its two derivatives, and the x between which the mass of r^c Q lies: floats."""
        s = float(self.s)
        if not self.sampled:
            return c * (c - 1) / (2 * s * s), (2 * c - 1) / (2 * s * s), 1 / (s * s), 0.0, 0.0
        # the mode is left of max(c, 0); for c < 0 it is no further left than -s sqrt(2 |c| log r)
        low, high = -40 * s - 4 * s * math.sqrt(max(-c, 0) * float(self.q)), max(c, 0) + 40 * s
        if c < 0:
            low = -40 * s - s * s * math.log1p(-c)
        x = np.linspace(low, high, 40001)
        loss = self.loss(x)
        log_mass = c * loss - x * x / (2 * s * s)
        top = log_mass.max()
        mass = np.exp(log_mass - top)
        total = mass.sum()
        mean = (mass * loss).sum() / total
        variance = (mass * (loss - mean) ** 2).sum() / total
        inside = x[log_mass > top - 2.4 * DIGITS]
        log_g = top + math.log(total * (x[1] - x[0]) / (s * math.sqrt(2 * math.pi)))
        return log_g, mean, variance, inside[0], inside[-1]

    def prepare(self, c, plan):
        """Lay the x curve: (log r, log of the rest of the integrand) at every node."""
        if not self.sampled:
            return
        s, q, x0 = float(self.s), self.q, self.x0
        ends = [self.real(at)[3:] for at in {c, 0.0, max(c, 1.0)}]
        stretch = 1 / (1 - plan.tilt**2)
        low, high = min(e[0] for e in ends) * stretch, max(e[1] for e in ends) * stretch
        fine = (x0 - 14 * s * s, x0 + 4 * s * s)
        cuts = [low]
        while cuts[-1] < high:
            narrow = fine[0] < cuts[-1] + s and cuts[-1] < fine[1]
            cuts.append(cuts[-1] + plan.x_panel * (min(s, 1.2 * s * s) if narrow else s))
        # for c < 0 lower, as |r|^c grows where |r| < 1
        lift, s2 = min(plan.lift if c > 0 else plan.lift / 2, 3 / s), self.s**2
        log_q_pdf = -mp.log(self.s * mp.sqrt(2 * mp.pi))
        self.nodes = []
        for t, weight in panels(cuts, plan.x_nodes):
            e = mp.exp((t - x0) / s2)
            x = mp.mpc(t, s2 * (lift + plan.tilt * mp.log1p(e)))
            slope = mp.mpc(1, plan.tilt * e / (1 + e))
            u = (2 * x - 1) / (2 * s2)
            # neither logarithm meets its cut: Im u stays below pi until e^u dominates
            if t < x0:
                log_r = mp.log(1 - q + q * mp.exp(u))
            else:
                log_r = u + mp.log(q + (1 - q) * mp.exp(-u))
            rest = mp.log(weight * slope) - x * x / (2 * s2) + log_q_pdf
            self.nodes.append((log_r, rest))
        self.log_r_float, self.rest_float = np.array(self.nodes, dtype=complex).T

    def log_g(self, w):
        """log of G(w), on some branch."""
        if not self.sampled:
            return w * (w - 1) / (2 * self.s**2)
        sizes = (complex(w) * self.log_r_float + self.rest_float).real
        total = mp.mpc(0)
        for i in np.flatnonzero(sizes > sizes.max() - 2.3026 * DIGITS):
            log_r, rest = self.nodes[i]
            total += mp.exp(w * log_r + rest)
        return mp.log(total)


def saddle(steps, sign, position):
    """At c, a distance outside [0, 1]: c, its eps, the width there, log delta by Laplace's rule."""
    c = 1 + position if sign > 0 else -position
    parts = [(step.count, *step.real(c)[:3]) for step in steps]
    tilt = sum(n * mean for n, _, mean, _ in parts) - 1 / c - 1 / (c - 1)
    curvature = sum(n * v for n, _, _, v in parts) + 1 / c**2 + 1 / (c - 1) ** 2
    log_delta = sum(n * log_g for n, log_g, _, _ in parts) - c * tilt + (tilt if sign > 0 else 0)
    log_delta -= math.log(abs(c * (c - 1))) + 0.5 * math.log(2 * math.pi * curvature)
    return c, sign * tilt, curvature**-0.5, log_delta


def bisect(function, low, high):
    """The sign change of a function of one positive number, to a part in a million."""
    while high > low * 1.000001:
        middle = math.sqrt(low * high)
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return low


def at_epsilon(steps, sign, eps):
    """The position whose saddle has this eps."""
    return bisect(lambda position: eps - saddle(steps, sign, position)[1], 1e-6, 1e8)


class Contour:
    """delta(eps) and its derivative, as sums over fixed nodes w; eps only says where to stop."""

    def __init__(self, steps, sign, position, eps, plan):
        c, _, width, _ = saddle(steps, sign, position)
        c -= sign * plan.shift * width  # towards [0, 1], from where no other saddle comes
        self.sign, self.terms = sign, []
        for step in steps:
            step.prepare(c, plan)
        self.log_g_at_c = sum(step.count * step.real(c)[0] for step in steps)
        self.decay = c - 1 if sign > 0 else -c
        # the bend starts beyond the width of the saddle and of the bumps that c >> s makes
        bend = mp.mpf(max(3 * width, 3 * min(float(step.s) for step in steps)))
        h, start, largest, k = mp.mpf(3 * width), mp.mpf(c), -mp.inf, 0
        here = mp.inf
        while here > largest - 2.3026 * NEGLIGIBLE:
            here = -mp.inf
            for v, weight in panels([k * plan.panel, (k + 1) * plan.panel], plan.nodes):
                y, dy = h * mp.sinh(v), h * mp.cosh(v)
                root = mp.sqrt(y * y + bend * bend)
                w = mp.mpc(start + plan.slope * (root - bend), y)
                dw = mp.mpc(plan.slope * y / root, 1) * dy
                log_term = sum(step.count * step.log_g(w) for step in steps) - mp.log(w * (w - 1))
                log_term += mp.log(dw * weight / mp.pi)
                self.terms.append((w, log_term))
                here = max(here, log_term.real + self.exponent(w, eps).real)
            largest, k = max(here, largest), k + 1
            if k * plan.panel > 20:
                raise ValueError("the integrand does not decay")

    def exponent(self, w, eps):
        """What eps adds to the logarithm of the integrand."""
        return (1 - w) * eps if self.sign > 0 else w * eps

    def delta(self, eps):
        """delta(eps), its derivative, and the sum of the sizes of its terms."""
        value, slope, size = mp.mpf(0), mp.mpf(0), mp.mpf(0)
        for w, log_term in self.terms:
            term = mp.exp(log_term + self.exponent(w, eps))
            value += term.imag
            slope += (term * ((1 - w) if self.sign > 0 else w)).imag
            size += abs(term)
        return value, slope, size

    def epsilon(self, delta, eps):
        """Newton's rule on log delta inside a bracket, and the loss to cancellation."""
        low, high = mp.mpf(0), (self.log_g_at_c - mp.log(delta)) / self.decay
        eps = min(max(eps, low), high)
        for _ in range(200):
            value, slope, size = self.delta(eps)
            if value > delta:
                low = max(low, eps)
            else:
                high = min(high, eps)
            move = mp.log(delta / value) * value / slope if value > 0 else mp.inf
            if abs(move) < mp.mpf(10) ** (8 - DIGITS) * eps:
                return eps + move, float(mp.log10(size / delta))
            eps = eps + move if low < eps + move < high else (low + high) / 2
        raise ValueError("no convergence")


def by_contour(phases, direction, delta):
    """epsilon by every plan, cut finer until the plans agree."""
    sign = 1 if direction == "remove" else -1
    steps = [Step(*phase) for phase in phases]
    target = mp.mpf(delta)
    log_target = float(mp.log(target))
    position = bisect(lambda p: saddle(steps, sign, p)[3] - log_target, 1e-6, 1e8)
    eps = mp.mpf(max(saddle(steps, sign, position)[1], 1e-6))
    for _ in range(30):  # Laplace's rule may be far off: start again from the better eps
        try:
            before, line = eps, Contour(steps, sign, position, eps, ROUGH)
            eps, loss = line.epsilon(target, eps)
        except ValueError:
            loss = math.inf
        if loss > 6:  # another saddle is near, right of this one: stay left of it
            position *= 0.9
        elif abs(eps - before) > 0.03 * eps:
            position = at_epsilon(steps, sign, float(eps))
        else:
            break
    for finer in (1, 0.65, 0.45):
        found = []
        for plan in PLANS:
            line = Contour(steps, sign, position, eps, plan.finer(finer))
            found.append(line.epsilon(target, eps)[0])
        if abs(found[0] - found[1]) < mp.mpf("1e-17") * found[0]:
            break
    return found


class Nested:
    """delta_k(eps) and its derivative for k steps of one kind, on the real line."""

    def __init__(self, sigma, rate, panel, nodes):
        self.s, self.q = mp.mpf(sigma), mp.mpf(rate[0]) / rate[1]
        self.panel, self.nodes = panel, nodes
        self.lowest = mp.log1p(-self.q)

    def beyond(self, x, eps):
        """The part of E_Q[(r - e^eps)_+] beyond x, where r > e^eps, and its derivative."""
        above_q = mp.erfc(x / (self.s * mp.sqrt(2))) / 2
        above_1 = mp.erfc((x - 1) / (self.s * mp.sqrt(2))) / 2
        slope = -mp.exp(eps) * above_q
        return (1 - self.q) * above_q + self.q * above_1 + slope, slope

    def crossing(self, eps):
        """The x with log r(x) = eps."""
        return mp.mpf(1) / 2 + self.s**2 * mp.log((mp.expm1(eps) + self.q) / self.q)

    def remove(self, k, eps):
        """E_Q[(r_1 ... r_k - e^eps)_+] and its derivative at a real eps."""
        if eps <= k * self.lowest:
            return -mp.expm1(eps), -mp.exp(eps)
        if k == 1:
            return self.beyond(self.crossing(eps), eps)
        # Beyond the edge r_1 ... r_k > e^eps whatever the others are. Towards it the chance of
        # less falls like exp(-log^2): x = edge - s log(1 + e^v), and none below the first v.
        edge = self.crossing(eps - (k - 1) * self.lowest)
        reach = self.s * mp.sqrt(2 * mp.log(10) * (mp.mp.dps + 5))
        first = -reach / self.s**2
        value, slope = self.beyond(edge - self.s * mp.log1p(mp.exp(first)), eps)
        last = max((edge + reach) / self.s, 0)
        count = int(mp.ceil((last - first) / self.panel))
        for v, weight in panels([first + i * self.panel for i in range(count + 1)], self.nodes):
            grow = mp.exp(v)
            x = edge - self.s * mp.log1p(grow)
            r = 1 + self.q * mp.expm1((2 * x - 1) / (2 * self.s**2))
            mass = weight * self.s * grow / (1 + grow) * r * mp.npdf(x, 0, self.s)
            part = self.remove(k - 1, eps - mp.log(r))
            value += mass * part[0]
            slope += mass * part[1]
        return value, slope

    def delta(self, k, direction, eps):
        """delta(eps) of one direction, and its derivative."""
        if direction == "remove":
            return self.remove(k, eps)
        value, slope = self.remove(k, -eps)
        return 1 - mp.exp(eps) * (1 - value), -mp.exp(eps) * (1 - value + slope)


def by_nested(phase, direction, delta, near):
    """epsilon of at most 3 steps by Newton's rule on log delta, once per way of cutting."""
    sigma, rate, steps = phase
    ways = {1: [(1, 1)], 2: [(1, 12), (0.8, 14)], 3: [(1.2, 10)]}[steps]
    target, found = mp.mpf(delta), []
    digits = 24 if steps == 3 else 30
    if direction == "add":  # a difference of numbers near 1
        digits -= int(mp.log10(target))
    for way in ways:
        with mp.workdps(digits):
            line, eps = Nested(sigma, rate, *way), near
            for _ in range(20):
                value, slope = line.delta(steps, direction, eps)
                move = mp.log(target / value) * value / slope
                eps += move
                if abs(move) < mp.mpf("1e-14") * eps:  # Newton doubles the digits
                    break
            found.append(eps)
    return found


def row(phases, direction, delta):
    """One row of the file."""
    with mp.workdps(DIGITS):
        few = len(phases) == 1 and phases[0][2] <= 3
        if few and mp.mpf(delta) < mp.mpf("1e-40"):  # the contour loses too much to cancellation
            method, near = "nested", mp.mpf(40)
            found = [by_nested(phases[0], direction, delta, near + i)[-1] for i in (0, 1)]
        elif few:
            method, found = "contour and nested", by_contour(phases, direction, delta)
            found += by_nested(phases[0], direction, delta, found[-1])
        else:
            method, found = "contour", by_contour(phases, direction, delta)
        best = found[1]
        if max(abs(eps - best) for eps in found) > mp.mpf("1e-15") * best:
            raise ValueError(f"the makings of {phases}, {direction}, {delta} do not agree")
        radius = 10 * max(abs(eps - best) for eps in found) + best * mp.mpf("1e-21")
        named = [
            {"noise_multiplier": s, "sampling_rate": list(q), "steps": n} for s, q, n in phases
        ]
        return {
            **(named[0] if len(named) == 1 else {"phases": named}),
            "direction": direction,
            "delta": delta,
            "epsilon": mp.nstr(best, 22),
            "radius": mp.nstr(radius, 3),
            "method": method,
        }


def main():
    """Write the file; it is whole after every row."""
    path = pathlib.Path(__file__).with_name("composed_epsilon.json")
    content = {
        "what": "epsilon of composed Poisson-subsampled Gaussian steps, per direction; "
        "parameters are exact decimals and fractions",
        "made_by": pathlib.Path(__file__).name,
        "rows": [],
    }
    for case in CASES:
        start = time.perf_counter()
        content["rows"].append(row(*case))
        path.write_text(json.dumps(content, indent=1) + "\n")
        made, seconds = content["rows"][-1], time.perf_counter() - start
        print(f"{seconds:6.1f} s", *case, made["epsilon"], made["radius"], flush=True)


if __name__ == "__main__":
    main()
