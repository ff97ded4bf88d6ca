"""Every registered theorem is held to account, each property by itself."""

from __future__ import annotations

import math

import properties.audits
import properties.coupled
import properties.descent
import properties.discrete
import properties.dots
import properties.dp_composition
import properties.dp_moments
import properties.dp_release
import properties.excess
import properties.gaussian
import properties.gdp
import properties.invert
import properties.leak
import properties.leakage
import properties.likelihood
import properties.matrix
import properties.pair
import properties.pld
import properties.rdp
import properties.risk
import properties.sgd
import properties.sgd_noise
import properties.sine
import properties.zcdp  # noqa: F401 - importing registers the properties
import pytest
from properties.registry import PROPERTIES

from dpaccount.errors import Unsupported
from dpaccount.theorems import all_theorems

THEOREMS = all_theorems()
EVERY = [prop for props in PROPERTIES.values() for prop in props]


@pytest.mark.parametrize("prop", EVERY, ids=lambda prop: prop.name)
def test_property(prop):
    prop.run(THEOREMS[prop.theorem_id])


def test_every_theorem_has_a_property():
    assert set(PROPERTIES) == set(THEOREMS)


@pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda theorem: theorem.id)
def test_theorem_is_complete(theorem):
    family, _, slug = theorem.id.partition(".")
    assert family.isidentifier()
    assert slug.isidentifier()
    assert THEOREMS[theorem.id] is theorem
    assert theorem.statement.strip().endswith(".")
    assert theorem.source.strip()
    assert theorem.level in "KSBYPC"
    assert theorem.formula is None or callable(theorem.formula)
    for assumption in theorem.assumptions:
        assert assumption.text.strip()
        assert not assumption.text.endswith(".")
        assert assumption.advice.strip()


@pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda theorem: theorem.id)
def test_what_is_used_is_registered_and_never_itself(theorem):
    seen, todo = set(), list(theorem.uses)
    while todo:
        used = todo.pop()
        assert used in THEOREMS
        assert used != theorem.id
        if used not in seen:
            seen.add(used)
            todo += THEOREMS[used].uses


_NAN = dict.fromkeys(
    [
        "eps", "log_slack", "settings", "order", "sampling_rate", "noise_multiplier",
        "order_minus_one", "log_delta", "prior", "direction", "c", "beyond", "height", "top",
        "half_width", "spacing", "width", "epsilon", "orders", "rise", "above", "more", "levels",
        "rate", "inverse_scale", "chord", "first", "last",
        "truth", "answers", "convexity", "smoothness", "learning_rate", "variance", "steps",
        "gradient_squared", "curvature", "bias_gradient", "tokens", "distance_squared", "gap",
        "start", "noise_std", "mu", "mu_squared", "radius", "is_centered", "shift", "candidates",
        "trials", "successes", "error", "reached", "allowed",
        "delta", "log_prior",
        "growth", "scale", "offset", "tail",
        "tail_distance", "squares", "dataset_size", "dimension", "largest_gradient", "clip_norm",
        "mean_square", "zeros", "outlier",
        "distance",
        "heads", "other_paths", "examples", "positions", "masked", "outputs_differ",
        "dependent_tokens", "rank_of_outer",
        "companion_squared", "companion_gap", "companion_slope", "spread", "share",
        "matrix_variance", "matrix_square", "trace", "slopes",
    ],
    math.nan,
) | {
    name: [math.nan]
    for name in ("magnitudes", "errors", "learning_rates", "multiplicities", "chances")
}  # fmt: skip


@pytest.mark.parametrize(
    "theorem", [t for t in THEOREMS.values() if t.assumptions], ids=lambda theorem: theorem.id
)
def test_nan_is_refused_with_advice(theorem):
    with pytest.raises(Unsupported) as refusal:
        theorem.require(**_NAN)
    assert theorem.id in str(refusal.value)
    assert theorem.assumptions[0].text in str(refusal.value)
    assert not theorem.applies(**_NAN)
