"""The demo: what it trains is private, what it saves is what ran, what it prints is about that."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("opacus")
pytest.importorskip("sklearn")

import torch
from opacus.layers import DPMultiheadAttention
from opacus.optimizers import DPOptimizer

import dpaccount as dpa
from dpaccount.interop.opacus import read_opacus

# importing torch and one epoch of per-example gradients take longer than five seconds
pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "demo" / "digits_transformer.py"
NOISE = "1.7"  # not the default, so that the flag is seen to arrive


@pytest.fixture(scope="module")
def demo():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("digits_transformer", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def ran(demo, tmp_path_factory):
    """One epoch by the script's own `main`, without the peers, and what it used on the way."""
    out = tmp_path_factory.mktemp("demo") / "new" / "digits.pt"
    kept = SimpleNamespace(out=out, steps=0, commands=[])

    class Engine(demo.PrivacyEngine):
        def make_private(self, **options):
            kept.module, kept.optimizer, kept.loader = made = super().make_private(**options)
            return made

    train, step, run_command = demo.train, DPOptimizer.step, subprocess.run

    def counted(optimizer, *arguments, **options):
        kept.steps += 1  # counted here, apart from the record that is being checked
        return step(optimizer, *arguments, **options)

    def keep_run(*arguments, **options):
        kept.run = train(*arguments, **options)
        return kept.run

    def alone(command, **options):
        kept.commands.append(command)
        kept.compared = run_command(
            [*command, "--no-peers"], capture_output=True, text=True, timeout=120, **options
        )
        return kept.compared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "PrivacyEngine", Engine)
        patch.setattr(DPOptimizer, "step", counted)
        patch.setattr(demo, "train", keep_run)
        patch.setattr(demo.subprocess, "run", alone)
        words = ["--epochs", "1", "--noise-multiplier", NOISE, "--out", str(out)]
        kept.status = demo.main(words)
    return kept


def test_it_succeeds_and_prints_a_table(ran):
    assert ran.status == 0
    assert ran.compared.stderr == ""
    lines = ran.compared.stdout.splitlines()
    assert any(line.startswith("method ") and "epsilon" in line for line in lines)
    for method, verdict in [("saddlepoint", "exact"), ("rdp", "loose by")]:
        (row,) = [line for line in lines if line.startswith(f"{method} ") and "<= " in line]
        assert verdict in row
    assert f"noise multiplier {NOISE}" in ran.compared.stdout
    (command,) = ran.commands
    assert command[command.index("--from-opacus") + 1] == str(ran.out)


def test_the_checkpoint_says_what_ran(demo, ran):
    recorded = read_opacus(ran.out)
    assert isinstance(recorded, dpa.DPSGD)
    assert recorded.steps == ran.steps == len(ran.run.batch_sizes) > 0
    assert recorded.noise_multiplier == Fraction(NOISE)
    # Opacus samples at 1 / len(loader), which is near the batch size over the data set's
    assert float(recorded.sampling_rate) == ran.loader.batch_sampler.sample_rate == 1 / ran.steps
    assert recorded.sampling_rate == pytest.approx(
        demo.BATCH_SIZE / len(ran.run.train_set), rel=0.01
    )
    assert recorded.sampler == "poisson"
    assert [path.name for path in ran.out.parent.iterdir()] == [
        ran.out.name
    ]  # nothing half-written


def test_the_table_is_about_the_checkpoint(demo, ran):
    bound = dpa.epsilon(read_opacus(ran.out), demo.DELTA, method="rdp")
    (shown,) = re.findall(r"^rdp +<= (\S+)", ran.compared.stdout, re.MULTILINE)
    shown = float(shown)
    assert bound.upper <= shown <= bound.upper * (1 + 1e-6)


def test_the_model_is_a_private_transformer(demo, ran):
    attention = [m for m in ran.module.modules() if isinstance(m, DPMultiheadAttention)]
    assert len(attention) == demo.BLOCKS > 0
    assert {m.num_heads for m in attention} == {demo.HEADS}
    # a torch module of that kind would go round the hooks that clip each example's gradient
    assert not [m for m in ran.module.modules() if isinstance(m, torch.nn.MultiheadAttention)]
    assert isinstance(ran.optimizer, DPOptimizer)
    assert ran.optimizer.noise_multiplier == float(NOISE)
    assert ran.optimizer.max_grad_norm == demo.CLIP_NORM
    # every parameter that is trained is clipped and noised
    trained = {id(p) for p in ran.module.parameters() if p.requires_grad}
    assert {id(p) for p in ran.optimizer.params} == trained
    assert all(p.summed_grad is not None for p in ran.optimizer.params)


def test_a_digit_is_read_in_rows_and_examples_stay_apart(demo):
    torch.manual_seed(0)
    model = demo.DigitsTransformer().eval()
    images = torch.randn(3, 8, 8)
    scores = model(images)
    assert scores.shape == (3, 10)
    alone = torch.cat([model(images[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(scores, alone)
    assert not torch.allclose(model(images.flip(1)), scores)  # the rows' order counts


def test_batches_are_poisson(ran):
    size, rate = len(ran.run.train_set), ran.loader.batch_sampler.sample_rate
    assert len(set(ran.run.batch_sizes)) > 1
    torch.manual_seed(1)
    passes = 100
    batches = [batch for _ in range(passes) for batch in ran.loader.batch_sampler]
    count = len(batches)
    assert count == passes * ran.steps
    assert all(len(set(batch)) == len(batch) for batch in batches)
    sizes = torch.tensor([len(batch) for batch in batches], dtype=torch.float64)
    # sizes are binomial: mean and variance lie within five of their own standard deviations,
    # sqrt(variance / count) and about variance * sqrt(2 / count)
    variance = size * rate * (1 - rate)
    assert abs(sizes.mean().item() - size * rate) < 5 * (variance / count) ** 0.5
    assert abs(sizes.var().item() / variance - 1) < 5 * (2 / count) ** 0.5
    # one pass may meet a digit twice or never: that is no walk through a shuffled list
    first = [index for batch in batches[: ran.steps] for index in batch]
    assert len(set(first)) < len(first)
    assert len(set(first)) < size


def test_the_test_digits_are_none_of_the_training_digits(ran):
    assert len(ran.run.train_set) + len(ran.run.test_set) == 1797  # the data set's documented size
    assert ran.run.test_set.tensors[0].shape[1:] == (8, 8)
    assert ran.run.train_set.tensors[0].min() >= -1
    assert ran.run.train_set.tensors[0].max() <= 1


def test_wrong_settings_are_refused_before_training(demo, monkeypatch, capsys):
    monkeypatch.setattr(demo, "train", lambda *a, **k: pytest.fail("it trained"))
    for words in (["--epochs", "0"], ["--noise-multiplier", "0"], ["--noise-multiplier", "nan"]):
        with pytest.raises(SystemExit) as stop:
            demo.main(words)
        assert stop.value.code == 2
    assert capsys.readouterr().out == ""


def test_the_script_as_users_run_it(tmp_path):
    out = tmp_path / "digits.pt"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--epochs", "1", "--out", str(out)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert f"$ dpaccount compare --from-opacus {out} --delta 1e-5" in done.stdout
    rows = [line.split()[0] for line in done.stdout.splitlines() if line]
    assert {"method", "rdp", "opacus.rdp"} <= set(rows)
    assert "Test accuracy of this run" in done.stdout
    assert read_opacus(out).steps > 0
