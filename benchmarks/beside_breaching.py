"""The same layer, the same gradient: our gradient matching beside breaching 0.1.2's.

In an environment of its own, as breaching asks for torchvision:

    python -m venv beside && beside/bin/pip install '.[attacks]' breaching==0.1.2
    beside/bin/python benchmarks/beside_breaching.py

Both know the label and start from the same law, sixteen times with so many gradients each, and once
with sixteen times as many. A secret counts as found if every
token is the nearest one to what the best start ended at, in any order, as order leaves no trace.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import time
import warnings
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn
from torch.func import functional_call

from dpaccount.attacks import Threat, View, draw_secrets, expose
from dpaccount.attacks.optimization import GradientMatching, dlg, inverting_gradients, tag
from dpaccount.attacks.targets import Target, attention_layer

LENGTH, WIDTH, STARTS = 4, 8, 16
#: Gradients that one step of torch's L-BFGS takes, at most about.
PER_STEP = 20
#: Ours, and the name of breaching's configuration.
ATTACKS = ((dlg, "deepleakage"), (inverting_gradients, "invertinggradients"), (tag, "tag"))


def import_breaching() -> tuple[Any, Any]:
    """breaching; two operators that it does not use are declared where torchvision lacks its own.

    torchvision built for another torch does not import without them.
    """
    declared = None
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        declared = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            declared.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import breaching
    return breaching, declared  # the declarations live as long as their library


class Layer(nn.Module):
    """The target as breaching takes it: token vectors to logits, only what is released learns."""

    def __init__(self, target: Target, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names, self.module = names, [target.module]  # in a list: its weights are not ours
        given = target.parameters()
        self.released = nn.ParameterList([given[name].clone() for name in names])

    def forward(self, vectors: Tensor) -> Tensor:
        (module,) = self.module
        return functional_call(_Vectors(module), self._under(), (vectors,))

    def _under(self) -> dict[str, Tensor]:
        return {f"module.{n}": p for n, p in zip(self.names, self.released, strict=True)}


class _Vectors(nn.Module):
    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, vectors: Tensor) -> Tensor:
        return self.module.of_vectors(vectors)


def theirs(
    breaching: Any, target: Target, view: View, name: str, starts: int, steps: int
) -> Tensor:
    """Where breaching's best start ends: (length, width)."""
    with contextlib.redirect_stdout(io.StringIO()):
        config = breaching.get_attack_config(name)
    config.attack_type, config.init, config.impl.dtype = "optimization", "randn", "double"
    config.optim.boxed = False  # token vectors are not pixels, nor do they vary slowly
    config.regularization = None
    config.restarts.num_trials, config.optim.callback = starts, 10**9
    lbfgs = config.optim.optimizer == "L-BFGS"
    config.optim.max_iterations = max(1, steps // PER_STEP) if lbfgs else steps
    layer = Layer(target, tuple(view.gradients))
    gradients = list(view.gradients.values())
    again = torch.autograd.grad(
        nn.functional.cross_entropy(layer(target.token_vectors()[:LENGTH][None]), view.labels),
        list(layer.parameters()),
    )
    assert [g.shape for g in again] == [g.shape for g in gradients]
    metadata = SimpleNamespace(shape=(LENGTH, WIDTH), modality="vision", task="classification")
    payload = [{"parameters": list(layer.parameters()), "buffers": [], "metadata": metadata}]
    user = {"num_data_points": 1, "labels": view.labels, "local_hyperparams": None}
    shared = [{"gradients": gradients, "buffers": None, "metadata": user}]
    setup = {"dtype": target.dtype, "device": torch.device("cpu")}
    attacker = breaching.attacks.prepare_attack(layer, nn.CrossEntropyLoss(), config, setup)
    found, _ = attacker.reconstruct(payload, shared, server_secrets={})
    ended: Tensor = found["data"][0]
    return ended


def ours(attack: GradientMatching, view: View, seed: int) -> Tensor:
    """Where our best start ends."""
    found, losses, _ = attack.descend(view, evaluations=10**9, seed=seed)
    return found[int(losses.argmin())]


def is_found(ended: Tensor, target: Target, secret: list[int]) -> bool:
    nearest = torch.cdist(ended, target.token_vectors()).argmin(dim=1)
    return sorted(nearest.tolist()) == sorted(secret)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--secrets", type=int, default=10)
    parser.add_argument("--steps", type=int, default=200, help="gradients for each of 16 starts")
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # breaching's own
    breaching, _declared = import_breaching()
    logging.disable()
    asked: dict[tuple[str, str, int], list[tuple[bool, float]]] = {}
    for seed in track(range(given.secrets), "attacking", console=Console(stderr=True)):
        target = attention_layer(seed=seed, dtype=torch.float64, width=WIDTH, max_length=LENGTH)
        secrets = draw_secrets(target, 1, seed=seed, length=LENGTH)
        view = expose(target, secrets, Threat(clip_norm=1000), seed=0)
        for make, name in ATTACKS:
            sides = {}
            for starts in (STARTS, 1):
                steps = STARTS * given.steps // starts
                attack = make(starts=starts, steps=steps)
                sides["ours", starts] = partial(ours, attack, view, seed)
                match = partial(theirs, breaching, target, view, name, starts, steps)
                sides["breaching", starts] = match
            for (by, starts), ask in sides.items():
                torch.manual_seed(seed)
                begin = time.perf_counter()
                found = is_found(ask(), target, list(secrets.tokens[0]))
                row = asked.setdefault((attack.name, by, starts), [])
                row.append((found, time.perf_counter() - begin))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("attack", "by", "starts", "found", "seconds for a secret"):
        table.add_column(title, justify="left" if title in ("attack", "by") else "right")
    for (name, by, starts), runs in asked.items():
        hits, seconds = sum(found for found, _ in runs), sum(taken for _, taken in runs)
        share, each = f"{hits} of {len(runs)}", f"{seconds / len(runs):.1f}"
        table.add_row(name, by, str(starts), share, each)
    Console(width=80).print(table)


if __name__ == "__main__":
    main()
