"""A run from flags, from a file of any kind and from Python is one run."""

from __future__ import annotations

import json

import pytest
from cli.words import DELTA, ORDINARY, RUNS, TUTORIAL, answer, as_json, flags

import dpaccount as dpa

yaml = pytest.importorskip("yaml")

TEXTS = {
    "text.json": '{"kind": "dpsgd", "noise_multiplier": "1.1", "sampling_rate": "256/60000", '
    '"steps": "14063"}',
    "numbers.json": '{"noise_multiplier": 1.1, "sampling_rate": "256/60000", "steps": 14063}',
    "sizes.json": '{"noise_multiplier": 1.1, "batch_size": 256, "dataset_size": 60000, '
    '"epochs": 60}',
    "text.toml": 'noise_multiplier = "1.1"\nsampling_rate = "256/60000"\nsteps = 14063\n',
    "numbers.toml": "noise_multiplier = 1.1\nbatch_size = 256\ndataset_size = 60_000\n"
    "epochs = 60\n",
    "text.yaml": 'noise_multiplier: "1.1"\nsampling_rate: 256/60000\nsteps: "14063"\n',
    "numbers.yml": "noise_multiplier: 1.1\nbatch_size: 256\ndataset_size: 60000\nepochs: 60\n",
    "upper.JSON": '{"noise_multiplier": 1.1, "sampling_rate": "256/60000", "steps": 14063}',
    "no_suffix": '{"noise_multiplier": 1.1, "sampling_rate": "256/60000", "steps": 1.4063e4}',
}


def told(capsys, words):
    return as_json(answer(capsys, ["budget", *words, *DELTA, "--json"]))


@pytest.mark.parametrize("name", TEXTS)
def test_one_run_however_it_is_written(capsys, tmp_path, name):
    path = tmp_path / name
    path.write_text(TEXTS[name])
    upper = dpa.epsilon(RUNS["ordinary"], "1e-5").upper
    assert told(capsys, ["--run", str(path)])["epsilon"]["upper"] == upper
    assert told(capsys, flags(ORDINARY))["epsilon"]["upper"] == upper
    assert told(capsys, flags(TUTORIAL))["epsilon"]["upper"] == upper


MIXED = {
    "run.json": """
        {"kind": "composed", "mechanisms": [
            {"noise_multiplier": "12", "sampling_rate": "0.01", "steps": 300},
            {"kind": "dpsgd", "noise_multiplier": 9, "sampling_rate": 0.02, "steps": 100},
            {"kind": "self_composed", "steps": 3,
             "mechanism": {"kind": "gaussian", "noise_multiplier": 40}}]}
        """,
    "run.toml": """
kind = "composed"
[[mechanisms]]
noise_multiplier = 12
sampling_rate = 0.01
steps = 300
[[mechanisms]]
noise_multiplier = 9
sampling_rate = "0.02"
steps = 100
[[mechanisms]]
kind = "self_composed"
steps = 3
[mechanisms.mechanism]
kind = "gaussian"
noise_multiplier = 40
""",
    "run.yaml": """
kind: composed
mechanisms:
  - {noise_multiplier: 12, sampling_rate: 0.01, steps: 300}
  - noise_multiplier: 9
    sampling_rate: 0.02
    steps: 100
  - kind: self_composed
    steps: 3
    mechanism: {kind: gaussian, noise_multiplier: 40}
""",
}


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("method", ["best", "rdp", "gdp", "zcdp"])
def test_one_heterogeneous_run_however_it_is_written(capsys, tmp_path, name, method):
    path = tmp_path / name
    path.write_text(MIXED[name])
    data = told(capsys, ["--run", str(path), "--method", method])
    assert dpa.mechanism_from_json(data["mechanism"]) == RUNS["mixed"]
    assert data["epsilon"]["upper"] == dpa.epsilon(RUNS["mixed"], "1e-5", method=method).upper


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("name", RUNS)
def test_what_is_printed_can_be_read_back(capsys, tmp_path, name, suffix):
    path = tmp_path / f"run.{suffix}"
    dump = json.dumps if suffix == "json" else yaml.safe_dump
    path.write_text(dump(RUNS[name].to_json()))
    first = told(capsys, ["--run", str(path)])
    path.write_text(dump(first["mechanism"]))
    assert told(capsys, ["--run", str(path)]) == first
    assert dpa.mechanism_from_json(first["mechanism"]) == RUNS[name]


