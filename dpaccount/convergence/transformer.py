"""A small transformer, trained by Opacus's DP-SGD: no theorem holds, so it is only measured."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dpaccount import _validate
from dpaccount._validate import Exact, Number
from dpaccount.errors import InputError, Unsupported, install, shown
from dpaccount.mechanisms import DPSGD

__all__ = ["NAME", "Curve", "train_transformer"]

NAME = "transformer"
_WIDTH, _HEADS, _POINTS = 16, 2, 10
_RECORDS, _MOST_STEPS, _MOST_RUNS = 1797, 100_000, 100

#: Why no rate of the family sgd speaks of it.
_FAILING = (
    "not convex: attention multiplies parameters by each other, and permuting heads leaves the "
    "loss as it is",
    "not L-smooth with any known L: the bound on the curvature grows with the parameters, which "
    "are not projected",
    "no PL inequality is known, and the least loss f* is not: it is at least 0",
)


@dataclass(frozen=True)
class Curve:
    """The training loss over the steps, on average over some runs.

    Args:
        steps: When it was measured.
        losses: Mean over the runs of the mean cross-entropy of all records.
        deviations: Standard errors of these means.
        clipped: Share of the records' gradients that were clipped.
        failing: Which assumptions of the theorems fail.
        run: What was run.
        learning_rate: The step size.
        trajectories: How many runs there were.
        parameters: How many parameters the model has.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    deviations: tuple[float, ...]
    clipped: float
    failing: tuple[str, ...]
    run: DPSGD
    learning_rate: Exact
    trajectories: int
    parameters: int

    @property
    def verdict(self) -> str:
        """That no theorem speaks of it."""
        return "assumptions not met"


def train_transformer(
    run: DPSGD,
    *,
    learning_rate: Number = "0.5",
    trajectories: Number = 3,
    seed: Number = 0,
    on_done: Callable[[int], object] | None = None,
) -> Curve:
    """Train on scikit-learn's digits by Opacus, and keep the curve of the loss.

    Eight rows of pixels are eight tokens of width 16; one block of two heads; plain SGD with
    Poisson batches. It is what the theorems do not cover: the curve is a measurement and no bound.

    Args:
        run: A `DPSGD` with a batch size, 1 to 100,000 steps, and a clip norm (1 if left out).
        learning_rate: The step size, > 0.
        trajectories: How many runs, from 2 to 100: seconds each.
        seed: Of the first of them; the others take the next ones.
        on_done: Called with the number of steps since the last time.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If torch, Opacus or scikit-learn is not installed.
    """
    if not isinstance(run, DPSGD):
        raise InputError(
            "run", given=shown(run), allowed="a DPSGD", advice="describe the training by DPSGD"
        )
    size = _validate.positive(learning_rate, "learning_rate")
    count = _validate.count(trajectories, "trajectories", least=2, most=_MOST_RUNS)
    first = _validate.count(seed, "seed", most=2**31)
    _check(run)
    torch = _torch()
    images, labels = _digits(torch)
    tick = on_done or (lambda done: None)
    marks = sorted({round(k * run.steps / _POINTS) for k in range(_POINTS + 1)})
    found = [
        _one(torch, run, float(size), first + i, images, labels, marks, tick) for i in range(count)
    ]
    columns = list(zip(*(losses for losses, _, _ in found), strict=True))
    clipped = statistics.fmean(share for _, share, _ in found)
    return Curve(
        tuple(marks),
        tuple(statistics.fmean(column) for column in columns),
        tuple(statistics.stdev(column) / count**0.5 for column in columns),
        clipped,
        (*_FAILING, f"clipping is active: {100 * clipped:.0f} % of the records' gradients were "
         "longer than the clip norm, so a step's mean is not the gradient"),
        run, size, count, found[0][2],
    )  # fmt: skip


