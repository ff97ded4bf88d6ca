"""log M of one release over a lattice of c, in plain float64: for planning, untrusted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from scipy.special import log_ndtr

from dpaccount.accountants.saddlepoint.fast.bounds import Array
from dpaccount.certificates import Run, Window

__all__ = ["PER_OCTAVE", "Chart", "Key", "Shelf", "ladder", "prospect"]

PER_OCTAVE = 4
_STRETCHES = 1.2 ** np.arange(31) - 1.0
Key = tuple[float, float, bool, Window | None]


def prospect(run: Run, log_delta: float, epsilon: float) -> tuple[tuple[int, int], list[Key]]:
    """First and last place on the lattice c = 1 + 2^(k/4) that may matter, and the charts' keys.

    To remove a record, outputs are cut off where the line has to lie beyond the c at which a single
    far output already rules the transform.
    """
    most = least = float(run.mu_squared)
    settings = [
        (float(r.noise_multiplier), float(r.sampling_rate), float(r.steps)) for r in run.releases
    ]
    limit = math.inf
    for sigma, q, steps in settings:
        most += steps / sigma**2
        # the variance of one loss, not above it by much
        slope = math.exp(-min(1.0 / sigma**2, 16.0)) / sigma**2
        slope = slope if run.add else min(math.expm1(min(1.0 / sigma**2, 9.0)), 4.0 / sigma**2)
        least += steps * q * q * slope
        limit = min(limit, 2000.0 / q if run.add else math.inf)
    low = 0.2 * min(1.0 / math.sqrt(most), 1.0 / (1.0 + max(-epsilon, 0.0)))
    wanted = math.sqrt(2.0 * (20.0 - log_delta) / least)
    saddle = math.sqrt(2.0 * (5.0 - log_delta) / least)
    high = min(4.0 * wanted, limit)
    keys: list[Key] = []
    for sigma, q, steps in settings:
        far, cut = 2.0 * sigma**2 * -math.log(q), None
        if not run.add and 1.2 * saddle > far:
            cut = _cut(sigma, q, log_delta - 30.0 - math.log(steps * len(settings)), 2.0 * wanted)
        elif not run.add:
            high = min(high, far + 15.0 * sigma + 2.0)
        keys.append((sigma, q, run.add, cut))
    high = max(high, 30.0 * low)
    first, last = PER_OCTAVE * math.log2(low), PER_OCTAVE * math.log2(high)
    if not last - first <= 600.0:
        raise ValueError("a run out of all proportion")
    return (math.floor(first), math.ceil(last)), keys


def _cut(sigma: float, q: float, log_least: float, far: float) -> Window:
    """Beyond it lies less than so much, and with it no second mode up to c = far.

    One of few, so that runs can share what is computed with it.
    """
    log_least, far = 4.0 * math.floor(log_least / 4.0), 2.0 ** (math.ceil(2.0 * math.log2(far)) / 2)
    reach = sigma * math.sqrt(max(-2.0 * log_least, 1.0))
    with_record = 1.0 + sigma * math.sqrt(max(-2.0 * (log_least - math.log(q)), 1.0))
    width = min(0.5 * sigma, sigma**2 * math.sqrt(max(-math.log(q), 1.0) / (1.0 + far)))
    center = math.hypot(1.0, width / sigma) * max(reach, with_record)
    return Window(math.ceil(4.0 * center / sigma) * 0.25 * sigma, ladder(width))


class Chart:
    """One release over the lattice."""

    def __init__(self, key: Key, places: tuple[int, int]) -> None:
        self.key = key
        self.noise, self.rate, self.add, self.cut = noise, rate, add, cut = key
        self.places = places
        y = 2.0 ** (np.arange(places[0], places[1] + 1) / PER_OCTAVE)
        variance = noise * noise
        far = float(y[-1])
        if add:  # the mode of phi r^s for the least s
            low, high = -far, 0.0
            for _ in range(30):
                if high - low < 0.1 * noise:
                    break
                middle = 0.5 * (low + high)
                grown = (
                    rate / (1.0 - rate) * math.exp(min((2.0 * middle - 1.0) / (2 * variance), 99))
                )
                low, high = (
                    (low, middle) if middle + far * grown / (1.0 + grown) > 0.0 else (middle, high)
                )
            low, high = low - 9.5 * noise, 9.5 * noise
        else:
            low = -9.5 * noise
            high = cut.center + 8.0 * cut.width if cut else far + 9.5 * noise
        self.spacing = max(min(0.8 * noise, 0.45 * variance), (high - low) / 4000.0)
        x: Array = self.spacing * np.arange(
            math.floor(low / self.spacing), math.ceil(high / self.spacing) + 1.0
        )
        self.x = x
        self.a = x * x / (2.0 * variance)
        if cut:
            self.log_cut = log_ndtr((cut.center - x) / cut.width)
            self.a -= self.log_cut
        self.log_rest = math.log1p(-rate)
        log_odds = math.log(rate) - self.log_rest
        u = (2.0 * x - 1.0) / (2.0 * variance)
        self.grown = np.exp(np.minimum(u + log_odds, 300.0))
        self.loss = np.log1p(rate * np.expm1(np.minimum(u, 30.0)))
        if u[-1] > 30.0:
            self.loss = np.where(u < 30.0, self.loss, u + math.log(rate))
        self.signed = -self.loss if add else self.loss
        self.share = self.grown / (1.0 + self.grown)
        square = np.minimum(self.grown, 1e150) ** 2
        self.turns = np.maximum(self.share, square / (1.0 + square))
        self.log_scale = math.log(self.spacing / (noise * math.sqrt(2.0 * math.pi)))
        powers = -y if add else 1.0 + y
        exponents = np.multiply.outer(powers, self.loss) - self.a
        top = exponents.max(axis=1)
        weights = np.exp(exponents - top[:, None])
        facts = weights @ np.array([self.signed, self.signed**2, self.share]).T
        total = weights.sum(axis=1)
        self.weights = weights / total[:, None]
        self.log_moment = np.log(total) + top + self.log_scale
        self.mean = facts[:, 0] / total
        self.variance = np.maximum(facts[:, 1] / total - self.mean**2, 0.0)
        self.slope = facts[:, 2] / total  # sigma^2 E[L']

    def raised(self, a: Array) -> Array:
        """How far the logarithm of a cut's majorant is above it, for shifts up to each a."""
        assert self.cut
        ratio = (a / self.cut.width)[..., None]
        places = (self.x - self.cut.center) / self.cut.width
        bump = np.log(ratio) + 0.5 * ratio * ratio - 0.5 * places * places - 0.919
        found: Array = np.logaddexp(0.0, bump - self.log_cut)
        return found

    def beyond(self, powers: Array, turns: Array) -> Any:
        """About the largest logarithm of phi r^s e^(turn m) right of the chart, by stretches."""
        x = self.x[-1] + 4.0 * self.noise * _STRETCHES
        log_grown = math.log(self.rate) - self.log_rest + (2.0 * x - 1.0) / (2.0 * self.noise**2)
        loss = np.logaddexp(0.0, log_grown) + self.log_rest
        slopes = 1.0 / (1.0 + np.exp(-np.maximum(log_grown, 2.0 * log_grown)))
        pull = np.multiply.outer(powers, loss[:-1] if self.add else loss[1:])
        pull += np.multiply.outer(turns, slopes[1:]) - 0.5 * (x[:-1] / self.noise) ** 2
        if self.cut:
            pull -= 0.5 * ((x[:-1] - self.cut.center) / self.cut.width) ** 2
        return pull.max(axis=1)

    def most_beyond(self, powers: Array, turns: Array) -> Any:
        """At least that, quickly, where no power is above x there: the loss rises by 1/noise^2."""
        x = float(self.x[-1])
        pull: Any = powers * float(self.loss[-1]) + turns - 0.5 * (x / self.noise) ** 2
        return pull if powers.max() <= x else np.full_like(pull, math.inf)

    def turn_at(self, x: float) -> float:
        """m(l) at one output."""
        log_grown = math.log(self.rate) - self.log_rest + (2.0 * x - 1.0) / (2.0 * self.noise**2)
        place = max(log_grown, 2.0 * log_grown)
        return 1.0 / (1.0 + math.exp(-place)) if place > -700.0 else 0.0


