"""`report`: the run as everywhere, a form by the name's end, and what fails is exit 1."""

from __future__ import annotations

import json

import jsonschema
import pytest
from cli.words import DELTA, answer, as_json, fits, flags, refusal
from reports.attacks_table import ATTACKS

import dpaccount as dpa
from dpaccount.cli import main
from dpaccount.reports.card import schema

FULL = flags({"noise_multiplier": "20", "sampling_rate": "1", "steps": 10})
QUICK = ["--no-peers", *DELTA]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "attacks.json"
    path.write_text(json.dumps(ATTACKS))
    return path


def test_every_form(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, start in (("r.html", "<!doctype html>"), ("r.json", "{"), ("r.md", "# ")):
        text = answer(capsys, ["report", *FULL, *QUICK, "-o", name])
        assert text.startswith(f"wrote {name}\n")
        assert fits(text)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
        if not name.endswith(".md"):
            told = answer(capsys, ["verify", name])
            assert told.startswith("holds in all that is checked\n")
            assert fits(told)
            assert "not checked  title" in told
        else:
            line = refusal(capsys, ["verify", name])
            assert "a page (.html)" in line
            assert "a text (.md) cannot be verified" in line
    jsonschema.validate(json.loads((tmp_path / "r.json").read_text()), schema())


def test_what_is_stated_stands_there(capsys, tmp_path):
    said = {"unit": "one customer", "released": "the last model", "data-accesses": "two counts",
            "tuning": "on public data", "sampler-evidence": "a test of the loader",
            "code": "commit 123"}  # fmt: skip
    words = [word for name, text in said.items() for word in (f"--{name}", text)]
    path = tmp_path / "card.json"
    found = as_json(
        answer(capsys, ["report", *FULL, *QUICK, *words, "--title", "T", "-o", str(path), "--json"])
    )
    assert found.pop("written") == str(path)
    assert found == json.loads(path.read_text())
    assert found["statements"] == {k.replace("-", "_"): text for k, text in said.items()}
    assert (found["title"], found["run"]["described_by"]) == ("T", "flags")


def test_a_run_file_and_a_record(capsys, tmp_path):
    run = tmp_path / "run.json"
    run.write_text(json.dumps(dpa.RandomizedResponse("0.6").to_json()))
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"history": [[20, 1, 10]], "mechanism": "rdp"}))
    for words, source in ((["--run", str(run)], "a run file"),
                          (["--from-opacus", str(state)], "Opacus's record")):  # fmt: skip
        path = tmp_path / "out.md"
        answer(capsys, ["report", *words, *QUICK, "-o", str(path)])
        text = path.read_text(encoding="utf-8")
        assert f"**Described by:** {source}" in text
        assert str(tmp_path) not in text  # where the files lie is nobody's business


def test_the_cost_in_training(capsys, tmp_path):
    path = tmp_path / "card.json"
    words = ["--problem", "quadratic", "--learning-rate", "0.3", "--trajectories", "50"]
    answer(capsys, ["report", *FULL, *QUICK, *words, "-o", str(path)])
    found = json.loads(path.read_text())["convergence"]
    assert (found["problem"], found["verdict"]) == ("quadratic", "holds")
    assert found["rows"]


def test_an_attack_above_its_ceiling_leaves_with_1(capsys, table, tmp_path):
    path = tmp_path / "r.md"
    words = ["report", *FULL, *QUICK, "--attacks", str(table), "-o", str(path)]
    answer(capsys, words)
    data = json.loads(table.read_text())
    data["rows"][1]["named"] = data["rows"][1]["ceilings"][0]["successes"] = 20
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(data))
    words[words.index("--attacks") + 1] = str(bad)
    assert "exceeded its ceiling" in answer(capsys, words, status=1)
    assert "Warning" in path.read_text(encoding="utf-8")  # it is written, and says so


@pytest.mark.parametrize(("words", "named"), [
    ([*FULL, *DELTA], "out"), ([*FULL, "-o", "x.html"], "delta"),
    ([*FULL, *DELTA, "-o", "x.txt"], "--out"), ([*FULL, *DELTA, "-o", "no/x.html"], "--out"),
    ([*FULL, *DELTA, "-o", "x.md", "--sampler", "shuffle"], "sampler"),
    ([*FULL, *DELTA, "-o", "x.md", "--method", "gdp_clt"], "below the truth"),
    ([*FULL, *DELTA, "-o", "x.md", "--attacks", "nowhere.json"], "--attacks"),
    ([*FULL, *DELTA, "-o", "x.md", "--problem", "nothing"], "problem"),
    ([*FULL, *DELTA, "-o", "x.md", "--unit", ""], "unit"),
    ([*FULL, *DELTA, "-o", "x.md", "--title", ""], "title"),
    *(([*FULL, *DELTA, "-o", f"x.{end}", "--title", "x\udcff"], "--title")
      for end in ("md", "html", "json")),
    ([*FULL, *DELTA, "-o", "x.md", "--code", "\x1b]0;x"], "--code"),
    ([*FULL, *DELTA, "-o", "x.md", "--run", "run.toml"], "one of flags"),
    ([*DELTA, "-o", "x.md"], "noise_multiplier"),
])  # fmt: skip
def test_bad_input_writes_nothing(capsys, tmp_path, monkeypatch, words, named):
    monkeypatch.chdir(tmp_path)
    assert named in refusal(capsys, ["report", *words])
    assert not list(tmp_path.iterdir())


def test_verify_says_what_of_a_report_is_not_shown(capsys, tmp_path):
    path = tmp_path / "card.json"
    answer(capsys, ["report", *FULL, *QUICK, "-o", str(path)])
    card = json.loads(path.read_text())
    card["epsilon"]["upper"] /= 2
    path.write_text(json.dumps(card))
    assert main(["verify", str(path)]) == 1
    assert "epsilon.upper: the card says" in " ".join(capsys.readouterr().out.split())
