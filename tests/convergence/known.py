"""Settings that several tests share."""

from __future__ import annotations

import dpaccount as dpa
from dpaccount.convergence.setting import setting_of


def setting(problem, noise="1", rate="1", steps=50, size="0.3", clip=None):
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps, clip_norm=clip)
    return setting_of(run, problem, size)
