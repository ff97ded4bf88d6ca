"""A sample of the whole table, and that an interruption of it loses nothing."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from convergence import check_many_settings as whole

import dpaccount as dpa
from dpaccount.convergence import sweep
from dpaccount.convergence.sweep import Line, check_settings


@pytest.mark.parametrize("seed", range(6))
def test_random_quadratics_follow_their_law(seed):
    setting = whole.random_quadratic(np.random.default_rng(seed))
    for outside, ratio in whole.off_the_law(setting, 1000, seed, math.log(1e-8)):
        assert not outside
        assert 0.5 < ratio < 2


def test_a_sample_of_the_settings_holds(tmp_path):
    cheap, data = whole.lines()
    assert len(cheap) + len(data) > 300
    sample = [line for line in cheap if line.steps <= 100][5::29]
    table = check_settings(sample, tmp_path / "table.csv", trajectories=100)
    assert not table.violated
    assert {verdict for _, verdict, _ in table.lines} == {"holds"}
    assert {line.problem for line in sample} >= {"quadratic", "wells", "median", "polyak"}
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert len(rows) == sum(len(rows) for *_, rows in table.lines)
    assert all(float(row["predicted"]) >= float(row["measured_lower"]) for row in rows)


SOME = [Line("clipping", str(noise), "1/2", 5, "0.2") for noise in range(1, 101)]


def test_a_hundred_settings_resume_after_an_interrupt(tmp_path, monkeypatch):
    done = []

    def stopping(line, *rest):
        if len(done) == 40:
            raise KeyboardInterrupt
        done.append(line)
        return sweep_answer(line, *rest)

    sweep_answer = sweep.answer
    monkeypatch.setattr(sweep, "answer", stopping)
    with pytest.raises(KeyboardInterrupt):
        check_settings(SOME, tmp_path / "table.csv", trajectories=5)
    assert not (tmp_path / "table.csv").exists()
    with pytest.raises(dpa.InputError, match="the parts of another sweep"):
        check_settings(SOME[:50], tmp_path / "table.csv", trajectories=5)
    monkeypatch.setattr(sweep, "answer", sweep_answer)
    found = check_settings(SOME, tmp_path / "table.csv", trajectories=5)
    assert found.kept == 40
    for place in (0, 39, 40, 99):  # as one that was never interrupted
        ((_, alone),) = sweep_answer(SOME[place], 5, place, 1e-8)
        assert json.loads(alone)["rows"] == list(found.lines[place][2])
    assert len(found.lines) == 100
    assert [p.name for p in tmp_path.iterdir() if "parts" in p.name] == []


def test_what_is_refused_has_its_reason(tmp_path):
    lines = [Line("quadratic", "1", "1", 5, "3"), Line("nonsense", "1", "1", 5)]
    found = check_settings(lines, tmp_path / "table.csv", trajectories=5)
    assert [verdict for _, verdict, _ in found.lines] == ["refused", "refused"]
    text = (tmp_path / "table.csv").read_text()
    assert "below 2/L" in text
    assert "nonsense" in text
    with pytest.raises(dpa.InputError, match="lines"):
        check_settings([], tmp_path / "none.csv")
    with pytest.raises(dpa.InputError):
        check_settings(lines, tmp_path / "no" / "such.csv")
