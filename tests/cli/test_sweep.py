"""`sweep`: few rows are shown, many are written; what is wrong is one line."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys

import pytest
from cli.words import answer, as_json, environment, fits, refusal

import dpaccount as dpa

GRID = [
    "--noise-multiplier",
    "0.8:1.6:3",
    "--sample-rate",
    "256/60000",
    "--steps",
    "300:9000:3:log",
]
DELTA = ["--delta", "1e-5"]
QUICK = ["--method", "rdp"]
MANY = [*GRID[:5], "1:100:100", *DELTA, *QUICK]
QUESTION = {
    "noise_multiplier": "0.8:1.6:3", "sampling_rate": "256/60000", "steps": "300:9000:3:log",
    "delta": "1e-5",
}  # fmt: skip


def test_few_rows_are_shown(capsys):
    text = answer(capsys, ["sweep", *GRID, *DELTA])
    assert fits(text)
    first, titles, *lines = text.splitlines()
    assert first == "sampling_rate 256/60000; delta 1e-5; trust proved; method saddlepoint.fast"
    assert titles.split() == ["noise_multiplier", "steps", "lower", "upper"]
    for line, row in zip(lines, dpa.sweep(**QUESTION), strict=True):
        noise, steps, lower, upper = line.split()
        assert (noise, steps) == (row["noise_multiplier"], row["steps"])
        assert float(lower) <= row["lower"] <= row["upper"] <= float(upper)  # rounded outward
        assert float(upper) - float(lower) < 1e-5 * float(upper)


def test_few_rows_as_json(capsys):
    data = as_json(answer(capsys, ["sweep", *GRID, *DELTA, "--json"]))
    assert data["adjacency"] == "add_remove"
    assert data["rows"] == list(dpa.sweep(**QUESTION))


def test_what_is_refused_or_an_estimate_is_not_shown_as_a_bound(capsys):
    words = ["--noise-multiplier", "1", "--sample-rate", "0.5,1", "--steps", "3", *DELTA]
    text = answer(capsys, ["sweep", *words, "--adjacency", "replace_one"])
    assert fits(text)
    assert re.search(r"0\.5 +not known", text)
    assert "replace_one with sampling is not supported" in " ".join(text.split())
    text = answer(capsys, ["sweep", *words, "--method", "gdp_clt"])
    assert "estimate" in text
    assert "upper" not in text
    assert "asymptotic" in text


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_many_rows_are_for_a_file(capsys, tmp_path, more):
    assert "--out" in refusal(capsys, ["sweep", *MANY, *more])
    path = tmp_path / "table.csv"
    text = answer(capsys, ["sweep", *MANY, "--out", str(path), "--processes", "1", *more])
    assert fits(text.replace(str(path), "table.csv"))
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    if more:
        data = as_json(text)
        assert (data["rows"], data["kept"], data["refused"], data["wide"]) == (300, 0, 0, 0)
    else:
        assert "300" in text
    one = dpa.epsilon(
        dpa.DPSGD(noise_multiplier="1.2", sampling_rate="256/60000", steps=7), "1e-5", method="rdp"
    )
    (row,) = (r for r in rows if (r["noise_multiplier"], r["steps"]) == ("1.2", "7"))
    assert float(row["upper"]) == pytest.approx(one.upper, rel=1e-9)
    assert (row["lower"], row["trust"], row["method"]) == ("", "proved", "rdp")


@pytest.mark.parametrize(
    "words",
    [
        [*GRID],
        [*GRID[:4], *DELTA],
        [*GRID[2:], *DELTA],
        [*GRID, *DELTA, "--epochs", "3"],
        [*GRID, *DELTA, "--batch-size", "3"],
        [*GRID, "--delta", "0"],
        [*GRID, "--delta", "nan"],
        [*GRID, *DELTA, "--method", "x"],
        [*GRID, *DELTA, "--adjacency", "x"],
        [*GRID[:4], *DELTA, "--steps", "1:9:3:x"],
        [*GRID[:4], *DELTA, "--steps", "9:1:3"],
        [*GRID[:4], *DELTA, "--steps", "0:9:3:log"],
        [*GRID, *DELTA, "--processes", "0"],
        [*GRID, *DELTA, "--out", "table.txt"],
        [*GRID, *DELTA, "--out", "no/such/table.csv"],
        [*GRID, *DELTA, "--out", ""],
        [*GRID, *DELTA, "--out", "table.csv", "--processes", "x"],
        [*GRID, *DELTA, "--out", "table.csv", "--scheduler", "nonsense"],
        ["--noise-multiplier", "1:2:100000", "--steps", "1:99999:99999", *GRID[2:4], *DELTA],
    ],
    ids=lambda words: " ".join(words)[-40:],
)
def test_what_is_wrong_is_one_line(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--json"]):
        assert "do: " in refusal(capsys, ["sweep", *words, *more])
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_a_bar_on_a_terminal_leaves_the_output_alone(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "dpaccount", "sweep", *MANY, "--out", "t.csv",
             "--processes", "1", "--json"],
            stdout=subprocess.PIPE, stderr=theirs, text=True, cwd=tmp_path,
            env=environment(TERM="xterm"),
        )  # fmt: skip
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # Linux reports the other end's leaving so
            pass
        out, _ = process.communicate(timeout=120)
    finally:
        os.close(ours)
    assert process.returncode == 0
    assert b"budgets" in seen
    assert as_json(out)["rows"] == 300
