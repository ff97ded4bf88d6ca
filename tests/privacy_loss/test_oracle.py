"""The oracle of this folder against itself, against closed sums and against the reference file."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp, mpf
from privacy_loss.oracle import binomial, exact, kappa, laplace_log_moment, log_moment

REFERENCE = Path(__file__).parents[1] / "reference" / "subsampled_gaussian_rdp.json"
ROWS = json.loads(REFERENCE.read_text())["rows"]


def close(value, truth, relative):
    with mp.workdps(60):
        return bool(abs(value - truth) <= relative * abs(truth))


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['noise_multiplier']}-{row['order']}-{row['direction']}"
)
def test_the_oracle_meets_the_reference_file(row):
    rate = "/".join(map(str, row["sampling_rate"]))
    with mp.workdps(60):
        e = mpf(row["order"]) - 1
        value = log_moment(row["noise_multiplier"], rate, e, row["direction"]) / e
        # the oracle is asked for 18 digits; the file is good to 24
        assert abs(value - mpf(row["rdp"])) <= mpf(row["radius"]) + value * mpf("1e-17")


@pytest.mark.parametrize(
    ("sigma", "rate", "order"),
    [
        ("0.02", "0.001", 2),
        ("0.1", "1e-9", 2),
        ("0.1", "0.999999999", 17),
        ("0.7", "0.3", 200),
        ("1e4", "0.5", 3),
        ("3", "1e-9", 64),
    ],
)
def test_the_oracle_meets_the_binomial_sum_at_integer_orders(sigma, rate, order):
    value = log_moment(sigma, rate, order - 1, "remove")
    assert close(value, binomial(sigma, rate, order), mpf("1e-17"))


@pytest.mark.parametrize("direction", ["remove", "add"])
@pytest.mark.parametrize(
    ("sigma", "rate", "e"),
    [
        (".1", "1e-9", 10**6),
        ("0.021", "0.5", 0.005),
        (".1", "0.999999999", 10**6),
        ("1e4", "0.5", 1e-6),
        # two modes of nearly equal mass
        ("1", Fraction(0.0042), 10.0),
    ],
)
def test_the_oracle_at_two_precisions_and_two_panel_widths(sigma, rate, e, direction):
    value = log_moment(sigma, rate, e, direction)
    again = log_moment(sigma, rate, e, direction, digits=26, panel=mpf(3) / 7)
    assert close(value, again, mpf("1e-17"))


def test_the_laplace_oracle_without_sampling_is_a_closed_form():
    # Mironov 2017, Prop 6: ln(a/(2a-1) e^((a-1)/b) + (a-1)/(2a-1) e^(-a/b)), times 1
    for b, a in (("0.05", "1.001"), ("1", "2"), ("3", "40.5"), ("1000", "7")):
        with mp.workdps(50):
            order, scale = exact(a), exact(b)
            twice = 2 * order - 1
            truth = mp.log(
                order / twice * mp.exp((order - 1) / scale)
                + (order - 1) / twice * mp.exp(-order / scale)
            )
            for direction in ("remove", "add"):
                value = laplace_log_moment(b, 1, order - 1, direction)
                assert close(value, truth, mpf("1e-17"))


@pytest.mark.parametrize("rate", ["1e-9", "0.3", "0.999999999"])
def test_the_laplace_oracle_at_order_two(rate):
    # removing: E[r^2] - 1 = q^2 (E[L^2] - 1) with L the unsampled ratio
    with mp.workdps(50):
        plain = mp.expm1(laplace_log_moment("0.7", 1, 1, "remove"))
        truth = mp.log1p(exact(rate) ** 2 * plain)
        assert close(laplace_log_moment("0.7", rate, 1, "remove"), truth, mpf("1e-17"))


def test_kappa_near_zero_is_half_a_square():
    for v in (1e-200, -1e-9):
        assert close(kappa(v, 3.0), 2 * mp.log(abs(mpf(v))) - mp.log(2), mpf("1e-8"))
