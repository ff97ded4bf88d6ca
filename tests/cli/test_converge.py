"""`converge`: bounds beside measurements, budgets beside the floor; what is wrong is one line."""

from __future__ import annotations

import re

import pytest
from cli.words import answer, as_json, fits, refusal

from dpaccount.cli import main

RUN = ["--noise-multiplier", "2", "--batch-size", "10", "--steps", "40"]
QUICK = ["--trajectories", "50"]


def test_a_run_on_a_problem(capsys):
    text = answer(capsys, ["converge", "--problem", "wells", *RUN, *QUICK])
    assert fits(text)
    assert text.startswith("a smooth function with hills between its wells: holds\n")
    assert re.search(r"sgd\.nonconvex +<= \S+ +\S+ +\S+ +1\.\d+ +holds", text)
    assert "Assumptions that are not met:" in text
    assert "P: written proof" in text


def test_a_run_as_json(capsys):
    words = ["converge", "--problem", "quadratic", *RUN, *QUICK, "--learning-rate", "0.3", "--json"]
    data = as_json(answer(capsys, words))
    assert (data["verdict"], data["learning_rate"], data["trajectories"]) == ("holds", "0.3", 50)
    row = next(r for r in data["rows"] if r["theorem"] == "sgd.quadratic_exact")
    assert row["predicted"]["lower"] <= row["predicted"]["upper"]
    assert row["measured_lower"] <= row["measured"]
    assert data["mechanism"]["dataset_size"] == 50
    again = as_json(answer(capsys, [*words, "--seed", "1"]))
    assert again["rows"][0]["measured"] != data["rows"][0]["measured"]


def test_falling_steps(capsys):
    words = ["converge", "--problem", "quadratic", *RUN, *QUICK, "--learning-rate", "11/(20+t)"]
    text = answer(capsys, words)
    assert "step size 11 / (20 + t)" in text
    assert "sgd.decaying" in text
    assert fits(text)


def test_clipping_is_said(capsys):
    text = answer(capsys, ["converge", "--problem", "clipping", "--noise-multiplier", "1",
                           "--sample-rate", "1", "--steps", "50", *QUICK])  # fmt: skip
    assert "true slope at the fixed point -0.88" in " ".join(text.split())
    words = ["converge", "--problem", "wells", *RUN, *QUICK, "--clip-norm", "0.5"]
    text = answer(capsys, [*words, "--learning-rate", "0.1"])
    assert "assumptions not met" in text
    assert "no gradient longer than the clip norm" in " ".join(text.split())


def test_a_violated_bound_leaves_with_1(capsys, monkeypatch):
    from dpaccount.convergence import simulate

    true = simulate.noise_of
    monkeypatch.setattr(simulate, "noise_of", lambda made: 30 * true(made))
    words = ["converge", "--problem", "quadratic", *RUN, *QUICK, "--learning-rate", "0.3"]
    assert "violated" in answer(capsys, words, status=1)
    assert as_json(answer(capsys, [*words, "--json"], status=1))["verdict"] == "violated"


BUDGETS = ["converge", "--problem", "wells", "--batch-size", "10", "--steps", "30", *QUICK,
           "--epsilon", "1,4", "--delta", "1e-3"]  # fmt: skip


def test_budgets_beside_the_floor(capsys, tmp_path):
    figure = tmp_path / "figure.png"
    text = answer(capsys, [*BUDGETS, "--plot", str(figure)])
    assert fits(text.replace(str(figure), "figure.png")) or len(str(figure)) > 60
    lines = [line.split() for line in text.splitlines() if "holds" in line][1:]
    assert [line[0] for line in lines] == ["1", "4", "no"]
    assert "orders and no numbers" in " ".join(text.split())
    assert figure.read_bytes().startswith(b"\x89PNG")
    data = as_json(answer(capsys, [*BUDGETS, "--json"]))
    one, four = data["budgets"]
    assert float(one["noise_multiplier"]) > float(four["noise_multiplier"])
    assert one["epsilon_upper"] <= 1
    assert data["quantity"] == "gradient"


def test_advice(capsys):
    words = ["converge", "--problem", "wells", "--advise", "--epsilon", "2", "--delta", "1e-3",
             "--steps", "30"]  # fmt: skip
    text = answer(capsys, words)
    assert fits(text)
    data = as_json(answer(capsys, [*words, "--json"]))
    best = data["choices"][data["best"]]
    assert text.startswith(f"batch size {best['batch_size']}, 30 steps, step size ")
    bounds = [choice["predicted"] for choice in data["choices"]]
    assert bounds == sorted(bounds)


