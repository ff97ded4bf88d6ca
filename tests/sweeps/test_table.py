"""The table of a sweep: every row is what `epsilon` says, in memory, as CSV and as Parquet."""

from __future__ import annotations

import csv
import itertools
import json
import math

import pytest
from sweeps.work import SMALL

import dpaccount as dpa
from dpaccount._validate import exact
from dpaccount.sweeps import answers, verb

ENDS = ("lower", "upper", "estimate")


def as_run(row):
    return dpa.DPSGD(**{name: row[name] for name in ("noise_multiplier", "sampling_rate", "steps")})


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in ENDS:
            row[name] = float(row[name]) if row[name] else None
    return rows


@pytest.fixture(scope="module")
def table():
    return dpa.sweep(**SMALL)


def test_rows_are_in_the_order_of_the_axes(table):
    expected = itertools.product(
        ["0.7", "1.1", "2.5"], ["0.001", "1/100"], ["300", "766", "1957", "5000"], ["1e-6", "1e-5"]
    )
    axes = ("noise_multiplier", "sampling_rate", "steps", "delta")
    assert [tuple(row[name] for name in axes) for row in table] == list(expected)
    assert len(table) == 3 * 2 * 4 * 2
    assert table.columns["upper"][3] == table[3]["upper"] == table[3:5][0]["upper"]
    with pytest.raises(TypeError):
        table.columns["upper"] = ()


def test_rows_are_what_epsilon_says(table):
    for row in table:
        assert row["trust"] in ("proved", "certified")  # by balls, where floats are wide
        assert (row["method"], row["reason"]) == ("saddlepoint.fast", "")
        assert row["estimate"] is None
        for method in ("saddlepoint.fast", "saddlepoint"):
            one = dpa.epsilon(as_run(row), row["delta"], method=method)
            assert row["lower"] <= one.upper
            assert row["upper"] >= one.lower
            assert row["upper"] - row["lower"] <= 1e-6 * row["upper"]
    # more noise, fewer steps, a larger delta: never a larger epsilon
    upper = {tuple(list(row.values())[:4]): row for row in table}
    for (noise, rate, steps, delta), row in upper.items():
        if delta == "1e-6":
            assert row["upper"] > upper[noise, rate, steps, "1e-5"]["lower"]


@pytest.mark.parametrize("method", ["saddlepoint", "rdp", "gdp", "closed_form", "gdp_clt", "best"])
@pytest.mark.parametrize("adjacency", ["add_remove", "remove"])
def test_every_method(method, adjacency):
    question = {
        "noise_multiplier": [1.1], "sampling_rate": [0, "0.01", 1], "steps": [0, 1, 300],
        "delta": ["1e-5"],
    }  # fmt: skip
    table = dpa.sweep(**question, method=method, adjacency=adjacency)
    assert len(table) == 9
    for row in table:
        one = dpa.epsilon(as_run(row), row["delta"], method=method, adjacency=adjacency)
        assert row["trust"] == one.trust.value
        assert row["method"] == one.method
        for name in ENDS:
            end = getattr(one, name)
            assert (row[name] is None) == (end is None)
            assert end is None or row[name] == pytest.approx(end, rel=1e-9)


def test_an_accountant_of_ones_own():
    question = {"noise_multiplier": 1.1, "sampling_rate": "0.01", "steps": 300, "delta": "1e-5"}
    few = dpa.sweep(**question, method=dpa.RDP(orders=[3]))[0]
    assert few["upper"] > dpa.sweep(**question, method="rdp")[0]["upper"]


def test_sizes_and_epochs_are_those_of_a_run():
    sizes = {"batch_size": [10, "20"], "dataset_size": 1000, "epochs": [1, "2.55"]}
    table = dpa.sweep(noise_multiplier=1, delta="1e-5", method="gdp", **sizes)
    names = list(table.columns)[:6]
    assert names == ["noise_multiplier", "batch_size", "dataset_size", "epochs", "steps", "delta"]
    for row in table:
        fields = {name: row[name] for name in ("batch_size", "dataset_size", "epochs")}
        run = dpa.DPSGD(noise_multiplier=1, **fields)
        assert row["steps"] == str(run.steps)
        assert row["upper"] == dpa.epsilon(run, "1e-5", method="gdp").upper


def test_a_row_that_a_theory_refuses_has_a_reason_and_no_number():
    table = dpa.sweep(
        noise_multiplier=2, sampling_rate=["0.1", "1", "0.2"], steps=[0, 3, 5], delta="1e-5",
        adjacency="replace_one",
    )  # fmt: skip
    for row in table:
        known = row["sampling_rate"] == "1" or row["steps"] == "0"
        assert (row["upper"] is not None) == known
        assert (row["reason"] == "") == known
        if not known:
            assert "replace_one" in row["reason"]
            assert (row["lower"], row["estimate"], row["trust"], row["method"]) == (
                None, None, "", "",
            )  # fmt: skip
        else:
            one = dpa.epsilon(as_run(row), "1e-5", adjacency="replace_one")
            assert row["upper"] == pytest.approx(one.upper, rel=1e-9)


