"""Bounded losses: delta 0 has an answer there, and nowhere else."""

from __future__ import annotations

import math

import pytest
from contract.cases import ADJACENCIES, ALL, GUARANTEES, LAPLACE, SAMPLED_LAPLACE, ask, dpsgd

import dpaccount as dpa
from dpaccount.errors import InputError

COVERED = [n for n in GUARANTEES if "moments" not in n and "saddlepoint" not in n]
TWO = dpa.Composed((dpa.SelfComposed(dpa.Laplace("2.5"), 5), dpa.Laplace("0.8")))
SAMPLED = 20 * math.log1p(0.1 * math.expm1(0.5))


@pytest.mark.parametrize(
    ("run", "pure"),
    [
        (dpa.Laplace(1), 1.0),
        (dpa.Laplace("0.001"), 1000.0),
        (LAPLACE, 0.75),
        (TWO, 3.25),
        (SAMPLED_LAPLACE, SAMPLED),
        (dpa.SelfComposed(dpa.Laplace(1), 10**15), 1e15),
    ],
    ids=["one", "little noise", "three", "two settings", "sampled", "many"],
)
@pytest.mark.parametrize("method", ["best", "rdp", "closed_form", "closed_form.exact_basic"])
def test_pure_epsilon_is_the_sum_of_the_largest_losses(method, run, pure):
    for adjacency in ADJACENCIES:
        bound = dpa.epsilon(run, 0, method=method, adjacency=adjacency)
        # a record that is added can lose less than one that is removed, under sampling
        largest = pure if run is not SAMPLED_LAPLACE or adjacency != "add" else 0.0
        assert largest * (1 - 1e-15) <= bound.upper <= pure * (1 + 1e-12)
        assert bound.trust.is_guarantee


@pytest.mark.parametrize("method", COVERED)
def test_delta_zero_is_never_below_the_pure_epsilon(method):
    bound = ask("epsilon", 0, LAPLACE, method)
    if bound is None:
        assert method.endswith("optimal")
    else:
        assert bound.upper >= 0.75


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "run",
    [dpa.Gaussian(1), dpsgd(), dpa.Composed((LAPLACE, dpsgd()))],
    ids=["gaussian", "dpsgd", "mixed"],
)
def test_delta_zero_is_refused_where_the_loss_is_unbounded(method, run):
    with pytest.raises((InputError, dpa.Unsupported)) as error:
        dpa.epsilon(run, 0, method=method)
    if method in ("best", "rdp", "gdp", "zcdp"):
        assert isinstance(error.value, InputError)
        assert "unbounded" in str(error.value)
        assert "delta" in str(error.value)


@pytest.mark.parametrize(
    "method",
    [
        "best",
        "rdp",
        "gdp",
        "zcdp",
        "closed_form.exact_basic",
        "closed_form.exact_advanced",
        "closed_form.exact_optimal",
    ],
)
def test_a_positive_delta_costs_no_more_than_delta_zero(method):
    # 1e-3000 is as good as 0, and the sum of the largest losses is always a bound
    pure = dpa.epsilon(LAPLACE, 0).upper
    for delta in ("1e-3000", "1e-300", "1e-5", "0.5"):
        bound = dpa.epsilon(LAPLACE, delta, method=method)
        assert bound.upper > 0.0 or delta == "0.5"
        if method in ("best", "rdp", "closed_form.exact_basic"):
            assert bound.upper <= pure * (1 + 1e-12)


@pytest.mark.parametrize("b", ["0.3", "1", "4"])
@pytest.mark.parametrize("method", COVERED)
def test_one_laplace_release_from_below(method, b):
    # delta(eps) = 1 - e^((eps - 1/b)/2) for 0 <= eps <= 1/b, so eps(delta) = 1/b + 2 ln(1 - delta)
    for delta in ("0.1", "1e-5"):
        truth = max(1 / float(b) + 2 * math.log1p(-float(delta)), 0.0)
        assert dpa.epsilon(dpa.Laplace(b), delta, method=method).upper >= truth * (1 - 1e-12)


@pytest.mark.parametrize(
    "method",
    [
        "rdp",
        "gdp",
        "zcdp",
        "closed_form.exact_basic",
        "closed_form.exact_advanced",
        "closed_form.exact_optimal",
    ],
)
def test_the_curve_of_one_laplace_release_from_below(method):
    for eps in (-2, -0.5, 0, 0.3, 0.9):
        bound = dpa.delta(dpa.Laplace(1), eps, method=method)
        truth = 1 - math.exp((eps - 1) / 2) if eps > -1 else 1 - math.exp(eps)
        assert bound.upper >= truth * (1 - 1e-12)
        assert bound.upper <= 1.0


@pytest.mark.parametrize("method", ["best", "rdp", "closed_form.exact_basic"])
def test_above_the_largest_loss_delta_is_zero(method):
    for run, pure in ((LAPLACE, 0.75), (dpa.Laplace(1), 1.0)):
        bound = dpa.delta(run, pure * (1 + 1e-9), method=method)
        assert bound.upper <= 1e-300  # exactly 0, or as small as a chain looks
    assert dpa.delta(LAPLACE, 1, method="rdp").upper == 0.0


def test_the_attack_rate_of_a_pure_mechanism():
    # TPR <= e^eps FPR
    for fpr in (0.001, 0.1):
        high = dpa.profile(dpa.Laplace(1), method="gdp").tpr(fpr).upper
        exact = min(math.e * fpr, 1 - math.exp(-1) * (1 - fpr))
        assert high >= exact * (1 - 1e-12)
