"""The noise of a DP-SGD step: what the sampling and the Gaussian add, and what clipping bends.

A step is x' = x - eta (public(x) + S(x) / (q n) + sigma C Z / (q n)): S adds the clipped gradients
of the records of a Poisson sample of rate q, Z is standard Gaussian.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["CLIPPED_LINE", "CLIPPING_BIAS", "NOISE", "POISSON_VARIANCE"]


def _poisson_variance(sampling_rate: Any, dataset_size: Any, squares: Any) -> Any:
    """Expected squared distance of the estimate from the mean gradient."""
    return (1 - sampling_rate) * squares / (sampling_rate * dataset_size * dataset_size)


POISSON_VARIANCE = theorem(
    "sgd.poisson_variance",
    "The gradients g_1, ..., g_n of a Poisson sample of rate q, added and divided by q n, have the "
    "mean gradient as their expectation, and E|sum / (q n) - mean|^2 = (1 - q) / (q n^2) sum "
    "|g_i|^2: the raw second moment, not that about the mean.",
    "independent indicators of variance q (1 - q), weighted by g_i / (q n)",
    formula=_poisson_variance,
    assumptions=[
        given.RATE,
        given.RECORDS,
        Assumption(
            "a sum of squares that is not negative",
            lambda squares, **_: squares >= 0,
            "add the squared norms of all gradients",
        ),
    ],
    level="K",
    latex=r"The gradients $g_1, \ldots, g_n$ of a Poisson sample of rate $q$, added and divided by "
    r"$q n$, have the mean gradient $\bar g$ as their expectation, and $E|\sum/(q n) - "
    r"\bar g|^2 = \frac{1 - q}{q n^2} \sum_i |g_i|^2$: the raw second moment, not that about "
    r"the mean.",
)


def _noise(
    sampling_rate: Any,
    dataset_size: Any,
    mean_square: Any,
    dimension: int,
    noise_multiplier: Any,
    clip_norm: Any,
) -> Any:
    """Second moment of all that a step adds to the gradient."""
    batch = sampling_rate * dataset_size
    noise_std = noise_multiplier * clip_norm / batch
    return dimension * noise_std * noise_std + (1 - sampling_rate) * mean_square / batch


NOISE = theorem(
    "sgd.noise",
    "Where no gradient is longer than C, so that none is clipped, and the mean of |g_i|^2 is at "
    "most S, a step of DP-SGD moves along the true gradient plus noise of mean 0 with E|noise|^2 "
    "<= d (sigma C / (q n))^2 + (1 - q) S / (q n). S = C^2 always does.",
    "sgd.poisson_variance, and a Gaussian that is independent of the sample",
    formula=_noise,
    assumptions=[
        given.RATE,
        Assumption(
            "at least one record and one dimension",
            lambda dataset_size, dimension, **_: (
                dataset_size >= 1
                and dimension >= 1
                and dataset_size % 1 == 0
                and dimension % 1 == 0
            ),
            "count the records and the parameters",
        ),
        given.UNCLIPPED,
        Assumption(
            "a noise multiplier and a mean square that are not negative",
            lambda noise_multiplier, mean_square, **_: (
                0 <= noise_multiplier < math.inf and mean_square >= 0
            ),
            "give the run's own",
        ),
    ],
    uses=["sgd.poisson_variance"],
    level="P",
    latex=r"Where no gradient is longer than $C$, so that none is clipped, and the mean of "
    r"$|g_i|^2$ is at most $S$, a step of DP-SGD moves along the true gradient plus noise of "
    r"mean 0 with $E|\mathrm{noise}|^2 \le d (\sigma C/(q n))^2 + (1 - q) S/(q n)$. $S = C^2$ "
    r"always does.",
)


CLIPPED_LINE = theorem(
    "sgd.clipped_line",
    "On a line, the derivative of a convex function, clipped to [-C, C], is the derivative of a "
    "convex function again, and its slopes are no larger: full-batch or Poisson-sampled descent "
    "with clipping is descent without it on the mean of those functions, whose least point may be "
    "elsewhere.",
    "a nondecreasing function stays so when it is clipped, and its differences do not grow; Huber "
    "1964, Annals of Mathematical Statistics 35(1), has the clipped parabola",
    assumptions=[
        Assumption(
            "one dimension",
            lambda dimension, **_: dimension == 1,
            "clipping a vector's length leaves no gradient field; take a clip norm that is not "
            "reached",
        ),
        Assumption("a clip norm above 0", lambda clip_norm, **_: clip_norm > 0, "clip to a length"),
    ],
    level="P",
    latex="On a line, the derivative of a convex function, clipped to $[-C, C]$, is the "
    "derivative of a convex function again, and its slopes are no larger: full-batch or "
    "Poisson-sampled descent with clipping is descent without it on the mean of those "
    "functions, whose least point may be elsewhere.",
)


def _clipping_bias(zeros: Any, outlier: Any, clip_norm: Any) -> Any:
    """The true slope where the mean clipped gradient is 0."""
    return outlier / (zeros + 1) - clip_norm / zeros


CLIPPING_BIAS = theorem(
    "sgd.clipping_bias",
    "For f = mean of (x - a_i)^2 / 2 with a_i = 0 for m records and A for one, and gradients "
    "clipped to C with C (m + 1) <= A m, the mean clipped gradient is 0 at x = C / m alone, and "
    "there f' = C / m - A / (m + 1): clipping moves the fixed point by as much.",
    "of the m + 1 clipped slopes m are C / m there and one is -C; for the general case see "
    "Koloskova, Hendrikx and Stich 2023, arXiv 2305.01588",
    formula=_clipping_bias,
    assumptions=[
        Assumption(
            "an integer number of records at 0, at least two",
            lambda zeros, **_: zeros >= 2 and zeros % 1 == 0,
            "count the records; one against one is at rest everywhere between the two",
        ),
        Assumption(
            "0 < C and C (m + 1) <= A m, A finite",
            lambda zeros, outlier, clip_norm, **_: (
                clip_norm > 0 and clip_norm * (zeros + 1) <= outlier * zeros < math.inf
            ),
            "take a smaller clip norm: above it nothing is clipped at the fixed point",
        ),
    ],
    level="P",
    latex=r"For $f$ the mean of $(x - a_i)^2/2$ with $a_i = 0$ for $m$ records and $A$ for one, "
    r"and gradients clipped to $C$ with $C (m + 1) \le A m$, the mean clipped gradient is 0 at "
    r"$x = C/m$ alone, and there $f' = C/m - A/(m + 1)$: clipping moves the fixed point by as "
    r"much.",
)
