"""`compare`: every theory on one run, in a table and as JSON."""

from __future__ import annotations

import dataclasses
import re

import pytest
from cli.words import (
    DELTA,
    ORDINARY,
    RUNS,
    answer,
    as_json,
    fits,
    flags,
    is_upper,
    number,
    refusal,
    run_words,
)

import dpaccount as dpa
from dpaccount import comparison
from dpaccount.accounting import METHODS
from dpaccount.theorems import weakest

ROW_KEYS = {
    "method",
    "source",
    "lower",
    "upper",
    "estimate",
    "trust",
    "level",
    "verdict",
    "seconds",
}
ALONE = ["--no-peers"]


def compared(capsys, tmp_path, name, *more):
    """The words of a comparison of ours alone."""
    return ["compare", *run_words(RUNS[name], tmp_path), *DELTA, *ALONE, *more]


@pytest.mark.parametrize("name", RUNS)
def test_the_rows_are_those_of_the_library(capsys, tmp_path, name):
    words = compared(capsys, tmp_path, name)
    data = as_json(answer(capsys, [*words, "--json"]))
    result = dpa.compare(RUNS[name], "1e-5", peers=False)
    assert {"rows", "consistent", "mechanism", "delta"} <= set(data)
    assert data["consistent"] is True
    assert data["delta"] == "1e-5"
    assert data["mechanism"] == RUNS[name].to_json()
    assert [row["method"] for row in data["rows"]] == [m for m in METHODS if m != "best"]
    for row, mine in zip(data["rows"], result.rows, strict=True):
        assert set(row) >= ROW_KEYS
        for key in ("method", "source", "trust", "level", "verdict", "lower", "estimate"):
            assert row[key] == getattr(mine, key)
        assert row["upper"] == ("inf" if mine.upper == float("inf") else mine.upper)
        assert row["source"] == "dpaccount"
        assert row["level"] == weakest(mine.theorems)
        assert row["seconds"] >= 0


def table(text):
    """The rows of a table, by method: the sign and the number, or None."""
    head, _, rest = text.partition("\nmethod ")
    assert head.startswith(("DP-SGD", "nothing", "1 x", "3", "2"))
    body = rest.partition("\n\n")[0].splitlines()[1:]
    rows = {}
    for line in body:
        match = re.match(r"(\S+) +(?:(<=|~) +(\S+))? ", line)
        rows[match[1]] = match.groups()[1:]
    return rows


@pytest.mark.parametrize("name", RUNS)
def test_the_table_rounds_outward_and_fits(capsys, tmp_path, name):
    text = answer(capsys, compared(capsys, tmp_path, name))
    assert fits(text)
    rows = table(text)
    result = dpa.compare(RUNS[name], "1e-5", peers=False)
    assert set(rows) == {row.method for row in result.rows}
    for row in result.rows:
        sign, shown = rows[row.method]
        if row.upper is not None:
            assert sign == "<="
            assert is_upper(shown, row.upper)
        elif row.estimate is not None:
            assert sign == "~"
        else:
            assert (sign, shown) == (None, None)
        assert row.verdict in text
        if sign:  # the level stands beside every number
            line = next(line for line in text.splitlines() if line.startswith(f"{row.method} "))
            # where the table does not fit, it has no seconds
            assert re.search(rf" {row.level} +(?:[\d.]+ )?{row.verdict}", line)
    values = [number(shown) for sign, shown in rows.values() if sign]
    assert values == sorted(values)


@pytest.mark.parametrize("columns", ["40", "60", "79", "100", "200"])
@pytest.mark.parametrize("name", ["ordinary", "much noise", "little noise"])
def test_no_number_is_ever_cut_off(capsys, tmp_path, monkeypatch, name, columns):
    # the front of an upper end reads as a smaller number, which nobody promised
    monkeypatch.setenv("COLUMNS", columns)
    text = answer(capsys, compared(capsys, tmp_path, name))
    numbers = re.findall(r"<= +(\S+)", text.partition("\nratio:")[0])
    assert numbers
    assert not [shown for shown in numbers if "\u2026" in shown]


def test_every_row_has_its_reason(capsys, tmp_path):
    text = answer(capsys, compared(capsys, tmp_path, "ordinary"))
    reasons = text.partition("What separates the rows:")[2]
    for method in METHODS:
        assert method == "best" or f"\n{method} " in reasons


def test_an_adjacency_is_taken_and_told(capsys, tmp_path):
    for name in ("add", "remove", "zero-out"):
        words = compared(capsys, tmp_path, "ordinary", "--adjacency", name, "--json")
        data = as_json(answer(capsys, words))
        assert data["adjacency"] == name.replace("-", "_")
        mine = dpa.epsilon(RUNS["ordinary"], "1e-5", method="rdp", adjacency=name)
        row = next(row for row in data["rows"] if row["method"] == "rdp")
        assert row["upper"] == mine.upper


def test_what_nobody_covers_is_refused(capsys, tmp_path):
    for more in ([], ["--json"]):
        words = compared(capsys, tmp_path, "ordinary", "--adjacency", "replace_one", *more)
        assert "replace_one" in refusal(capsys, words)


def test_delta_and_rate_are_echoed(capsys):
    words = ["compare", *flags(ORDINARY), "--delta", "1/100000", *ALONE]
    data = as_json(answer(capsys, [*words, "--json"]))
    assert data["delta"] == "1/100000"
    assert data["mechanism"]["sampling_rate"] == "256/60000"
    text = " ".join(answer(capsys, words).split())
    assert "sampling rate 256/60000" in text
    assert "delta 1/100000" in text


def test_theories_that_contradict_each_other_are_exit_status_one(capsys, tmp_path, monkeypatch):
    honest = comparison._ask

    def crossed(mechanism, delta, method, adjacency):
        name, bound, refused, seconds = honest(mechanism, delta, method, adjacency)
        if method == "rdp":  # an upper end below the lower end that gdp has for this run
            bound = dataclasses.replace(bound, upper=0.01, log_upper=None)
        return name, bound, refused, seconds

    words = compared(capsys, tmp_path, "full")
    assert as_json(answer(capsys, [*words, "--json"]))["consistent"] is True
    monkeypatch.setattr(comparison, "_ask", crossed)
    assert as_json(answer(capsys, [*words, "--json"], status=1))["consistent"] is False
    answer(capsys, words, status=1)
