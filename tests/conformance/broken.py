"""Accountants with one bug each; the rest of what they say is a valid upper bound."""

from __future__ import annotations

import math
import os
import time

import dpaccount as dpa


def honest(noise, rate, steps, delta):
    """Valid and loose, in milliseconds."""
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
    return dpa.epsilon(run, delta, method="rdp").upper


def _is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def free_for_nan(noise, rate, steps, delta):
    return 0.0 if _is_nan(noise) else honest(noise, rate, steps, delta)


def half(noise, rate, steps, delta):
    return honest(noise, rate, steps, delta) / 2


def dips(noise, rate, steps, delta):
    """Noise 1.3 costs more than noise 1.1."""
    return honest(noise, rate, steps, delta) * (10 if noise == 1.3 else 1)


def hangs(noise, rate, steps, delta):
    if _is_nan(rate):
        time.sleep(600)
    return honest(noise, rate, steps, delta)


def crashes(noise, rate, steps, delta):
    if steps == 10**8:
        os._exit(0)
    return honest(noise, rate, steps, delta)


def another_process(noise, rate, steps, delta):
    """A child goes on in the place of the process that was asked."""
    if steps == 10**8 and os.fork():
        time.sleep(600)
    return honest(noise, rate, steps, delta)


def text(noise, rate, steps, delta):
    return repr(honest(noise, rate, steps, delta))


def pair(noise, rate, steps, delta):
    return honest(noise, rate, steps, delta), "rdp"


def earns(noise, rate, steps, delta):
    return -26.7 if steps == -1 else honest(noise, rate, steps, delta)


def truncates(noise, rate, steps, delta):
    return honest(noise, rate, steps if steps is None else int(steps), delta)


def limit_theorem(noise, rate, steps, delta):
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
    return dpa.epsilon(run, delta, method="gdp_clt").estimate


def floor(noise, rate, steps, delta):
    """Probabilities below 1e-12 are lost."""
    return honest(noise, rate, steps, max(delta, 1e-12) if 0 < delta < 1e-12 else delta)


def sampled_for_ever(noise, rate, steps, delta):
    return honest(noise, 0.9 if rate == 1 else rate, steps, delta)


def from_process(noise, rate, steps, delta):
    value = honest(noise, rate, steps, delta)
    return value * (1 + os.getpid() % 99991 * 1e-8) if value else value


def refuses(noise, rate):
    """A signature of its own."""
    return noise * rate


def infinite(noise, rate, steps, delta):
    return math.inf


def nothing_is_spent(noise, rate, steps, delta):
    """A largest order: a floor under every answer, for no steps at all too."""
    value = honest(noise, rate, steps, delta)
    return max(value, -math.log(delta) / 100)


class Forgets:
    """The getter pops the history."""

    def __init__(self):
        self.said = set()

    def epsilon(self, noise, rate, steps, delta):
        value = honest(noise, rate, steps, delta)
        key = (noise, rate, steps, delta)
        known, _ = key in self.said, self.said.add(key)
        return 0.0 if known else value


class LowDelta:
    """Its two methods are of two minds."""

    epsilon = staticmethod(honest)

    def delta(self, noise, rate, steps, epsilon):
        run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
        return dpa.delta(run, epsilon).lower / 2


class HighDelta:
    """As above, the other way round; valid, and inconsistent."""

    epsilon = staticmethod(honest)

    def delta(self, noise, rate, steps, epsilon):
        run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
        return min(100 * dpa.delta(run, epsilon, method="rdp").upper, 1.0)


nothing = None
