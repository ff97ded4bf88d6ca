"""Train a small transformer on scikit-learn's digits with DP-SGD, then account for that very run.

The training is Opacus's own: per-example clipping, Gaussian noise, Poisson sampling. Opacus records
noise multiplier, sampling rate and steps as it goes. That record is saved with the weights, and
`dpaccount compare --from-opacus` reads it back: no setting is typed twice, so the budget in the
table is the budget of what ran.

What the budget does not cover: the settings below were picked by trying a few on this very data.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from opacus import PrivacyEngine
from opacus.layers import DPMultiheadAttention
from opacus.optimizers import DPOptimizer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

DELTA = "1e-5"
EPOCHS = 60
NOISE_MULTIPLIER = 2.1
BATCH_SIZE = 240  # the expected size: Poisson batches vary
CLIP_NORM = 1.0
LEARNING_RATE = (
    0.02  # at the start; it falls linearly to 0, which averages the noise out at the end
)
WIDTH = 64
HEADS = 8
BLOCKS = 1
TEST_FRACTION = 0.2
SPLIT_SEED = 0  # apart from --seed, so that every seed is judged on the same test digits
DEFAULT_OUT = Path(__file__).resolve().parent / "out" / "digits.pt"


class EncoderBlock(nn.Module):
    """Self-attention and a two-layer perceptron; each is normalized first and added back."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        # torch's own MultiheadAttention hides its weights from the per-example gradient hooks.
        self.attention = DPMultiheadAttention(width, heads, batch_first=True)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.attention_norm(tokens)
        attended, _ = self.attention(normed, normed, normed, need_weights=False)
        tokens = tokens + attended
        return tokens + self.mlp(self.mlp_norm(tokens))


class DigitsTransformer(nn.Module):
    """Reads an 8 x 8 digit as eight tokens, one for each row of pixels."""

    def __init__(self, width: int = WIDTH, heads: int = HEADS, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.embed = nn.Linear(8, width)
        self.position = nn.Embedding(8, width)
        self.blocks = nn.Sequential(*(EncoderBlock(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.classify = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        # One row of indices for each example: the hooks tell examples apart by the first dimension.
        rows = torch.arange(8, device=images.device).expand(images.shape[0], 8)
        tokens = self.blocks(self.embed(images) + self.position(rows))
        return self.classify(self.norm(tokens).mean(dim=1))


@dataclass(frozen=True)
class TrainedRun:
    """What a training run leaves behind: what to save, and what this script itself counted."""

    engine: PrivacyEngine
    module: nn.Module
    optimizer: DPOptimizer
    train_set: TensorDataset
    test_set: TensorDataset
    batch_sizes: tuple[int, ...]  # one for each step


def load_data() -> tuple[TensorDataset, TensorDataset]:
    """Training and test digits; pixels go from 0..16, their known range, to -1..1."""
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        torch.as_tensor(images / 8.0 - 1.0, dtype=torch.float32).reshape(-1, 8, 8),
        torch.as_tensor(labels),
        test_size=TEST_FRACTION,
        random_state=SPLIT_SEED,
        stratify=labels,
    )
    return TensorDataset(train_x, train_y), TensorDataset(test_x, test_y)


def accuracy(module: nn.Module, data: TensorDataset) -> float:
    """Share of the examples that the module labels right."""
    module.eval()
    images, labels = data.tensors
    with torch.no_grad():
        return (module(images).argmax(dim=1) == labels).double().mean().item()


def train(epochs: int, noise_multiplier: float, seed: int, *, progress: bool = True) -> TrainedRun:
    """Train by DP-SGD: Opacus samples, clips, adds the noise and keeps the record."""
    torch.manual_seed(seed)
    train_set, test_set = load_data()
    model = DigitsTransformer()
    with warnings.catch_warnings():
        # Said in main() in our own words: see SECURE_RNG_NOTE.
        warnings.filterwarnings("ignore", "Secure RNG turned off", UserWarning)
        engine = PrivacyEngine()
    module, optimizer, loader = engine.make_private(
        module=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=LEARNING_RATE),
        data_loader=DataLoader(train_set, batch_size=BATCH_SIZE),
        noise_multiplier=noise_multiplier,
        max_grad_norm=CLIP_NORM,
        poisson_sampling=True,
    )
    total = epochs * len(loader)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / total)
    batch_sizes: list[int] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, disable=not progress) as bar, warnings.catch_warnings():
        # The first layers read pixels and row numbers, which have no gradient: nothing is missing.
        warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
        task = bar.add_task("training with DP-SGD", total=total)
        module.train()
        for _ in range(epochs):
            for images, labels in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(images), labels).backward()
                optimizer.step()
                schedule.step()
                batch_sizes.append(len(labels))
                bar.advance(task)
    return TrainedRun(engine, module, optimizer, train_set, test_set, tuple(batch_sizes))


def save(run: TrainedRun, path: Path) -> None:
    """Write Opacus's own checkpoint, under a temporary name first: no half-written file is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    run.engine.save_checkpoint(path=partial, module=run.module, optimizer=run.optimizer)
    os.replace(partial, path)


def compare(path: Path) -> int:
    """Account for the saved run with every theory and every installed peer; the exit status."""
    command = [sys.executable, "-m", "dpaccount", "compare"]
    command += ["--from-opacus", str(path), "--delta", DELTA]
    print("$ dpaccount", *command[3:], flush=True)
    return subprocess.run(command, check=False).returncode


SECURE_RNG_NOTE = (
    "The noise is torch's ordinary pseudorandom one: this demo runs without torchcsprng, so "
    "Opacus's secure mode is off."
)


def positive_int(text: str) -> int:
    value = int(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}: must be at least 1")
    return value


def positive_float(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be above 0 and finite")
    return value


def main(arguments: list[str] | None = None) -> int:
    """Train, save, compare; returns the exit status of the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=positive_int, default=EPOCHS)
    parser.add_argument("--noise-multiplier", type=positive_float, default=NOISE_MULTIPLIER)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the checkpoint goes")
    options = parser.parse_args(arguments)
    # A short path in what is printed, where there is one.
    out = Path(os.path.relpath(options.out)) if options.out == DEFAULT_OUT else options.out

    print(SECURE_RNG_NOTE)
    started = time.perf_counter()
    run = train(options.epochs, options.noise_multiplier, options.seed)
    seconds = time.perf_counter() - started
    save(run, out)
    parameters = sum(p.numel() for p in run.module.parameters())
    print(
        f"{parameters} parameters, {len(run.train_set)} training digits, "
        f"{len(run.batch_sizes)} steps in {seconds:.0f} s; checkpoint: {out}\n"
    )
    status = compare(out)
    print(
        f"\nTest accuracy of this run: {accuracy(run.module, run.test_set):.1%} of "
        f"{len(run.test_set)} digits it never saw ({accuracy(run.module, run.train_set):.1%} "
        "of the training digits)."
    )
    return status


if __name__ == "__main__":
    sys.exit(main())