def test_numbers_in_a_file_are_the_decimals_that_stand_there(capsys, tmp_path):
    rate = "0.0100000000000000000000001"  # no float
    for name, text in {
        "run.json": '{"noise_multiplier": 1.1, "sampling_rate": %s, "steps": 9}',
        "run.toml": "noise_multiplier = 1.1\nsampling_rate = %s\nsteps = 9\n",
        "run.yaml": "noise_multiplier: 1.1\nsampling_rate: %s\nsteps: 9\n",
    }.items():
        path = tmp_path / name
        path.write_text(text % rate)
        assert told(capsys, ["--run", str(path)])["mechanism"]["sampling_rate"] == rate


def test_what_opacus_recorded(capsys, tmp_path):
    path = tmp_path / "state.json"
    one = {"history": [[1.1, 0.01, 500]], "mechanism": "rdp"}
    path.write_text(json.dumps(one))
    run = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 500}
    recorded = told(capsys, ["--from-opacus", str(path)])
    assert recorded == told(capsys, flags(run))
    two = {"history": [[1.1, 0.01, 500], [0.9, 0.02, 30]], "mechanism": "prv"}
    path.write_text(json.dumps(two))
    both = told(capsys, ["--from-opacus", str(path)])
    assert len(both["mechanism"]["mechanisms"]) == 2
    assert both["epsilon"]["upper"] > recorded["epsilon"]["upper"]


def test_compare_and_budget_read_one_file_alike(capsys, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(MIXED["run.toml"])
    words = ["compare", "--run", str(path), *DELTA, "--no-peers", "--json"]
    rows = {row["method"]: row for row in as_json(answer(capsys, words))["rows"]}
    for method in ("rdp", "gdp", "closed_form.exact_basic"):
        data = told(capsys, ["--run", str(path), "--method", method])
        assert rows[method]["upper"] == data["epsilon"]["upper"]


PIPELINE = """
kind = "composed"
[[mechanisms]]
kind = "pure_dp"
epsilon = "0.5"
[[mechanisms]]
kind = "approximate_dp"
epsilon = 0.25
delta = 1e-9
[[mechanisms]]
kind = "poisson_subsampled"
sampling_rate = "0.1"
mechanism = { kind = "discrete_laplace", noise_multiplier = "1", sensitivity = 1 }
[[mechanisms]]
kind = "randomized_response"
truth_probability = "0.6"
"""


def test_a_pipeline_of_discrete_releases(capsys, tmp_path):
    path = tmp_path / "pipeline.toml"
    path.write_text(PIPELINE)
    parts = (
        dpa.PureDP("0.5"), dpa.ApproximateDP("0.25", "1e-9"),
        dpa.PoissonSubsampled(dpa.DiscreteLaplace(1), "0.1"), dpa.RandomizedResponse("0.6"),
    )  # fmt: skip
    bound = dpa.epsilon(dpa.Composed(parts), "1e-5")
    found = told(capsys, ["--run", str(path)])
    assert found["epsilon"] == {"lower": bound.lower, "upper": bound.upper, "estimate": None}
    assert (found["method"], found["trust"]) == ("lattice", "certified")
    said = " ".join(answer(capsys, ["budget", "--run", str(path), *DELTA]).split())
    for part in ("1 x PureDP(0.5)", "1 x DiscreteLaplace(1, 1) at rate 0.1"):
        assert part in said
    assert "lattice (certified)" in said


def test_a_delta_below_what_may_fail(capsys, tmp_path):
    path = tmp_path / "pipeline.toml"
    path.write_text(PIPELINE)
    found = as_json(answer(capsys, ["budget", "--run", str(path), "--delta", "1e-10", "--json"]))
    assert found["epsilon"] == {"lower": "inf", "upper": "inf", "estimate": None}