class Planner(Protocol):
    """What plans lines: `Outlook`."""

    def line(self, epsilon: float, log_delta: float, log_tolerance: float) -> Any:
        """See there."""

    def line_of_one(self, i: int) -> Any:
        """See there."""


class Shelf:
    """Charts, kept for the runs that share a release."""

    def __init__(self) -> None:
        self.charts: dict[Key, Chart] = {}
        self.kept: dict[Any, Any] = {}

    def chart(self, key: Key, places: tuple[int, int]) -> Chart:
        """A chart that covers the places."""
        found = self.charts.get(key)
        if found is None or found.places[0] > places[0] or found.places[1] < places[1]:
            if found is not None:
                places = min(places[0], found.places[0]), max(places[1], found.places[1])
            found = self.charts[key] = Chart(key, places)
        return found

    def rounded(self, log_delta: float) -> float:
        """The delta that a run is looked at with."""
        return log_delta

    def line(self, outlook: Planner, epsilon: float, log_delta: float, tolerance: float) -> Any:
        """A line for a run: its own."""
        return outlook.line(epsilon, log_delta, tolerance)

    def line_of_one(self, outlook: Planner, i: int) -> Any:
        """A line of one node for a run: its own."""
        return outlook.line_of_one(i)

    def reserve(self, runs: Iterable[Run], log_delta: float) -> None:
        """Make each chart wide enough for all runs at once."""
        needed: dict[Key, tuple[int, int]] = {}
        for run in runs:
            (first, last), keys = prospect(run, log_delta, 0.0)
            for key in keys:
                low, high = needed.get(key, (first, last))
                needed[key] = min(low, first), max(high, last)
        for key, places in needed.items():
            self.chart(key, places)


def ladder(value: float) -> float:
    """One of few values below, so that runs can share a grid; 12 bits."""
    mantissa, exponent = math.frexp(2.0 ** (math.floor(8.0 * math.log2(value)) / 8.0))
    return math.ldexp(math.floor(mantissa * 2.0**12), exponent - 12)
