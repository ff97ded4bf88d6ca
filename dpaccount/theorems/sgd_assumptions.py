"""What several theorems of the family sgd assume, once: their words, their tests, their advice."""

from __future__ import annotations

import math

from dpaccount.theorems.registry import Assumption

__all__ = [
    "CURVED", "DISTANCE", "GAP", "GRADIENT", "GROWING", "GROWING_BY_VALUE", "RATE", "RECORDS",
    "SHARE", "SHORT_STEP", "SHORT_STEP_ALONG", "SMOOTH", "SMOOTH_AND_SHORT_STEP", "SMOOTH_STEP",
    "SOME_STEPS", "STEP", "STEPS", "TAIL", "TAIL_DISTANCE", "UNCLIPPED", "VARIANCE",
]  # fmt: skip

CURVED = Assumption(
    "0 < mu <= L",
    lambda convexity, smoothness, **_: 0 < convexity <= smoothness,
    "use sgd.convex_smooth, or sgd.nonconvex",
)
STEP = Assumption("eta > 0", lambda learning_rate, **_: learning_rate > 0, "take a step")
SMOOTH = Assumption("L > 0", lambda smoothness, **_: smoothness > 0, "bound the smoothness")
SMOOTH_STEP = Assumption(
    "eta > 0 and L > 0",
    lambda learning_rate, smoothness, **_: learning_rate > 0 and smoothness > 0,
    "take a step, and bound the smoothness",
)
#: Beside an assumption that makes L > 0.
SHORT_STEP = Assumption(
    "0 < eta < 2/L",
    lambda learning_rate, smoothness, **_: 0 < learning_rate * smoothness < 2,
    "take smaller steps",
)
#: Where no other assumption makes L > 0.
SMOOTH_AND_SHORT_STEP = Assumption(
    "0 < eta < 2/L",
    lambda learning_rate, smoothness, **_: learning_rate > 0 and 0 < learning_rate * smoothness < 2,
    "take smaller steps",
)
#: Of one axis of a quadratic.
SHORT_STEP_ALONG = Assumption(
    "0 < eta lambda < 2",
    lambda learning_rate, curvature, **_: 0 < learning_rate * curvature < 2,
    "take smaller steps",
)
VARIANCE = Assumption(
    "a V that is not negative",
    lambda variance, **_: variance >= 0,
    "bound the noise's second moment",
)
DISTANCE = Assumption(
    "a squared distance and a V that are not negative",
    lambda distance_squared, variance, **_: distance_squared >= 0 and variance >= 0,
    "bound the distance and the noise's second moment",
)
GRADIENT = Assumption(
    "a squared distance, a G^2 and a V that are not negative",
    lambda distance_squared, gradient_squared, variance, **_: (
        distance_squared >= 0 and gradient_squared >= 0 and variance >= 0
    ),
    "bound the distance, the gradient and the noise's second moment",
)
#: Noise that grows with the distance to the minimum.
GROWING = Assumption(
    "a squared distance, a V and a W that are not negative",
    lambda distance_squared, variance, growth, **_: (
        distance_squared >= 0 and variance >= 0 and growth >= 0
    ),
    "bound the distance and the noise's second moment",
)
#: Noise that grows with the value above the least.
GROWING_BY_VALUE = Assumption(
    "a squared distance, a V and a U that are not negative",
    lambda distance_squared, variance, growth, **_: (
        distance_squared >= 0 and variance >= 0 and growth >= 0
    ),
    "bound the distance and the noise's second moment",
)
GAP = Assumption(
    "a gap and a V that are not negative",
    lambda gap, variance, **_: gap >= 0 and variance >= 0,
    "bound the gap and the noise's second moment",
)
#: What is known of x_(T-k), where a bound looks at the last k steps.
TAIL_DISTANCE = Assumption(
    "a squared distance and a V that are not negative",
    lambda tail_distance, variance, **_: tail_distance >= 0 and variance >= 0,
    "bound the distance and the noise's second moment",
)
TAIL = Assumption(
    "an integer k >= 1 of last steps",
    lambda tail, **_: tail >= 1 and tail % 1 == 0,
    "take some of the last steps",
)
SHARE = Assumption("s > 0", lambda share, **_: share > 0, "take a share above 0")
STEPS = Assumption(
    "an integer number of steps >= 0",
    lambda steps, **_: steps >= 0 and steps % 1 == 0,
    "count the steps that were run",
)
SOME_STEPS = Assumption(
    "an integer number of steps >= 1",
    lambda steps, **_: steps >= 1 and steps % 1 == 0,
    "count the steps that were run",
)
RATE = Assumption(
    "0 < q <= 1",
    lambda sampling_rate, **_: 0 < sampling_rate <= 1,
    "give the rate of a run that takes records",
)
RECORDS = Assumption(
    "at least one record",
    lambda dataset_size, **_: dataset_size >= 1 and dataset_size % 1 == 0,
    "count the records",
)
UNCLIPPED = Assumption(
    "no gradient longer than the clip norm, which is finite",
    lambda largest_gradient, clip_norm, **_: 0 <= largest_gradient <= clip_norm < math.inf,
    "take a larger clip norm, or project to a smaller domain",
)
