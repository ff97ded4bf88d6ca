"""A sample of what `check_many_cells` does in full: it runs, resumes, and sees what is planted."""

from __future__ import annotations

import json
from operator import truediv

import pytest
from attacks import check_many_cells as whole

from dpaccount.attacks.sweep.cells import SWEPT_ATTACKS


def test_the_whole_has_more_than_500_cells_of_every_kind():
    every = [whole.COMMON | asked for asked in whole.tables()]
    cells = sum(len(t["targets"]) * len(t["attacks"]) * len(t["noise_multipliers"]) for t in every)
    assert cells >= 500
    attacks = {name for asked in every for name in asked["attacks"]}
    assert attacks == set(SWEPT_ATTACKS)
    assert {asked["targets"][-1] for asked in every} >= {"attention", "small", "language-model"}
    sampled = [asked for asked in every if float(asked.get("sampling_rate", 1)) < 1]
    assert {asked["steps"] for asked in sampled} >= {1, 4, 16}


def test_a_table_that_is_finished_is_read(tmp_path):
    asked = {
        "targets": ["attention"], "attacks": ["identify", "span"], "candidates": 4,
        "noise_multipliers": ["0.5", "2"], "trials": 4,
    }  # fmt: skip
    to = tmp_path / "table.json"
    rows = whole.cells_of(asked, to, false_alarm=1e-6)
    assert len(rows) == 4
    assert all(row["verdict"] != "violation" for row in rows)
    for row in rows:  # by hand
        allowed = [each["ceiling"] * row["trials"] for each in row["ceilings"]]
        named = [each["successes"] for each in row["ceilings"]]
        assert whole.nearest(row) == pytest.approx(max(map(truediv, named, allowed)))
    kept = json.loads(to.read_text())
    kept["rows"][0]["trials"] = 99
    to.write_text(json.dumps(kept))
    assert whole.cells_of(asked, to, false_alarm=1e-6)[0]["trials"] == 99


@pytest.mark.parametrize(
    "asked", list(whole.tables())[18::7], ids=lambda asked: asked["attacks"][0]
)
def test_a_cell_of_a_table_holds(asked):
    few = {"targets": asked["targets"][:1], "noise_multipliers": asked["noise_multipliers"][1:2]}
    (row,) = whole.cells_of(asked | few | {"trials": 3}, None, false_alarm=1e-6)
    assert row["verdict"] != "violation"
    assert row["trials"] == 3
    assert all(0 < claim["ceiling"] <= 1 for claim in row["ceilings"])


def test_a_planted_bug_is_seen(monkeypatch):
    monkeypatch.setattr(whole, "TARGETS", ["attention"])
    found = whole.plant("no clipping", "4 sampled steps")
    assert len(found.violations) == len(found.rows) == 1