def _check(run: DPSGD) -> None:
    if not 1 <= run.steps <= _MOST_STEPS:
        raise InputError(
            "steps", given=run.steps, allowed=f"from 1 to {_MOST_STEPS}",
            advice="train for fewer steps",
        )  # fmt: skip
    if run.batch_size is None or run.dataset_size != _RECORDS:
        raise InputError(
            "batch_size",
            given=run.batch_size if run.batch_size is not None else "nothing",
            allowed=f"a batch size, of {_RECORDS} digits",
            advice=f"give batch_size and dataset_size {_RECORDS}",
        )


def _torch() -> Any:
    try:
        import opacus  # noqa: F401 - asked for before any work is done
        import torch
    except ImportError as error:
        raise Unsupported(
            f"the problem {NAME}",
            missing="torch and Opacus are not installed",
            advice=f"{install('convergence')}, or take another problem",
        ) from error
    return torch


def _digits(torch: Any) -> tuple[Any, Any]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise Unsupported(
            f"the problem {NAME}",
            missing="scikit-learn is not installed",
            advice=f"{install('convergence')}, or take another problem",
        ) from error
    values, labels = load_digits(return_X_y=True)
    images = torch.as_tensor(values / 8.0 - 1.0, dtype=torch.float32).reshape(-1, 8, 8)
    return images, torch.as_tensor(labels)


def _model(torch: Any) -> Any:
    from opacus.layers import DPMultiheadAttention

    nn = torch.nn

    class Transformer(nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(8, _WIDTH)
            self.attention = DPMultiheadAttention(_WIDTH, _HEADS, batch_first=True)
            self.mix = nn.Sequential(
                nn.Linear(_WIDTH, 2 * _WIDTH), nn.GELU(), nn.Linear(2 * _WIDTH, _WIDTH)
            )
            # each row of pixels has its place in the last layer
            self.classify = nn.Linear(8 * _WIDTH, 10)

        def forward(self, images: Any) -> Any:
            tokens = self.embed(images)
            tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
            tokens = tokens + self.mix(tokens)
            return self.classify(tokens.flatten(1))

    return Transformer()


def _one(
    torch: Any, run: DPSGD, learning_rate: float, seed: int, images: Any, labels: Any,
    marks: list[int], tick: Callable[[int], object],
) -> tuple[list[float], float, int]:  # fmt: skip
    """One run: the loss at each mark, the share of clipped gradients, the number of parameters."""
    from opacus.data_loader import DPDataLoader
    from opacus.grad_sample import GradSampleModule
    from opacus.optimizers import DPOptimizer

    torch.manual_seed(seed)
    data = torch.utils.data.TensorDataset(images, labels)
    clip = 1.0 if run.clip_norm is None else float(run.clip_norm)
    model, cross_entropy = _model(torch), torch.nn.functional.cross_entropy
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Opacus warns of its ordinary generator and of hooks
        module = GradSampleModule(model)
        # by its parts: Opacus's engine would round the rate to one over a number of batches
        loader = DPDataLoader(data, sample_rate=float(run.sampling_rate))
        optimizer = DPOptimizer(
            torch.optim.SGD(model.parameters(), lr=learning_rate),
            noise_multiplier=float(run.noise_multiplier),
            max_grad_norm=clip,
            expected_batch_size=run.batch_size,
        )
        losses: list[float] = []
        clipped = seen = step = 0
        while True:
            for batch, targets in loader:
                if step in marks:
                    with torch.no_grad():
                        losses.append(float(cross_entropy(module(images), labels)))
                if step == run.steps:
                    tick(step % 16)
                    return (
                        losses,
                        clipped / max(seen, 1),
                        sum(p.numel() for p in model.parameters()),
                    )
                optimizer.zero_grad()
                cross_entropy(module(batch), targets).backward()
                norms = _norms(torch, module)
                clipped += int((norms > clip).sum())
                seen += len(norms)
                optimizer.step()
                step += 1
                if step % 16 == 0:
                    tick(16)


def _norms(torch: Any, module: Any) -> Any:
    """The norm of each record's gradient, over all parameters."""
    parts = [p.grad_sample.flatten(1).norm(dim=1) for p in module.parameters()]
    return torch.stack(parts).norm(dim=0)
