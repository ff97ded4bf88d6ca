"""The ends of every domain: a number or infinity, never NaN, a warning or a foreign exception."""

from __future__ import annotations

import itertools
import math
import warnings

import pytest
from contract.cases import ALL, ask, value
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa

NOISES = ["1e-100", "1.1e-100", "0.001", "0.05", "1", "1e100"]
RATES = ["1e-300", "0.01", "0.999999999999", "1"]
COUNTS = [1, 10**9]
DELTAS = ["0.999999999999", "1e-5", "1e-3000"]
SLOW = ("best", "closed_form", "closed_form.exact_optimal", "closed_form.classical_optimal")


def answer(what, argument, run, method):
    """An answer; a search that says it found no end is a refusal too, but not for the default."""
    try:
        return ask(what, argument, run, method)
    except dpa.NotConverged:
        assert method != "best"  # other theories have an answer
        return None


def check(bound):
    """What holds of every answer."""
    if bound is None:
        return
    ends = (bound.lower, bound.upper, bound.estimate, bound.log_lower, bound.log_upper)
    assert not any(end is not None and math.isnan(end) for end in ends)
    assert value(bound) >= 0.0
    for name, detail in bound.details.items():
        assert not (isinstance(detail, float) and math.isnan(detail)), name


@pytest.mark.parametrize(
    ("method", "sigma"),
    [
        (method, sigma)
        for method in ALL
        for sigma in NOISES
        # these two ask `saddlepoint`, whose corners take longest
        if method not in ("best", "saddlepoint.fast") or sigma in ("1e-100", "1")
    ],
)
def test_epsilon_at_the_corners(method, sigma):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rate, count in itertools.product(RATES, COUNTS):
            run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=count)
            for delta in DELTAS:
                bound = answer("epsilon", delta, run, method)
                check(bound)
                if (
                    bound is not None
                    and sigma == "1e-100"
                    and rate != "1e-300"
                    and delta != DELTAS[0]
                ):
                    assert value(bound) > 1e50  # 1/(2 sigma^2) is 5e199


@pytest.mark.parametrize("sigma", ["0.05", "1e100"])
@pytest.mark.parametrize("method", [name for name in ALL if name != "saddlepoint.fast"])
def test_the_most_steps_and_the_least_delta(method, sigma):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate="0.01", steps=10**15)
    for delta in ("1e-5", "1e-19999"):
        check(answer("epsilon", delta, run, method))


@pytest.mark.parametrize("sigma", NOISES)
@pytest.mark.parametrize("method", [name for name in ALL if name not in SLOW])
def test_delta_at_the_corners(method, sigma):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rate, count in itertools.product(RATES[:3], (1, 10**15)):
            run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=count)
            for eps in ("-1e149", -700, -1, 0, "1e-300", 1, 800, "1e149"):
                bound = answer("delta", eps, run, method)
                check(bound)
                if bound is not None:
                    assert value(bound) <= 1.0
                    # never below the part that no mechanism avoids
                    assert value(bound) >= -math.expm1(min(float(eps), 0.0)) * (1 - 1e-12)


@pytest.mark.parametrize("scale", ["1e-100", "0.001", "1", "1e100"])
@pytest.mark.parametrize("method", ALL)
def test_laplace_at_the_corners(method, scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rate, count in itertools.product(["1e-300", "0.5", "1"], (1, 10**15)):
            run = dpa.SelfComposed(dpa.PoissonSubsampled(dpa.Laplace(scale), rate), count)
            for delta in (0, "0.5", "1e-5", "1e-3000"):
                try:
                    check(answer("epsilon", delta, run, method))
                except dpa.InputError:
                    assert delta == 0  # refused by a theory of its own accord
                    assert method.startswith(("closed_form.", "gdp_clt"))


@pytest.mark.parametrize(
    "method", ["rdp", "zcdp", "gdp", "closed_form.exact_advanced", "closed_form.moments_integer"]
)
@given(
    sigma=st.integers(-100, 100),
    rate=st.integers(-300, 0),
    count=st.integers(0, 15),
    delta=st.integers(-19_999, -1),
    digits=st.integers(1, 9),
)
@settings(max_examples=12, deadline=None)
def test_any_power_of_ten(method, sigma, rate, count, delta, digits):
    run = dpa.DPSGD(
        noise_multiplier=f"{digits}e{min(sigma, 99)}",
        steps=10**count,
        sampling_rate=f"{1 if rate == 0 else digits}e{rate}",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(answer("epsilon", f"{digits}e{delta}", run, method))


def test_a_delta_below_the_floats_costs_more_than_the_least_float():
    for method in ("rdp", "zcdp", "gdp", "closed_form.moments_integer"):
        run = (
            dpa.Gaussian(1)
            if method == "gdp"
            else dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=100)
        )
        ends = [
            dpa.epsilon(run, delta, method=method).upper
            for delta in ("1e-300", "5e-324", "1e-400", "1e-3000", "1e-19999")
        ]
        assert all(a < b for a, b in itertools.pairwise(ends))


@pytest.mark.parametrize("method", ["rdp", "zcdp", "gdp", "best"])
def test_an_upper_end_that_underflows_is_not_zero(method):
    bound = dpa.delta(dpa.Gaussian(1), 100, method=method)
    assert bound.upper > 0.0
    assert bound.log_upper < -4000
    assert bound.upper < 1e-300


def test_more_than_the_domain_is_refused():
    for bad in (
        {"noise_multiplier": "0.9e-100"},
        {"noise_multiplier": "1.1e100"},
        {"sampling_rate": "0.9e-300"},
        {"steps": 10**15 + 1},
    ):
        with pytest.raises(dpa.InputError):
            dpa.DPSGD(**{"noise_multiplier": 1, "sampling_rate": "0.1", "steps": 1, **bad})


def test_the_ends_of_the_domain_are_inside():
    for good in ("1e-100", "1e100", 1e-100, 1e100):
        assert dpa.Gaussian(good).noise_multiplier > 0
        run = dpa.DPSGD(noise_std=good, clip_norm=good, sampling_rate="1e-300", steps=10**15)
        assert run.noise_multiplier == 1
