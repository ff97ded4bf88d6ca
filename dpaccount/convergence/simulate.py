"""DP-SGD as it runs, many independent trajectories at a time, in float64."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from dpaccount import _validate
from dpaccount.convergence.problem import Array, Look
from dpaccount.convergence.rates import QUANTITIES
from dpaccount.convergence.setting import Setting
from dpaccount.errors import InputError, NotConverged, shown

__all__ = ["Measured", "simulate"]

#: Floats that one piece of trajectories may hold at a time: they stay in the cache.
_CACHE = 2**18
#: Trajectories x steps x (records + dimension): some days of work.
_MOST_WORK = 10**14
_MOST_TRAJECTORIES = 10**7


class _StoppedError(Exception):
    """What ends the other threads when one of them, or the caller, was stopped."""


@dataclass(frozen=True)
class Measured:
    """What trajectories came to.

    Args:
        values: For each quantity, a number for each trajectory.
        trajectories: How many there are.
        seed: What their noise was drawn from.
    """

    values: Mapping[str, Array]
    trajectories: int
    seed: int


def simulate(
    setting: Setting,
    trajectories: int = 2000,
    *,
    seed: int = 0,
    quantities: Sequence[str] = tuple(QUANTITIES),
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Measured:
    """Run DP-SGD from the same start many times.

    Each step draws a Poisson sample for each trajectory, clips each record's gradient, adds them
    up with Gaussian noise of standard deviation sigma C, divides by the expected batch size q n,
    adds the public gradient, and projects where the problem says so.

    Args:
        setting: As `setting_of` makes it.
        trajectories: How many, from 1 to 10,000,000.
        seed: An integer >= 0; the same one gives the same numbers, whatever `threads` is.
        quantities: Names from `QUANTITIES`; those that need f at every step cost time.
        threads: How many threads work; None: one for each core.
        on_done: Called with the number of steps of trajectories that were done since the last time.

    Raises:
        InputError: For numbers outside their domain, or more work than can be done.
        NotConverged: If a trajectory leaves the floats: the steps are unstable.
    """
    count = _validate.count(trajectories, "trajectories", least=1, most=_MOST_TRAJECTORIES)
    start = _validate.count(seed, "seed")
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown:
        raise InputError(
            "quantities", given=shown(unknown[0]), allowed=", ".join(QUANTITIES),
            advice="name some of these",
        )  # fmt: skip
    problem = setting.problem
    width = problem.floats + 4 * problem.dimension
    if count * setting.run.steps * (problem.records + problem.dimension) > _MOST_WORK:
        raise InputError(
            "trajectories",
            given=f"{count} of {setting.run.steps} steps",
            allowed=f"trajectories x steps x (records + dimension) up to {_MOST_WORK:.0e}",
            advice="simulate fewer steps or fewer trajectories",
        )
    size = max(1, min(count, _CACHE // width))
    edges = [*range(0, count, size), count]
    seeds = np.random.SeedSequence(start).spawn(len(edges) - 1)
    pieces = [(b - a, seed) for (a, b), seed in zip(pairwise(edges), seeds, strict=True)]
    stopped = threading.Event()

    def tick(done: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        if on_done is not None:
            on_done(done)

    wanted = frozenset(quantities)

    def run(piece: tuple[int, np.random.SeedSequence]) -> dict[str, Array]:
        return _trajectories(
            setting, piece[0], np.random.Generator(np.random.SFC64(piece[1])), wanted, tick
        )

    # the threads are ours: those of BLAS beside them would fight for the same cores
    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool,
    ):
        try:
            found = list(pool.map(run, pieces))
        except BaseException:
            # leaving waits for every thread: without this an interrupt waits for the last step
            stopped.set()
            raise
    values = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    for name, each in values.items():
        if not np.isfinite(each).all():
            raise NotConverged(
                f"{name} of {problem.name} leaves the floats at {setting.words}; do: take smaller "
                "steps"
            )
    return Measured(values, count, start)


def batch_of(setting: Setting, points: int, rng: np.random.Generator) -> Array | None:
    """A Poisson sample for each point; None: every record is in it."""
    rate = float(setting.run.sampling_rate)
    if rate == 1.0:
        return None
    drawn = rng.random((points, setting.problem.records))
    np.less(drawn, rate, out=drawn)  # in place: a new array for each would cost more than drawing
    return drawn


def divisor_of(setting: Setting, chosen: Array | None) -> float | Array:
    """What the sum is divided by: the expected batch size, whatever was drawn."""
    return float(setting.batch)


def clip_of(setting: Setting) -> float:
    """The largest norm of one record's gradient."""
    return float(setting.clip_norm)


def noise_of(setting: Setting) -> float:
    """Standard deviation of the noise on the sum."""
    return float(setting.run.noise_multiplier * setting.clip_norm)


def _estimate(
    setting: Setting, look: Look, shape: tuple[int, int], rng: np.random.Generator
) -> Array:
    """What a step takes for the gradient."""
    chosen = batch_of(setting, shape[0], rng)
    total = rng.standard_normal(shape)
    total *= noise_of(setting)
    total += look.clipped_sum(chosen, clip_of(setting))
    total /= divisor_of(setting, chosen)
    total += look.public()
    return total


def _trajectories(
    setting: Setting,
    count: int,
    rng: np.random.Generator,
    wanted: frozenset[str],
    tick: Callable[[int], object],
) -> dict[str, Array]:
    problem, radius = setting.problem, setting.facts.radius
    points = np.tile(problem.start, (count, 1))
    values, slopes, mean = np.zeros(count), np.zeros(count), np.zeros_like(points)
    steps = setting.run.steps
    done = 0
    with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what is not finite
        for t, rate in enumerate(setting.learning_rates):
            look = problem.look(points)
            if "mean_excess" in wanted:
                values += look.excess()
            if "gradient" in wanted:
                slope = look.gradient()
                slopes += np.einsum("ij,ij->i", slope, slope)
            if "average_excess" in wanted:
                mean += points
            step = _estimate(setting, look, points.shape, rng)
            step *= rate
            points = problem.project(points - step, radius)
            if t % 256 == 255:
                tick(256 * count)
                done += 256
        tick((steps - done) * count)
        found = {"mean_excess": values / steps, "gradient": slopes / steps}
        if "average_excess" in wanted:
            found["average_excess"] = problem.look(mean / steps).excess()
        if "excess" in wanted:
            found["excess"] = problem.look(points).excess()
        away = points - problem.optimum
        found["distance"] = np.einsum("ij,ij->i", away, away)
    return {name: each for name, each in found.items() if name in wanted}
