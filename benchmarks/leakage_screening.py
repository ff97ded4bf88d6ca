"""How well a part of the gradient tells good candidates from bad ones, and how much faster.

The score of the last layers alone is an exact likelihood of a part of the release. It needs the
backward pass through those layers only; of the head alone, hardly more than the forward pass.
Seconds are of processor time, so that other work on the machine counts little.

    python benchmarks/leakage_screening.py --sigma 1e-2
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from dpaccount.attacks import Threat, expose
from dpaccount.attacks.factors import factorize
from dpaccount.attacks.likelihood.moves import reorderings, replaced
from dpaccount.attacks.targets import minilm, sentences
from dpaccount.attacks.targets.model import Batch

LABEL, BATCH, EACH = 1, 32, 48
LAYERS = {
    "head": ("head",),
    "last block and head": ("head", "blocks.5"),
    "last 2 blocks and head": ("head", "blocks.4", "blocks.5"),
    "all": ("",),
}


def scored(view, names, candidates, share):
    """Scores by some parameters, candidates scaled alike, and the seconds they took."""
    found, began = [], time.process_time()
    for start in range(0, len(candidates), BATCH):
        rows = torch.tensor(candidates[start : start + BATCH])
        count, length = rows.shape
        batch = Batch(rows, view.labels.expand(count), torch.full((count,), length))
        factors = factorize(view.target, batch, names=names)
        inner = factors.inner({name: view.gradients[name] for name in names})
        found.append(2 * share * inner - share * share * factors.squares())
    return torch.cat(found), time.process_time() - began


def candidates(tokens, vocabulary, random):
    """Changes of a sentence: of its order, and of one word."""
    orders = reorderings(tokens, (1, 1))
    found = [orders[i] for i in random.choice(len(orders), EACH, replace=False)]
    for _ in range(EACH):
        place = int(random.integers(1, len(tokens) - 1))
        found.append(replaced(tokens, place, int(random.integers(2000, vocabulary))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sigma", default="1e-2")
    given = parser.parse_args()
    torch.set_num_threads(1)
    target, random = minilm(), np.random.default_rng(0)
    rows = {name: [] for name in LAYERS}
    for number, sentence in enumerate(sentences(target, 6, seed=0)):
        secret = target.batch([sentence], [LABEL])
        view = expose(target, secret, Threat(noise_multiplier=given.sigma), seed=number)
        # a search's own kind of sentence: the right words but for two, and two that are swapped
        wrong = list(sentence)
        wrong[2], wrong[5] = wrong[5], wrong[2]
        wrong[3], wrong[7] = (int(x) for x in random.integers(2000, target.vocabulary, 2))
        options = candidates(tuple(wrong), target.vocabulary, random)
        whole = torch.stack(
            [x.square().sum() for x in target.gradients(target.batch([wrong], [LABEL]))[0].values()]
        ).sum()
        share = min(1.0, 1 / float(whole.sqrt()))
        scores = {}
        for name, layers in LAYERS.items():
            names = [x for x in view.gradients if x.startswith(layers)]
            scores[name], seconds = scored(view, names, options, share)
            rows[name].append(len(options) / seconds)
        best = int(scores["all"].argmax())
        for name in LAYERS:
            place = int((scores[name] > scores[name][best]).sum())
            rows[name][-1] = (
                rows[name][-1],
                spearmanr(scores[name], scores["all"]).statistic,
                place,
            )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("read", "a second", "rank correlation", "place of the best"):
        table.add_column(title, justify="left" if title == "read" else "right")
    for name, found in rows.items():
        rates, correlations, places = zip(*found, strict=True)
        table.add_row(
            name,
            f"{np.median(rates):.0f}",
            f"{min(correlations):.3f}-{max(correlations):.3f}",
            ", ".join(str(place + 1) for place in places),
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
