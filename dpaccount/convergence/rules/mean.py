"""Means over the steps: of the value, and of the squared gradient."""

from __future__ import annotations

import math

from dpaccount.convergence.enclosures import ball_of, evaluate
from dpaccount.convergence.noise import second_moment
from dpaccount.convergence.rules import asking
from dpaccount.convergence.setting import Setting
from dpaccount.theorems import Theorem, excess

__all__ = ["lipschitz", "means", "nonconvex", "over_waves"]

# Means over the steps


def means(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.convex_smooth or sgd.quadratic_mean, for each split of the noise."""
    facts, rate = setting.facts, asking.size(setting)
    smoothness = asking.smoothness(setting)
    asking.needs(facts.is_convex, "a convex function")
    asking.needs(facts.is_quadratic or theorem is not excess.QUADRATIC_MEAN, "a quadratic")
    for variance, growth in asking.by_gap(setting):
        yield asking.claim(
            theorem, distance_squared=asking.distance(asking.first(setting)), smoothness=smoothness,
            learning_rate=rate, variance=variance, growth=growth, steps=setting.run.steps,
        )  # fmt: skip


def lipschitz(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.convex or sgd.convex_iterates."""
    facts, rate = setting.facts, asking.size(setting)
    asking.needs(facts.is_convex, "a convex function")
    yield asking.claim(
        theorem, distance_squared=asking.distance(asking.first(setting)),
        gradient_squared=asking.known(
            facts.gradient_squared, "the gradient where the iterates are"
        ), learning_rate=rate, variance=second_moment(setting), steps=setting.run.steps,
    )  # fmt: skip


def nonconvex(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.nonconvex."""
    facts, rate = setting.facts, asking.size(setting)
    asking.free(setting)
    smoothness = asking.smoothness(setting)

    def bound() -> asking.Claim:
        found = evaluate(
            theorem, gap=asking.gap(asking.first(setting)), smoothness=smoothness,
            learning_rate=rate, variance=second_moment(setting), steps=setting.run.steps,
        )  # fmt: skip
        # no mean of squared gradients is above the largest of them
        largest = facts.gradient_squared
        return asking.Claim(min(found, ball_of(largest)) if math.isfinite(largest) else found)

    yield bound


def over_waves(setting: Setting, theorem: Theorem) -> asking.Choices:
    """By sgd.sine, with the Gaussian part of the noise alone."""
    asking.free(setting)
    second_moment(setting)  # clipped steps are judged by no theorem, though this one has no need
    waves = setting.facts.waves
    asking.needs(math.isfinite(waves), "a sum of waves")
    yield asking.claim(
        theorem, slopes=waves, learning_rate=asking.size(setting), noise_std=setting.exact_std,
        steps=setting.run.steps,
    )  # fmt: skip
