"""The language of axes: exact ends, decimals inside, integers where they have to be."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount import _validate
from dpaccount.sweeps.axes import read_axis
from dpaccount.sweeps.grid import MOST_ROWS, grid_of


def noises(value):
    return read_axis(value, "noise_multiplier", _validate.noise_multiplier)


def steps(value):
    return read_axis(value, "steps", _validate.steps)


def texts(values):
    return [value.text for value in values]


decimals = st.decimals("1e-9", "1e9", places=9, allow_nan=False).filter(lambda d: d > 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.1, ["1.1"]),
        ("1.10", ["1.10"]),
        ("1/3", ["1/3"]),
        ("0.5, 1 ,2", ["0.5", "1", "2"]),
        ([0.5, "1", Fraction(1, 4)], ["0.5", "1", "1/4"]),
        (np.array([0.5, 2.0]), ["0.5", "2.0"]),
        (range(1, 4), ["1", "2", "3"]),
        ("1:2:5", ["1", "1.25", "1.5", "1.75", "2"]),
        ("1:2:4", ["1", "1.33333333333", "1.66666666667", "2"]),
        ("1:100:3:log", ["1", "10", "100"]),
        ("1e-9:1e-5:3:log", ["1e-9", "1e-7", "1e-5"]),
        ("0.5:1:2,3,4:5:2", ["0.5", "1", "3", "4", "5"]),
        (["0.5:1:2", 3], ["0.5", "1", "3"]),
    ],
)
def test_what_an_axis_is_written_as(value, expected):
    assert texts(noises(value)) == expected


def test_integers_are_rounded_and_those_that_coincide_are_dropped():
    assert texts(steps("1:10:4")) == ["1", "4", "7", "10"]
    assert texts(steps("1:4:1000")) == ["1", "2", "3", "4"]
    assert texts(steps("1e2:2e4:3:log")) == ["100", "1414", "20000"]
    assert texts(steps("0:3:4")) == ["0", "1", "2", "3"]


@given(low=decimals, high=decimals, count=st.integers(2, 40), log=st.booleans())
def test_a_range(low, high, count, log):
    assume(high > low * Decimal("1.001"))
    found = noises(f"{low}:{high}:{count}" + (":log" if log else ""))
    assert len(found) == count
    assert texts(found)[0] == str(low)
    assert texts(found)[-1] == str(high)
    assert all(a < b for a, b in itertools.pairwise(found))
    for value in found:
        assert Fraction(value.text) == value  # the text is the number
    for value in found[1:-1]:
        assert len(Decimal(value.text).normalize().as_tuple().digits) <= 12
    # evenly spaced, to the digits that are kept
    for place, value in enumerate(found):
        share = place / (count - 1)
        even = float(low) * (float(high) / float(low)) ** share
        even = even if log else float(low) + (float(high) - float(low)) * share
        assert float(value) == pytest.approx(even, rel=1e-10)


@given(low=st.integers(0, 10**15 - 1), rise=st.integers(1, 10**9), count=st.integers(2, 50))
def test_a_range_of_integers(low, rise, count):
    high = min(low + rise, 10**15)
    found = steps(f"{low}:{high}:{count}")
    assert found[0] == low
    assert found[-1] == high
    assert all(a < b for a, b in itertools.pairwise(found))
    assert all(value.denominator == 1 and value.text == str(int(value)) for value in found)


@pytest.mark.parametrize(
    "value",
    [
        "", ",", "1,", "1,,2", ":", "1:", "1:2", "1:2:", ":2:3", "1:2:3:", "1:2:3:lin",
        "1:2:3:log:4", "2:1:3", "1:1:3", "1:2:1", "1:2:0", "1:2:-3", "1:2:2.5", "1:2:100001",
        "nan:2:3", "1:inf:3",
        "0:2:3", "-1:2:3", "1:1.0000000000001:9", [], (), {}, {1}, None, "x", [None], [[1]], b"1",
        np.zeros((2, 2)), np.array(1.0), iter([1]), len, True, [True], 0, "0", -1, "1e5000",
        range(1, 10**6),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_what_is_no_axis(value):
    with pytest.raises(dpa.InputError, match="do: ") as caught:
        noises(value)
    assert "\n" not in str(caught.value)


@given(text=st.text("0123456789:,.elog-/ nai", max_size=12))
def test_any_text_is_an_axis_or_refused(text):
    try:
        found = noises(text)
    except dpa.InputError:
        return
    assert found
    assert all(value > 0 for value in found)


RUN = {"noise_multiplier": 1, "sampling_rate": "0.01", "steps": 10, "delta": "1e-5"}


def test_rows_and_pieces_cover_the_grid():
    grid = grid_of({**RUN, "noise_multiplier": "1:2:7", "steps": "1:9:9", "delta": "0.1,0.01"})
    assert grid.rows == 7 * 9 * 2
    budgets = grid.budgets(0, grid.rows)
    assert len(set(budgets)) == grid.rows
    assert [row.delta.text for row in budgets[:2]] == ["0.1", "0.01"]
    for wanted in (1, 2, 5, 17, 18, 19, 50, 1000):
        pieces = grid.pieces(wanted)
        runs = [pieces.run(i) for i in range(len(pieces))]
        assert 1 <= pieces.size <= max(wanted, 1)
        assert [number for run in runs for number in range(*run)] == list(range(grid.rows))
        joined = [row for run in runs for row in grid.budgets(*run)]
        assert joined == budgets
    assert grid.pieces(20).size == 18  # one noise multiplier: what it shares stays together


def test_the_size_of_a_grid_is_limited():
    wide = {**RUN, "noise_multiplier": "1:2:40000", "steps": "1:30000:30000"}
    with pytest.raises(dpa.InputError, match=str(MOST_ROWS)):
        grid_of(wide)
    many = grid_of({**RUN, "noise_multiplier": "1:2:40000", "steps": "1:25000:25000"})
    assert many.rows == 10**9
    assert len(many.pieces(2048)) <= 20_000


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 10},
        {"sampling_rate": None},
        {"sampling_rate": None, "batch_size": 10},
        {"sampling_rate": None, "dataset_size": 10},
        {"sampling_rate": None, "batch_size": [10, 200], "dataset_size": [100, 1000]},
        {"epochs": 2},
        {"steps": None},
        {"steps": None, "epochs": -1},
        {"steps": None, "epochs": [1, 2], "sampling_rate": [0, "0.1"]},
        {"steps": None, "epochs": "1e14"},
        {"noise_multiplier": None},
        {"delta": None},
        {"delta": [0.1, 0]},
        {"sampling_rate": [0.5, 1.5]},
        {"steps": [1, 2.5]},
    ],
    ids=str,
)
def test_axes_that_are_missing_or_contradict_each_other(change):
    with pytest.raises(dpa.InputError, match="do: "):
        grid_of({**RUN, **change})