REFUSED = [
    ([], "give --problem"),
    (["--problem", "nonsense", *RUN], "name one of these"),
    (["--problem", "quadratic", *RUN, "--learning-rate", "2"], "below 2/L"),
    (["--problem", "quadratic", *RUN, "--learning-rate", "x"], "--learning-rate: given x"),
    (["--problem", "quadratic", *RUN, "--learning-rate", "1/(0+t)"], "offset"),
    (["--problem", "quadratic", *RUN, "--trajectories", "1"], "trajectories"),
    (["--problem", "quadratic", *RUN, "--seed", "-1"], "seed"),
    (["--problem", "quadratic", "--noise-multiplier", "-1", *RUN[2:]], "--noise-multiplier"),
    (["--problem", "quadratic", *RUN[:4], "--steps", "100000000"], "simulated one by one"),
    (["--problem", "quadratic", *RUN, "--dataset-size", "60"], "the records of"),
    (["--problem", "quadratic", *RUN, "--plot", "x.png"], "with --epsilon"),
    (["--problem", "quadratic", *RUN, "--advise"], "with --epsilon"),
    (["--problem", "quadratic", *RUN, "--delta", "1e-5"], "--delta: given without --epsilon"),
    (["--problem", "quadratic", *RUN, "--method", "gdp"], "--method: given without --epsilon"),
    (["--problem", "transformer", *RUN, "--false-alarm", "0.1"], "with --problem transformer"),
    (["--problem", "quadratic", *RUN, "--false-alarm", "0"], "--false-alarm: given 0"),
    (["--problem", "quadratic", *RUN, "--false-alarm", "1"], "--false-alarm: given 1"),
    (["--problem", "quadratic", *RUN, "--false-alarm", "nan"], "--false-alarm: given nan"),
    (["--problem", "wells", *RUN, "--clip-norm", "0.5"], "no theorem applies"),
    ([*BUDGETS[1:], "--noise-multiplier", "1"], "picks the noise"),
    ([*BUDGETS[1:-2]], "give --delta"),
    ([*BUDGETS[1:], "--plot", "no/such/x.png"], "no such folder"),
    ([*BUDGETS[1:], "--plot", "x.txt"], "ends in"),
    ([*BUDGETS[1:-4], "--epsilon", ",", "--delta", "1e-3"], "epsilons"),
]


@pytest.mark.parametrize("idle", [
    ["--plot", "x.png"], ["--learning-rate", "3"], ["--trajectories", "9"], ["--seed", "1"],
    ["--false-alarm", "0.1"], ["--run", "FILE"], ["--sample-rate", "0.1"], ["--epochs", "3"],
    ["--dataset-size", "9"],
])  # fmt: skip
def test_advice_refuses_what_it_would_not_use(capsys, idle, tmp_path):
    (tmp_path / "run.json").write_text('{"sampling_rate": "1/2", "steps": 9}')
    idle = [str(tmp_path / "run.json") if word == "FILE" else word for word in idle]
    words = ["converge", "--problem", "wells", "--advise", "--epsilon", "2", "--delta", "1e-3"]
    assert f"{idle[0]}: given with --advise" in refusal(capsys, [*words, *idle])


def test_the_clip_norm_of_a_file_is_the_problem_s_own(capsys, tmp_path):
    file = tmp_path / "run.json"
    file.write_text('{"noise_multiplier": "1", "sampling_rate": "1/2", "steps": 9, '
                    '"clip_norm": "0.1"}')  # fmt: skip
    words = ["converge", "--problem", "clipping", "--run", str(file), *QUICK]
    text = answer(capsys, words)
    assert "clip norm 0.1" in text
    assert "holds" in text
    answer(capsys, [*words, "--epsilon", "1", "--delta", "1e-3"])


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_what_is_refused(capsys, words, said):
    assert said in refusal(capsys, ["converge", *words])


def test_an_interrupt_is_quiet(monkeypatch):
    from dpaccount.convergence import check

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "simulate", stop)
    assert main(["converge", "--problem", "wells", *RUN]) == 130


@pytest.mark.slow
def test_a_transformer_is_measured_only(capsys):
    words = ["converge", "--problem", "transformer", "--noise-multiplier", "1", "--batch-size",
             "64", "--steps", "12", "--trajectories", "2"]  # fmt: skip
    data = as_json(answer(capsys, [*words, "--json"]))
    assert data["verdict"] == "assumptions not met"
    assert data["mechanism"]["sampling_rate"] == "64/1797"
    losses = [point["loss"] for point in data["curve"]]
    assert losses[-1] < losses[0] < 3
    assert data["curve"][-1]["step"] == 12
    assert 0 < data["clipped"] <= 1
    assert "clipping is active" in data["not_met"][-1]
    text = answer(capsys, words)
    assert fits(text)
    assert "there is no bound" in text
    assert "with --problem transformer" in refusal(
        capsys, [*words[:3], "--epsilon", "1", "--delta", "1e-5"]
    )
    assert "batch_size" in refusal(capsys, [*words[:5], "--sample-rate", "0.1", "--steps", "3"])