def test_refusals_at_some_deltas_only():
    # the classical theorem ends at epsilon 1
    table = dpa.sweep(
        noise_multiplier=["5", "10"], sampling_rate=1, steps=1, delta=["1e-9", "0.1", "1e-6"],
        method="closed_form.classical_basic",
    )  # fmt: skip
    reasons = [bool(row["reason"]) for row in table]
    assert any(reasons)
    assert not all(reasons)
    for row in table:
        how = {"delta": row["delta"], "method": "closed_form.classical_basic"}
        if row["reason"]:
            with pytest.raises(dpa.Unsupported) as caught:
                dpa.epsilon(as_run(row), **how)
            assert row["reason"] == str(caught.value)
        else:
            assert row["upper"] == dpa.epsilon(as_run(row), **how).upper


def test_where_the_fast_tier_is_wide_the_default_is_asked(monkeypatch):
    wide = dpa.Bound(0.1, 100.0, None, "saddlepoint.fast")

    def epsilons_at(self, runs, deltas, adjacency):
        return [[wide for _ in deltas] for _ in runs]

    monkeypatch.setattr(dpa.FastSaddlepoint, "epsilons_at", epsilons_at)
    question = {"noise_multiplier": 1.1, "sampling_rate": "0.01", "steps": 300, "delta": "1e-5"}
    (row,) = dpa.sweep(**question)
    one = dpa.epsilon(as_run(row), "1e-5")
    assert (row["upper"], row["lower"], row["method"]) == (one.upper, one.lower, one.method)
    # a method that was named is never replaced
    (row,) = dpa.sweep(**question, method="saddlepoint.fast")
    assert row["upper"] == 100.0


def test_csv_holds_the_floats_and_the_texts(table, tmp_path):
    made = dpa.sweep(**SMALL, to=tmp_path / "table.csv")
    assert (made.path, made.rows, made.kept, made.wide, made.refused) == (
        tmp_path / "table.csv", len(table), 0, 0, 0,
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    rows = read_csv(made.path)
    assert rows == [{**row, "estimate": None} for row in table]
    assert b"\r" not in made.path.read_bytes()


def test_parquet_holds_the_same(table, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    made = dpa.sweep(**SMALL, to=str(tmp_path / "table.parquet"))
    found = parquet.read_table(made.path)
    assert found.column_names == list(table.columns)
    rows = found.to_pylist()
    for row, expected in zip(rows, table, strict=True):
        for name in (*ENDS, "trust", "method", "reason"):
            assert row[name] == expected[name]
        assert row["steps"] == int(expected["steps"])
        for name in ("noise_multiplier", "sampling_rate", "delta"):
            assert row[name] == float(exact(expected[name], name))
    about = json.loads(parquet.read_schema(made.path).metadata[b"dpaccount.sweep"])
    assert about["axes"]["sampling_rate"] == ["0.001", "1/100"]
    assert found.schema.field("upper").nullable
    assert not found.schema.field("delta").nullable


def test_parquet_refuses_what_no_float_holds(tmp_path):
    pytest.importorskip("pyarrow")
    question = {**SMALL, "delta": ["1e-5", "1e-400"]}
    with pytest.raises(dpa.InputError, match="1e-400"):
        dpa.sweep(**question, to=tmp_path / "table.parquet")
    assert not list(tmp_path.iterdir())
    made = dpa.sweep(**{**question, "noise_multiplier": 1}, method="rdp", to=tmp_path / "t.csv")
    assert all(math.isfinite(row["upper"]) for row in read_csv(made.path))


def test_infinity_and_refusals_survive_both_formats(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")

    def answer(theory, adjacency, rows):
        kinds = [
            answers.Answer(0.5, math.inf, None, "proved", "x", 'wide, "why"\nand'),
            answers.Answer(None, None, None, "", "", "no theorem, do: else"),
            answers.Answer(5e-324, 0.1 + 0.2, 1e-17, "proved", "x", ""),
        ]
        return [kinds[i % 3] for i, _ in enumerate(rows)]

    monkeypatch.setattr(verb, "answer", answer)
    question = {**SMALL, "steps": [1, 2, 3], "delta": "0.1"}
    in_memory = dpa.sweep(**question)
    for name in ("t.csv", "t.parquet"):
        made = dpa.sweep(**question, to=tmp_path / name)
        assert (made.rows, made.wide, made.refused) == (18, 6, 6)
    rows = read_csv(tmp_path / "t.csv")
    assert rows == list(in_memory)
    for row, expected in zip(
        parquet.read_table(tmp_path / "t.parquet").to_pylist(), in_memory, strict=True
    ):
        assert [row[n] for n in answers.Answer._fields] == [
            expected[n] for n in answers.Answer._fields
        ]


@pytest.mark.parametrize("name", ["table", "table.txt", "table.csv.gz", "", ".", "a\x00b.csv"])
def test_a_name_of_no_format(tmp_path, name):
    with pytest.raises(dpa.InputError, match="do: "):
        dpa.sweep(**SMALL, to=str(tmp_path) + "/" + name)
    assert not list(tmp_path.iterdir())


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(dpa.Unsupported, match=r"dpaccount\[parquet\]"):
        dpa.sweep(**SMALL, to=tmp_path / "table.parquet")
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(dpa.Unsupported, match=r"dpaccount\[dask\]"):
        dpa.sweep(**SMALL, scheduler="tcp://127.0.0.1:8786")
    assert not list(tmp_path.iterdir())
