"""The certified brackets hold values found by another contour and another quadrature."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import dpaccount as dpa

ROWS = json.loads((Path(__file__).parents[1] / "reference" / "composed_epsilon.json").read_text())[
    "rows"
]


#: Where the work limit, or a delta far below the step's own tail, ends it a little early.
WIDER = {
    "2-[1, 2]-10-1e-100-remove",
    "0.3-[1, 20]-50-1e-3-remove",
    "0.4-[1, 1000]-200-1e-5-remove",
}


def run_of(row):
    phases = row.get("phases") or [row]
    parts = []
    for phase in phases:
        numerator, denominator = phase["sampling_rate"]
        step = dpa.PoissonSubsampled(
            dpa.Gaussian(phase["noise_multiplier"]), Fraction(numerator, denominator)
        )
        parts.append(dpa.SelfComposed(step, phase["steps"]))
    return dpa.Composed(tuple(parts))


def name(row):
    noise = row.get("noise_multiplier", "mixed")
    return (
        f"{noise}-{row.get('sampling_rate')}-{row.get('steps')}-{row['delta']}-{row['direction']}"
    )


@pytest.mark.parametrize("method", ["saddlepoint", "saddlepoint.fast"])
@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_truth_lies_in_the_bracket(row, method):
    bound = dpa.epsilon(run_of(row), row["delta"], method=method, adjacency=row["direction"])
    value, radius = Fraction(row["epsilon"]), Fraction(row["radius"])
    assert Fraction(bound.lower) <= value + radius
    assert Fraction(bound.upper) >= value - radius
    assert bound.trust.is_guarantee
    steps = sum(phase["steps"] for phase in row.get("phases") or [row])
    width = Fraction(bound.upper) - Fraction(bound.lower)
    if method == "saddlepoint" and not 2 <= steps < 10 and name(row) not in WIDER:
        assert width <= value / 10**9
    assert width <= value / 10**6
