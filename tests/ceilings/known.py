"""Ceilings that are known from elsewhere: by a grid whose values Monte Carlo repeats."""

from __future__ import annotations

from typing import NamedTuple

import dpaccount as dpa

#: Chances of guessing right.
CANDIDATE_PRIORS = ("0.5", "0.1", "1/16", "1/256", "1/1024")


class Known(NamedTuple):
    rate: str
    sigma: str
    steps: int
    ceilings: tuple[float, ...]


GRID = [
    Known("0.01", "0.8", 1000, (0.7175, 0.2511, 0.1799, 0.0226, 0.0077)),
    Known("0.1", "1", 100, (0.8697, 0.4692, 0.3769, 0.0862, 0.0382)),
    Known("0.02", "1", 500, (0.7121, 0.2434, 0.1730, 0.0206, 0.0068)),
    Known("0.5", "2", 20, (0.8644, 0.4431, 0.3489, 0.0693, 0.0284)),
]
#: Of the first of these runs.
TPR = [
    ("remove", "1e-6", 3.2219e-5),
    ("add", "1e-6", 9.991e-6),
    ("remove", "1e-5", 2.0382e-4),
    ("add", "1e-5", 8.227e-5),
]


def grid_run(row):
    return dpa.DPSGD(noise_multiplier=row.sigma, sampling_rate=row.rate, steps=row.steps)
